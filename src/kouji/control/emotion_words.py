"""The words that say how something is said: what each does. They stand in data/emotion_words.txt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from kouji.types import EMOTIONS


@dataclass(frozen=True)
class Word:
    """One entry."""

    role: str = "meaning"  # meaning | degree | not | break | filler
    emotion: Mapping[str, float] = field(default_factory=dict)
    speed: float = 1.0  # times as fast
    pitch: float = 0.0  # semitones
    volume: float = 0.0  # dB
    beyond: str = ""  # what an engine of numbers cannot do about it: "whisper"
    degree: float = 0.0  # factor on the next feeling; 0: this is no word of degree


@cache
def lexicon() -> dict[str, Word]:
    """Every word and phrase, in small letters; of two entries the one that stands higher in the file."""
    found: dict[str, Word] = {}
    for meaning, words in _lines():
        entry = _entry(meaning.split())
        for word in words:
            found.setdefault(word.replace("_", " "), entry)
    return found


def _lines() -> Iterator[tuple[str, list[str]]]:
    """What a group of words does, and the words."""
    text = (files("kouji.control") / "data" / "emotion_words.txt").read_text("utf-8")
    for line in text.replace("\n   ", " ").splitlines():
        if line and not line.startswith("#"):
            meaning, _, words = line.partition(" | ")
            yield meaning, words.split()


def _entry(parts: list[str]) -> Word:
    if parts[0] in ("not", "break", "filler"):
        return Word(parts[0])
    if parts[0] == "neutral":
        return Word()
    pairs = dict(zip(parts[::2], parts[1::2], strict=True))
    if "degree" in pairs:
        return Word("degree", degree=float(pairs["degree"]))
    emotion = {name: float(pairs[name]) for name in EMOTIONS if name in pairs}
    speed, pitch, volume = float(pairs.get("speed", 1)), float(pairs.get("pitch", 0)), float(pairs.get("volume", 0))
    return Word("meaning", emotion, speed, pitch, volume, pairs.get("beyond", ""))
