"""The built-in voice says what markup asks for."""

from __future__ import annotations

import numpy as np
import pytest

import kouji
from kouji.audio.join import QUIET


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("<duration 2.4s>你好。世界很大。</duration>", 2.4),
        ("<speak><prosody duration='3s'>你好，<voice name='male_1'>世界很大</voice>。</prosody></speak>", 3.0),
        ("<speak><mstts:audioduration value='4s'/>你好。<break time='1s'/>世界很大。</speak>", 4.0),
    ],
)
def test_a_duration_in_markup_is_met(tts: kouji.Session, text: str, seconds: float) -> None:
    assert tts.synthesize(text).duration == pytest.approx(seconds, abs=0.01)


@pytest.mark.parametrize("seconds", [0.1, 0.4, 1.0])
def test_a_break_is_so_long_from_sound_to_sound(tts: kouji.Session, seconds: float) -> None:
    speech = tts.synthesize(f"你好。<break {seconds}s>世界。")
    second = next(mark.start for mark in speech.marks if mark.text == "世")
    loud = np.flatnonzero(np.abs(speech.samples) > QUIET) / speech.sample_rate
    gaps = np.diff(loud)
    nearest = np.argmin(np.abs(loud[1:] - second) - gaps)
    assert gaps[nearest] == pytest.approx(seconds, abs=0.02)
