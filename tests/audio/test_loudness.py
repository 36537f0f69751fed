"""Loudness: against the tables of the recommendation, and against another program."""

import time

import numpy as np
import pytest

from kouji.audio.loudness import brought_to, k_weighting, loudness, true_peak
from kouji.errors import InvalidInput
from kouji_sounds import FEMALE, person


def speech(rate: int = 16000, seconds: float = 8.0) -> np.ndarray:
    """Bursts of noise and tone with pauses, as syllables have them."""
    rng = np.random.default_rng(5)
    time = np.arange(round(seconds * rate)) / rate
    syllables = np.clip(np.sin(2 * np.pi * 3 * time), 0, 1) * (np.sin(2 * np.pi * 0.3 * time) > -0.5)
    voice = 0.1 * np.sin(2 * np.pi * 180 * time) + 0.03 * rng.standard_normal(len(time))
    return (voice * syllables).astype(np.float32)


def test_the_filters_at_48_khz_are_those_of_the_recommendation() -> None:
    above, below = k_weighting(48000)
    np.testing.assert_allclose(above[0], [1.53512485958697, -2.69169618940638, 1.19839281085285], atol=1e-12)
    np.testing.assert_allclose(below[0], [1, -1.69065929318241, 0.73248077421585], atol=1e-12)
    np.testing.assert_allclose(above[1], [1, -2, 1])
    np.testing.assert_allclose(below[1], [1, -1.99004745483398, 0.99007225036621], atol=1e-10)


@pytest.mark.parametrize("rate", [16000, 22050, 24000, 44100, 48000])
def test_a_full_sine_of_997_hertz_has_minus_3_01(rate: int) -> None:
    sine = np.sin(2 * np.pi * 997 * np.arange(5 * rate) / rate)
    assert loudness(sine, rate) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize("rate", [16000, 24000, 48000])
def test_another_program_measures_the_same(rate: int) -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm", reason="pip install 'kouji[dev]'")
    sound = speech(rate)
    oracle = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(sound.astype(np.float64))
    assert loudness(sound, rate) == pytest.approx(oracle, abs=0.02)


def test_a_person_is_measured_as_another_program_does() -> None:
    pyloudnorm = pytest.importorskip("pyloudnorm", reason="pip install 'kouji[dev]'")
    samples, rate = person(FEMALE).astype(np.float64), 16000
    oracle = pyloudnorm.Meter(rate, filter_class="DeMan").integrated_loudness(samples)
    assert loudness(samples, rate) == pytest.approx(oracle, abs=0.1)


def test_pauses_do_not_count() -> None:
    sound = speech()
    paused = np.concatenate([sound, np.zeros(16000 * 20, np.float32), sound])
    assert loudness(paused, 16000) == pytest.approx(loudness(sound, 16000), abs=0.2)


def test_long_sound_is_measured_in_pieces_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from kouji.audio import loudness as room

    whole = loudness(speech(), 16000)
    monkeypatch.setattr(room, "_PIECE", 5000)
    assert loudness(speech(), 16000) == pytest.approx(whole, abs=1e-9)


@pytest.mark.parametrize("target", [-30.0, -23.0, -16.0])
def test_the_target_is_met(target: float) -> None:
    assert loudness(brought_to(speech(), 16000, target), 16000) == pytest.approx(target, abs=0.1)


def test_peaks_do_not_pass_the_ceiling_and_the_loudness_is_met_all_the_same() -> None:
    sound = speech()
    sound[8000::16000] = 0.9  # clicks that a plain gain would clip
    out = brought_to(sound, 16000, -16.0)
    assert true_peak(out, 16000) <= -1.0 + 1e-3
    assert loudness(out, 16000) == pytest.approx(-16.0, abs=0.2)


def test_a_peak_between_the_samples_is_found() -> None:
    wave = np.sin(2 * np.pi * 0.25 * np.arange(4000) + np.pi / 4)  # its samples reach 0.707 alone
    assert true_peak(wave, 16000) == pytest.approx(0.0, abs=0.3)


def test_silence_stays_silence() -> None:
    assert loudness(np.zeros(16000), 16000) == -np.inf
    assert not brought_to(np.zeros(16000, np.float32), 16000, -16.0).any()
    assert len(brought_to(np.zeros(0, np.float32), 16000, -16.0)) == 0


def test_a_short_word_is_brought_to_the_target_too() -> None:
    assert loudness(brought_to(speech(seconds=0.2), 16000, -16.0), 16000) == pytest.approx(-16.0, abs=0.2)


@pytest.mark.parametrize("target", [0, -41, True, "loud", float("nan")])
def test_a_target_out_of_range_is_told(target: object) -> None:
    with pytest.raises(InvalidInput, match="loudness"):
        brought_to(speech(seconds=1), 16000, target)  # type: ignore[arg-type]


def test_it_costs_little() -> None:
    sound, before = speech(24000, 20.0), time.process_time()
    brought_to(sound, 24000, -16.0)
    assert time.process_time() - before < 2.0  # for twenty seconds of sound
