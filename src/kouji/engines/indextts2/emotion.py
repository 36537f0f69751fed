"""Emotions as weights of eight names to the vector that the GPT adds to a speaker.

    happy angry sad afraid disgusted melancholic surprised calm ─caps─→ rows of a matrix of exemplars ─→ (D,)

Official files: feat1.pt (speaker embeddings of 73 exemplars) and feat2.pt (their emotion vectors).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kouji.types import EMOTIONS

# Strong emotions are held back a little, and all together to 0.8: above, the voice is no longer the speaker's.
# Source: normalize_emo_vec of the release (its web page uses it; its Python entry does not).
BIAS = (0.9375, 0.875, 1.0, 1.0, 0.9375, 0.9375, 0.6875, 0.5625)
MOST = 0.8


@dataclass(frozen=True)
class Exemplars:
    """What each emotion sounded like, said by many."""

    speakers: np.ndarray  # (n, 192) float32
    emotions: np.ndarray  # (n, D) float32
    counts: tuple[int, ...]  # of each emotion, in the order of `EMOTIONS`

    def chosen(self, speaker: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
        """(8,) rows: of each emotion the exemplar whose voice (192,) is nearest; with `rng`, any."""
        ends = np.cumsum(self.counts)
        starts = ends - self.counts
        if rng is not None:
            return starts + rng.integers(0, self.counts)
        norms = np.linalg.norm(self.speakers, axis=1) * np.linalg.norm(speaker)
        likeness = self.speakers @ speaker / np.maximum(norms, 1e-8)
        return np.array([s + likeness[s:e].argmax() for s, e in zip(starts, ends, strict=True)])

    def mixed(self, weights: Sequence[float], rows: np.ndarray, base: np.ndarray) -> np.ndarray:
        """The emotion vector (D,): exemplars by weight, the rest what the voice has by itself.

        Args:
            weights: 8 numbers; where they sum to more than 1, the voice's own manner is taken away.
            rows: (8,) see `chosen`.
            base: (D,) the emotion vector of the voice's own clip.
        """
        share = np.asarray(weights, np.float32)
        vector: np.ndarray = share @ self.emotions[rows] + (1 - share.sum()) * base
        return vector.astype(np.float32)


def capped(weights: Sequence[float]) -> tuple[float, ...]:
    """Weights that keep the speaker: each times its bias, together at most 0.8."""
    return capped_sum([weight * bias for weight, bias in zip(weights, BIAS, strict=True)])


def capped_sum(weights: Sequence[float]) -> tuple[float, ...]:
    """Scaled down to a sum of 0.8 where it is larger."""
    total = sum(weights)
    factor = MOST / total if total > MOST else 1.0
    return tuple(weight * factor for weight in weights)


def scaled(weights: Sequence[float], alpha: float) -> tuple[float, ...]:
    """Weights times alpha (0 to 1), cut to four decimals as in the release; untouched at 1."""
    alpha = min(max(alpha, 0.0), 1.0)
    return tuple(weights) if alpha == 1 else tuple(int(weight * alpha * 10000) / 10000 for weight in weights)


def held_back(weights: Sequence[float], alpha: float) -> tuple[float, ...]:
    """Weights that have alpha (above 0) in them, in the order of the release: caps first, alpha behind them."""
    return scaled(capped([round(weight / alpha, 9) for weight in weights]), alpha)


assert len(BIAS) == len(EMOTIONS)
