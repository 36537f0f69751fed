"""What every log-mel is made of: spectra of frames, and triangular bands."""

from __future__ import annotations

import numpy as np


def stft(samples: np.ndarray, n_fft: int, hop_length: int, n_edge: int) -> np.ndarray:
    """Spectra through a periodic Hann window.

    Args:
        samples: (n_samples,), more than `n_edge`.
        n_fft: samples of a frame.
        hop_length: samples from one frame to the next.
        n_edge: samples that are mirrored at either end: n_fft // 2 where frames are centred.

    Returns:
        (T, n_fft // 2 + 1) complex128.
    """
    padded = np.pad(samples.astype(np.float32), n_edge, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    return np.asarray(np.fft.rfft(frames * np.hanning(n_fft + 1)[:-1], axis=1))


def triangles(edges: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Bands of height 1, each from the middle of the one before to the middle of the next.

    Args:
        edges: (n_bands + 2,) ascending.
        bins: (n_bins,) where the spectrum is known, in the same unit.

    Returns:
        (n_bands, n_bins) weights.
    """
    rising = (bins - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))
