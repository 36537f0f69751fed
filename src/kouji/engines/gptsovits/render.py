"""Frames of what is said at another tempo, and to an exact length."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

FADE = 160  # samples: 5 ms at 32 kHz


def n_frames_at(n_frames: int, speed: float) -> int:
    """How many frames so many become at a tempo, as the release counts them."""
    return n_frames if speed == 1 else int(n_frames / speed) + 1


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """A whole number in parts like the weights, each at least 1, which sum to it where that is possible."""
    edges = np.round(np.cumsum([0, *weights]) * (total / max(1, sum(weights)))).astype(int)
    parts = [max(1, int(part)) for part in np.diff(edges)]
    parts[int(np.argmax(parts))] -= sum(parts) - total
    return parts
