"""Readings for a model that reads characters: where a user fixed one, other characters that can only be read so.

Japanese is written in kana altogether: such models read kanji as Chinese.
"""

from __future__ import annotations

from functools import cache

from kouji.errors import InvalidInput
from kouji.types import Unit, Utterance

from .frontend import Analysis, analyse
from .zh.lexicon import lexicon


def written(utterance: Utterance, engine: str) -> str:
    """The normalised text, spelled so that it is read as the utterance's units say.

    Raises:
        InvalidInput: a reading that the user fixed and that no spelling can force.
    """
    usual = _usual(utterance)
    spelled, rest = "", utterance.normalized
    for number, unit in enumerate(utterance.units):
        place = rest.find(unit.text)
        if place < 0:
            continue
        instead = unit.text
        if unit.language == "ja":
            instead = unit.reading or unit.text
        elif usual is not None and usual[number].reading != unit.reading:
            instead = _forced(unit, engine)
        spelled += rest[:place] + instead
        rest = rest[place + len(unit.text) :]
    return spelled + rest


def _usual(utterance: Utterance) -> list[Unit] | None:
    """The units as the front end reads them by itself; None where they cannot be compared."""
    found = [unit for each in _read(utterance).utterances for unit in each.units]
    same = [unit.text for unit in found] == [unit.text for unit in utterance.units]
    return found if same else None


def _read(utterance: Utterance) -> Analysis:
    return analyse(utterance.normalized, utterance.language, as_written=utterance.as_written)


def _forced(unit: Unit, engine: str) -> str:
    if unit.language == "ko":
        return unit.reading
    if unit.language == "zh" and (found := _homophones().get(unit.reading)):
        return found
    raise InvalidInput(
        f"{engine} reads letters and cannot be told to say {unit.text!r} as {unit.reading!r}.",
        "Spell it as it sounds, or use the native engine.",
    )


@cache
def _homophones() -> dict[str, str]:
    """Pinyin -> the most frequent character that has this reading and no other."""
    table = lexicon()
    letters = {word: table.frequencies[row] for word, row in table.words.items() if len(word) == 1}
    only = [character for character, readings in table.characters.items() if "," not in readings]
    ordered = sorted(only, key=lambda character: letters.get(character, " "))
    return {table.characters[character]: character for character in ordered}  # the last, most frequent one stays
