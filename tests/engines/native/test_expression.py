"""The rules of acting: what an emotion changes, and what it must not."""

import numpy as np
import pytest

from kouji.engines.native.expression import (
    HUMAN,
    NEUTRAL_RANGE,
    SEMITONE,
    STRENGTH,
    Expression,
    coloured,
    expression,
    melody,
)
from kouji.types import EMOTIONS, NEUTRAL

VOICED = (np.arange(200) % 50 < 40).astype(np.float32)
CONTOUR = (np.log(180) + 0.2 * np.sin(np.arange(200) / 15) - 0.001 * np.arange(200)).astype(np.float32)


def only(name: str, weight: float = 1.0) -> list[float]:
    return [weight if each == name else 0.0 for each in EMOTIONS]


def spread(log_f0: np.ndarray) -> float:
    low, high = np.quantile(log_f0[VOICED > 0], [0.05, 0.95])
    return (high - low) / SEMITONE


def mean(log_f0: np.ndarray) -> float:
    return float(log_f0[VOICED > 0].mean()) / SEMITONE


def test_every_emotion_has_its_rule_and_none_is_another() -> None:
    assert set(HUMAN) == set(EMOTIONS)
    assert len({rule.values for rule in HUMAN.values()}) == len(EMOTIONS)


def test_neutral_is_no_change_at_all() -> None:
    nothing = expression(NEUTRAL)
    assert nothing == Expression()
    assert nothing.duration_ratio == 1
    assert melody(CONTOUR, VOICED, nothing, tonal=True) is CONTOUR
    mel = np.zeros((3, 80), np.float32)
    assert coloured(mel, nothing) is mel


@pytest.mark.parametrize("name", EMOTIONS)
def test_intensity_scales_every_measure(name: str) -> None:
    half, whole = expression(only(name, 0.5)).values, expression(only(name)).values
    np.testing.assert_allclose(np.array(half) * 2, whole)
    np.testing.assert_allclose(whole, (HUMAN[name] * STRENGTH).values)


def test_a_mixture_is_the_weighted_sum() -> None:
    mixed = expression([0.6, 0, 0.4, 0, 0, 0, 0, 0]).values
    np.testing.assert_allclose(mixed, (HUMAN["happy"] * 0.3 + HUMAN["sad"] * 0.2).values)


@pytest.mark.parametrize("tonal", [False, True])
def test_the_mean_moves_by_the_pitch_and_the_range_by_the_range(tonal: bool) -> None:
    changed = melody(CONTOUR, VOICED, Expression(pitch=3, range=1.5, final=0.8), tonal)
    assert mean(changed) - mean(CONTOUR) == pytest.approx(3, abs=0.01)
    assert spread(changed) / spread(CONTOUR) == pytest.approx(1 + 1.5 / NEUTRAL_RANGE, abs=0.01)


def test_tones_keep_their_contours() -> None:
    changed = melody(CONTOUR, VOICED, Expression(pitch=4, range=8, final=0.0), tonal=True)
    assert spread(changed) / spread(CONTOUR) == pytest.approx(1.3, abs=0.01)
    assert np.corrcoef(changed, CONTOUR)[0, 1] > 0.999


def test_the_end_rises_where_it_should() -> None:
    plain, asking = (melody(CONTOUR, VOICED, Expression(final=final), tonal=False) for final in (0.01, 2.0))
    last = np.flatnonzero(VOICED)[-5:]
    assert (asking - plain)[last].mean() / SEMITONE > 1


def test_pitch_stays_where_a_voice_can_be() -> None:
    assert np.exp(melody(CONTOUR, VOICED, Expression(pitch=40), tonal=False)).max() <= 701
    assert np.exp(melody(CONTOUR, VOICED, Expression(pitch=-40), tonal=False)).min() >= 59


def test_a_whispered_utterance_has_no_melody_to_change() -> None:
    assert melody(CONTOUR, np.zeros(200), Expression(pitch=3), tonal=False) is CONTOUR


def test_tilt_lifts_the_upper_bands_and_energy_all() -> None:
    mel = np.zeros((2, 80), np.float32)
    bright, loud = coloured(mel, Expression(tilt=6)), coloured(mel, Expression(energy=6))
    assert bright[0, 0] == 0
    assert bright[0, 50] == pytest.approx(0.69, abs=0.01)  # 6 dB
    np.testing.assert_allclose(loud, 0.69, atol=0.01)
