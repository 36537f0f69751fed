"""Durations in frames: what gives way when the pace changes."""

import numpy as np
import pytest

from kouji.engines.native import timing
from kouji.types import Delivery

NAMES = ("_", "tʰ", "aɪ1", "m", ",", "f", "ɔ4", "ɹ", "t", "ə0", ".")
FRAMES = np.array([5, 9, 16, 8, 20, 11, 18, 6, 7, 14, 12])


def asked(**delivery: float | int) -> np.ndarray:
    return timing.asked(FRAMES, NAMES, Delivery(**delivery), float(delivery.get("speed", 1.0)))  # type: ignore[arg-type]


def test_every_token_has_its_kind() -> None:
    assert timing.kinds_of(NAMES).tolist() == [
        "edges", "consonants", "boundaries", "consonants", "pauses", "consonants", "vowels", "consonants",
        "consonants", "boundaries", "edges",
    ]  # fmt: skip


def test_without_a_wish_nothing_changes() -> None:
    np.testing.assert_array_equal(asked(), FRAMES)
    np.testing.assert_array_equal(asked(duration=float(FRAMES.sum()) / 100), FRAMES)


@pytest.mark.parametrize("n_frames", range(65, 250, 5))
def test_a_length_is_met_to_the_frame(n_frames: int) -> None:
    assert asked(duration=n_frames / 100).sum() == n_frames
    np.testing.assert_array_equal(asked(n_tokens=n_frames), asked(duration=n_frames / 100))


def test_a_tempo_is_no_uniform_stretch_either() -> None:
    fast = asked(speed=1.5)
    assert fast.sum() == round(FRAMES.sum() / 1.5)
    change = fast / FRAMES
    assert change[4] < change[6] < change[5]  # pause, vowel, consonant


def test_what_is_within_reach_is_told_honestly() -> None:
    found = timing.reach(FRAMES, NAMES, Delivery(), 1.0)
    assert found.natural == pytest.approx(FRAMES.sum() / 100)
    assert asked(duration=0.01).sum() == pytest.approx(100 * found.shortest)
    assert asked(duration=60.0).sum() == pytest.approx(100 * found.longest)
    assert found.shortest < found.natural / 2 < 2 * found.natural < found.longest


def test_the_parts_are_those_of_the_length_that_is_asked_for() -> None:
    found = timing.reach(FRAMES, NAMES, Delivery(duration=1.0), 1.0)
    assert sum(found.parts.values()) == pytest.approx(1.0)
    assert found.natural == pytest.approx(FRAMES.sum() / 100)


def test_at_the_natural_pace_frames_stay_where_they_are() -> None:
    x, frames = np.random.default_rng(0).standard_normal((9, 3)).astype(np.float32), np.array([2, 3, 4])
    np.testing.assert_array_equal(timing.respread(x, frames, frames), x)


def test_each_token_keeps_its_own_course_over_more_or_fewer_frames() -> None:
    rising, frames = np.array([0, 1, 2, 3, 10, 11, 12, 13], np.float32), np.array([4, 4])
    spread = timing.respread(rising, frames, np.array([8, 2]))
    assert len(spread) == 10
    assert (np.diff(spread[:8]) >= 0).all()
    assert spread[:8].max() <= 3  # nothing of the next token
    np.testing.assert_allclose(spread[8:], [10.5, 12.5])
