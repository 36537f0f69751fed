"""Resampling by a windowed sinc, to the very numbers that published speech models were fed with.

`kouji.audio.resample` is better and faster; this one is for what must match. Source: the defaults of
`torchaudio.functional.resample` (BSD-2-Clause).
"""

from __future__ import annotations

from functools import cache
from math import ceil, gcd

import numpy as np

ZEROS = 6  # of the sinc on either side
ROLLOFF = 0.99  # cut-off as a share of the lower Nyquist frequency


@cache
def kernels(sample_rate: int, wanted: int) -> tuple[np.ndarray, int]:
    """One filter per output phase.

    Args:
        sample_rate: of the input, divided by the common divisor of both.
        wanted: of the output, divided likewise.

    Returns:
        (wanted, 2 * width + sample_rate) float32, and the width.
    """
    cutoff = ROLLOFF * min(sample_rate, wanted)
    width = ceil(ZEROS * sample_rate / cutoff)
    taps = np.arange(-width, width + sample_rate) / sample_rate
    time = (taps[None] - np.arange(wanted)[:, None] / wanted) * cutoff
    time = np.clip(time, -ZEROS, ZEROS)
    window = np.cos(np.pi * time / ZEROS / 2) ** 2
    return (np.sinc(time) * window * cutoff / sample_rate).astype(np.float32), width


def resample(samples: np.ndarray, sample_rate: int, wanted: int) -> np.ndarray:
    """(n_samples,) float32 at `sample_rate` Hz -> (ceil(n_samples * wanted / sample_rate),) at `wanted` Hz."""
    if sample_rate == wanted:
        return samples
    common = gcd(sample_rate, wanted)
    step, phases = sample_rate // common, wanted // common
    filters, width = kernels(step, phases)
    padded = np.pad(samples.astype(np.float32), (width, width + step))
    frames = np.lib.stride_tricks.sliding_window_view(padded, filters.shape[1])[::step]
    return np.asarray((frames @ filters.T).reshape(-1)[: ceil(len(samples) * phases / step)])
