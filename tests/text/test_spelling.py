"""A lexicon's words, written out for engines that read letters."""

import pytest

from kouji.text import Lexicon, analyse
from kouji.text.spelling import written_out

LEXICON = Lexicon.of({
    "重庆": ("zh", "chong2 qing4"), "C++": ("zh", "=C加加"), "东": ("zh", "dong1"), "Kouji": ("en", "K OW1 JH IY0"),
})  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("我在重庆写C++。", "我在重庆{chong2 qing4}写C加加。"),
        ("重{zhong4}庆在哪？重庆！", "重{zhong4}庆在哪？重庆{chong2 qing4}！"),
        ("这是Kouji，不是Koujis。", "这是Kouji{K OW1 JH IY0}，不是Koujis。"),
        ("ＫＯＵＪＩ没有。", "ＫＯＵＪＩ没有。"),
    ],
)
def test_words_of_a_lexicon_are_marked_where_nothing_is_fixed(raw: str, expected: str) -> None:
    assert written_out(raw, ["zh", "en"], LEXICON) == expected


def test_what_is_written_out_is_read_as_with_the_lexicon() -> None:
    text = "重庆人用C++写Kouji。"
    (known,) = analyse(text, "zh", LEXICON).utterances
    assert known.text == text
    (again,) = analyse(known.spelled, "zh").utterances
    assert again.units == known.units


def test_without_a_word_of_the_lexicon_nothing_is_spelled() -> None:
    (utterance,) = analyse("天气很好。", "zh", LEXICON).utterances
    assert utterance.spelled == ""
