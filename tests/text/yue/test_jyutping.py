"""Cantonese characters to jyutping."""

from __future__ import annotations

import pytest

from kouji.errors import InvalidInput
from kouji.text.yue import to_units


class TestWithToJyutping:
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("ToJyutping")

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("銀行", "ngan4 hong4"),
            ("银行", "ngan4 hong4"),
            ("行路", "haang4 lou6"),
            ("行為", "hang4 wai4"),
            ("我哋去飲茶", "ngo5 dei6 heoi3 jam2 caa4"),
            ("重要", "zung6 jiu3"),
            ("重複", "cung4 fuk1"),
            ("音樂", "jam1 ngok6"),
            ("快樂", "faai3 lok6"),
            ("長大", "zoeng2 daai6"),
            ("長短", "coeng4 dyun2"),
            ("長大咗", "zoeng2 daai6 zo2"),
            ("點解會咁嘅", "dim2 gaai2 wui5 gam3 ge3"),
            ("機會", "gei1 wui6"),
            ("聽唔到", "teng1 m4 dou2"),
            ("聽日", "ting1 jat6"),
            ("三百六十五日", "saam1 baak3 luk6 sap6 ng5 jat6"),
            ("唔該晒", "m4 goi1 saai3"),
            ("愛好", "oi3 hou3"),
        ],
    )
    def test_words_decide_the_reading_in_both_scripts(self, text: str, expected: str) -> None:
        assert " ".join(unit.reading for unit in to_units(text)) == expected

    def test_each_character_is_a_unit_and_words_begin_where_they_begin(self) -> None:
        units = to_units("我去銀行。")
        assert [(u.text, u.word_start, u.pause) for u in units] == [
            ("我", True, ""), ("去", True, ""), ("銀", True, ""), ("行", False, "."),
        ]  # fmt: skip
        assert units[2].phonemes == ("ŋ", "ɐn4")

    def test_what_the_user_gives_wins(self) -> None:
        assert [u.reading for u in to_units("行行", {0: "hang4", 1: "Hong4"})] == ["hang4", "hong4"]

    @pytest.mark.parametrize("wrong", ["hong", "hong9", "xyz1", ""])
    def test_a_given_reading_that_is_no_jyutping_is_refused(self, wrong: str) -> None:
        with pytest.raises(InvalidInput):
            to_units("行", {0: wrong})

    def test_unreadable_characters_are_refused_by_name(self) -> None:
        with pytest.raises(InvalidInput, match="ㄅ"):
            to_units("我ㄅ")

    @pytest.mark.parametrize("text", ["", "！？", "😀", "　 "])
    def test_a_text_without_characters_has_no_units(self, text: str) -> None:
        assert to_units(text) == []

    def test_a_very_long_text_is_quick(self) -> None:
        assert len(to_units("我哋去飲茶，" * 17_000)) == 85_000
