"""Putting the mark in: a sound is made louder and softer, tile by tile, while it streams by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from kouji.audio.level import limited
from kouji.audio.overlap import Grid, changed
from kouji.types import Chunk

from .pattern import BAND, LOW, N_BANDS, N_SLOTS, SLOT, pattern
from .payload import Payload, coded
from .strength import strengths

WINDOW = SLOT  # seconds of one frame, which is also how far the embedder looks ahead; two frames to a slot
_KNEE = 0.98  # full scale 1; what the mark pushes beyond is bent, so that a sound without clipping stays one


def marked(chunks: Iterable[Chunk], sample_rate: int, payload: Payload) -> Iterator[Chunk]:
    """The same sound with a mark in it: as many samples, the same however they are cut, at most 20 ms later.

    Zeros stay zeros, and what has a frequency below 300 Hz or above 6.9 kHz stays as it is.
    """
    tiles, signs = _tiles(sample_rate), pattern(coded(payload))
    for chunk in changed(chunks, tiles.grid, lambda frames, first: tiles.changes(frames, first, signs)):
        yield replace(chunk, samples=limited(chunk.samples, _KNEE))


@dataclass(frozen=True)
class _Tiles:
    """Frames and bands at one sample rate."""

    grid: Grid
    bands: np.ndarray  # (n_bins,) int: the band of each bin; N_BANDS where it has none
    first_bins: np.ndarray  # (N_BANDS,) int: the first bin of each band
    n_bins: np.ndarray  # (N_BANDS,) int: how many bins it has
    n_used: int  # bins up to the end of the last band

    def changes(self, frames: np.ndarray, first: int, signs: np.ndarray) -> np.ndarray:
        """What the mark adds to frames (T, n_frame), the first of which has that number: (T, n_frame)."""
        spectra = np.fft.rfft(frames * self.grid.window)
        power = spectra[:, : self.n_used].real ** 2 + spectra[:, : self.n_used].imag ** 2
        strength = strengths(np.add.reduceat(power, self.first_bins, axis=1) / self.n_bins)
        slots = np.arange(first, first + len(frames)) // 2 % N_SLOTS
        gains = np.pad(10 ** (signs[slots] * strength / 20) - 1, ((0, 0), (0, 1)))
        return np.asarray(np.fft.irfft(spectra * gains[:, self.bands], self.grid.n_frame) * self.grid.window)


@cache
def _tiles(sample_rate: int) -> _Tiles:
    n_frame = round(WINDOW * sample_rate)
    hz = np.fft.rfftfreq(n_frame, 1 / sample_rate)
    bands = np.floor((hz - LOW) / BAND + 1e-9).astype(int)
    bands[(bands < 0) | (bands >= N_BANDS)] = N_BANDS
    first, n_bins = np.searchsorted(hz, LOW - 1e-6 + BAND * np.arange(N_BANDS)), np.bincount(bands)[:N_BANDS]
    return _Tiles(Grid(n_frame, SLOT / 2 * sample_rate), bands, first, n_bins, first[-1] + n_bins[-1])
