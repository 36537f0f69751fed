"""Japanese sentences by OpenJTalk: words, pitch, marks, and what the user gives."""

from __future__ import annotations

import sys

import pytest

from kouji.errors import InvalidInput, MissingExtra
from kouji.text.ja import sentence, to_units


def test_withoutopenjtalk_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyopenjtalk", None)
    sentence.openjtalk.cache_clear()
    with pytest.raises(MissingExtra, match=r"kouji\[ja\]"):
        to_units("はい")
    sentence.openjtalk.cache_clear()


class TestWithOpenJTalk:
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("pyopenjtalk")

    def test_pitch_tells_words_apart(self) -> None:
        def phonemes(text: str) -> str:
            return " ".join(to_units(text)[0].phonemes)

        assert phonemes("雨が") == "a2 m e1"
        assert phonemes("飴が") == "a1 m e2"
        assert phonemes("箸を") == "h a2 ɕ i1"
        assert phonemes("橋を") == "h a1 ɕ i2"

    def test_particles_long_vowels_and_whispered_vowels_are_as_said(self) -> None:
        units = to_units("今日は、東京へ行きました。")
        assert [u.text for u in units] == ["今日", "は", "東京", "へ", "行き", "まし", "た"]
        assert [u.reading for u in units][:4] == ["キョウ", "ハ", "トウキョウ", "ヘ"]
        assert [u.said for u in units][:4] == ["キョー", "ワ", "トーキョー", "エ"]
        assert units[5].phonemes == ("m", "a2", "ɕ", "i̥1")
        assert [u.pause for u in units] == ["", ",", "", "", "", "", "."]

    def test_marks_of_every_width_pause(self) -> None:
        assert [u.pause for u in to_units("え？ そう! はい…")] == ["?", "!", "…"]

    def test_what_the_user_gives_wins(self) -> None:
        units = to_units("明日の朝", {0: "あす"})
        assert (units[0].text, units[0].reading) == ("明日", "アス")
        assert [u.text for u in units] == ["明日", "の", "朝"]

    def test_an_accent_may_be_given_by_mark_or_number(self) -> None:
        flat, first = to_units("橋", {0: "ハシ0"})[0], to_units("橋", {0: "ハ'シ"})[0]
        assert flat.phonemes == ("h", "a1", "ɕ", "i2")
        assert first.phonemes == ("h", "a2", "ɕ", "i1")

    def test_a_given_reading_takes_the_kanji_of_its_word(self) -> None:
        assert [u.text for u in to_units("心愛はかわいい", {0: "ここあ"})] == ["心愛", "は", "かわいい"]
        assert [u.text for u in to_units("東京都", {0: "とうきょう"})] == ["東京", "都"]
        assert to_units("東京都", {0: "あずま", 1: ""})[0].text == "東"

    @pytest.mark.parametrize("wrong", ["abc", "ハシ9", "'", "橋"])
    def test_a_given_reading_that_is_no_kana_is_refused(self, wrong: str) -> None:
        with pytest.raises(InvalidInput):
            to_units("橋", {0: wrong})

    def test_unreadable_characters_are_refused_by_name(self) -> None:
        with pytest.raises(InvalidInput, match="학"):
            to_units("학교")

    @pytest.mark.parametrize("text", ["", "！？", "ーーー", "😀", "　 "])
    def test_a_text_without_words_has_no_units(self, text: str) -> None:
        assert to_units(text) == []

    def test_no_mora_is_lost_in_odd_kana(self) -> None:
        for text in ("ーあ", "っっっ", "んっー", "ゃゅょ", "アーーー、ーッ", "くゅ ヴあ"):
            assert all(unit.phonemes for unit in to_units(text))

    def test_a_long_text_keeps_all_its_words(self) -> None:
        assert len(to_units("今日は行く。" * 500)) == 1500
