"""Semantic codes, one by one: when a sentence may end, when it must, and how it is steered to a length.

Sentences of all requests are said side by side, and each comes out as it would alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import BoundedSemaphore

import numpy as np

from kouji.errors import SpeechError
from kouji.runtime.together import Member, Together

from .config import TOKEN_RATE
from .sampling import Sampling, draw, penalised, probabilities
from .stages import Begun, Reader, Text

LEAST = 11  # codes before which the release lets nothing end
MOST = 1500  # codes after which the release stops, wherever it is: a minute
PER_PHONE = 10  # codes that one phone may take at most; training had at least 3 phones a second
EARLY, PULL = 0.15, 0.5  # share of a wanted length by which it may end too soon; nats per code behind it
NEAR = 0.1  # share of a wanted length within which a take is good enough
TAKES = 3
# Rows of keys and values that are cached for all sentences that are said at once: 16 times those of a sentence of 50
# phones at its longest, behind a prompt of 5 seconds; 1.2 GB at the published size. What is not filled takes none.
MOST_ROWS = 16 * 768

Exponential = Callable[[int], np.ndarray]  # number of codes -> (n,) exponentially distributed; called once per code


@dataclass(frozen=True)
class Bounds:
    """When a sentence may end."""

    least: int = LEAST  # codes before which it cannot
    most: int = MOST  # codes after which it is stopped
    wanted: int | None = None  # codes behind which the end is ever likelier

    @classmethod
    def of(cls, n_phones: int) -> Bounds:
        """As the release, but told apart from running away."""
        return cls(LEAST, min(MOST, max(4 * TOKEN_RATE, PER_PHONE * n_phones)))

    @classmethod
    def exactly(cls, n_codes: int) -> Bounds:
        """So many codes, wherever the words end."""
        return cls(n_codes, n_codes)

    def miss(self, codes: np.ndarray) -> float:
        """By what share of the wanted length it is missed; 0 where none is wanted."""
        return 0.0 if self.wanted is None else abs(len(codes) - self.wanted) / self.wanted

    def towards(self, wanted: int) -> Bounds:
        """Steered to a length, but still ending where a sentence can end."""
        return Bounds(max(1, int((1 - EARLY) * wanted)), min(MOST, max(self.most, 2 * wanted)), wanted)


def next_code(
    logits: np.ndarray, before: Sequence[int], n_said: int, bounds: Bounds, sampling: Sampling, noise: Exponential
) -> int | None:
    """The code that follows; None: the end.

    Args:
        logits: (n_codes + 1,), the end last.
        before: all codes so far, the prompt's first.
        n_said: how many of them are new.
        bounds: when it may end.
        sampling: how it is drawn.
        noise: the randomness.
    """
    end = len(logits) - 1
    scores = logits[:end] if n_said < bounds.least else logits
    scores = penalised(scores, before, sampling.repetition_penalty)
    if len(scores) > end and bounds.wanted is not None and n_said > bounds.wanted:
        scores[end] += PULL * (n_said - bounds.wanted)
    likeliest = int(scores.argmax())
    code = draw(probabilities(scores, sampling), noise(len(scores))) if sampling.is_drawn else likeliest
    # The release ends also where the end is likeliest and something else was drawn.
    return None if end in (code, likeliest) else code


class Sentence:
    """One sentence while it is drawn; see kouji.runtime.together.Line."""

    def __init__(self, prompt: Sequence[int], bounds: Bounds, sampling: Sampling, noise: Exponential) -> None:
        self._before, self._bounds, self._sampling, self._noise = list(prompt), bounds, sampling, noise
        self.said: list[int] = []
        self.is_whole = False  # whether it came to an end: if not, it ran away, and what it says is babble

    def draw(self, logits: np.ndarray) -> int | None:
        """See Line."""
        bounds, n_said = self._bounds, len(self.said)
        code = next_code(logits, self._before, n_said, bounds, self._sampling, self._noise)
        if code is None:
            self.is_whole = True
            return None
        self._before.append(code)
        self.said.append(code)
        if n_said + 1 < bounds.most:
            return code
        self.is_whole = bounds.least == bounds.most
        return None


class Speaker:
    """The first network with the sentences of all requests, side by side."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._together: Together[Begun] = Together(reader.side, reader.n_places, MOST_ROWS)
        self._reading = BoundedSemaphore(os.cpu_count() or 1)  # more at once would be ready no sooner, and take memory

    @property
    def n_held(self) -> int:
        """Sentences that are being said."""
        return self._together.n_held

    def join(self, text: Text, prompt: np.ndarray, sentence: Sentence, most: int) -> Member[Begun]:
        """Begin a sentence of at most so many codes, as soon as there is a place."""
        n_rows = len(text[0]) + len(prompt) + most

        def begin() -> tuple[Begun, np.ndarray]:
            with self._reading:
                begun = self._reader.begin(text, prompt)
            return begun, begun.logits

        return self._together.join(sentence, n_rows, begin)

    def codes(
        self, text: Text, prompt: np.ndarray, bounds: Bounds, sampling: Sampling, noise: Exponential
    ) -> Iterator[int]:
        """Codes until the end is drawn, or there are as many as there may be.

        Args:
            text: see `Reader.begin`.
            prompt: (T,) codes to go on from.
            bounds: when it may end.
            sampling: how codes are drawn.
            noise: the randomness.

        Raises:
            SpeechError: `bounds.most` is reached without an end.
        """
        sentence = Sentence(prompt.tolist(), bounds, sampling, noise)
        member = self.join(text, prompt, sentence, bounds.most)
        try:
            yield from self._together.codes(member)
        finally:
            self._together.leave(member)
        if not sentence.is_whole:
            raise _endless(bounds)

    def sentences(
        self, texts: Sequence[Text], prompt: np.ndarray, bounds: Sequence[Bounds], sampling: Sampling,
        noises: Sequence[Exponential],
    ) -> list[np.ndarray | None]:  # fmt: skip
        """As `codes` for several sentences, each with its own randomness; None for one that ran away."""
        said: list[Sentence] = []
        members: list[Member[Begun]] = []
        try:
            for text, bound, noise in zip(texts, bounds, noises, strict=True):
                said.append(Sentence(prompt.tolist(), bound, sampling, noise))
                members.append(self.join(text, prompt, said[-1], bound.most))
            for member in members:
                self._together.whole(member)
        finally:
            for member in members:
                self._together.leave(member)
        return [np.array(each.said, np.int64) if each.is_whole else None for each in said]

    def takes(
        self, texts: Sequence[Text], prompt: np.ndarray, bounds: Sequence[Bounds], sampling: Sampling,
        noises: Sequence[Exponential],
    ) -> list[np.ndarray]:  # fmt: skip
        """All codes (N,) of each piece: a take that ends by itself and near the wanted length, else the nearest of 3.

        Raises:
            SpeechError: no take of a piece came to an end, or it says nothing.
        """
        best: dict[int, np.ndarray] = {}
        left = list(range(len(bounds)))
        for _ in range(TAKES if sampling.is_drawn else 1):
            given = [texts[n] for n in left], prompt, [bounds[n] for n in left], sampling, [noises[n] for n in left]
            found = self.sentences(*given)
            for piece, codes in zip(left, found, strict=True):
                limit = bounds[piece]
                if codes is not None and (piece not in best or limit.miss(codes) < limit.miss(best[piece])):
                    best[piece] = codes
            left = [piece for piece in left if piece not in best or bounds[piece].miss(best[piece]) > NEAR]
            if not left:
                break
        if len(best) < len(bounds):
            raise _endless(max(bounds, key=lambda bound: bound.most))
        if not all(map(len, best.values())):
            raise SpeechError("The model says nothing here.", "Try another seed, or a longer text.")
        return [best[piece] for piece in range(len(bounds))]


def _endless(bounds: Bounds) -> SpeechError:
    hint = "Try another seed, a shorter sentence, or a cleaner reference."
    return SpeechError(f"The model did not come to an end within {bounds.most / TOKEN_RATE:.0f} seconds.", hint)
