"""English text -> units: words, what is looked up, what is said."""

from __future__ import annotations

from collections.abc import Mapping

from kouji.errors import InvalidInput
from kouji.text.phonemes import arpabet_to_phonemes
from kouji.types import Unit

from .heteronyms import choose, names_letter_a
from .syntax import Place
from .tokens import Token, tokenize
from .unknown import pronounce
from .weak import said_as


def to_units(text: str, given: Mapping[int, str] | None = None) -> list[Unit]:
    """One unit per word.

    Args:
        text: normalised English (numbers in words), with its punctuation.
        given: index of a word's first character -> its pronunciation in ARPABET ("R IY1 D"), which wins. An empty
            one says where the word before it ends; without one it ends with its last letter, hyphens included.

    Raises:
        InvalidInput: letters that are not Latin, or a given pronunciation that is not ARPABET.
    """
    given = given or {}
    tokens = tokenize(text, given)
    words = [token.word for token in tokens]
    breaks = [bool(token.pause) for token in tokens]
    shouted = not any(c.islower() for c in text)
    fixed = [bool(given.get(token.start)) for token in tokens]
    readings = [
        _checked(given[token.start]) if fixed[i] else _read(tokens, words, breaks, i, shouted)
        for i, token in enumerate(tokens)
    ]
    units = []
    for i, (token, reading) in enumerate(zip(tokens, readings, strict=True)):
        next_sound = readings[i + 1].split()[0] if i + 1 < len(tokens) else ""
        keeps = fixed[i] or (not shouted and _is_initialism(token))
        said = reading if keeps else said_as(words, i, reading, next_sound, token.pause)
        units.append(Unit(token.text, "en", reading, said, arpabet_to_phonemes(said), True, token.pause))
    return units


def _read(tokens: list[Token], words: list[str], breaks: list[bool], i: int, shouted: bool) -> str:
    token = tokens[i]
    if not shouted and _is_initialism(token):
        return pronounce(token.plain, shouted)
    first = i == 0 or tokens[i - 1].pause in (".", "?", "!", "…")
    capital = token.plain[:1].isupper() and not shouted
    place = Place(words, i, breaks, capital and not first)
    if token.plain == "A" and (len(tokens) == 1 or (not shouted and names_letter_a(place))):
        return "EY1"
    return choose(place) or pronounce(token.plain, shouted)


def _is_initialism(token: Token) -> bool:
    """US is not "us", and IT not "it"."""
    return token.plain.isupper() and len(token.plain) > 1


def _checked(arpabet: str) -> str:
    try:
        arpabet_to_phonemes(arpabet)
    except ValueError as wrong:
        raise InvalidInput(
            f"{arpabet!r} is not a pronunciation in ARPABET.", f"{wrong} Write it like 'HH AH0 L OW1'."
        ) from wrong
    if not arpabet.split():
        raise InvalidInput("The pronunciation that was given is empty.", "Write it in ARPABET, like 'HH AH0 L OW1'.")
    return " ".join(arpabet.upper().split())
