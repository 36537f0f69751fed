"""Frames of what is said at another tempo, and to an exact length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FADE = 160  # samples: 5 ms at 32 kHz


def n_frames_at(n_frames: int, speed: float) -> int:
    """How many frames so many become at a tempo, as the release counts them."""
    return n_frames if speed == 1 else int(n_frames / speed) + 1


def resized(frames: np.ndarray, n: int) -> np.ndarray:
    """(dim, T) -> (dim, n), linear with half-pixel centres; the same where there are as many."""
    n_given = frames.shape[1]
    if n == n_given:
        return frames
    places = np.clip((np.arange(n) + 0.5) * (n_given / n) - 0.5, 0, n_given - 1)
    left = np.floor(places).astype(np.int64)
    right = np.minimum(left + 1, n_given - 1)
    share = (places - left).astype(np.float32)
    return np.asarray(frames[:, left] * (1 - share) + frames[:, right] * share, np.float32)


def fitted(samples: np.ndarray, n_samples: int) -> np.ndarray:
    """Exactly so many samples: the end, less than a frame of it, faded out and cut; or silence behind."""
    if len(samples) <= n_samples:
        return np.pad(samples, (0, n_samples - len(samples)))
    kept = samples[:n_samples].copy()
    n_faded = min(n_samples, FADE)
    kept[n_samples - n_faded :] *= np.linspace(1, 0, n_faded, dtype=np.float32)
    return kept


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """A whole number in parts like the weights, each at least 1, which sum to it where that is possible."""
    edges = np.round(np.cumsum([0, *weights]) * (total / max(1, sum(weights)))).astype(int)
    parts = [max(1, int(part)) for part in np.diff(edges)]
    parts[int(np.argmax(parts))] -= sum(parts) - total
    return parts
