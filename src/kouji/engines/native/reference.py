"""A clip of somebody's speech, as the speaker encoder wants it."""

from __future__ import annotations

import numpy as np

SPEECH_RANGE = 5.0  # natural log below the loud frames, about 43 dB; softer frames are pauses
MIN_FRAMES = 64


def loudness(mel: np.ndarray) -> np.ndarray:
    """(T, 80) log-mel -> (T,) natural log of the mean magnitude."""
    return np.asarray(np.log(np.exp(mel).mean(-1)))


def speech_frames(mel: np.ndarray) -> np.ndarray:
    """Those of a log-mel (T, 80) that hold speech: an even number, repeated where they are fewer than `MIN_FRAMES`."""
    level = loudness(mel)
    kept = mel[level > np.quantile(level, 0.95) - SPEECH_RANGE] if len(mel) else mel
    if len(kept) == 0:
        kept = mel
    if len(kept) < MIN_FRAMES:
        kept = np.tile(kept, (-(-MIN_FRAMES // max(len(kept), 1)), 1))
    return kept[: len(kept) // 2 * 2]
