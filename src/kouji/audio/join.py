"""One sound out of many utterances: pauses that follow the punctuation, edges that do not click."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from kouji.types import Chunk, Mark

FADE = 0.005  # seconds; long enough for no click, short enough to leave a stop's burst alone
QUIET = 10 ** (-50 / 20)  # full scale 1; what an engine leaves around speech lies below

# Seconds from the last sound of an utterance to the first of the next, by the mark between them. A reader pauses
# about half a second between sentences, and half of that where a long sentence had to be cut at a comma.
PAUSES = {"": 0.08, "_": 0.12, ",": 0.25, "…": 0.60, ".": 0.50, "?": 0.55, "!": 0.50}


def join(utterances: Iterable[tuple[Iterable[Chunk], str | float | None]], sample_rate: int) -> Iterator[Chunk]:
    """Let utterances follow one another, each as soon as its engine has it.

    The silence that an engine leaves at its edges counts towards the pause; it is never cut.

    Args:
        utterances: the chunks of each, and the pause after it: a key of PAUSES, or seconds; None where the
            chunks bring their pause along.
        sample_rate: Hz.

    Yields:
        Chunks whose marks count from the start of the whole.
    """
    n_done = n_quiet = n_wanted = 0
    for chunks, pause in utterances:
        n_start = None
        for chunk in _soft_edges(chunks, round(FADE * sample_rate)):
            if n_start is None:
                gap = max(0, n_wanted - n_quiet - quiet_at_start(chunk.samples)) if n_done else 0
                if gap:
                    yield Chunk(np.zeros(gap, np.float32))
                n_done = n_start = n_done + gap
            yield replace(chunk, marks=_later(chunk.marks, n_start / sample_rate))
            n_done += len(chunk.samples)
            at_end = quiet_at_start(chunk.samples[::-1])
            n_quiet = n_quiet + at_end if at_end == len(chunk.samples) else at_end
        n_wanted = round((PAUSES[pause] if isinstance(pause, str) else pause or 0.0) * sample_rate)


def collect(chunks: Iterable[Chunk]) -> tuple[np.ndarray, tuple[Mark, ...]]:
    """All samples (n_samples,) and all marks of chunks that follow one another."""
    data, marks = bytearray(), list[Mark]()  # one buffer that grows: hours of sound are in memory once, not twice
    for chunk in chunks:
        data += chunk.samples.astype(np.float32, copy=False).tobytes()
        marks += chunk.marks
    return np.frombuffer(data, np.float32), tuple(marks)


def surrounded(samples: np.ndarray, n_before: int, n_after: int, sample_rate: int) -> np.ndarray:
    """(n_samples,) -> the same between silences, out of which it fades in and into which it fades out."""
    rise = _rise(round(FADE * sample_rate))[: len(samples)]
    samples = np.array(samples, np.float32)
    if n_before:
        samples[: len(rise)] *= rise
    if n_after:
        samples[len(samples) - len(rise) :] *= rise[::-1]
    return np.pad(samples, (n_before, n_after))


def _rise(n_fade: int) -> np.ndarray:
    return (0.5 - 0.5 * np.cos(np.pi * (np.arange(n_fade) + 0.5) / n_fade)).astype(np.float32)


def _soft_edges(chunks: Iterable[Chunk], n_fade: int) -> Iterator[Chunk]:
    """Fade the first and the last `n_fade` samples.

    The last are held back until it is known that they are. So is silence at the beginning, for `join` to measure.
    """
    rise, n_done, begun = _rise(n_fade), 0, False
    held, marks = np.zeros(0, np.float32), tuple[Mark, ...]()
    for chunk in chunks:
        samples = np.array(chunk.samples, np.float32)
        edge = rise[n_done : n_done + len(samples)]
        samples[: len(edge)] *= edge
        n_done += len(samples)
        held, marks = np.concatenate([held, samples]), marks + chunk.marks
        n_ready = max(0, len(held) - n_fade)
        begun = begun or quiet_at_start(held[:n_ready]) < n_ready
        if begun and n_ready:
            yield Chunk(held[:n_ready], marks)
            held, marks = held[n_ready:], ()
    if len(held):
        edge = rise[::-1][-len(held) :]
        held[len(held) - len(edge) :] *= edge
        yield Chunk(held, marks)


def quiet_at_start(samples: np.ndarray) -> int:
    """How many samples at the beginning are as good as silent."""
    loud = np.abs(samples) > QUIET
    return int(loud.argmax()) if loud.any() else len(samples)


def _later(marks: tuple[Mark, ...], offset: float) -> tuple[Mark, ...]:
    return tuple(replace(mark, start=mark.start + offset, end=mark.end + offset) for mark in marks)
