"""Whisper's log-mel spectra of 16 kHz sound: 100 frames per second, scaled to about [-1, 1].

Source: openai/whisper, audio.py (MIT). Some speech tokenizers of other systems listen through it.
"""

from __future__ import annotations

import numpy as np

from . import slaney
from .spectra import stft

SAMPLE_RATE = 16000  # Hz
N_FFT = 400  # samples: 25 ms
HOP_LENGTH = 160  # samples: 10 ms
FLOOR = 1e-10  # smallest power
RANGE = 8.0  # decades below the loudest band


def log_mel(samples: np.ndarray, n_mels: int = 128) -> np.ndarray:
    """Log-mel of a whole clip; nothing is padded to 30 s.

    Args:
        samples: (n_samples,) float32 in [-1, 1] at 16 kHz, more than `N_FFT // 2`.
        n_mels: 128 as in large-v3, or 80.

    Returns:
        (n_mels, n_samples // 160) float32.
    """
    power = np.abs(stft(samples, N_FFT, HOP_LENGTH, N_FFT // 2)[: len(samples) // HOP_LENGTH]) ** 2
    bank = slaney.filterbank(SAMPLE_RATE, N_FFT, n_mels, SAMPLE_RATE / 2)
    decades = np.log10(np.maximum(bank @ power.T, FLOOR))
    return np.asarray((np.maximum(decades, decades.max() - RANGE) + 4) / 4, np.float32)
