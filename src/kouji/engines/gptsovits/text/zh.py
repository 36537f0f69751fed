"""Mandarin: a text to two phonemes a character, an initial and a final with its tone.

    text -> normalised -> parts at marks -> pinyin of each character -> words -> tones as said -> phonemes

Source: GPT_SoVITS/text/chinese2.py of RVC-Boss/GPT-SoVITS (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from kouji.text.zh import polyphones
from kouji.text.zh.lexicon import lexicon
from kouji.text.zh.segment import segment

from . import zh_sandhi, zh_words
from .segment import Segment
from .symbols import PUNCTUATION, UNKNOWN
from .tables import table
from .zh_normal import normalise, without_marks

Reader = Callable[[Sequence[str]], list[list[str]]]  # parts of a text -> pinyin of each character; a mark is itself

_NORMAL_MARKS = {
    "嗯": "恩", "呣": "母", "：": ",", "；": ",", "，": ",", "。": ".", "！": "!", "？": "?", "\n": ".", "·": ",",
    "、": ",", "...": "…", "$": ".", "/": ",", "—": "-", "~": "…", "～": "…",
}  # fmt: skip
_PAUSES = {"￥": "SP2", "^": "SP3"}  # in a text with one of them every comma is so long a pause
_LONGEST = 400  # characters; a part without marks is read in pieces of this size
_RESPELLED = {"n2": "en1", "n3": "en1", "n4": "en1", "ng2": "en1", "m2": "mu3"}  # hums, which have no symbol


def phonemise(text: str, given: Sequence[str] = (), read: Reader | None = None) -> Segment:
    """The phonemes of a Chinese text.

    Args:
        text: anything; what is neither Chinese nor a number or mark is left out and listed as lost.
        given: pinyin with tone numbers for the characters in front of each mark of `zh_normal.GIVEN` in the text, in
            order; said just so.
        read: the pinyin of each character in its sentence; None: Kouji's own front end.
    """
    pause = next((mark for mark in _PAUSES if mark in text), "")
    marked, lost = normalise(text.replace(pause, ",") if pause else text, _NORMAL_MARKS)
    marked = re.sub(rf"([{re.escape(PUNCTUATION)}])[{re.escape(PUNCTUATION)}]+", r"\1", marked)
    normalised, fixed = without_marks(marked, given)
    parts = re.findall(rf"[^{re.escape(PUNCTUATION)}]*[{re.escape(PUNCTUATION)}]|.+", normalised)
    phones: list[str] = []
    word2ph: list[int] = []
    start = 0
    for part, pinyin in zip(parts, (read or by_kouji)(parts), strict=True):
        own = {at - start: syllable for at, syllable in fixed.items() if start <= at < start + len(part)}
        for character, syllable in zip(part, _said(part, pinyin, own), strict=True):
            symbols = _symbols(syllable)
            lost += character if symbols == (UNKNOWN,) else ""
            phones += symbols
            word2ph.append(len(symbols))
        start += len(part)
    if pause:
        phones = [_PAUSES[pause] if phone == "," else phone for phone in phones]
    return Segment("zh", normalised, tuple(phones), tuple(word2ph), lost)


def _said(part: str, pinyin: Sequence[str], own: Mapping[int, str]) -> list[str]:
    pinyin = [own.get(at, syllable) for at, syllable in enumerate(pinyin)]
    found: list[str] = []
    for word, tag in zh_sandhi.joined(zh_words.tagged(part)):
        start = len(found)
        syllables = _corrected(word, pinyin[start : start + len(word)])
        syllables = [own.get(start + at, syllable) for at, syllable in enumerate(syllables)]
        found += zh_sandhi.said(word, tag, syllables)
    return [own.get(at, syllable) for at, syllable in enumerate(found)]


def _corrected(word: str, syllables: list[str]) -> list[str]:
    """Readings that upstream lists for whole words, else for single characters."""
    known = table("zh_words")
    if word in known:
        return str(known[word]).split()
    return [known.get(character, syllable) for character, syllable in zip(word, syllables, strict=True)]


@cache
def _symbols(syllable: str) -> tuple[str, ...]:
    """ "zhong1" -> ("zh", "ong1"); a mark is its own phoneme."""
    if syllable in PUNCTUATION:
        return (syllable,)
    syllable = _RESPELLED.get(syllable, syllable)
    known = table("zh")["syllables"].get(syllable[:-1])
    if known is None and syllable[-2:-1] == "r":  # wanr2, which a user may give: 儿 is a syllable of its own here
        return (*_symbols(syllable[:-2] + syllable[-1]), *_symbols("er" + syllable[-1]))
    if known is None:
        return (UNKNOWN,)
    initial, final = known.split()
    return initial, final + syllable[-1]


def by_kouji(parts: Sequence[str]) -> list[list[str]]:
    """Pinyin by Kouji's own words, patterns and network; a character without any reading stands for itself."""
    return [[syllable for stretch in _stretches(part) for syllable in _read(stretch)] for part in parts]


def _stretches(part: str) -> list[str]:
    """Characters that have a reading, and single ones that have none; joined they are the part."""
    found: list[str] = []
    is_open = False
    for character in part:
        is_read = bool(lexicon().readings(character))
        if is_read and is_open and len(found[-1]) < _LONGEST:
            found[-1] += character
        else:
            found.append(character)
        is_open = is_read
    return found


def _read(stretch: str) -> list[str]:
    if not lexicon().readings(stretch[0]):
        return [stretch]
    return polyphones.read(segment(stretch), stretch)
