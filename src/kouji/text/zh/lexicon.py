"""Mandarin words and readings: which words there are, how frequent, what part of speech, how read.

`zh_lexicon.txt.gz` (made by `kouji.text.zh.compile`) has six lines:
    characters with their readings, commonest first     行xing2,hang2,heng2 …
    words, sorted                                       …
    one letter per word: 4·log2(1 + count) + 40
    one letter per word: its part of speech             n v a d r …, P person, L place, x unknown
    readings of the words that somebody checked         银行:yin2,hang2 …
    traditional characters and their simplified forms   銀银 …
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

MAX_WORD = 7  # characters
_STEPS = 4.0  # letters per doubling of the count


@dataclass(frozen=True)
class Lexicon:
    """All tables; look-ups only."""

    characters: dict[str, str]  # character -> "xing2,hang2"
    words: dict[str, int]  # word -> row
    cost: dict[str, float]  # letter of the frequency column -> cost in bits, for segmentation
    frequencies: str  # row -> letter
    tags: str  # row -> part of speech
    phrases: dict[str, str]  # word -> "yin2,hang2"
    simplified: dict[str, str]  # traditional character -> simplified

    def readings(self, character: str) -> list[str]:
        """All readings of a character, the commonest first; empty where it has none."""
        found = self.characters.get(character)
        return found.split(",") if found else []

    def phrase(self, word: str) -> list[str] | None:
        """The checked reading of a word, one syllable per character, or None."""
        found = self.phrases.get(word)
        return found.split(",") if found else None

    def tag(self, word: str) -> str:
        """Part of speech; "x" where unknown."""
        row = self.words.get(word)
        return "x" if row is None else self.tags[row]


@cache
def lexicon() -> Lexicon:
    """The shipped tables, read at the first call (about 0.1 s)."""
    with files("kouji.text.data").joinpath("zh_lexicon.txt.gz").open("rb") as file:
        text = gzip.decompress(file.read()).decode()
    characters, words, frequencies, tags, phrases, pairs = text.split("\n")
    names = words.split(" ")
    readable = {entry[0]: entry[1:] for entry in characters.split(" ")}
    return Lexicon(
        characters=readable,
        words=dict(zip(names, range(len(names)), strict=True)),
        cost={letter: 26.0 - (ord(letter) - 40) / _STEPS for letter in set(frequencies)},
        frequencies=frequencies,
        tags=tags,
        phrases=dict(entry.split(":") for entry in phrases.split(" ")),
        # Some rare characters have a reading that their simplified form lacks: those stay as they are.
        simplified={pair[0]: pair[1] for pair in pairs.split(" ") if pair[1] in readable},
    )
