from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs kouji[train]")

from kouji.audio.f0 import track, voice_range
from kouji.train.copies import shift_pitch


def voice(hertz: float, seconds: float = 1.0) -> np.ndarray:
    """Pulses through one formant at 700 Hz."""
    samples = np.zeros(int(24000 * seconds), np.float32)
    samples[:: round(24000 / hertz)] = 1
    ring = np.exp(-np.arange(400) / 60) * np.cos(2 * np.pi * 700 * np.arange(400) / 24000)
    return (0.3 * np.convolve(samples, ring)[: len(samples)]).astype(np.float32)


def formant(samples: np.ndarray) -> float:
    """Frequency of the strongest band, over a smooth spectrum."""
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    smooth = np.convolve(power, np.ones(300) / 300, "same")
    return float(np.fft.rfftfreq(len(samples), 1 / 24000)[smooth.argmax()])


@pytest.mark.parametrize("factor", [0.6, 0.8, 1.3, 1.7])
def test_a_copy_has_another_pitch_the_same_length_and_the_same_formant(factor: float) -> None:
    samples = voice(150)
    moved = shift_pitch(samples, track(samples), factor)
    assert len(moved) == len(samples)
    assert np.median(track(moved)[20:-20]) == pytest.approx(150 * factor, rel=0.03)
    assert formant(moved) == pytest.approx(formant(samples), abs=150)


def test_octave_errors_lie_outside_a_speakers_range() -> None:
    rng = np.random.default_rng(0)
    f0 = np.concatenate([rng.normal(110, 12, 900), np.full(60, 540.0), np.full(30, 55.0), np.zeros(300)])
    low, high = voice_range(f0.astype(np.float32))
    assert 55 < low < 90
    assert 150 < high < 400


def test_a_silent_speaker_has_the_widest_range() -> None:
    assert voice_range(np.zeros(10, np.float32)) == (60.0, 600.0)
