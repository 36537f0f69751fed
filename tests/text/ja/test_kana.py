"""Kana to phonemes, without any dictionary."""

from __future__ import annotations

import pytest

from kouji.errors import InvalidInput
from kouji.text.ja import kana_to_phonemes
from kouji.text.ja.kana import _MORAS
from kouji.text.phonemes import to_segments


def said(kana: str, written: str = "", devoice: bool = False) -> str:
    return " ".join(kana_to_phonemes(kana, written=written, devoice=devoice))


@pytest.mark.parametrize(
    ("kana", "expected"),
    [
        ("かな", "k a n a"),
        ("カナ", "k a n a"),
        ("ｶﾞｽ", "ɡ a s ɯ"),
        ("とうきょう", "t o o kj o o"),
        ("おおきい", "o o k i i"),
        ("せんせい", "s e ɴ s e e"),
        ("コンピューター", "k o ɴ pj ɯ ɯ t a a"),
        ("がっこう", "ɡ a ʔ k o o"),
        ("しゃしん", "ɕ a ɕ i ɴ"),
        ("ちず", "tɕ i dz ɯ"),
        ("はなぢ", "h a n a dʑ i"),
        ("つづく", "ts ɯ dz ɯ k ɯ"),
        ("ファイル", "ɸ a i ɾ ɯ"),
        ("ティー", "t i i"),
        ("ヴァイオリン", "b a i o ɾ i ɴ"),
        ("ウィーン", "w i i ɴ"),
        ("フォーク", "ɸ o o k ɯ"),
        ("チェス", "tɕ e s ɯ"),
        ("クォーター", "kʷ o o t a a"),
        ("にゃあ", "ɲ a a"),
        ("ひゃく", "ç a k ɯ"),
        ("を", "o"),
        ("んー", "ɴ ɴ"),
    ],
)
def test_kana_are_said(kana: str, expected: str) -> None:
    assert said(kana) == expected


def test_a_verb_that_ends_in_u_has_no_long_vowel() -> None:
    assert said("おもう", "思う") == "o m o ɯ"
    assert said("おとうさん", "お父さん") == "o t o o s a ɴ"


def test_i_and_u_between_voiceless_consonants_are_whispered_if_asked() -> None:
    assert said("きた", devoice=True) == "k i̥ t a"
    assert said("すき", devoice=True) == "s ɯ̥ k i"
    assert said("ふくし", devoice=True) == "ɸ ɯ̥ k ɯ ɕ i"  # never two in a row
    assert said("きた") == "k i t a"


def test_every_kana_has_known_phonemes() -> None:
    for kana in _MORAS:
        for phoneme in kana_to_phonemes(kana):
            assert to_segments(phoneme)


@pytest.mark.parametrize("kana", ["漢字", "abc", "か1"])
def test_anything_else_is_refused(kana: str) -> None:
    with pytest.raises(InvalidInput):
        kana_to_phonemes(kana)
