"""Log-mel spectra as the encoder sees sound: magnitudes in 100 bands, 93.75 frames a second."""

from __future__ import annotations

from functools import cache

import numpy as np

from kouji.audio.mel import hz_to_mel, mel_to_hz
from kouji.audio.spectra import stft, triangles

from .config import HOP_LENGTH, N_FFT, N_MELS, SAMPLE_RATE

FLOOR = 1e-5  # smallest band magnitude


@cache
def filterbank() -> np.ndarray:
    """(N_MELS, N_FFT // 2 + 1) triangles of height 1, from 0 Hz to half the sample rate."""
    edges = mel_to_hz(np.linspace(0, hz_to_mel(SAMPLE_RATE / 2), N_MELS + 2))
    bins = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE)
    return triangles(edges, bins).astype(np.float32)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Natural logarithm of mel magnitudes.

    Args:
        samples: (n_samples,) float32 in [-1, 1] at 24 kHz, more than 512.

    Returns:
        (N_MELS, n_samples // 256 + 1) float32.
    """
    magnitude = np.abs(stft(samples, N_FFT, HOP_LENGTH, N_FFT // 2)).astype(np.float32)
    return np.asarray(np.log(np.maximum(filterbank() @ magnitude.T, FLOOR)), np.float32)
