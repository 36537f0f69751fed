"""Another sample rate."""

import numpy as np
import pytest

from kouji.audio.resample import resample


def test_a_tone_keeps_its_pitch_and_its_length() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(24000) / 24000).astype(np.float32)
    slower = resample(tone, 24000, 16000)
    assert len(slower) == 16000
    assert slower.dtype == np.float32
    assert np.abs(np.fft.rfft(slower)).argmax() == pytest.approx(440)


def test_the_same_rate_changes_nothing() -> None:
    tone = np.ones(10, np.float32)
    assert resample(tone, 24000, 24000) is tone
