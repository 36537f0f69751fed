"""Putting the mark in: a sound is made louder and softer, tile by tile, while it streams by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from kouji.audio.level import limited
from kouji.types import Chunk, Mark

from .pattern import BAND, LOW, N_BANDS, N_SLOTS, SLOT, pattern
from .payload import Payload, coded
from .strength import strengths

WINDOW = SLOT  # seconds of one frame, which is also how far the embedder looks ahead; two frames to a slot
_N_ONCE = 512  # frames that are transformed together
_KNEE = 0.98  # full scale 1; what the mark pushes beyond is bent, so that a sound without clipping stays one


def marked(chunks: Iterable[Chunk], sample_rate: int, payload: Payload) -> Iterator[Chunk]:
    """The same sound with a mark in it: as many samples, the same however they are cut, at most 20 ms later.

    Zeros stay zeros, and what has a frequency below 300 Hz or above 6.9 kHz stays as it is.
    """
    embedder, marks = _Embedder(sample_rate, payload), tuple[Mark, ...]()
    for chunk in chunks:
        samples, marks = embedder.add(chunk.samples), marks + chunk.marks
        if len(samples):
            yield Chunk(limited(samples, _KNEE), marks)
            marks = ()
    samples = embedder.finish()
    if len(samples) or marks:
        yield Chunk(limited(samples, _KNEE), marks)


class _Embedder:
    """One sound on its way. Frames lie on a grid that starts with the sound, wherever its chunks end.

    Only the difference that the mark makes is transformed back: what the windows add up to needs no mending, and a
    frame of 441 samples may start every 220 or 221.
    """

    def __init__(self, sample_rate: int, payload: Payload) -> None:
        self._grid = _grid(sample_rate)
        self._pattern = pattern(coded(payload))
        half = self._grid.n_frame - self._grid.start(1)
        self._samples = np.zeros(half, np.float32)  # from the first frame that is not done; half of it is before us
        self._change = np.zeros(half)  # that the frames so far make to them
        self._n_before = half  # of those samples, how many lie before the beginning
        self._n_frames = 0  # done

    def add(self, samples: np.ndarray) -> np.ndarray:
        """What is ready after these samples (n_samples,) float32."""
        self._samples = np.concatenate([self._samples, samples])
        ready = [np.zeros(0, np.float32)]
        while n_frames := min(_N_ONCE, self._n_possible()):
            ready.append(self._next(n_frames))
        return np.concatenate(ready)

    def finish(self) -> np.ndarray:
        """The last samples."""
        n_left = len(self._samples) - self._n_before
        last = self.add(np.zeros(2 * self._grid.n_frame, np.float32))
        return np.concatenate([last, self._finished(len(self._samples))])[: max(0, n_left)]

    def _n_possible(self) -> int:
        """Frames that lie wholly in the samples that are here."""
        n_frames, first = 0, self._grid.start(self._n_frames)
        room = len(self._samples) - self._grid.n_frame
        if room >= 0:
            n_frames = int(room / self._grid.hop)  # but for rounding
            while self._grid.start(self._n_frames + n_frames) - first <= room:
                n_frames += 1
        return n_frames

    def _next(self, n_frames: int) -> np.ndarray:
        """Add what the next frames change; returns what they are the last to touch."""
        grid, done = self._grid, self._n_frames
        starts = np.array([grid.start(done + frame) for frame in range(n_frames + 1)]) - grid.start(done)
        changes = grid.changes(self._samples[starts[:-1, None] + np.arange(grid.n_frame)], done, self._pattern)
        self._change = np.pad(self._change, (0, starts[-2] + grid.n_frame - len(self._change)))
        for start, change in zip(starts[:-1], changes, strict=True):
            self._change[start : start + grid.n_frame] += change
        self._n_frames += n_frames
        return self._finished(int(starts[-1]))

    def _finished(self, n_samples: int) -> np.ndarray:
        """The first samples, which no further frame touches."""
        samples = self._samples[:n_samples]
        change = np.pad(self._change[:n_samples], (0, max(0, n_samples - len(self._change))))
        self._samples, self._change = self._samples[n_samples:], self._change[n_samples:]
        out = np.where(samples == 0, 0, np.clip(samples + change, -1, 1)).astype(np.float32)
        n_before, self._n_before = self._n_before, max(0, self._n_before - n_samples)
        return out[n_before:]


@dataclass(frozen=True)
class _Grid:
    """Frames and bands at one sample rate."""

    sample_rate: int  # Hz
    n_frame: int  # samples
    hop: float  # samples: half a slot, not always a whole number
    window: np.ndarray  # (n_frame,); with itself it adds up to 1 over the frames
    bands: np.ndarray  # (n_bins,) int: the band of each bin; N_BANDS where it has none
    first_bins: np.ndarray  # (N_BANDS,) int: the first bin of each band
    n_bins: np.ndarray  # (N_BANDS,) int: how many bins it has
    n_used: int  # bins up to the end of the last band

    def start(self, frame: int) -> int:
        """First sample of a frame, counted from the first one's."""
        return round(frame * self.hop)

    def changes(self, frames: np.ndarray, first: int, signs: np.ndarray) -> np.ndarray:
        """What the mark adds to frames (T, n_frame), the first of which has that number: (T, n_frame)."""
        spectra = np.fft.rfft(frames * self.window)
        power = spectra[:, : self.n_used].real ** 2 + spectra[:, : self.n_used].imag ** 2
        strength = strengths(np.add.reduceat(power, self.first_bins, axis=1) / self.n_bins)
        slots = np.arange(first, first + len(frames)) // 2 % N_SLOTS
        gains = np.pad(10 ** (signs[slots] * strength / 20) - 1, ((0, 0), (0, 1)))
        return np.asarray(np.fft.irfft(spectra * gains[:, self.bands], self.n_frame) * self.window)


@cache
def _grid(sample_rate: int) -> _Grid:
    n_frame = round(WINDOW * sample_rate)
    hz = np.fft.rfftfreq(n_frame, 1 / sample_rate)
    bands = np.floor((hz - LOW) / BAND + 1e-9).astype(int)
    bands[(bands < 0) | (bands >= N_BANDS)] = N_BANDS
    first, n_bins = np.searchsorted(hz, LOW - 1e-6 + BAND * np.arange(N_BANDS)), np.bincount(bands)[:N_BANDS]
    window = np.sin(np.pi * (np.arange(n_frame) + 0.5) / n_frame)
    return _Grid(sample_rate, n_frame, SLOT / 2 * sample_rate, window, bands, first, n_bins, first[-1] + n_bins[-1])
