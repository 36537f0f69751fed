"""Kaldi's log-mel filter banks of 16 kHz sound: 100 frames per second, for speaker encoders such as CAM++.

Source: kaldi-asr, feat/feature-fbank.cc (Apache-2.0), with the defaults of `torchaudio.compliance.kaldi.fbank`.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .spectra import triangles

SAMPLE_RATE = 16000  # Hz
WIN_LENGTH = 400  # samples: 25 ms
HOP_LENGTH = 160  # samples: 10 ms
N_FFT = 512
N_MELS = 80
F_MIN = 20.0  # Hz
PREEMPHASIS = 0.97
FLOOR = 1.1920929e-07  # smallest band power: the epsilon of float32


@cache
def filterbank() -> np.ndarray:
    """(N_MELS, N_FFT // 2) triangles that are straight on the mel scale; the bin at 8 kHz has no weight."""
    edges = np.linspace(_mel(F_MIN), _mel(SAMPLE_RATE / 2), N_MELS + 2)
    bins = _mel(np.arange(N_FFT // 2) * SAMPLE_RATE / N_FFT)
    return triangles(edges, bins).astype(np.float32)


def fbank(samples: np.ndarray) -> np.ndarray:
    """Natural logarithm of mel powers, without dither.

    Args:
        samples: (n_samples,) float32 in [-1, 1] at 16 kHz, at least `WIN_LENGTH`.

    Returns:
        (T, N_MELS) float32, T = 1 + (n_samples - 400) // 160.
    """
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), WIN_LENGTH)[::HOP_LENGTH]
    frames = frames - frames.mean(1, keepdims=True)
    frames = frames - PREEMPHASIS * np.concatenate([frames[:, :1], frames[:, :-1]], 1)
    power = np.abs(np.fft.rfft(frames * np.hanning(WIN_LENGTH) ** 0.85, N_FFT)) ** 2  # Povey's window
    return np.asarray(np.log(np.maximum(power[:, :-1] @ filterbank().T, FLOOR)), np.float32)


def without_mean(features: np.ndarray) -> np.ndarray:
    """(T, N_MELS) less the mean of each band over time: what a speaker encoder takes."""
    return np.asarray(features - features.mean(0, keepdims=True))


def _mel(frequency: np.ndarray | float) -> np.ndarray:
    return 1127 * np.log1p(np.asarray(frequency) / 700)
