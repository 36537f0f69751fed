"""Codes to samples while they are still being drawn.

Each chunk is rendered from the frames of its own codes and of the last few before them. What is said in those is
settled anew now that more is known; where two chunks meet, their frames are cross-faded, and so are their samples.
The noise of a frame is the same in every chunk.

Source: decode_streaming and TTS.py of RVC-Boss/GPT-SoVITS (MIT), without its search for the best place to join: with
the same noise the waves of two chunks are in phase.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from .presets import Streaming

FRAMES = 2  # of a code

Frames = Callable[[np.ndarray], np.ndarray]  # codes (T,) -> (dim, 2 T)
Render = Callable[[np.ndarray, int], np.ndarray]  # frames (dim, T), the first of which is the n-th -> (640 T,)
GoOn = Callable[[np.ndarray, int, int], np.ndarray]  # codes so far, those that are next: from, to -> samples


def joined(before: np.ndarray, frames: np.ndarray, n: int) -> np.ndarray:
    """Frames (dim, T) whose first n fade in where the last n of those before fade out."""
    window = np.sin(np.arange(2 * n) * np.pi / (2 * n)).astype(np.float32)
    faded = frames.copy()
    faded[:, :n] = frames[:, :n] * window[:n] + before[:, -n:] * window[n:]
    return faded


def streamed(codes: Iterable[int], settings: Streaming, frames: Frames, render: Render) -> Iterator[np.ndarray]:
    """Samples of a sentence, chunk by chunk; together as many as its codes take.

    Args:
        codes: as they are drawn.
        settings: of the chunks.
        frames: what is said in all codes so far.
        render: some of those frames.
    """
    said: list[int] = []
    n_done, wait = 0, settings.first  # codes that are rendered; how many more make the next chunk
    state = _Joint(settings.overlap, frames, render)
    for code in codes:
        said.append(code)
        if len(said) - n_done >= wait + settings.overlap:
            yield state.chunk(said, n_done, False)
            n_done, wait = len(said), min(settings.most, 2 * wait)
    if said and n_done == 0:
        yield render(frames(np.array(said)), 0)
    elif said:
        yield state.chunk(said, n_done, True)


def flowing(codes: Iterable[int], settings: Streaming, go_on: GoOn) -> Iterator[np.ndarray]:
    """As `streamed`, by a network that goes on from what it has made, so that nothing is made twice.

    Args:
        codes: as they are drawn.
        settings: of the chunks; the overlap is what is waited for, so that what comes next is heard.
        go_on: samples of some codes, in their order; it may hold back samples until the last.
    """
    said: list[int] = []
    n_done, wait = 0, settings.first
    for code in codes:
        said.append(code)
        if len(said) - n_done >= wait + settings.overlap:
            end = len(said) - settings.overlap
            yield go_on(np.array(said), n_done, end)
            n_done, wait = end, min(settings.most, 2 * wait)
    if said:
        yield go_on(np.array(said), n_done, len(said))


class _Joint:
    """Where the chunk that is done and the next one meet."""

    def __init__(self, overlap: int, frames: Frames, render: Render) -> None:
        self._overlap, self._frames, self._render = overlap, frames, render
        self._last_frames = self._last_samples = np.zeros((0, 0), np.float32)

    def chunk(self, said: list[int], n_done: int, last: bool) -> np.ndarray:
        """Samples of the codes from n_done on and of what was held back; the end is held back again but for `last`."""
        n_shared = min(n_done, self._overlap) * FRAMES
        start = n_done * FRAMES - n_shared
        frames = self._frames(np.array(said))[:, start:]
        if n_shared:
            frames = joined(self._last_frames, frames, n_shared)
        samples = self._render(frames, start)
        if n_shared:
            n = len(self._last_samples)
            rising = (0.5 - 0.5 * np.cos(np.pi * (np.arange(n) + 0.5) / n)).astype(np.float32)
            samples[:n] = samples[:n] * rising + self._last_samples * (1 - rising)
        per_frame = len(samples) // frames.shape[1]
        n_held = 0 if last else self._overlap * FRAMES * per_frame
        self._last_frames, self._last_samples = frames, samples[len(samples) - n_held :]
        return samples[: len(samples) - n_held]
