"""From labels to chains of states: which phonemes have a model of their own, and where silence may stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kouji.text.phonemes import is_vowel, split_tone, to_segments

from .hmm import Chain

OWN_MODEL = 300  # examples that a phoneme needs in one language to have a model of its own there
PAUSE_FRAMES = 4  # an unmarked pause is at least this long


def n_states_of(language: str, phoneme: str) -> int:
    """States of a phoneme (without digit), which is also its least duration in frames."""
    if not is_vowel(phoneme):
        return 2
    n = len(to_segments(phoneme))
    if language in ("zh", "yue"):
        return 4 if n >= 3 else 3
    return 3 if n >= 2 else 2


class Units:
    """Which phonemes have a model, and the states of each: 0 is silence."""

    def __init__(self, labels: Iterable[tuple[str, Sequence[str]]]) -> None:
        counts: Counter[tuple[str, str]] = Counter()
        for language, phonemes in labels:
            counts.update((language, split_tone(p)[0]) for p in phonemes)
        self._own = {key for key, n in counts.items() if n >= OWN_MODEL}
        self._first: dict[tuple[str, str, int], int] = {}
        self.n_states = 1
        for language, phoneme in sorted(counts):
            key = self._key(language, phoneme)
            if key not in self._first:
                self._first[key] = self.n_states
                self.n_states += key[2]

    def _key(self, language: str, phoneme: str) -> tuple[str, str, int]:
        """Rare phonemes share a model with their namesakes of other languages that have as many states."""
        own = language if (language, phoneme) in self._own else ""
        return own, phoneme, n_states_of(language, phoneme)

    def states(self, language: str, phoneme: str) -> range:
        """The states of a phoneme with or without its digit."""
        key = self._key(language, split_tone(phoneme)[0])
        return range(self._first[key], self._first[key] + key[2])


@dataclass(frozen=True)
class Utterance:
    """A labelled recording as a chain, with the token that each position belongs to."""

    row: Mapping[str, Any]
    chain: Chain
    tokens: tuple[str, ...]
    source: tuple[int, ...]
    token_of: np.ndarray  # (n_positions,) int32

    @classmethod
    def of(cls, row: Mapping[str, Any], label: Mapping[str, Any], units: Units) -> Utterance:
        build = _ChainBuilder()
        phonemes, pauses = label["phonemes"], label["pause"]
        build.silence("_", optional=1)
        for i, phoneme in enumerate(phonemes):
            if i and label["word_start"][i] and not pauses[i - 1]:
                build.silence("_", optional=PAUSE_FRAMES)
            build.token(phoneme, i, units.states(row["language"], phoneme))
            if pauses[i]:
                build.silence(pauses[i])
        if not pauses[-1]:
            build.silence("_", optional=1)
        return cls(row, build.chain(), tuple(build.tokens), tuple(build.source), np.array(build.token_of, np.int32))


class _ChainBuilder:
    """Writes a chain from left to right."""

    def __init__(self) -> None:
        self.states: list[int] = []
        self.jump: list[int] = []
        self.tokens: list[str] = []
        self.source: list[int] = []
        self.token_of: list[int] = []
        self._before_optional: int | None = None  # last position before an optional stretch that has just ended
        self._first_optional = 0

    def token(self, name: str, source: int, states: Iterable[int]) -> None:
        for k, state in enumerate(states):
            self.jump.append(self._before_optional if k == 0 and self._before_optional is not None else -1)
            self.states.append(state)
            self.token_of.append(len(self.tokens))
        self._before_optional = None
        self.tokens.append(name)
        self.source.append(source)

    def silence(self, name: str, optional: int = 0) -> None:
        """A pause; `optional` frames at least where it may also be missing."""
        before = len(self.states) - 1
        self.token(name, -1, [0] * max(optional, 1))
        if optional:
            self._before_optional = before
            self._first_optional = self._first_optional or optional * (before < 0)

    def chain(self) -> Chain:
        n = len(self.states)
        last = [n - 1] if self._before_optional is None else [n - 1, self._before_optional]
        parts = (self.states, self.jump, [0, self._first_optional], last)
        return Chain(*(np.array(part, np.int32) for part in parts))
