"""The spectra that GPT-SoVITS is trained on: linear for the style, mel for the flow of v4.

Source: module/mel_processing.py of RVC-Boss/GPT-SoVITS (MIT).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from kouji.audio import slaney
from kouji.audio.spectra import stft

from .config import HOP_LENGTH, N_FFT, N_MELS_V4, SAMPLE_RATE

if TYPE_CHECKING:
    from torch import Tensor

Mel = TypeVar("Mel", np.ndarray, "Tensor")
EPSILON = 1e-8  # within the square root
FLOOR = 1e-5  # smallest band magnitude
N_FFT_MEL, HOP_MEL = 1280, 320  # samples at 32 kHz: 100 frames a second
LOWEST, HIGHEST = -12.0, 2.0  # logarithms that become -1 and 1


def linear(samples: np.ndarray) -> np.ndarray:
    """Samples (n,) at 32 kHz -> magnitudes (1025, n // 640)."""
    return _magnitudes(samples, N_FFT, HOP_LENGTH)


def mel(samples: np.ndarray) -> np.ndarray:
    """Samples (n,) at 32 kHz -> natural logarithms (100, n // 320), for v4."""
    bank = slaney.filterbank(SAMPLE_RATE, N_FFT_MEL, N_MELS_V4)
    return np.asarray(np.log(np.maximum(bank @ _magnitudes(samples, N_FFT_MEL, HOP_MEL), FLOOR)), np.float32)


def normalized(mel: Mel) -> Mel:
    """Logarithms -> about -1 to 1."""
    return (mel - LOWEST) / (HIGHEST - LOWEST) * 2 - 1


def denormalized(mel: Mel) -> Mel:
    """And back."""
    return (mel + 1) / 2 * (HIGHEST - LOWEST) + LOWEST


def _magnitudes(samples: np.ndarray, n_fft: int, hop_length: int) -> np.ndarray:
    """(n_fft // 2 + 1, n // hop_length), frames not centred, edges mirrored."""
    spectrum = stft(samples, n_fft, hop_length, (n_fft - hop_length) // 2)
    return np.asarray(np.sqrt(spectrum.real**2 + spectrum.imag**2 + EPSILON).T, np.float32)
