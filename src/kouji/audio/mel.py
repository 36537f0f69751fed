"""Log-mel spectra at 100 frames per second: what the native engine and its recipe see of sound."""

from __future__ import annotations

from functools import cache

import numpy as np

from .spectra import triangles

SAMPLE_RATE = 24000  # Hz
HOP_LENGTH = 240  # samples: 10 ms, so that mel frames, F0 frames and durations share one clock
WIN_LENGTH = N_FFT = 1024  # samples
N_MELS = 80
F_MAX = 12000.0  # Hz
FLOOR = 1e-5  # smallest band magnitude: about -100 dB of full scale


def hz_to_mel(frequency: np.ndarray | float) -> np.ndarray:
    """O'Shaughnessy's mel scale: 2595 log10(1 + f / 700)."""
    return 2595 * np.log10(1 + np.asarray(frequency) / 700)


def mel_to_hz(mel: np.ndarray | float) -> np.ndarray:
    """Inverse of `hz_to_mel`."""
    return 700 * (10 ** (np.asarray(mel) / 2595) - 1)


@cache
def filterbank() -> np.ndarray:
    """(N_MELS, N_FFT // 2 + 1) triangles that each sum to 1, so that a band is a mean magnitude."""
    edges = mel_to_hz(np.linspace(0, hz_to_mel(F_MAX), N_MELS + 2))
    bins = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE)
    bank = triangles(edges, bins)
    unit: np.ndarray = bank / bank.sum(1, keepdims=True)
    return unit.astype(np.float32)


def n_frames(n_samples: int) -> int:
    """Frames of a sound; frame t is centred on sample t * HOP_LENGTH."""
    return n_samples // HOP_LENGTH + 1


def log_mel(samples: np.ndarray) -> np.ndarray:
    """Natural logarithm of mel magnitudes.

    Args:
        samples: (n_samples,) float32 in [-1, 1] at 24 kHz.

    Returns:
        (T_mel, N_MELS) float32, T_mel = n_frames(n_samples).
    """
    padded = np.pad(samples.astype(np.float32), N_FFT // 2, mode="reflect" if len(samples) > N_FFT // 2 else "constant")
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP_LENGTH]
    frames = frames[: n_frames(len(samples))]
    window = np.hanning(WIN_LENGTH + 1)[:-1].astype(np.float32)
    magnitude = np.abs(np.fft.rfft(frames * window, axis=1)).astype(np.float32)
    bands: np.ndarray = np.log(np.maximum(magnitude @ filterbank().T, FLOOR))
    return bands
