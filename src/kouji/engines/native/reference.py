"""A clip of somebody's speech, as the speaker encoder wants it."""

from __future__ import annotations

import numpy as np

SPEECH_RANGE = 5.0  # natural log below the loud frames, about 43 dB; softer frames are pauses
MIN_FRAMES = 64
NOISE_BELOW = 2.3  # natural log, 20 dB: a room that is louder than this cannot be told from speech
SUBTRACTED, LEAST = 1.5, 0.2  # measured: quality of three voices by DNSMOS, likeness by an independent encoder


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


def noise_floor(mel: np.ndarray) -> np.ndarray:
    """(T, 80) log-mel -> (80,) natural log of the room's mean magnitude, heard where nobody speaks.

    Nothing (-20) where the clip has no pause to hear the room in.
    """
    level = loudness(mel)
    quiet = level <= np.quantile(level, 0.02)
    if level[quiet].mean() > np.quantile(level, 0.95) - NOISE_BELOW:
        return np.full(mel.shape[1], -20.0, np.float32)
    return np.log(np.exp(mel[quiet]).mean(0)).astype(np.float32)


def without_noise(mel: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Take a room's noise (80,) from a log-mel (T, 80): magnitudes less `SUBTRACTED` times it, never below a fifth.

    Source: S. Boll, "Suppression of acoustic noise in speech using spectral subtraction" (1979), in mel bands.
    A voice learnt from a hissing recording would otherwise hiss for ever.
    """
    magnitude = np.exp(mel)
    return np.log(np.maximum(magnitude - SUBTRACTED * np.exp(noise), LEAST * magnitude)).astype(np.float32)
