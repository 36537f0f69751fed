"""Another sample rate."""

from __future__ import annotations

import numpy as np
import soxr


def resample(samples: np.ndarray, sample_rate: int, wanted: int) -> np.ndarray:
    """Samples (n_samples,) float32 at `sample_rate` Hz, at `wanted` Hz; the same array where both are equal."""
    if sample_rate == wanted:
        return samples
    resampled: np.ndarray = soxr.resample(samples, sample_rate, wanted, quality="HQ")
    return resampled.astype(np.float32, copy=False)
