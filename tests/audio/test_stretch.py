"""Another length, the same voice."""


import numpy as np
import pytest

from kouji.audio import f0
from kouji.audio.mel import log_mel
from kouji.audio.stretch import stretched
from kouji_sounds import FEMALE, MALE, person

RATE = 24000
FACTORS = (0.92, 0.96, 1.04, 1.08)


@pytest.fixture(scope="module", params=[FEMALE, MALE], ids=["female", "male"])
def speech(request: pytest.FixtureRequest) -> np.ndarray:
    return person(request.param, RATE)[: 4 * RATE]


@pytest.mark.parametrize("n", [1, 100, 1439, 1440, 20_001, 24_000, 47_999])
@pytest.mark.parametrize("n_wanted", [1, 999, 24_000, 24_001, 30_011])
def test_the_length_is_exact_to_the_sample(n: int, n_wanted: int) -> None:
    samples = np.random.default_rng(0).standard_normal(n).astype(np.float32)
    found = stretched(samples, n_wanted, RATE)
    assert found.shape == (n_wanted,)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()


def test_the_same_length_is_the_same_sound(speech: np.ndarray) -> None:
    np.testing.assert_array_equal(stretched(speech, len(speech), RATE), speech)


def test_it_is_the_same_every_time(speech: np.ndarray) -> None:
    n = round(1.05 * len(speech))
    np.testing.assert_array_equal(stretched(speech, n, RATE), stretched(speech, n, RATE))


@pytest.mark.parametrize("factor", FACTORS)
def test_the_pitch_is_kept(speech: np.ndarray, factor: float) -> None:
    before, after = f0.track(speech), f0.track(stretched(speech, round(factor * len(speech)), RATE))
    assert np.median(after[after > 0]) == pytest.approx(np.median(before[before > 0]), rel=0.01)
    assert (after > 0).mean() == pytest.approx((before > 0).mean(), abs=0.03)


@pytest.mark.parametrize("factor", FACTORS)
def test_the_formants_are_kept(speech: np.ndarray, factor: float) -> None:
    before, after = log_mel(speech).mean(0), log_mel(stretched(speech, round(factor * len(speech)), RATE)).mean(0)
    assert np.abs(before - after).max() < 0.25  # natural log, per band: 2 dB


@pytest.mark.parametrize("factor", [*FACTORS, 0.6, 1.6])
def test_a_tone_goes_on_without_clicks(factor: float) -> None:
    tone = 0.5 * np.sin(2 * np.pi * 123.4 * np.arange(2 * RATE) / RATE).astype(np.float32)
    found = stretched(tone, round(factor * len(tone)), RATE)
    middle = found[RATE // 10 : -RATE // 10]
    assert np.abs(np.diff(middle)).max() < 1.2 * np.abs(np.diff(tone)).max()
    level = np.sqrt(np.convolve(middle**2, np.ones(800) / 800, "valid"))
    assert level.min() > 0.9 * level.max()


def test_sounds_keep_their_places(speech: np.ndarray) -> None:
    n = round(1.08 * len(speech))
    loud_before = np.convolve(speech**2, np.ones(2400), "same")[:: RATE // 100]
    found = np.convolve(stretched(speech, n, RATE) ** 2, np.ones(2400), "same")[:: RATE // 100]
    expected = np.interp(np.linspace(0, 1, len(found)), np.linspace(0, 1, len(loud_before)), loud_before)
    assert np.corrcoef(found, expected)[0, 1] > 0.98


def test_the_beginning_stays_where_it_is(speech: np.ndarray) -> None:
    found = stretched(speech, round(1.08 * len(speech)), RATE)
    np.testing.assert_allclose(found[:300], speech[:300], atol=0.01)
