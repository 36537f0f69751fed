"""Is the emotion heard, and is it still the same person? Both measured on the sound, never on what was asked for.

    clips of one text set at intensity 0, 0.25 … 1 ─→ five measures ─→ does each move as people move it, step by step?
    emotional clips, neutral clips of the same voice ─→ likeness by an independent encoder, neutral to neutral being 1
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import soxr

from kouji.audio import f0 as tracker
from kouji.audio.mel import SAMPLE_RATE
from kouji.types import EMOTIONS, Speech

from .pitch import spoken_part
from .similarity import voice_embedding

if TYPE_CHECKING:
    from kouji.speak import Session

INTENSITIES = (0.0, 0.25, 0.5, 0.75, 1.0)
ENOUGH = 4  # measures of the five that make an emotion agree
# Which way people's voices move: pitch, range, energy, rate, tilt. Happy to disgusted: the Berlin database against
# the same actor's neutral reading (energy, which its levelled files do not tell: P. Juslin, P. Laukka, "Communication
# of emotions in vocal expression …", Psychological Bulletin 129, 2003). The other three are ours, with the reasons
# beside the native engine's table: sorrow and calm are low in arousal, surprise is high.
DIRECTIONS = {
    "happy": (1, 1, 1, 1, 1),
    "angry": (1, 1, 1, 1, 1),
    "sad": (-1, -1, -1, -1, -1),
    "afraid": (1, 1, 1, 1, 1),
    "disgusted": (1, 1, 1, -1, 1),
    "melancholic": (-1, -1, -1, -1, -1),
    "surprised": (1, 1, 1, 1, 1),
    "calm": (-1, -1, -1, -1, -1),
}
_ACTIVE = 25.0  # dB below the loudest frames of a clip: frames that are speech


@dataclass(frozen=True)
class Heard:
    """The five measures, over several clips of one voice."""

    pitch: float  # semitones above 100 Hz, mean of the voiced frames
    range: float  # semitones from the 5th to the 95th percentile of F0, mean over the clips
    energy: float  # dB of full scale, frames of speech
    rate: float  # units (characters, words) per second, from the first sound of a clip to its last
    tilt: float  # dB, 1 to 5 kHz against 0.08 to 1 kHz, frames of speech


MEASURES = tuple(field.name for field in fields(Heard))


def hear(clips: Sequence[Speech]) -> Heard:
    """Measure clips of one voice; a unit is a word mark."""
    sounds = [spoken_part(_at_24_khz(clip.samples, clip.sample_rate), SAMPLE_RATE) for clip in clips]
    pitches = [12 * np.log2(f0[f0 > 0] / 100) for f0 in tracker.track_voice(sounds)]
    ranges = [_range(p) for p in pitches if len(p) > 10]
    powers = [_active_spectrum(sound) for sound in sounds]
    hertz = np.fft.rfftfreq(_WIN, 1 / SAMPLE_RATE)
    low, high = (hertz >= 80) & (hertz < 1000), (hertz >= 1000) & (hertz < 5000)
    n_units = sum(sum(mark.kind == "word" for mark in clip.marks) for clip in clips)
    return Heard(
        pitch=float(np.concatenate(pitches).mean()),
        range=float(np.mean(ranges)),
        energy=float(np.mean([10 * np.log10(p.sum()) for p in powers])),
        rate=n_units / sum(len(sound) / SAMPLE_RATE for sound in sounds),
        tilt=float(np.mean([10 * np.log10(p[high].sum() / p[low].sum()) for p in powers])),
    )


def _range(semitones: np.ndarray) -> float:
    """Between the 5th and 95th percentile; what lies an octave from the median is no melody but an error."""
    low, high = np.quantile(semitones[np.abs(semitones - np.median(semitones)) < 12], [0.05, 0.95])
    return float(high - low)


_WIN, _HOP = 1024, 240


def _active_spectrum(samples: np.ndarray) -> np.ndarray:
    """(513,) mean power spectrum of the frames of speech; its sum is about the mean square of the samples."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, _WIN // 2), _WIN)[::_HOP]
    power = 2 * np.abs(np.fft.rfft(frames * np.hanning(_WIN), axis=1)) ** 2 / (_WIN * 0.375 * _WIN)
    level = 10 * np.log10(power.sum(1) + 1e-12)
    spectrum: np.ndarray = power[level > level.max() - _ACTIVE].mean(0)
    return spectrum


def _at_24_khz(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    return samples if sample_rate == SAMPLE_RATE else np.asarray(soxr.resample(samples, sample_rate, SAMPLE_RATE))


@dataclass(frozen=True)
class Acted:
    """One emotion in one voice and language."""

    emotion: str
    heard: tuple[Heard, ...]  # at INTENSITIES

    def agrees(self, measure: str) -> bool:
        """Whether every step of intensity moves the measure the way people move it."""
        direction = DIRECTIONS[self.emotion][MEASURES.index(measure)]
        values = [getattr(each, measure) for each in self.heard]
        return all((after - before) * direction > 0 for before, after in pairwise(values))

    def change(self, measure: str) -> float:
        """From neutral to the highest intensity, in the measure's unit; for rate in percent."""
        first, last = (float(getattr(self.heard[k], measure)) for k in (0, -1))
        return 100 * (last / first - 1) if measure == "rate" else last - first

    @property
    def n_agreeing(self) -> int:
        """Of the five measures."""
        return sum(self.agrees(measure) for measure in MEASURES)


Say = Callable[[str, str, float], Speech]  # (text, emotion, intensity) -> sound, of one voice


def sayer(session: Session, voice: str) -> Say:
    """A voice that says what it is asked for; the same thing is said once."""

    @cache
    def say(text: str, emotion: str, intensity: float) -> Speech:
        return session.synthesize(text, voice=voice, emotion=emotion, intensity=intensity)

    return lambda text, emotion, intensity: say(text, emotion if intensity else "neutral", intensity)


def act(say: Say, texts: Sequence[str], emotions: Sequence[str] = EMOTIONS) -> list[Acted]:
    """Say all texts in every emotion and intensity, and measure."""
    neutral = hear([say(text, emotions[0], 0.0) for text in texts])
    return [
        Acted(emotion, (neutral, *(hear([say(t, emotion, intensity) for t in texts]) for intensity in INTENSITIES[1:])))
        for emotion in emotions
    ]


def likeness(
    say: Say, texts: Sequence[str], emotions: Sequence[str] = EMOTIONS, intensity: float = 1.0
) -> Mapping[str, float]:
    """Emotion -> similarity of emotional to neutral speech over that of neutral to neutral speech.

    What is compared is never the same text: odd texts with even ones, both ways.
    """
    halves = (texts[::2], texts[1::2])
    neutral = [_embedding([say(t, emotions[0], 0.0) for t in half]) for half in halves]
    plain = float(neutral[0] @ neutral[1])
    found = {}
    for emotion in emotions:
        acted = [_embedding([say(t, emotion, intensity) for t in half]) for half in halves]
        found[emotion] = float(acted[0] @ neutral[1] + acted[1] @ neutral[0]) / 2 / plain
    return found


def _embedding(clips: Sequence[Speech]) -> np.ndarray:
    return voice_embedding([clip.samples for clip in clips], clips[0].sample_rate)
