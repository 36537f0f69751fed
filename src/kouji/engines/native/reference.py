"""A clip of somebody's speech, as the speaker encoder wants it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

SPEECH_RANGE = 5.0  # natural log below the loud frames, about 43 dB; softer frames are pauses
MIN_FRAMES = 64
WINDOW = 160  # frames of a reference in training
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


def fused(mel: np.ndarray, f0: np.ndarray, encode: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """One embedding of many windows of a log-mel (T, 80), those with more voice and less noise weighing more.

    Args:
        mel: of somebody speaking.
        f0: (T,) Hz, 0 where unvoiced.
        encode: log-mel (`WINDOW`, 80) -> embedding (d_speaker,). The encoder learnt from windows of that length.
    """
    level = loudness(mel)
    kept = level > np.quantile(level, 0.95) - SPEECH_RANGE
    speech, voiced = mel[kept], (f0[: len(mel)] > 0)[kept[: len(f0)]]
    if len(speech) < WINDOW:
        return np.asarray(encode(speech_frames(mel)))
    room = float(np.quantile(level, 0.02))
    starts = np.unique(np.linspace(0, len(speech) - WINDOW, 1 + 2 * (len(speech) // WINDOW)).astype(int))
    weights = [
        (0.1 + float(voiced[start : start + WINDOW].mean()))
        * (0.1 + max(0.0, float(loudness(speech[start : start + WINDOW]).mean()) - room))
        for start in starts
    ]
    embeddings = np.stack([encode(speech[start : start + WINDOW]) for start in starts])
    return np.asarray(np.average(embeddings, axis=0, weights=weights), np.float32)


def noise_floor(mel: np.ndarray) -> np.ndarray:
    """(T, 80) log-mel -> (80,) natural log of the room's mean magnitude, heard where nobody speaks.

    Nothing (-20) where the clip has no pause to hear the room in.
    """
    level = loudness(mel)
    quiet = level <= np.quantile(level, 0.02)
    if level[quiet].mean() > np.quantile(level, 0.95) - NOISE_BELOW:
        return np.full(mel.shape[1], -20.0, np.float32)
    floor: np.ndarray = np.log(np.exp(mel[quiet]).mean(0))
    return floor.astype(np.float32)


def without_noise(mel: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Take a room's noise (80,) from a log-mel (T, 80): magnitudes less `SUBTRACTED` times it, never below a fifth.

    Source: S. Boll, "Suppression of acoustic noise in speech using spectral subtraction" (1979), in mel bands.
    A voice learnt from a hissing recording would otherwise hiss for ever.
    """
    magnitude = np.exp(mel)
    clean: np.ndarray = np.log(np.maximum(magnitude - SUBTRACTED * np.exp(noise), LEAST * magnitude))
    return clean.astype(np.float32)
