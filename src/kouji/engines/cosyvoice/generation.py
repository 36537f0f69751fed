"""Speech tokens, one by one: when an utterance may end, when it must, and how it is steered to a length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from kouji.errors import SpeechError

from .sampling import repetition_aware
from .stages import Speaking

LEAST, MOST = 2, 20  # speech tokens per text token; upstream's limits
EARLY = 0.15  # share of a wanted length by which an utterance may end too soon
PULL = 0.5  # nats per token by which the end gets likelier behind a wanted length
NEAR = 0.1  # share of a wanted length within which a take is good enough
TAKES = 3


@dataclass(frozen=True)
class Bounds:
    """When an utterance may end."""

    least: int  # tokens before which it cannot
    most: int  # tokens after which it is stopped
    wanted: int | None = None  # tokens behind which the end is ever likelier

    @classmethod
    def of(cls, n_text: int) -> Bounds:
        """Upstream's, for a text of so many tokens."""
        return cls(LEAST * n_text, MOST * n_text)

    @classmethod
    def exactly(cls, n_tokens: int) -> Bounds:
        """So many tokens, wherever the words end."""
        return cls(n_tokens, n_tokens)

    def towards(self, wanted: int) -> Bounds:
        """Steered to a length, but still ending where a sentence can end."""
        least = min(int((1 - EARLY) * wanted), self.most - 1)
        return Bounds(least, max(self.most, 2 * wanted), wanted)


def tokens(speaking: Speaking, bounds: Bounds, rng: np.random.Generator) -> Iterator[int]:
    """Sample until the end is drawn, or the wanted number is reached.

    Raises:
        SpeechError: `bounds.most` is reached without an end: it ran away, and what it says is babble.
    """
    said: list[int] = []
    while len(said) < bounds.most:
        log_probs = speaking.log_probs.copy()
        end = len(log_probs) - 1
        if len(said) < bounds.least:
            log_probs[end] = -np.inf
        elif bounds.wanted is not None and len(said) > bounds.wanted:
            log_probs[end] += PULL * (len(said) - bounds.wanted)
        token = repetition_aware(log_probs, said, rng.random(2))
        if token == end:
            return
        said.append(token)
        yield token
        if len(said) < bounds.most:
            speaking.say(token)
    if bounds.least < bounds.most:
        hint = "Try another seed, a shorter sentence, or a cleaner reference."
        raise SpeechError(f"The model did not come to an end within {bounds.most} tokens.", hint)


def take(begin: Callable[[], Speaking], bounds: Bounds, rng: np.random.Generator) -> list[int]:
    """All tokens of an utterance: the first take that ends by itself and is near the wanted length, else the nearest.

    Raises:
        SpeechError: no take came to an end.
    """
    ran_away: SpeechError | None = None
    best: list[int] | None = None
    for _ in range(TAKES):
        try:
            found = list(tokens(begin(), bounds, rng))
        except SpeechError as error:
            ran_away = error
            continue
        if bounds.wanted is None:
            return found
        if best is None or abs(len(found) - bounds.wanted) < abs(len(best) - bounds.wanted):
            best = found
        if abs(len(best) - bounds.wanted) <= NEAR * bounds.wanted:
            return best
    if best is None:
        assert ran_away is not None
        raise ran_away
    return best
