"""Cantonese: characters, traditional or simplified, to jyutping by ToJyutping's dictionary and a few words of our own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from kouji.errors import InvalidInput
from kouji.text.phonemes import jyutping_to_phonemes
from kouji.text.punctuation import pause_for, stronger
from kouji.types import Unit

if TYPE_CHECKING:
    from ToJyutping.ToJyutping import JyutpingConverter

_WORDS = Path(__file__).parent / "data" / "yue_words.txt"
_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_LETTER = re.compile(r"[^\W_]")


@cache
def _dictionary() -> JyutpingConverter:
    """ToJyutping with our words in front; loading takes 0.2 s."""
    import ToJyutping

    lines = [line.split() for line in _WORDS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return ToJyutping.customize({word: " ".join(syllables) for word, *syllables in lines})


def to_units(text: str, given: Mapping[int, str] | None = None) -> list[Unit]:
    """One unit per character.

    Args:
        text: normalised Cantonese, with its punctuation.
        given: index of a character -> its jyutping ("hong4"), which wins.

    Raises:
        InvalidInput: characters that have no Cantonese reading; a given reading that is not jyutping.
    """
    given = given or {}
    readings = _readings(text)
    _refuse_unknown(text, readings, given)
    units: list[Unit] = []
    starts = _word_starts(text)
    for i, character in enumerate(text):
        reading = given[i].strip().lower() if i in given else readings[i]
        if reading is None:
            if units:
                units[-1] = _with_pause(units[-1], character)
            continue
        units.append(Unit(character, "yue", reading, reading, _phonemes(reading), i in starts))
    return units


def _readings(text: str) -> list[str | None]:
    """Jyutping of each character, None where it has none."""
    spelled = "".join(_DIGITS.get(c, c) for c in text)
    return [reading for _, reading in _dictionary().get_jyutping_list(spelled)] if text else []


def _word_starts(text: str) -> set[int]:
    """Where the words of the dictionary begin: greedy and longest first, as the readings were found."""
    import ToJyutping

    starts, i = set(), 0
    root = ToJyutping.Trie.root
    while i < len(text):
        starts.add(i)
        node, end = root, i + 1
        for j in range(i, len(text)):
            node = node.get(text[j])
            if node is None:
                break
            if node.v or node.m:
                end = j + 1
        i = end
    return starts


def _with_pause(unit: Unit, mark: str) -> Unit:
    pause = stronger(unit.pause, pause_for(mark))
    return Unit(unit.text, unit.language, unit.reading, unit.said, unit.phonemes, unit.word_start, pause)


def _phonemes(jyutping: str) -> tuple[str, ...]:
    try:
        return jyutping_to_phonemes(jyutping)
    except ValueError as wrong:
        raise InvalidInput(str(wrong), "Write one syllable with its tone, like gwong2.") from wrong


def _refuse_unknown(text: str, readings: list[str | None], given: Mapping[int, str]) -> None:
    unknown = sorted({c for i, c in enumerate(text) if readings[i] is None and i not in given and _LETTER.match(c)})
    if unknown:
        raise InvalidInput(
            f"These characters have no Cantonese reading: {' '.join(unknown[:20])}.",
            "Give their jyutping, or the language they belong to.",
        )
