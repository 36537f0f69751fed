"""Sounds to test with: two people who read, and somebody who hums."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from kouji.audio.resample import resample

_DATA = Path(__file__).parents[2] / "data"
FEMALE, MALE = _DATA / "english_female.flac", _DATA / "english_male.flac"  # about three seconds each, at 16 kHz


def person(clip: Path, sample_rate: int = 16000) -> np.ndarray:
    """(n_samples,) float32 of FEMALE or MALE."""
    samples, rate = soundfile.read(clip, dtype="float32")
    return resample(samples, rate, sample_rate)


def hum(seed: int, seconds: float, sample_rate: int) -> np.ndarray:
    """(n_samples,) float32: a pitch of its own for each seed, eight harmonics and a little noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * sample_rate)) / sample_rate
    pitch = rng.uniform(100, 250)
    sound = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 9))
    return (0.2 * sound + 0.01 * rng.standard_normal(len(time))).astype(np.float32)
