"""Hangul syllables as onset, vowel and coda."""

from __future__ import annotations

from dataclasses import dataclass

ONSETS = tuple("ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ")
VOWELS = tuple("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ")
CODAS = ("", *"ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
_BASE = 0xAC00  # 가, the first of the 19 x 21 x 28 syllables


@dataclass
class Syllable:
    """One syllable block; the onset ㅇ is silent."""

    onset: str
    vowel: str
    coda: str

    def __str__(self) -> str:
        index = (ONSETS.index(self.onset) * 21 + VOWELS.index(self.vowel)) * 28 + CODAS.index(self.coda)
        return chr(_BASE + index)


def is_syllable(character: str) -> bool:
    """True for 가 … 힣."""
    return "가" <= character <= "힣"


def decompose(hangul: str) -> list[Syllable]:
    """Syllable blocks -> their parts; every character must be a block."""
    syllables = []
    for character in hangul:
        rest, coda = divmod(ord(character) - _BASE, 28)
        onset, vowel = divmod(rest, 21)
        syllables.append(Syllable(ONSETS[onset], VOWELS[vowel], CODAS[coda]))
    return syllables
