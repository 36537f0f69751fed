"""Text that is said as it is written."""

import pytest

from kouji.errors import InvalidInput
from kouji.text import Lexicon, analyse


@pytest.mark.parametrize(
    "text",
    ["你好，世界！今天……好吗？", "A well-known “friend's” café.", "重{chong2}复", "こんにちは、世界。", "값이 좋다~", "zero\u200bwidth"],
)
def test_letters_and_marks_are_said_as_ever(text: str) -> None:
    written, usual = analyse(text, as_written=True).utterances, analyse(text).utterances
    assert [each.units for each in written] == [each.units for each in usual]
    assert [each.normalized for each in written] == [each.normalized for each in usual]
    assert all(each.as_written for each in written)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("打 25% 折", "'25%'"), ("α粒子", "'α'"), ("3", "'3'"), ("Hi 😀!", "😀"), ("a+b", r"a\+b"), ("*so*", r"\*so\*"),
        ("half ½", "1/2"), ("打3折", "'3'"), ("C++", r"C\+\+"),
    ],
)  # fmt: skip
def test_what_would_be_put_in_words_is_refused_and_named(text: str, named: str) -> None:
    with pytest.raises(InvalidInput, match=named) as refused:
        analyse(text, as_written=True)
    assert refused.value.param == "normalize"
    assert analyse(text + " a").utterances


def test_a_pronunciation_makes_it_a_word() -> None:
    lexicon = Lexicon.inline({"C++": "=C加加"})
    (found,) = analyse("用C++写", None, lexicon, as_written=True).utterances
    assert found.normalized == "用C加加写"
    with pytest.raises(InvalidInput, match="'3'"):
        analyse("用C++写", None, Lexicon.inline({"C++": "=3"}), as_written=True)


def test_capitals_are_not_spelled_out() -> None:
    assert analyse("KTX를 탔다.").utterances[0].normalized == "케이티엑스를 탔다."
    assert analyse("KTX를 탔다.", as_written=True).utterances[0].normalized == "KTX를 탔다."


def test_tags_of_an_engine_are_no_text() -> None:
    assert analyse("[speed_3]你好。", known_tags=("speed_3",), as_written=True).utterances
    with pytest.raises(InvalidInput, match="speed_3"):
        analyse("[speed_3]你好。", as_written=True)
