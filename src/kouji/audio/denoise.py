"""Hiss and hum taken out of speech, while it streams by.

    samples ─→ frames ─→ noise floor (minimum statistics) ─→ gains (decision-directed Wiener) ─→ samples

Below what a band never falls in two and a half seconds is noise: speech has gaps in every band. Sources: R. Martin,
"Noise power spectral density estimation based on optimal smoothing and minimum statistics", 2001; Y. Ephraim and
D. Malah, "Speech enhancement using a minimum mean-square error short-time spectral amplitude estimator", 1984.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from kouji.audio.overlap import Grid, changed
from kouji.types import Chunk

FRAME = 0.032  # seconds; two frames overlap by half
DEPTH = 15.0  # dB by which noise alone falls at strength 1
AHEAD = 4  # frames after the one at hand that are heard before it is changed: a sound's first consonant is no noise
WINDOW = 156  # frames in which every band has a gap: 2.5 s; with 1.5 s vowels lost some of themselves
SMOOTHING = 0.7  # of the power over frames, before its minimum is looked for
SPREAD = np.array([1, 2, 3, 2, 1]) / 9  # the same over bins
# dB by which the minimum of white noise that is smoothed so lies below its mean, for each doubling of the frames.
# Measured: 0.9 of 4 frames, 2.1 of 16, 2.8 of 64.
BIAS = 0.45
MEMORY = 0.94  # of the a-priori ratio: how much of it is what the frame before was thought to be


def denoised(chunks: Iterable[Chunk], sample_rate: int, strength: float) -> Iterator[Chunk]:
    """The same sound with less noise: as many samples, the same however they are cut, at most 0.1 s later.

    Zeros stay zeros. The very same chunks where the strength is 0.

    Args:
        chunks: of one sound.
        sample_rate: Hz.
        strength: 0 to 1 times DEPTH is how far noise falls.
    """
    if strength == 0:
        yield from chunks
        return
    n_frame = 2 * round(FRAME * sample_rate / 2)
    grid = Grid(n_frame, n_frame / 2, AHEAD * n_frame // 2)
    yield from changed(chunks, grid, _Gate(grid, 10 ** (-DEPTH * strength / 20)).changes)


class _Gate:
    """What is known of the noise in one sound, and what is done about it."""

    def __init__(self, grid: Grid, least: float) -> None:
        self._grid, self._floor = grid, _Floor()
        self._least = least  # gain of what is noise alone
        self._clean = np.zeros(grid.n_frame // 2 + 1)  # (n_bins,) power of the speech in the frame before

    def changes(self, frames: np.ndarray, first: int) -> np.ndarray:
        """What is to be added to frames: (T, n_frame + n_ahead) -> (T, n_frame)."""
        grid = self._grid
        spectra, ahead = (
            np.fft.rfft(each * grid.window) for each in (frames[:, : grid.n_frame], frames[:, grid.n_ahead :])
        )
        powers, powers_ahead = spectra.real**2 + spectra.imag**2, ahead.real**2 + ahead.imag**2
        ends = np.any(frames[:, -(grid.n_frame // 8) :] != 0, axis=1)  # (T,) bool
        gains = np.empty_like(powers)
        for row, power in enumerate(powers):
            if first + row > 0:  # the frame ahead does not begin before the sound
                self._floor.hear(powers_ahead[row], bool(ends[row]))
            gains[row] = self._gains(power)
        return np.asarray(np.fft.irfft(spectra * (gains - 1), grid.n_frame) * grid.window)

    def _gains(self, power: np.ndarray) -> np.ndarray:
        """(n_bins,) -> the same."""
        noise = self._floor.noise
        if noise is None:
            return np.ones_like(power)
        noise = noise + 1e-20  # digital silence has none at all
        ratio = MEMORY * self._clean / noise + (1 - MEMORY) * np.maximum(power / noise - 1, 0)
        gains = ratio / (1 + ratio)
        self._clean = gains**2 * power
        return np.asarray(np.maximum(gains, self._least))


class _Floor:
    """The power of noise, by what the last frames never fell below."""

    def __init__(self) -> None:
        self._smooth: np.ndarray | None = None  # (n_bins,)
        self._last = deque[np.ndarray](maxlen=WINDOW)
        self._waiting: list[np.ndarray] = []  # frames that end in zeros: silence within the sound, or its end?
        self.noise: np.ndarray | None = None  # (n_bins,); None: nothing was heard yet

    def hear(self, power: np.ndarray, goes_on: bool) -> None:
        """One more frame: (n_bins,), and whether there is sound at its end."""
        self._waiting.append(power)
        if not goes_on:
            return
        for each in self._waiting[-WINDOW:]:
            spread = np.convolve(np.pad(each, len(SPREAD) // 2, "edge"), SPREAD, "valid")
            old = spread if self._smooth is None else self._smooth
            self._smooth = SMOOTHING * old + (1 - SMOOTHING) * spread
            self._last.append(self._smooth)
        self._waiting.clear()
        self.noise = 10 ** (BIAS * np.log2(len(self._last)) / 10) * np.min(self._last, axis=0)
