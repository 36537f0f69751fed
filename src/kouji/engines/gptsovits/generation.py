"""Semantic codes, one by one: when a sentence may end, when it must, and how it is steered to a length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from kouji.errors import SpeechError

from .config import TOKEN_RATE
from .sampling import Sampling, draw, penalised, probabilities
from .stages import Speaking

LEAST = 11  # codes before which the release lets nothing end
MOST = 1500  # codes after which the release stops, wherever it is: a minute
PER_PHONE = 10  # codes that one phone may take at most; training had at least 3 phones a second
EARLY, PULL = 0.15, 0.5  # share of a wanted length by which it may end too soon; nats per code behind it
NEAR = 0.1  # share of a wanted length within which a take is good enough
TAKES = 3

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


def codes(
    speaking: Speaking, prompt: Sequence[int], bounds: Bounds, sampling: Sampling, noise: Exponential
) -> Iterator[int]:
    """Codes until the end is drawn, or there are as many as there may be.

    Raises:
        SpeechError: `bounds.most` is reached without an end: it ran away, and what it says is babble.
    """
    before, n_said = list(prompt), 0
    while n_said < bounds.most:
        code = next_code(speaking.logits[0], before, n_said, bounds, sampling, noise)
        if code is None:
            return
        before.append(code)
        n_said += 1
        yield code
        if n_said < bounds.most:
            speaking.say(np.array([code]))
    if bounds.least < bounds.most:
        hint = "Try another seed, a shorter sentence, or a cleaner reference."
        raise SpeechError(f"The model did not come to an end within {bounds.most / TOKEN_RATE:.0f} seconds.", hint)


def together(
    speaking: Speaking, prompt: Sequence[int], bounds: Sequence[Bounds], sampling: Sampling,
    noises: Sequence[Exponential],
) -> list[np.ndarray | None]:  # fmt: skip
    """As `codes` for several sentences at once, each with its own randomness; None for one that ran away."""
    found: list[np.ndarray | None] = [None] * len(bounds)
    said: list[list[int]] = [[] for _ in bounds]
    rows = list(range(len(bounds)))
    while rows:
        drawn: dict[int, int] = {}
        for place, row in enumerate(rows):
            logits, limit = speaking.logits[place], bounds[row]
            code = next_code(logits, [*prompt, *said[row]], len(said[row]), limit, sampling, noises[row])
            if code is not None:
                said[row].append(code)
            if code is None or len(said[row]) == limit.most:
                whole = code is None or limit.least == limit.most
                found[row] = np.array(said[row], np.int64) if whole else None
            else:
                drawn[place] = code
        if len(drawn) < len(rows):
            speaking.keep(np.array(list(drawn), np.int64))
            rows = [rows[place] for place in drawn]
        if rows:
            speaking.say(np.array(list(drawn.values())))
    return found


def takes(
    begin: Callable[[Sequence[int]], Speaking], prompt: Sequence[int], bounds: Sequence[Bounds], sampling: Sampling,
    noises: Sequence[Exponential],
) -> list[np.ndarray]:  # fmt: skip
    """All codes (N,) of each piece: a take that ends by itself and near the wanted length, else the nearest of three.

    Args:
        begin: the numbers of some pieces -> the first network, ready to say them together.
        prompt: codes that all go on from.
        bounds: of each piece.
        sampling: how codes are drawn.
        noises: of each piece.

    Raises:
        SpeechError: no take of a piece came to an end, or it says nothing.
    """
    best: dict[int, np.ndarray] = {}
    left = list(range(len(bounds)))
    for _ in range(TAKES if sampling.is_drawn else 1):
        found = together(begin(left), prompt, [bounds[n] for n in left], sampling, [noises[n] for n in left])
        for piece, codes in zip(left, found, strict=True):
            if codes is not None and (piece not in best or bounds[piece].miss(codes) < bounds[piece].miss(best[piece])):
                best[piece] = codes
        left = [piece for piece in left if piece not in best or bounds[piece].miss(best[piece]) > NEAR]
        if not left:
            break
    if len(best) < len(bounds):
        most = max(bound.most for bound in bounds) / TOKEN_RATE
        hint = "Try another seed, a shorter sentence, or a cleaner reference."
        raise SpeechError(f"The model did not come to an end within {most:.0f} seconds.", hint)
    if not all(map(len, best.values())):
        raise SpeechError("The model says nothing here.", "Try another seed, or a longer text.")
    return [best[piece] for piece in range(len(bounds))]
