"""Whatever an engine says, the result has the length that was wanted."""

from collections.abc import Iterator

import numpy as np
import pytest

from kouji.audio.join import QUIET, collect, join
from kouji.control.closing import Timekeeper, closed, notices
from kouji.control.duration import DurationPlan, PlannedUtterance
from kouji.types import Chunk, Mark

RATE, WANTED = 16000, 32000


def sound(n_samples: int, n_quiet: int = 0) -> np.ndarray:
    tone = 0.3 * np.sin(2 * np.pi * 150 * np.arange(n_samples - 2 * n_quiet) / RATE)
    return np.pad(tone, n_quiet).astype(np.float32)


class Speaker:
    """Takes `error` times what it is asked for, in the first round and in the second."""

    def __init__(self, *errors: float, n_quiet: int = 0) -> None:
        self.errors, self.n_quiet, self.asked = errors, n_quiet, list[float]()

    def __call__(self, seconds: float, number: int) -> Iterator[Chunk]:
        self.asked.append(seconds)
        n_samples = round(self.errors[number] * seconds * RATE)
        yield Chunk(sound(n_samples, self.n_quiet), (Mark("word", "好", 0.0, n_samples / RATE),))


@pytest.mark.parametrize("error", [0.5, 0.93, 0.9999, 1.0, 1.0001, 1.004, 1.07, 1.5, 3.0])
def test_the_length_is_exact_and_the_marks_fit(error: float) -> None:
    found = closed(Speaker(error, error), WANTED / RATE, WANTED, RATE)
    assert len(found.samples) == WANTED
    assert found.marks[0].end == pytest.approx(WANTED / RATE, abs=0.011)


def test_a_near_miss_is_stretched_at_once() -> None:
    speaker = Speaker(1.05)
    assert closed(speaker, WANTED / RATE, WANTED, RATE).stretch == pytest.approx(1 / 1.05, abs=1e-3)
    assert len(speaker.asked) == 1


def test_a_wide_miss_is_asked_again_with_what_was_learnt() -> None:
    speaker = Speaker(1.5, 1.5)
    found = closed(speaker, WANTED / RATE, WANTED, RATE)
    assert speaker.asked == [2.0, pytest.approx(2.0 / 1.5)]
    assert found.stretch == 1.0
    assert found.native == pytest.approx(2.0)


def test_silence_goes_before_anything_is_stretched() -> None:
    found = closed(Speaker(1.05, n_quiet=2000), WANTED / RATE, WANTED, RATE)
    assert found.stretch == 1.0
    assert np.flatnonzero(found.samples)[0] > 1500  # from the end first


def test_a_hundredth_of_a_second_is_padded() -> None:
    found = closed(Speaker((WANTED - 100) / WANTED), WANTED / RATE, WANTED, RATE)
    assert found.stretch == 1.0
    assert not found.samples[-100:].any()


def row(silence: float | None = None, n_pause: int | None = 8000) -> PlannedUtterance:
    return PlannedUtterance("好", 2.0, 2.0, (1.0, 4.0), {"stretch": 0.0}, 0.5, 0.5, WANTED, n_pause, None, silence)


def said(error: float, *rows: PlannedUtterance, n_quiet: int = 0, lead: float = 0.0, n_lead: int = 0) -> np.ndarray:
    plan = DurationPlan(2.0, 2.0, (1.0, 4.0), {}, rows, (), lead, n_lead)
    keeper = Timekeeper(plan, RATE, {"duration": {}})
    speaker = Speaker(error, error, n_quiet=n_quiet)
    return collect(join(((keeper.timed(speaker, each), None) for each in rows), RATE))[0]


def silences(samples: np.ndarray) -> list[int]:
    """Samples of each longer silence."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.abs(samples) < QUIET, [0]]).astype(int)))
    return [end - start for start, end in edges.reshape(-1, 2) if end - start > 400]


@pytest.mark.parametrize("error", [0.997, 1.03, 0.95])
def test_planned_pauses_stand_between_without_clicks(error: float) -> None:
    samples = said(error, row(), row(n_pause=0))
    steepest = np.abs(np.diff(sound(WANTED))).max()
    assert len(samples) == 2 * WANTED + 8000
    assert not samples[WANTED : WANTED + 8000].any()
    assert np.abs(np.diff(samples, prepend=0, append=0)).max() < 1.3 * steepest


@pytest.mark.parametrize("n_quiet", [0, 1500, 6000])
def test_a_silence_that_is_asked_for_is_kept_and_the_sum_too(n_quiet: int) -> None:
    """Whatever the engine leaves at its edges, and whatever it was believed to leave (here 2 x 2000 samples)."""
    samples = said(1.0, row(silence=0.75, n_pause=8000), row(n_pause=0), n_quiet=n_quiet)
    assert len(samples) == 2 * WANTED + 8000
    inner = silences(samples)[1 if n_quiet > 400 else 0]
    assert inner == pytest.approx(12000, abs=200)


def test_silence_before_and_after_the_whole_counts() -> None:
    samples = said(1.0, row(silence=0.5, n_pause=7000), n_quiet=1000, lead=1.0, n_lead=15000)
    assert len(samples) == WANTED + 15000 + 7000
    assert silences(samples) == [pytest.approx(16000, abs=200), pytest.approx(8000, abs=200)]


def test_a_stretch_beyond_what_is_promised_is_told() -> None:
    assert notices({"engine": "x"}) == ()
    assert notices({"duration": {"stretch": 1.08}}) == ()
    assert [notice.code for notice in notices({"duration": {"stretch": 0.7}})] == ["duration_stretched"]
