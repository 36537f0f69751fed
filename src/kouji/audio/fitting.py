"""Frames and samples brought to an exact number."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def resized(frames: np.ndarray, n: int) -> np.ndarray:
    """(dim, T) -> (dim, n), linear with half-pixel centres; the same where there are as many, or none."""
    n_given = frames.shape[1]
    if n_given in (0, n):
        return frames
    places = np.clip((np.arange(n) + 0.5) * (n_given / n) - 0.5, 0, n_given - 1)
    left = np.floor(places).astype(np.int64)
    right = np.minimum(left + 1, n_given - 1)
    share = (places - left).astype(np.float32)
    return np.asarray(frames[:, left] * (1 - share) + frames[:, right] * share, np.float32)


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """A whole number in parts like the weights, each at least 1, which sum to it where that is possible."""
    edges = np.round(np.cumsum([0, *weights]) * (total / max(1, sum(weights)))).astype(int)
    parts = [max(1, int(part)) for part in np.diff(edges)]
    parts[int(np.argmax(parts))] -= sum(parts) - total
    return parts


def cut_to(samples: np.ndarray, n_samples: int, n_faded: int) -> np.ndarray:
    """Exactly so many samples: silence behind them, or the last `n_faded` of them faded out where some are too many."""
    if len(samples) <= n_samples:
        return np.pad(samples, (0, n_samples - len(samples)))
    kept, n_faded = samples[:n_samples].copy(), min(n_samples, n_faded)
    kept[n_samples - n_faded :] *= np.linspace(1, 0, n_faded, dtype=np.float32)
    return kept
