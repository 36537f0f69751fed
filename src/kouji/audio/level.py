"""Louder or softer, without clipping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from kouji.types import Chunk

KNEE = 0.8  # full scale 1; what would go above is bent, so that it comes near 1 and never over


def amplified(samples: np.ndarray, decibels: float) -> np.ndarray:
    """Samples (n_samples,) `decibels` louder; the same array where that is 0.

    Every sample is treated alone, so that chunks and the whole sound the same.
    """
    return samples if decibels == 0 else limited(samples * np.float32(10 ** (decibels / 20)))


def limited(samples: np.ndarray, knee: float = KNEE) -> np.ndarray:
    """Samples (n_samples,) of any size within [-1, 1]; what stays below the knee is left as it is."""
    size = np.abs(samples)
    if not len(size) or size.max() <= knee:
        return samples
    bent = knee + (1 - knee) * np.tanh((size - knee) / (1 - knee))
    return np.where(size > knee, np.copysign(bent, samples), samples).astype(np.float32)


def amplify(chunks: Iterable[Chunk], decibels: float) -> Iterator[Chunk]:
    """`amplified`, chunk by chunk."""
    for chunk in chunks:
        yield replace(chunk, samples=amplified(chunk.samples, decibels))
