"""The last step to an exact length: measure what an engine said, ask once more, stretch a little, trim silence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from kouji.audio.join import QUIET, collect, quiet_at_start, surrounded
from kouji.audio.stretch import stretched
from kouji.types import Chunk, Mark, Notice

from .duration import REACH, DurationPlan, PlannedUtterance

ROUNDS = 2
HOP = 0.010  # seconds: so much may be closed with silence alone
KEPT = 0.020  # seconds of silence that trimming leaves at an edge
EXACT = 0.005  # seconds to which a silence that is asked for is kept

Say = Callable[[float, int], Iterable[Chunk]]  # (seconds to ask the engine for, number of the round) -> what it says


@dataclass(frozen=True)
class Closed:
    """An utterance of exactly the length that was wanted."""

    samples: np.ndarray  # (n_samples,) float32
    marks: tuple[Mark, ...]
    native: float  # seconds that the engine said by itself
    stretch: float  # 1: not stretched

    def resized(self, n_cut: int, n_samples: int, sample_rate: int) -> Closed:
        """Without its first `n_cut` samples, what is left in `n_samples`."""
        factor = n_samples / (len(self.samples) - n_cut)
        marks = _moved(self.marks, -n_cut / sample_rate, factor, n_samples / sample_rate)
        return Closed(
            stretched(self.samples[n_cut:], n_samples, sample_rate), marks, self.native, self.stretch * factor
        )


class Timekeeper:
    """Says the utterances of one request one after the other, each in its planned samples."""

    def __init__(self, plan: DurationPlan, sample_rate: int, metadata: dict[str, object]) -> None:
        """`metadata["duration"]` is told what the engine gave and what had to be stretched."""
        made = metadata["duration"]
        assert isinstance(made, dict)
        self._made: dict[str, float] = made
        self._sample_rate = sample_rate
        self._n_before, self._silence = plan.n_lead, plan.lead or None  # what is to come before the next utterance
        self._n_quiet = 0  # samples of silence at the end of the one before
        self._last = plan.utterances[-1]

    def timed(self, say: Say, row: PlannedUtterance) -> Iterator[Chunk]:
        """One utterance, with the silence before it and, after the last, behind it."""
        assert row.n_samples is not None
        assert row.native is not None
        found = closed(say, row.native, row.n_samples, self._sample_rate)
        n_before = self._n_before
        if self._silence is not None:
            # Only now is it known how much of the silence the engine has left by itself; the sound makes up for it.
            n_lead = quiet_at_start(found.samples)
            n_exact = round(self._silence * self._sample_rate) - self._n_quiet - n_lead
            if abs(n_exact - n_before) > EXACT * self._sample_rate:
                n_cut = max(0, n_lead - round(HOP * self._sample_rate))  # a first burst keeps what leads up to it
                n_samples, n_before = row.n_samples + n_before, max(0, n_exact + n_cut)
                found = found.resized(n_cut, n_samples - n_before, self._sample_rate)
        self._made["native"] = round(self._made.get("native", 0.0) + found.native, 4)
        factors = (self._made.get("stretch", 1.0), round(found.stretch, 4))
        self._made["stretch"] = max(factors, key=lambda factor: abs(np.log(factor)))
        # A pause that is not planned is left to the join.
        self._n_before, self._silence = (0, None) if row.n_pause is None else (row.n_pause, row.silence)
        self._n_quiet = quiet_at_start(found.samples[::-1])
        n_after = self._n_before if row is self._last else 0
        samples = surrounded(found.samples, n_before, n_after, self._sample_rate)
        yield Chunk(samples, _moved(found.marks, n_before / self._sample_rate))


def notices(metadata: Mapping[str, object]) -> tuple[Notice, ...]:
    """What has to be said about a request once it was made."""
    made = metadata.get("duration")
    factor = made.get("stretch", 1.0) if isinstance(made, Mapping) else 1.0
    if abs(factor - 1) <= REACH + 0.001:
        return ()
    return (Notice("duration_stretched", f"The engine missed its length twice; a stretch of {factor:.2f} closed it."),)


def closed(say: Say, asked: float, n_samples: int, sample_rate: int) -> Closed:
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
    samples = surrounded(samples, 0, n_samples - len(samples), sample_rate)
    return Closed(samples, _moved(marks, -moved / sample_rate, factor, n_samples / sample_rate), native, factor)


def _moved(marks: Iterable[Mark], seconds: float, factor: float = 1.0, end: float = np.inf) -> tuple[Mark, ...]:
    """Marks later by `seconds`, then `factor` times as late, within 0 and `end`."""

    def at(time: float) -> float:
        return min(max(0.0, (time + seconds) * factor), end)

    return tuple(replace(mark, start=at(mark.start), end=at(mark.end)) for mark in marks)


def _trimmed(samples: np.ndarray, n_surplus: int, n_kept: int) -> tuple[int, int]:
    """First and end of what is left without up to `n_surplus` samples of silence: from the end first."""
    loud = np.flatnonzero(np.abs(samples) > QUIET)
    if len(loud) == 0:
        return 0, len(samples) - n_surplus
    at_end = min(n_surplus, max(0, len(samples) - 1 - int(loud[-1]) - n_kept))
    at_start = min(n_surplus - at_end, max(0, int(loud[0]) - n_kept))
    return at_start, len(samples) - at_end
