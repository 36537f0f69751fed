"""What the aligner hears of a recording: cepstra with their slopes, and voicing."""

from __future__ import annotations

import numpy as np

N_CEPSTRA = 14
MEL_FLOOR = -6.0  # natural log; digital silence would otherwise get a world of its own
N_BANDS = 68  # of 80, up to about 7.7 kHz: some recordings have nothing above
VOICING_WEIGHT = 3.0  # size of the voicing feature, against cepstra of variance 1


def cepstra(mel: np.ndarray) -> np.ndarray:
    """Log-mel (T, 80) -> (T, 3 * N_CEPSTRA) float32: cepstra, their slopes, and the slopes of these."""
    bands = np.arange(N_BANDS) + 0.5
    dct = np.cos(np.pi / N_BANDS * np.outer(bands, np.arange(N_CEPSTRA))) * np.sqrt(2 / N_BANDS)
    c = np.maximum(mel[:, :N_BANDS], MEL_FLOOR) @ dct
    slopes = _slope(c)
    return np.concatenate([c, slopes, _slope(slopes)], axis=1).astype(np.float32)


def _slope(x: np.ndarray) -> np.ndarray:
    """Half the difference of the neighbouring frames (T, D): wider slopes see an edge before it comes."""
    p = np.pad(x, ((1, 1), (0, 0)), mode="edge")
    slope: np.ndarray = (p[2:] - p[:-2]) / 2
    return slope


def voicing(f0: np.ndarray) -> np.ndarray:
    """F0 (T,) -> (T, 1) float32 between 0 and VOICING_WEIGHT, smoothed over three frames."""
    p = np.pad((f0 > 0).astype(np.float32), 1, mode="edge")
    smooth: np.ndarray = (p[:-2] + 2 * p[1:-1] + p[2:])[:, None] / 4
    return VOICING_WEIGHT * smooth


def loud_part(energy: np.ndarray, share: float = 0.35) -> tuple[int, int]:
    """First and last-plus-one frame above `share` of the way from the quietest to the loudest frame."""
    low, high = np.quantile(energy, 0.02), energy.max()
    above = np.flatnonzero(energy > low + share * (high - low))
    return (int(above[0]), int(above[-1]) + 1) if len(above) else (0, len(energy))
