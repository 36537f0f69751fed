"""Mandarin: characters to readings, sandhi and phonemes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from kouji.errors import InvalidInput
from kouji.types import Unit

from ..phonemes import pinyin_to_phonemes, split_pinyin
from ..punctuation import pause_for, stronger
from . import polyphones, sandhi
from .lexicon import lexicon
from .segment import segment

__all__ = ["to_units"]

_phonemes = cache(pinyin_to_phonemes)  # about 1,600 syllables
_AS_WRITTEN = re.compile(
    r"著(?=[名作者称稱书書述录錄论論])|(?<=[原专專巨显顯卓昭遗遺拙论論编編译譯合名])著|乾(?=[坤隆])"
)
_HELD = str.maketrans("著乾", "\x01\x02")
_RELEASED = str.maketrans("\x01\x02", "著乾")
_MAX_RUN = 400  # characters between pauses; text without marks is cut here so that no rule sees more


@dataclass
class _Run:
    """Characters between two pauses, in stretches that nothing else interrupts."""

    stretches: list[list[int]] = field(default_factory=lambda: [[]])  # indices into the text
    pause: str = ""


def to_units(text: str, given: Mapping[int, str] | None = None) -> list[Unit]:
    """One unit per Chinese character.

    Args:
        text: normalised (numbers in characters), simplified or traditional. Marks become pauses; any other symbol,
            Latin letter or digit is passed over.
        given: index in `text` -> numbered pinyin that the user fixed ("chong2"); it is said as given.

    Returns:
        Units in order. A 儿 that merges with the syllable before keeps its unit, with no phonemes.

    Raises:
        InvalidInput: a character that no dictionary gives a reading, or a given reading that is not pinyin.
    """
    fixed = {index: _checked(text, index, pinyin) for index, pinyin in (given or {}).items()}
    units: list[Unit] = []
    for run in _runs(text, fixed):
        units += _read(run, text, fixed)
    return units


def _checked(text: str, index: int, pinyin: str) -> str:
    if not 0 <= index < len(text):
        raise InvalidInput(f"A reading is given for character {index}, but the text has {len(text)}.")
    written = pinyin.strip().lower().replace("u:", "v").replace("ü", "v")
    try:
        split_pinyin(written)
    except ValueError as error:
        raise InvalidInput(str(error), "Write a syllable and its tone, such as chong2 or lv4.") from error
    return written


def _runs(text: str, fixed: Mapping[int, str]) -> Iterator[_Run]:
    run, size = _Run(), 0
    for index, character in enumerate(text):
        if _is_chinese(character):
            if index not in fixed and not lexicon().readings(character):
                raise InvalidInput(
                    f"No reading is known for the character {character!r} (U+{ord(character):04X}).",
                    f"Give it one: {character}{{pinyin with tone number}}.",
                )
            if run.pause or size >= _MAX_RUN:
                yield run
                run, size = _Run(), 0
            run.stretches[-1].append(index)
            size += 1
        elif size:
            run.pause = stronger(run.pause, pause_for(character))
            run.stretches.append([])
    if size:
        yield run


def _is_chinese(character: str) -> bool:
    code = ord(character)
    return (
        0x4E00 <= code <= 0x9FFF or code == 0x3007 or 0x3400 <= code <= 0x4DBF
        or 0xF900 <= code <= 0xFAFF or 0x20000 <= code <= 0x3FFFF
    )  # fmt: skip


def _simplified(stretch: str) -> str:
    """One simplified character for each; 著 and 乾 have two lives, and only one of them is simplified."""
    table = lexicon().simplified
    kept = _AS_WRITTEN.sub(lambda match: match[0].translate(_HELD), stretch)
    plain = "".join(table.get(character, character) for character in kept.replace("著", "着"))
    return plain.translate(_RELEASED)


def _read(run: _Run, text: str, fixed: Mapping[int, str]) -> list[Unit]:
    indices = [index for stretch in run.stretches for index in stretch]
    simple = [_simplified("".join(text[i] for i in stretch)) for stretch in run.stretches]
    words = [word for stretch in simple for word in segment(stretch)]
    readings = polyphones.read(words, "".join(text[i] for i in indices))
    syllables = [
        sandhi.Syllable(character, fixed.get(index, reading), fixed.get(index, reading), index in fixed)
        for index, character, reading in zip(indices, "".join(simple), readings, strict=True)
    ]
    rest = iter(syllables)
    sandhi.apply([[next(rest) for _ in word] for word in words])
    starts = [position == 0 for word in words for position in range(len(word))]
    last = len(indices) - 1
    return [
        Unit(
            text=text[index],
            language="zh",
            reading=syllable.reading,
            said=syllable.said,
            phonemes=_phonemes(syllable.said) if syllable.said else (),
            word_start=start,
            pause=run.pause if position == last else "",
        )
        for position, (index, syllable, start) in enumerate(zip(indices, syllables, starts, strict=True))
    ]
