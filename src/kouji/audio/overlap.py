"""Changing a sound frame by frame while it streams by: the same result however it is cut."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kouji.types import Chunk, Mark

_N_ONCE = 512  # frames that are transformed together

# (frames (T, n_frame + n_ahead), number of the first) -> what is added to the n_frame at the start of each (T, n_frame)
Change = Callable[[np.ndarray, int], np.ndarray]


@dataclass(frozen=True)
class Grid:
    """Frames that begin with the sound, wherever its chunks end. Each overlaps half of the next."""

    n_frame: int  # samples
    hop: float  # samples: about half a frame, not always a whole number
    n_ahead: int = 0  # samples after a frame that must be there before it is changed

    def start(self, frame: int) -> int:
        """First sample of a frame, counted from the first one's."""
        return round(frame * self.hop)

    @property
    def n_before(self) -> int:
        """Samples between the start of the first frame and the sound."""
        return self.n_frame - self.start(1) + self.n_ahead

    @cached_property
    def window(self) -> np.ndarray:
        """(n_frame,); with itself it adds up to 1 over the frames."""
        return np.asarray(np.sin(np.pi * (np.arange(self.n_frame) + 0.5) / self.n_frame))


def changed(chunks: Iterable[Chunk], grid: Grid, change: Change) -> Iterator[Chunk]:
    """The same sound, changed: as many samples, the same however they are cut; zeros stay zeros, marks are kept.

    Args:
        chunks: of one sound.
        grid: of its frames.
        change: is asked for the frames in their order, several at once; how many must not matter to it.
    """
    sound, marks = _Sound(grid, change), tuple[Mark, ...]()
    for chunk in chunks:
        samples, marks = sound.add(chunk.samples), marks + chunk.marks
        if len(samples):
            yield Chunk(samples, marks)
            marks = ()
    samples = sound.finish()
    if len(samples) or marks:
        yield Chunk(samples, marks)


class _Sound:
    """One sound on its way.

    Only the difference that is made to it is added up: what the windows add up to needs no mending, and a frame of 441
    samples may start every 220 or 221.
    """

    def __init__(self, grid: Grid, change: Change) -> None:
        self._grid, self._make = grid, change
        self._samples = np.zeros(grid.n_before, np.float32)  # from the first frame that is not done
        self._change = np.zeros(grid.n_before)  # that the frames so far make to them
        self._n_before = grid.n_before  # of those samples, how many lie before the beginning
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
        last = self.add(np.zeros(2 * self._grid.n_frame + self._grid.n_ahead, np.float32))
        return np.concatenate([last, self._finished(len(self._samples))])[: max(0, n_left)]

    def _n_possible(self) -> int:
        """Frames that lie wholly in the samples that are here."""
        n_frames, first = 0, self._grid.start(self._n_frames)
        room = len(self._samples) - self._grid.n_frame - self._grid.n_ahead
        if room >= 0:
            n_frames = int(room / self._grid.hop)  # but for rounding
            while self._grid.start(self._n_frames + n_frames) - first <= room:
                n_frames += 1
        return n_frames

    def _next(self, n_frames: int) -> np.ndarray:
        """Add what the next frames change; returns what they are the last to touch."""
        grid, done = self._grid, self._n_frames
        starts = np.array([grid.start(done + frame) for frame in range(n_frames + 1)]) - grid.start(done)
        changes = self._make(self._samples[starts[:-1, None] + np.arange(grid.n_frame + grid.n_ahead)], done)
        self._change = np.pad(self._change, (0, max(0, starts[-2] + grid.n_frame - len(self._change))))
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
