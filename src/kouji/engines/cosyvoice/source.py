"""The harmonic source of the vocoder: nine sines that follow F0, and noise where there is no voice.

Source: the neural source-filter of X. Wang et al. (arXiv 1910.12088), as HiFTNet has it.
"""

from __future__ import annotations

import numpy as np

from .config import HOP_LENGTH, SAMPLE_RATE

N_HARMONICS = 9
AMPLITUDE = 0.1
VOICED_ABOVE = 10.0  # Hz
NOISE_VOICED, NOISE_UNVOICED = 0.003, AMPLITUDE / 3


def harmonics(f0: np.ndarray, phase: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The waves that the vocoder mixes.

    Args:
        f0: (T,) Hz per frame.
        phase: (9,) radians at the start; the first is 0.
        noise: (9, 256 T) standard normal.

    Returns:
        (256 T, 9) float32.
    """
    f0 = np.repeat(f0.astype(np.float32), HOP_LENGTH)
    cycles = f0[None] * np.arange(1, N_HARMONICS + 1, dtype=np.float32)[:, None] / np.float32(SAMPLE_RATE)
    # Summed and wrapped in double precision: in single, ten seconds leave no more than a thousandth of a cycle.
    turns = np.cumsum(cycles, 1, dtype=np.float64) % 1.0
    sines = np.float32(AMPLITUDE) * np.sin((2 * np.pi * turns + phase[:, None]).astype(np.float32))
    voiced = f0 > VOICED_ABOVE
    loudness = np.where(voiced, np.float32(NOISE_VOICED), np.float32(NOISE_UNVOICED))
    return np.ascontiguousarray((sines * voiced + loudness * noise).T)


def random(rng: np.random.Generator, n_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """The phase (9,) and the noise (9, 256 T) of one call."""
    phase = rng.uniform(-np.pi, np.pi, N_HARMONICS).astype(np.float32)
    phase[0] = 0
    return phase, rng.standard_normal((N_HARMONICS, n_frames * HOP_LENGTH), dtype=np.float32)
