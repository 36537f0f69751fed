"""Frames of what is said at another tempo, and to an exact length."""

from __future__ import annotations

FADE = 160  # samples: 5 ms at 32 kHz


def n_frames_at(n_frames: int, speed: float) -> int:
    """How many frames so many become at a tempo, as the release counts them."""
    return n_frames if speed == 1 else int(n_frames / speed) + 1
