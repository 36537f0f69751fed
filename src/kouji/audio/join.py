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


def join(
    utterances: Iterable[tuple[Iterable[Chunk], str | float | None]], sample_rate: int, lead: float = 0.0
) -> Iterator[Chunk]:
    """Let utterances follow one another, each as soon as its engine has it.

    The silence that an engine leaves at its edges counts towards the pause. It is cut only where the pause is given in
    seconds, which are kept exactly: from the last sound to the next, or to the beginning or the end of the whole.

    Args:
        utterances: the chunks of each, and the pause after it: a key of PAUSES, or seconds; None where the
            chunks bring their pause along.
        sample_rate: Hz.
        lead: seconds of silence before the first; 0 leaves the engine's own.

    Yields:
        Chunks whose marks count from the start of the whole.
    """
    n_done = n_quiet = 0
    held = np.zeros(0, np.float32)  # silence at the end of an utterance whose pause is given in seconds
    pause: str | float | None = lead or None
    is_first = True
    for chunks, after in utterances:
        n_start = None
        for chunk in _soft_edges(chunks, round(FADE * sample_rate)):
            samples = chunk.samples
            if n_start is None:
                n_lead = quiet_at_start(samples)
                if pause is None or isinstance(pause, str):
                    n_wanted = 0 if pause is None else round(PAUSES[pause] * sample_rate)
                    gap = np.zeros(max(0, n_wanted - n_quiet - n_lead), np.float32)
                    n_cut = 0
                else:
                    gap, n_cut = _exactly(held, round(pause * sample_rate), n_lead)
                held = held[:0]
                if len(gap):
                    yield Chunk(gap)
                samples = samples[n_cut:]
                n_done += len(gap)
                n_start = n_done - n_cut
                is_first = False
            marks = _later(chunk.marks, n_start / sample_rate)
            at_end = quiet_at_start(samples[::-1])
            n_quiet = n_quiet + at_end if at_end == len(samples) else at_end
            if isinstance(after, float):
                samples, held = _held_back(held, samples)
            if len(samples) or marks:
                yield Chunk(samples, marks)
            n_done += len(samples)
        pause = after
    if isinstance(pause, float) and not is_first:
        gap, _ = _exactly(held, round(pause * sample_rate), 0)
        if len(gap):
            yield Chunk(gap)


def _exactly(held: np.ndarray, n_wanted: int, n_lead: int) -> tuple[np.ndarray, int]:
    """Silence that fills a pause.

    Args:
        held: what the utterance before left of it.
        n_wanted: samples from the last sound to the next.
        n_lead: what the utterance after brings of it.

    Returns:
        The samples to put between, and how many of the `n_lead` to cut.
    """
    n_own = max(0, n_wanted - n_lead)
    gap = held[:n_own]
    return np.concatenate([gap, np.zeros(n_own - len(gap), np.float32)]), max(0, n_lead - n_wanted)


def _held_back(held: np.ndarray, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What can go out of `held` and the samples after it, and the silence at their end."""
    together = np.concatenate([held, samples])
    n_ready = len(together) - quiet_at_start(together[::-1])
    return together[:n_ready], together[n_ready:]


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
    return tuple(
        replace(mark, start=max(0.0, mark.start + offset), end=max(0.0, mark.end + offset)) for mark in marks
    )
