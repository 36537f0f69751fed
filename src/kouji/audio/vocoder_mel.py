"""Log-mel spectra of 22.05 kHz sound in the manner of HiFi-GAN, as CosyVoice and its kin draw them.

Source: jik876/hifi-gan, meldataset.py (MIT).
"""

from __future__ import annotations

import numpy as np

from . import slaney
from .spectra import stft

SAMPLE_RATE = 22050  # Hz
N_FFT = 1024  # samples
HOP_LENGTH = 256  # samples: 86.13 frames per second
N_MELS = 80
FLOOR = 1e-5  # smallest band magnitude
EPSILON = 1e-9  # within the square root


def log_mel(samples: np.ndarray, f_max: float = 8000.0) -> np.ndarray:
    """Natural logarithm of mel magnitudes.

    Args:
        samples: (n_samples,) float32 in [-1, 1] at 22.05 kHz, more than 384.
        f_max: Hz, upper end of the bands.

    Returns:
        (N_MELS, n_samples // 256) float32.
    """
    spectrum = stft(samples, N_FFT, HOP_LENGTH, (N_FFT - HOP_LENGTH) // 2)
    magnitude = np.sqrt(spectrum.real**2 + spectrum.imag**2 + EPSILON)
    mel = slaney.filterbank(SAMPLE_RATE, N_FFT, N_MELS, f_max) @ magnitude.T
    return np.asarray(np.log(np.maximum(mel, FLOOR)), np.float32)
