"""Korean: a text to the letters that are heard, by g2pk2's rules.

    text -> Latin letters by name -> morphemes (mecab-ko) -> numbers, rules -> single letters, diphthongs in two

Source: GPT_SoVITS/text/korean.py of RVC-Boss/GPT-SoVITS (MIT).
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from kouji.errors import needs

from . import ko_rules
from .segment import Segment
from .symbols import symbols
from .zh_normal import is_content

_LATIN = dict(zip("abcdefghijklmnopqrstuvwxyz", (
    "에이 비 시 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 아르 에스 티 유 브이 더블유 엑스 와이 제트"
).split(), strict=True))  # fmt: skip
_SINGLE = dict(  # the letters of syllables and the same letters standing alone, which are the symbols
    zip("ᄀᄁᄂᄃᄄᄅᄆᄇᄈᄉᄊᄋᄌᄍᄎᄏᄐᄑᄒ", "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ", strict=True)
) | {chr(0x1161 + i): vowel for i, vowel in enumerate("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ")} | {
    chr(0x11A8 + i): coda for i, coda in enumerate("ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ")
}  # fmt: skip
_SPLIT = dict(
    zip(
        "ㅘㅙㅚㅝㅞㅟㅢㅑㅒㅕㅖㅛㅠ",
        "ㅗㅏ ㅗㅐ ㅗㅣ ㅜㅓ ㅜㅔ ㅜㅣ ㅡㅣ ㅣㅏ ㅣㅐ ㅣㅓ ㅣㅔ ㅣㅗ ㅣㅜ".split(),
        strict=True,
    )
)
_LETTERS = str.maketrans({letter: _SPLIT.get(single, single) for letter, single in _SINGLE.items()} | _SPLIT)
_MARKS = {
    "：": ",", "；": ",", "，": ",", "。": ".", "！": "!", "？": "?", "\n": ".", "·": ",", "、": ",", " ": "空",
}  # fmt: skip
_UNKNOWN = "停"
_LONGEST = 1000  # characters that mecab sees at once


@cache
def _mecab() -> Any:
    with needs("ko", "Korean for GPT-SoVITS"):
        from mecab import MeCab
    return MeCab()


def phonemise(text: str) -> Segment:
    """The phonemes of a Korean text; what is neither Korean nor a mark is a pause, and listed as lost.

    Raises:
        MissingExtra: mecab-ko is not installed.
    """
    spelled = re.sub("[A-Za-z]", lambda match: _LATIN[match[0].lower()], text)
    spelled = ko_rules.respelled(spelled)
    spelled = "".join(ko_rules.numbered(ko_rules.annotated(part, _mecab().pos(part))) for part in _parts(spelled))
    said = _mended(ko_rules.said(ko_rules.letters(spelled)).translate(_LETTERS))
    said = re.sub(r"([ㄱ-ㅣ])$", r"\1.", said)
    known = symbols()
    marks = [_MARKS.get(character, character) for character in said]
    phones = tuple(mark if mark in known else _UNKNOWN for mark in marks)
    lost = "".join(mark for mark in marks if mark not in known and is_content(mark))
    return Segment("ko", text, phones, (), lost)


def _parts(text: str) -> list[str]:
    """The text in lots that end at a space where there is one: mecab's time grows faster than the text."""
    return re.findall(rf"(?s).{{1,{_LONGEST}}}(?:(?<= )|$)|.{{1,{_LONGEST}}}", text)


def _mended(letters: str) -> str:
    """After 을 and 를 a word's first ㄹ is ㄴ, which g2pk2 gets wrong; the last four letters are not looked at."""
    return re.sub(r"([ㅇㄹ]ㅡㄹ) ㄹ", r"\1 ㄴ", letters)
