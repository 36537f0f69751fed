"""The last step to an exact length: measure what an engine said, ask once more, stretch a little, trim silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from kouji.audio.join import QUIET, collect, padded
from kouji.audio.stretch import stretched
from kouji.types import Chunk, Mark, Notice

if TYPE_CHECKING:
    from .duration import PlannedUtterance

ROUNDS = 2
REACH = 0.08  # of the length: so much a stretch may close before the engine is asked again
HOP = 0.010  # seconds: so much may be closed with silence alone
KEPT = 0.020  # seconds of silence that trimming leaves at an edge


@dataclass(frozen=True)
class Closed:
    """An utterance of exactly the length that was wanted."""

    samples: np.ndarray  # (n_samples,) float32
    marks: tuple[Mark, ...]
    native: float  # seconds that the engine said by itself
    stretch: float  # 1: not stretched


def timed(
    say: Callable[[float, int], Iterable[Chunk]], row: PlannedUtterance, sample_rate: int, metadata: dict[str, object]
) -> Iterator[Chunk]:
    """Say an utterance in exactly its planned samples, the pause after it included.

    Args:
        say: (seconds to ask the engine for, number of the round) -> its chunks.
        row: the plan.
        sample_rate: Hz.
        metadata: of the request; its "duration" is told what the engine gave and what was stretched.
    """
    assert row.n_samples is not None
    assert row.native is not None
    found = closed(say, row.native, row.n_samples, sample_rate)
    made = metadata["duration"]
    assert isinstance(made, dict)
    made["native"] = round(made.get("native", 0.0) + found.native, 4)
    made["stretch"] = max(made.get("stretch", 1.0), round(found.stretch, 4), key=lambda factor: abs(np.log(factor)))
    yield Chunk(padded(found.samples, row.n_pause or 0, sample_rate), found.marks)


def notices(metadata: Mapping[str, object]) -> tuple[Notice, ...]:
    """What has to be said about a request once it was made."""
    made = metadata.get("duration")
    factor = made.get("stretch", 1.0) if isinstance(made, Mapping) else 1.0
    if abs(factor - 1) <= REACH + 0.001:
        return ()
    return (Notice("duration_stretched", f"The engine missed its length twice; a stretch of {factor:.2f} closed it."),)


def closed(
    say: Callable[[float, int], Iterable[Chunk]], asked: float, n_samples: int, sample_rate: int
) -> Closed:
    """Have an utterance said in exactly `n_samples`; `asked` are the seconds that the engine is asked for first."""
    takes: list[tuple[np.ndarray, tuple[Mark, ...]]] = []
    for number in range(ROUNDS):
        takes.append(collect(say(asked, number)))
        n_said = len(takes[-1][0])
        if abs(n_said / n_samples - 1) <= REACH:
            break
        asked *= n_samples / max(n_said, 1)
    samples, marks = min(takes, key=lambda take: abs(len(take[0]) - n_samples))
    return _fitted(samples, marks, n_samples, sample_rate)


def _fitted(samples: np.ndarray, marks: tuple[Mark, ...], n_samples: int, sample_rate: int) -> Closed:
    native, moved = len(samples) / sample_rate, 0
    if len(samples) > n_samples:
        first, last = _trimmed(samples, len(samples) - n_samples, round(KEPT * sample_rate))
        samples, moved = samples[first:last], first
    factor = 1.0
    if not 0 <= n_samples - len(samples) <= HOP * sample_rate:
        factor = n_samples / len(samples)
        samples = stretched(samples, n_samples, sample_rate)
    samples = padded(samples, n_samples - len(samples), sample_rate)
    end = n_samples / sample_rate

    def at(time: float) -> float:
        return min(max(0.0, (time - moved / sample_rate) * factor), end)

    return Closed(
        samples, tuple(replace(mark, start=at(mark.start), end=at(mark.end)) for mark in marks), native, factor
    )


def _trimmed(samples: np.ndarray, n_surplus: int, n_kept: int) -> tuple[int, int]:
    """First and end of what is left without up to `n_surplus` samples of silence: from the end first."""
    loud = np.flatnonzero(np.abs(samples) > QUIET)
    if len(loud) == 0:
        return 0, len(samples) - n_surplus
    at_end = min(n_surplus, max(0, len(samples) - 1 - int(loud[-1]) - n_kept))
    at_start = min(n_surplus - at_end, max(0, int(loud[0]) - n_kept))
    return at_start, len(samples) - at_end
