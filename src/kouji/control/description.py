"""What a description in words asks for: "严厉且带有压迫感地命令", "whisper, frightened", "not too excited".

    text ─→ the longest known words, one after another ─→ degrees, negations ─→ weights of emotions, hints
              unknown words: the most alike by their letters, or none

A small reader of its own, without a network. Anything that is called with a description and answers `Understood`
can stand in its place: a language model, for example.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Protocol

from kouji.errors import InvalidInput
from kouji.types import EMOTIONS, NEUTRAL, Notice

from .emotion_words import Word, lexicon

_ALIKE = 0.7  # of 1: share of letter triples from which an unknown English word is taken for a known one
_LONGEST_ALIKE = 24  # letters
_OPPOSITE = {"happy": {"sad": 0.4}, "calm": {"angry": 0.2, "afraid": 0.2}}
_APPEASED = {"calm": 0.4}  # of all others: not angry is not happy
_FAR = 3  # unknown pieces between "not" and what it denies
_SUFFIXES = ("ly", "ness", "ing", "ed", "er", "ful", "s")
_LATIN = re.compile(r"[a-z][a-z'-]*")
_BEYOND = {
    "whisper": "whisper: it speaks softly instead",
    "shout": "shout: it speaks louder and higher instead",
    "sob": "sob: it speaks sadly instead",
    "laugh": "laugh: it speaks happily instead",
    "sing": "sing",
}


@dataclass(frozen=True)
class Understood:
    """What a description asks for."""

    emotion: tuple[float, ...] = NEUTRAL  # weights of EMOTIONS, 0 to 1 each, their sum at most 1
    speed: float = 1.0  # times as fast
    pitch: float = 0.0  # semitones
    volume: float = 0.0  # dB
    notices: tuple[Notice, ...] = ()  # what could not be understood, or only in part
    reader: str = "kouji"  # who understood it


class Interpreter(Protocol):
    """Whatever understands descriptions. It raises InvalidInput where it understands nothing."""

    def __call__(self, description: str) -> Understood: ...


class Reader(Protocol):
    """The reader of descriptions that some engines bring along."""

    name: str

    def weights(self, description: str) -> Sequence[float]:
        """Eight weights of EMOTIONS, 0 or more each."""
        ...


def read_by(reader: Reader, description: str) -> Understood:
    """What an engine's own reader understands; weights that sum up to more than 1 are scaled."""
    weights = tuple(map(float, reader.weights(description)))
    total = max(1.0, sum(weights))
    return Understood(tuple(weight / total for weight in weights), reader=reader.name)


@dataclass
class _Heard:
    """A meaningful word, with what stood before it."""

    word: Word
    factor: float  # of degree
    denied: bool
    clause: int


@dataclass
class _Reading:
    """The state of one description while it is read."""

    heard: list[_Heard] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    taken_for: list[str] = field(default_factory=list)
    degree: float = 0.0  # that waits for its feeling; 0: none
    denied: bool = False
    far: int = 0  # unknown pieces since the denial
    clause: int = 0

    def read(self, word: Word) -> None:
        if word.role == "break":
            self.end_clause()
        elif word.role == "not":
            self.denied, self.far = not self.denied, 0
        elif word.role == "degree":
            self.degree = word.degree
        elif word.role == "meaning":
            self.heard.append(_Heard(word, self.degree or 1.0, self.denied, self.clause))
            self.degree = 0.0

    def skip(self, piece: str) -> None:
        self.unknown.append(piece)
        self.far += 1
        if self.far > _FAR:
            self.denied = False

    def end_clause(self) -> None:
        """A degree that found nothing after it belongs to what stood before: 温柔一点, 开心极了."""
        if self.degree and self.heard and self.heard[-1].clause == self.clause:
            self.heard[-1].factor *= self.degree
        self.degree, self.denied, self.clause = 0.0, False, self.clause + 1


def describe(description: str) -> Understood:
    """The offline interpreter.

    Raises:
        InvalidInput: no word of it is known.
    """
    text = unicodedata.normalize("NFKC", description).lower().replace("’", "'")
    reading = _read(text)
    if not reading.heard:
        raise InvalidInput(
            f"No emotion is heard in {description!r}.",
            "Use words such as happy, stern, slightly sad, whisper, faster; 开心、严厉、有点难过、轻声、慢一点.",
        )
    notices = []
    if reading.unknown:
        left_out = ", ".join(repr(piece) for piece in reading.unknown)
        notices.append(Notice("emotion_words_unknown", f"Not understood in {description!r}: {left_out}."))
    if reading.taken_for:
        notices.append(Notice("emotion_words_guessed", f"Guessed: {', '.join(reading.taken_for)}."))
    for thing in dict.fromkeys(each.word.beyond for each in reading.heard if each.word.beyond and not each.denied):
        notices.append(Notice("manner_not_possible", f"This voice cannot {_BEYOND[thing]}."))
    return Understood(_emotion(reading), *_hints(reading), tuple(notices))


def _read(text: str) -> _Reading:
    reading, position, run = _Reading(), 0, ""
    while position < len(text):
        match = _LATIN.match(text, position)
        known = _longest(text, position)
        if known is None and match is None and text[position].isalnum():
            run += text[position]  # unknown Chinese characters are told together
            position += 1
            continue
        if run:
            reading.skip(run)
            run = ""
        if known is not None:
            reading.read(lexicon()[known])
            position += len(known)
        elif match is not None:
            _read_alike(match[0], reading)
            position = match.end()
        else:
            position += 1
    if run:
        reading.skip(run)
    reading.end_clause()
    return reading


def _longest(text: str, position: int) -> str | None:
    """The longest entry that stands at a position; an English one ends where a word does."""
    for length in range(min(_longest_entry(), len(text) - position), 0, -1):
        piece = text[position : position + length]
        if piece in lexicon():
            after = text[position + length : position + length + 1]
            if not (piece[-1].isascii() and piece[-1].isalpha() and after and _LATIN.match(after)):
                return piece
    return None


@cache
def _longest_entry() -> int:
    return max(map(len, lexicon()))


def _read_alike(word: str, reading: _Reading) -> None:
    """An English word that is not in the list: one of its forms, else the most alike, else unknown."""
    for suffix in _SUFFIXES:
        stem = word.removesuffix(suffix)
        for form in (stem, stem + "e", stem + "y", stem[:-1] + "y"):
            if stem != word and len(stem) > 2 and form in lexicon():
                reading.read(lexicon()[form])
                return
    nearest, share = max(((known, _alike(word, known)) for known in _english()), key=lambda pair: pair[1])
    if share < _ALIKE or len(word) > _LONGEST_ALIKE:
        reading.skip(word)
        return
    reading.taken_for.append(f"{word!r} as {nearest!r}")
    reading.read(lexicon()[nearest])


@cache
def _english() -> tuple[str, ...]:
    """Words of five letters or more that mean something: shorter ones are like too many others."""
    return tuple(name for name, word in lexicon().items() if word.role == "meaning" and re.fullmatch("[a-z]{5,}", name))


def _alike(word: str, other: str) -> float:
    """0 to 1: letter triples in common, of both (Dice's coefficient)."""
    ours, theirs = _triples(word), _triples(other)
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


@lru_cache(maxsize=8192)
def _triples(word: str) -> Counter[str]:
    padded = f"^{word}$"
    return Counter(padded[k : k + 3] for k in range(len(padded) - 2))


def _emotion(reading: _Reading) -> tuple[float, ...]:
    """Weights of all words together; several words for one emotion add up to no more than 1."""
    left = dict.fromkeys(EMOTIONS, 1.0)
    for each in reading.heard:
        for name, weight in each.word.emotion.items():
            if each.denied:
                lively = each.word.volume > 0  # who should not be excited should not be sad either
                for other, share in (_APPEASED if lively else _OPPOSITE.get(name, _APPEASED)).items():
                    left[other] *= 1 - share * weight
            else:
                left[name] *= 1 - min(1.0, weight * each.factor)
    weights = [round(1 - left[name], 6) for name in EMOTIONS]
    total = max(1.0, sum(weights))
    return tuple(weight / total for weight in weights)


def _hints(reading: _Reading) -> tuple[float, float, float]:
    """Speed, pitch and volume; what is denied goes half as far the other way."""
    speed, pitch, volume = 1.0, 0.0, 0.0
    for each in reading.heard:
        size = -0.5 if each.denied else each.factor
        speed *= each.word.speed**size
        pitch += each.word.pitch * size
        volume += each.word.volume * size
    return round(min(1.5, max(0.67, speed)), 4), max(-5.0, min(5.0, pitch)), max(-12.0, min(9.0, volume))
