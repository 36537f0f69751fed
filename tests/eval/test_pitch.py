"""Melody and tempo of sounds whose F0 and length are known."""

from __future__ import annotations

import numpy as np
import pytest

from kouji.eval.dtw import align
from kouji.eval.pitch import contour, match_contours, prosody, spoken_duration
from kouji_sounds import FEMALE, person

RATE = 24000


def voice(f0: np.ndarray) -> np.ndarray:
    """A buzz with that F0 (n_samples,) and two formants that move, so that there is something to align."""
    phase = 2 * np.pi * np.cumsum(f0) / RATE
    place = np.linspace(0, 1, len(f0))
    sound = np.zeros(len(f0))
    for harmonic in range(1, 40):
        hz = harmonic * f0
        formants = (400 + 500 * place, 2200 - 1000 * place)
        sound += np.cos(harmonic * phase) * sum(np.exp(-(((hz - f) / 300) ** 2)) + 0.02 for f in formants)
    return (0.1 * sound).astype(np.float32)


def glide(low: float, high: float, seconds: float) -> np.ndarray:
    return np.geomspace(low, high, round(seconds * RATE))


def test_the_pitch_of_a_buzz_is_found() -> None:
    f0 = contour(voice(np.full(RATE, 180.0)), RATE)
    assert f0[5:-5] == pytest.approx(180, rel=0.01)
    assert len(f0) == 101  # every 10 ms


def test_spread_is_the_standard_deviation_in_semitones() -> None:
    # An octave, passed at constant speed: 12 semitones / sqrt(12).
    measured = prosody([voice(glide(120, 240, 2.0))], RATE)
    assert measured.f0_spread == pytest.approx(12 / np.sqrt(12), abs=0.15)
    assert measured.f0_mean == pytest.approx(120 * np.sqrt(2), rel=0.02)
    assert measured.voiced_share > 0.95


def test_silence_around_speech_does_not_count_as_duration() -> None:
    sound = np.pad(voice(np.full(RATE, 150.0)), RATE // 2)
    assert spoken_duration(sound, RATE) == pytest.approx(1.0, abs=0.03)
    assert spoken_duration(np.zeros(RATE, np.float32), RATE) == 0


def test_silent_clips_have_no_melody() -> None:
    silence = np.zeros(RATE, np.float32)
    assert prosody([silence], RATE).voiced_share == 0
    assert match_contours([silence], [silence], RATE).n_frames == 0


def test_a_slower_copy_has_the_same_melody() -> None:
    match = match_contours([voice(glide(130, 220, 1.3))], [voice(glide(130, 220, 0.9))], RATE)
    assert match.correlation > 0.98
    assert match.error < 0.3


def test_a_voice_three_semitones_higher_is_three_semitones_off() -> None:
    up = 2 ** (3 / 12)
    match = match_contours([voice(glide(130 * up, 132 * up, 1.0))], [voice(glide(130, 132, 1.0))], RATE)
    assert match.error == pytest.approx(3, abs=0.3)


def test_the_opposite_melody_is_anticorrelated() -> None:
    match = match_contours([voice(glide(220, 130, 1.0))], [voice(glide(130, 220, 1.0))], RATE)
    assert match.correlation < -0.9


def test_a_louder_copy_is_no_distortion() -> None:
    speech = person(FEMALE)
    match = match_contours([speech * 0.1], [speech], 16000)
    assert match.distortion < 0.1
    assert match.correlation > 0.99


def test_warping_finds_the_cheapest_way() -> None:
    rng = np.random.default_rng(0)

    def cheapest(distance: np.ndarray) -> float:
        total = np.full(np.array(distance.shape) + 1, np.inf)
        total[0, 0] = 0
        for i, row in enumerate(distance):
            for j, step in enumerate(row):
                total[i + 1, j + 1] = step + min(total[i, j], total[i, j + 1], total[i + 1, j])
        return float(total[-1, -1])

    for _ in range(10):
        first, second = rng.normal(size=(rng.integers(1, 9), 3)), rng.normal(size=(rng.integers(1, 9), 3))
        distance = np.linalg.norm(first[:, None] - second, axis=2)
        i, j = align(first, second)
        assert distance[i, j].sum() == pytest.approx(cheapest(distance))
        assert (i[0], j[0], i[-1], j[-1]) == (0, 0, len(first) - 1, len(second) - 1)
