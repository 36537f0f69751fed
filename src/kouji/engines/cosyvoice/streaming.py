"""Speech tokens to samples while they are still being generated: upstream's overlap algorithm, with hops of any size.

Each chunk is rendered from its own tokens and the first 20 of the next one. Where two chunks meet, their mels are
cross-faded over 34 frames and their samples over 20 frames; the noise, the source and the conditions of what they
share are the same in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Queue
from threading import Event, Thread

import numpy as np

from .config import HOP_LENGTH, n_frames
from .presets import Streaming
from .render import FlowCache, Renderer

MEL_KEPT = 20  # frames that the vocoder hears again
SAMPLES_KEPT = MEL_KEPT * HOP_LENGTH


def window(length: int, hamming: bool) -> np.ndarray:
    """(2 * length,): rising half for what is new, falling half for what was."""
    if hamming:
        return np.hamming(2 * length).astype(np.float32)
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(2 * length) + 0.5) / length)).astype(np.float32)


def crossfaded(new: np.ndarray, old: np.ndarray, shape: np.ndarray) -> np.ndarray:
    """`new`, whose first part (along the last axis) fades in where `old` fades out."""
    length = min(old.shape[-1], new.shape[-1], len(shape) // 2)
    half = len(shape) // 2
    faded = new.copy()
    faded[..., :length] = new[..., :length] * shape[:length] + old[..., :length] * shape[half : half + length]
    return faded


def ahead(tokens: Iterator[int]) -> Iterator[int]:
    """The same tokens, made in a thread of their own while what came before is rendered."""
    made: Queue[int | Exception | None] = Queue()
    given_up = Event()

    def work() -> None:
        try:
            for token in tokens:
                made.put(token)
                if given_up.is_set():
                    return
            made.put(None)
        except Exception as error:  # raised again where the tokens are taken
            made.put(error)

    thread = Thread(target=work, daemon=True)
    thread.start()
    try:
        while (token := made.get()) is not None:
            if isinstance(token, Exception):
                raise token
            yield token
    finally:
        given_up.set()
        thread.join()


class Streamer:
    """One utterance on its way; feed it tokens, it gives sound."""

    def __init__(self, renderer: Renderer, settings: Streaming) -> None:
        self._renderer, self._settings = renderer, settings
        self._hop = settings.first_hop
        self._n_tail = n_frames(settings.overlap)
        self._mel_window = window(self._n_tail, settings.hamming)
        self._sample_window = window(SAMPLES_KEPT, settings.hamming)
        self._flow: FlowCache | None = None
        self._mel_tail: np.ndarray | None = None
        self._vocoder: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None  # mel, source, samples

    def run(self, tokens: Iterable[int]) -> Iterator[np.ndarray]:
        """Samples as soon as there are enough tokens for them."""
        waiting: list[int] = []
        for token in tokens:
            waiting.append(token)
            if len(waiting) >= self._hop + self._settings.overlap:
                yield self._chunk(waiting[: self._hop + self._settings.overlap], final=False)
                del waiting[: self._hop]
                self._hop = min(2 * self._hop, self._settings.hop)
        yield self._chunk(waiting, final=True)

    def _chunk(self, codes: list[int], final: bool) -> np.ndarray:
        mel, self._flow = self._renderer.mel_chunk(np.array(codes, np.int64), self._flow)
        if self._mel_tail is not None:
            mel = crossfaded(mel, self._mel_tail, self._mel_window)
        if self._vocoder is not None:
            mel = np.concatenate([self._vocoder[0], mel], 1)
        if not final:
            mel, self._mel_tail = mel[:, : -self._n_tail], mel[:, -self._n_tail :]
        samples, source = self._renderer.vocode(mel, self._vocoder[1] if self._vocoder else None)
        if self._vocoder is not None:
            samples = crossfaded(samples, self._vocoder[2], self._sample_window)
        if final:
            return samples
        self._vocoder = (mel[:, -MEL_KEPT:], source[-SAMPLES_KEPT:], samples[-SAMPLES_KEPT:])
        return samples[:-SAMPLES_KEPT]
