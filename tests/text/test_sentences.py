"""Where sentences end, and where they do not."""

from __future__ import annotations

import pytest

from kouji.text.sentences import split


def pieces(text: str, limit: int = 200) -> list[str]:
    return [text[start:end] for start, end in split(text, limit)]


@pytest.mark.parametrize(
    "sentence",
    [
        "圆周率是3.14，版本是2.0.1。",
        "Dr. Smith met Mr. J. K. Rowling, e.g. at 5 p.m. on Mon. or No. 5 St. James.",
        "等等……让我想想...好的。",
        "他说：“你好。我走了！”",
        "“走吧。”他说。",
        "「行こう。」と彼は言った。",
        "（他来了。她走了。）好",
        "请看 https://a.b/c?d=1.5&e=2 或 www.test.com/x.html 谢谢",
        "真的？！",
        "Wait... what?!",
        "The U.S. economy grew 2.5% in Jan. 2024.",
        "MyGO?,你也喜欢吗？",
    ],
)
def test_a_sentence_stays_whole(sentence: str) -> None:
    assert pieces(sentence) == [sentence]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("你好!世界。再见？", ["你好!", "世界。", "再见？"]),
        ("I went home. He stayed! Why?", ["I went home.", "He stayed!", "Why?"]),
        ("他说：“你好。”她哭了。", ["他说：“你好。”", "她哭了。"]),
        ("He is in the U.S. She is not.", ["He is in the U.S.", "She is not."]),
        ("第一行\n第二行\r\n\n  第三行 ", ["第一行", "第二行", "第三行"]),
        ("访问www.test.com。然后走", ["访问www.test.com。", "然后走"]),
        ('"Go home." She left. "Go," he said.', ['"Go home."', "She left.", '"Go," he said.']),
        ("今天3.5元.明天4元.", ["今天3.5元.", "明天4元."]),
    ],
)
def test_text_is_cut_between_sentences(text: str, sentences: list[str]) -> None:
    assert pieces(text) == sentences


def test_an_over_long_sentence_is_cut_at_its_best_clause() -> None:
    assert pieces("今天天气很好，我们去公园；" * 3 + "好", 30) == [
        "今天天气很好，我们去公园；今天天气很好，我们去公园；",
        "今天天气很好，我们去公园；好",
    ]


def test_without_marks_it_is_cut_between_words_and_never_inside_one() -> None:
    text = "hello world " * 40
    assert all(part.split()[0] == "hello" or part.split()[0] == "world" for part in pieces(text, 50))
    assert " ".join(pieces(text, 50)).split() == text.split()


def test_without_any_place_to_cut_it_is_cut_anyway() -> None:
    assert [len(part) for part in pieces("我" * 450)] == [200, 200, 50]


def test_nothing_is_lost() -> None:
    text = "他说：“好（1.5）。”Then... " * 50 + "《《「" * 30
    assert "".join(pieces(text)).replace(" ", "") == text.replace(" ", "")
