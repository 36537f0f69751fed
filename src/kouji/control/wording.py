"""How a request wants its text read: with pronunciations of its own, and put in words or as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kouji.errors import InvalidInput

if TYPE_CHECKING:
    from kouji.text import Lexicon

NORMALIZE = ("auto", "on", "off")
MOST_WORDS = 1000  # of one request
LONGEST = 400  # characters of a word, or of how it is said
CONTROLS = ("normalize", "pronunciation")
_HINT = 'Give {"重庆": "chong2 qing4"}, or {"Kouji": {"en": "K OW1 JH IY0"}}.'


def plain(controls: Mapping[str, object]) -> dict[str, object]:
    """Controls without those that ask for what every engine does anyway.

    Raises:
        InvalidInput: normalize has another value.
    """
    wanted = controls.get("normalize", "off")
    if wanted not in NORMALIZE:
        raise _wrong("normalize", wanted, f"Give {', '.join(NORMALIZE)}.")
    return {
        name: value for name, value in controls.items()
        if not (name == "normalize" and value != "off") and not (name == "pronunciation" and value == {})
    }  # fmt: skip


def without(controls: Mapping[str, object]) -> dict[str, object]:
    """Controls of anything else."""
    return {name: value for name, value in controls.items() if name not in CONTROLS}


def lexicon_of(controls: Mapping[str, object], house: Lexicon | None) -> Lexicon | None:
    """The user's words: those of the request before those of the house.

    Raises:
        InvalidInput: pronunciations that are none, or too many.
        UnknownName: a language that Kouji does not speak.
    """
    if "pronunciation" not in controls:
        return house
    from kouji.text import Lexicon

    words = controls["pronunciation"]
    if not isinstance(words, Mapping) or not all(_is_entry(*entry) for entry in words.items()):
        raise _wrong("pronunciation", words, _HINT)
    if len(words) > MOST_WORDS:
        raise _wrong("pronunciation", f"{len(words)} words", f"Give at most {MOST_WORDS} in one request.")
    try:
        return Lexicon.inline(words).over(house)
    except InvalidInput as error:
        error.param = "pronunciation"
        raise


def _is_entry(word: object, said: object) -> bool:
    texts = [word, *said.keys(), *said.values()] if isinstance(said, Mapping) and said else [word, said]
    return all(isinstance(text, str) and len(text) <= LONGEST for text in texts)


def _wrong(name: str, value: object, hint: str) -> InvalidInput:
    shown = repr(value)
    return InvalidInput(f"{name}={shown if len(shown) <= 60 else shown[:60] + '…'} is not possible.", hint, param=name)
