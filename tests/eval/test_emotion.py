"""Are the emotions of the built-in voice heard, in the sound itself? A short form of benchmarks/emotion.py."""

from functools import cache

import numpy as np
import pytest

import kouji
from kouji.eval.emotion import DIRECTIONS, ENOUGH, INTENSITIES, MEASURES, Acted, Heard, act, hear, likeness, sayer
from kouji.types import EMOTIONS, Mark, Speech

TEXTS = ("如果明天不下雨，我们就去爬山。", "桌子上放着一杯刚刚泡好的绿茶。")


@pytest.fixture(scope="module")
def acted() -> list[Acted]:
    return act(sayer(kouji.load("native"), "female_1"), TEXTS)


def test_each_emotion_moves_the_voice_as_people_move_it_step_by_step(acted: list[Acted]) -> None:
    agreeing = {each.emotion: each.n_agreeing for each in acted}
    assert sum(n >= ENOUGH for n in agreeing.values()) >= 6, agreeing


def test_anger_is_heard_as_more_than_half_a_step(acted: list[Acted]) -> None:
    angry = acted[EMOTIONS.index("angry")]
    assert angry.change("pitch") > 3
    assert angry.change("energy") > 2
    assert angry.change("tilt") > 2


def test_it_is_still_the_same_person() -> None:
    found = likeness(sayer(kouji.load("native"), "female_1"), TEXTS, ("angry", "happy"))
    assert min(found.values()) >= 0.9


@cache
def tone(hertz: float, gain: float = 0.1, seconds: float = 1.0) -> Speech:
    time = np.arange(round(24000 * seconds)) / 24000
    rise = hertz * 2 ** (np.sin(2 * np.pi * time / seconds) / 6)  # two semitones either way
    phase = 2 * np.pi * np.cumsum(rise) / 24000
    buzz = sum(np.sin(k * phase) / k for k in range(1, 15)) * gain
    return Speech(buzz.astype(np.float32), 24000, (Mark("word", "a", 0, 0.5), Mark("word", "b", 0.5, 1)))


def test_the_measures_are_those_of_the_sound() -> None:
    low, high = hear([tone(150)]), hear([tone(300, gain=0.2)])
    assert high.pitch - low.pitch == pytest.approx(12, abs=0.2)
    assert low.range == pytest.approx(4, abs=0.3)
    assert high.energy - low.energy == pytest.approx(6, abs=0.3)
    assert low.rate == pytest.approx(2, rel=0.05)
    assert hear([tone(150, seconds=0.5)]).rate == pytest.approx(4, rel=0.1)


def test_a_step_the_wrong_way_does_not_agree() -> None:
    up = tuple(Heard(*(float(k) for _ in MEASURES)) for k in range(1, len(INTENSITIES) + 1))
    assert Acted("happy", up).n_agreeing == 5
    assert Acted("sad", up).n_agreeing == 0
    stumbling = (*up[:3], up[1], up[4])
    assert Acted("happy", stumbling).n_agreeing == 0
    assert set(DIRECTIONS) == set(EMOTIONS)
