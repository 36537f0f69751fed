"""English text -> units: words, what is looked up, what is said."""

from __future__ import annotations

from collections.abc import Mapping

from kouji.errors import InvalidInput
from kouji.text.phonemes import arpabet_to_phonemes
from kouji.types import Unit

from .heteronyms import choose
from .syntax import Place
from .tokens import Token, tokenize
from .unknown import pronounce
from .weak import said_as


def to_units(text: str, given: Mapping[int, str] | None = None) -> list[Unit]:
    """One unit per word.

    Args:
        text: normalised English (numbers in words), with its punctuation.
        given: index of a word's first character -> its pronunciation in ARPABET ("R IY1 D"), which wins.

    Raises:
        InvalidInput: letters that are not Latin, or a given pronunciation that is not ARPABET.
    """
    tokens, given = tokenize(text), given or {}
    words = [token.word for token in tokens]
    breaks = [bool(token.pause) for token in tokens]
    shouted = not any(c.islower() for c in text)
    readings = [
        _checked(given[token.start]) if token.start in given else _read(tokens, words, breaks, i, shouted)
        for i, token in enumerate(tokens)
    ]
    units = []
    for i, (token, reading) in enumerate(zip(tokens, readings, strict=True)):
        next_sound = readings[i + 1].split()[0] if i + 1 < len(tokens) else ""
        said = reading if token.start in given else said_as(words, i, reading, next_sound, token.pause)
        units.append(Unit(token.text, "en", reading, said, arpabet_to_phonemes(said), True, token.pause))
    return units


def _read(tokens: list[Token], words: list[str], breaks: list[bool], i: int, shouted: bool) -> str:
    token = tokens[i]
    if not shouted and token.plain.isupper() and len(token.plain) > 1:
        return pronounce(token.plain, shouted)  # an initialism is no heteronym
    first = i == 0 or tokens[i - 1].pause in (".", "?", "!", "…")
    capital = token.plain[:1].isupper() and not first and not shouted
    return choose(Place(words, i, breaks, capital)) or pronounce(token.plain, shouted)


def _checked(arpabet: str) -> str:
    try:
        arpabet_to_phonemes(arpabet)
    except ValueError as wrong:
        raise InvalidInput(f"{arpabet!r} is not a pronunciation in ARPABET.", f"{wrong} Write it like 'HH AH0 L OW1'.") from wrong
    if not arpabet.split():
        raise InvalidInput("The pronunciation that was given is empty.", "Write it in ARPABET, like 'HH AH0 L OW1'.")
    return " ".join(arpabet.upper().split())
