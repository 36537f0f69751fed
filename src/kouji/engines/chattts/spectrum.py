"""The last step of the vocoder: what it draws, back to sound."""

from __future__ import annotations

import numpy as np

from .config import HOP_LENGTH, N_FFT

LOUDEST = 100.0  # magnitude that a bin may have
N_BINS = N_FFT // 2 + 1


def overlapped(drawn: np.ndarray) -> np.ndarray:
    """Log-magnitudes and phases (T, 2 * N_BINS) -> samples (256 (T - 1),): the centred inverse transform."""
    magnitude = np.minimum(np.exp(drawn[:, :N_BINS]), np.float32(LOUDEST))
    phase = drawn[:, N_BINS:]
    spectrum = magnitude * np.cos(phase) + 1j * (magnitude * np.sin(phase))
    window = np.hanning(N_FFT + 1)[:-1]
    frames = np.fft.irfft(spectrum, N_FFT, axis=1) * window
    weights = np.broadcast_to(window**2, frames.shape)
    summed, weight = _added(frames), _added(weights)
    edge = N_FFT // 2
    return np.asarray(summed[edge:-edge] / weight[edge:-edge], np.float32)


def _added(frames: np.ndarray) -> np.ndarray:
    """(T, N_FFT) -> (N_FFT + 256 (T - 1),): each frame 256 samples behind the one before."""
    n_frames, n_hops = len(frames), N_FFT // HOP_LENGTH
    pieces = frames.reshape(n_frames, n_hops, HOP_LENGTH)
    out = np.zeros((n_frames + n_hops - 1, HOP_LENGTH))
    for number in range(n_hops):
        out[number : number + n_frames] += pieces[:, number]
    return out.reshape(-1)
