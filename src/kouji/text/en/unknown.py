"""Words the lexicon does not have: initialisms, names such as YouTube, words made of known parts, and the rest by model."""

from __future__ import annotations

import re
from functools import lru_cache

from .letters import by_letters
from .lexicon import pronunciation
from .morphology import from_parts, plural

_LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", (
    "EY1", "B IY1", "S IY1", "D IY1", "IY1", "EH1 F", "JH IY1", "EY1 CH", "AY1", "JH EY1", "K EY1", "EH1 L", "EH1 M", "EH1 N", "OW1",
    "P IY1", "K Y UW1", "AA1 R", "EH1 S", "T IY1", "Y UW1", "V IY1", "D AH1 B AH0 L Y UW0", "EH1 K S", "W AY1", "Z IY1",
), strict=True))  # fmt: skip
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# In capitals inside a sentence of small letters these are spelled, though the lexicon has a word of the same letters.
_SPELLED = frozenset(
    "us ai it id ip os pr hr pc tv ok am pm uk un eu ad bc ce im la dc cd dvd ui io ms pe ra er dj va ic mr dm led who cia "
    "fbi nba ufo ceo cfo cto vip diy faq".split()
)
_READ_AS_WORD = frozenset("nasa nato opec aids laser radar scuba unesco unicef covid asap gif ram rom sim pin".split())


def spell(letters: str) -> str:
    """Letter names, the last with the main stress: "IBM" -> AY2 B IY2 EH1 M. Digits are named too."""
    names = [
        _LETTERS[c] if c.isalpha() else pronunciation(_DIGITS[int(c)]) or "" for c in letters.lower() if c.isalnum()
    ]
    return " ".join([*(name.replace("1", "2") for name in names[:-1]), names[-1]])


def pronounce(plain: str, shouted: bool) -> str:
    """ARPABET of one written word.

    Args:
        plain: ASCII letters, digits, apostrophes and dots, in the case they were written.
        shouted: the whole sentence is in capitals, so that capitals mean nothing.
    """
    word = plain.lower()
    if "." in plain or plain.isdigit():
        return spell(plain)
    if len(word) == 1:
        return "AH0" if word == "a" else spell(word)
    bare = word.removesuffix("'s") if not word.endswith("s's") else word
    if not shouted and plain[: len(bare)].isupper() and bare.isalpha() and _is_spelled(bare):
        return spell(bare) if bare == word else plural(spell(bare))
    if re.fullmatch(r"[A-Z]{2,5}s", plain) and pronunciation(word) is None:
        return plural(spell(plain[:-1]))  # GPUs
    return pronunciation(word) or _unwritten(plain)


def _is_spelled(word: str) -> bool:
    if word in _READ_AS_WORD:
        return False
    return word in _SPELLED or (pronunciation(word) is None and (len(word) <= 3 or not _is_pronounceable(word)))


def _is_pronounceable(word: str) -> bool:
    """Vowels and consonants take turns as in a word: NAFTA yes, HTTP and HDMI no."""
    runs = re.findall(r"[aeiouy]+|[^aeiouy]+", word)
    begins = r"[^aeiouy]?|[bcdfgkpst][lr]|s[chklmnptw]|sh|ch|th|wh|ph|str|spr|scr|spl"
    vowels = [run for run in runs if run[0] in "aeiouy"]
    if not vowels or max(map(len, runs)) > 3:
        return False
    return bool(re.fullmatch(begins, runs[0])) if runs[0][0] not in "aeiouy" else True


@lru_cache(maxsize=5_000)
def _unwritten(plain: str) -> str:
    word = plain.lower()
    pieces = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", plain)
    if len(pieces) > 1 and plain.isalpha():  # camelCase
        return _join([pronounce(piece, shouted=False) for piece in pieces])
    said = from_parts(word, name=plain.istitle())
    if said:
        return said
    at_end = re.search(r"(.)\1\1$", word) is not None
    for length in (r"\1", r"\1\1") if at_end else (r"\1\1", r"\1"):  # "soooo" is so, "goood" is good
        said = pronunciation(re.sub(r"(.)\1{2,}", length, word))
        if said:
            return said
    if len(word) <= 5 and not re.search(r"[aeiouy]", word):
        return spell(word)
    return by_letters(word)


def _join(parts: list[str]) -> str:
    """Several words as one: the first with a stress keeps it, the others step back."""
    return " ".join([parts[0], *(part.replace("1", "2") for part in parts[1:])])
