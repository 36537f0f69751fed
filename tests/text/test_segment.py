"""Which language a stretch of text is in."""

from __future__ import annotations

import pytest

from kouji.text.segment import is_cantonese, regions


def languages(text: str, language: str | None = None) -> list[tuple[str, str]]:
    return [(region.language, text[region.start : region.end]) for region in regions(text, language, language or "zh")]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("我今天买了一台iPhone，花了5000元。", None, [("zh", "我今天买了一台iPhone，花了5000元。")]),
        ("今日はNiceな天気", None, [("ja", "今日はNiceな天気")]),
        ("저는 AI를 좋아해요", None, [("ko", "저는 AI를 좋아해요")]),
        ("Hello 3 world", "zh", [("en", "Hello 3 world")]),
        ("東京都", None, [("zh", "東京都")]),
        ("東京都", "ja", [("ja", "東京都")]),
        ("飲茶", "yue", [("yue", "飲茶")]),
        ("1234", None, [("zh", "1234")]),
        ("1234", "ko", [("ko", "1234")]),
        ("僕は天文学を勉強", "zh", [("zh", "僕"), ("ja", "は"), ("zh", "天文学"), ("ja", "を"), ("zh", "勉強")]),
        ("다시 日本", None, [("ko", "다시 "), ("zh", "日本")]),
    ],
)
def test_letters_and_context_tell_the_language(
    text: str, language: str | None, expected: list[tuple[str, str]]
) -> None:
    assert languages(text, language) == expected


def test_a_clause_with_kana_is_japanese_but_its_chinese_neighbour_is_not() -> None:
    assert languages("価格は1000円，大约50元人民币。") == [("ja", "価格は1000円，"), ("zh", "大约50元人民币。")]


def test_a_chinese_clause_with_a_japanese_word_stays_chinese() -> None:
    assert languages("这部アニメ很好看")[0] == ("zh", "这部")
    assert languages("这部アニメ很好看")[-1] == ("zh", "很好看")


def test_written_cantonese_is_recognised() -> None:
    assert is_cantonese("佢哋去咗邊度")
    assert not is_cantonese("他们去了哪里，關係很好")


def test_an_english_clause_reads_its_own_numbers() -> None:
    assert languages("他说 I have 3 apples 然后走了") == [
        ("zh", "他说"), ("en", " I have 3 apples "), ("zh", "然后走了"),
    ]  # fmt: skip
