"""What an emotion does to the voice: melody, tempo, loudness and brightness, by rules that people's figures gave.

    emotion (8 weights) ─→ Expression ─→ tempo before the durations, melody after the F0, colour on the mel

No emotional speech under a free licence exists to learn this from. The rows of happy, angry, sad, afraid and
disgusted are what the Berlin database of acted speech shows against the same actor's neutral reading of the same
sentence (medians of 35 to 101 pairs; its figures are used, its sound is not).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kouji.audio import mel as mel_scale
from kouji.types import EMOTIONS

# Actors exaggerate: at intensity 1 the voice does half of what they do.
STRENGTH = 0.5
NEUTRAL_RANGE = 9.3  # semitones from the 5th to the 95th percentile of F0 in the actors' neutral readings
TONAL_RANGE = (0.7, 1.3)  # a tone that is scaled further is another tone
LOWEST_F0, HIGHEST_F0 = 60.0, 700.0  # Hz, beyond which the decoder has heard nobody
DULLED = 0.2  # dB of tilt that the decoder takes for every semitone it is raised, measured in two voices and languages
FINAL = 35  # frames at the end of an utterance over which its last movement goes
SEMITONE = float(np.log(2) / 12)
DECIBEL = float(np.log(10) / 20)


@dataclass(frozen=True)
class Expression:
    """Changes against the neutral reading."""

    pitch: float = 0.0  # semitones, of the mean F0
    range: float = 0.0  # semitones, of the distance between the 5th and the 95th percentile of F0
    tempo: float = 0.0  # natural log of the duration ratio: above 0 is slower
    energy: float = 0.0  # dB, all bands
    tilt: float = 0.0  # dB, of 1 to 5 kHz against 0.08 to 1 kHz
    final: float = 0.0  # semitones, of the last F0 against the rest

    def __add__(self, other: Expression) -> Expression:
        return Expression(*(a + b for a, b in zip(self.values, other.values, strict=True)))

    def __mul__(self, factor: float) -> Expression:
        return Expression(*(a * factor for a in self.values))

    @property
    def values(self) -> tuple[float, float, float, float, float, float]:
        """All six, in order."""
        return self.pitch, self.range, self.tempo, self.energy, self.tilt, self.final

    @property
    def duration_ratio(self) -> float:
        """Length of the utterance over that of the neutral one."""
        return float(np.exp(self.tempo))


def _row(pitch: float, range: float, duration: float, energy: float, tilt: float, final: float) -> Expression:
    return Expression(pitch, range, float(np.log(duration)), energy, tilt, final)


# As actors do it. Loudness is nowhere measured (the recordings are level-normalised): its signs follow the reviews
# (P. Juslin, P. Laukka, "Communication of emotions in vocal expression …", Psychological Bulletin 129, 2003: anger
# and joy loud, fear between, sadness and tenderness soft), its sizes are ours.
HUMAN = {
    "happy": _row(7.9, 5.1, 0.98, 4.0, 7.3, 0.2),
    "angry": _row(8.8, 3.6, 0.97, 6.0, 9.7, -0.4),
    "sad": _row(-1.9, -3.1, 1.03, -4.0, -1.8, 1.7),
    "afraid": _row(6.0, 1.1, 0.97, 2.0, 3.1, 1.1),
    "disgusted": _row(3.1, 0.6, 1.05, 1.0, 2.1, 1.9),
    # Sorrow without weeping: between the database's sad and bored in pitch, duller and slower than either, so that
    # it is told from sad by its tempo and its falling end.
    "melancholic": _row(-1.5, -2.2, 1.10, -3.0, -2.6, -0.8),
    # Like joy in height, but wider, and it ends high: the melody of a question that nobody asked.
    "surprised": _row(7.0, 6.0, 0.96, 4.0, 5.0, 3.0),
    # The low end of arousal without sorrow: a little lower, flatter, slower, softer, and it comes to rest.
    "calm": _row(-1.2, -1.8, 1.07, -3.0, -2.2, -1.0),
}


def expression(emotion: Sequence[float], strength: float = STRENGTH) -> Expression:
    """The weighted sum of what each emotion does.

    Args:
        emotion: weights of EMOTIONS, 0 to 1; all 0 is neutral, and changes nothing.
        strength: of what actors do; 1 is acting.
    """
    total = Expression()
    for name, weight in zip(EMOTIONS, emotion, strict=True):
        total = total + HUMAN[name] * (strength * weight)
    return total


def melody(log_f0: np.ndarray, voiced: np.ndarray, change: Expression, tonal: bool) -> np.ndarray:
    """F0 as the emotion has it: its mean moved, its range scaled around that mean, its end bent.

    Args:
        log_f0: (T,) natural log of Hz, defined in unvoiced frames too.
        voiced: (T,) 0 or 1.
        change: what to do.
        tonal: whether contours are tones, which are scaled by 30 % at most and bent by a semitone.

    Returns:
        (T,), the very same where nothing is to be done.
    """
    sounding = np.flatnonzero(voiced > 0)
    if (change.pitch, change.range, change.final) == (0, 0, 0) or len(sounding) == 0:
        return log_f0
    mean = float(log_f0[sounding].mean())
    ratio, final = max(0.2, 1 + change.range / NEUTRAL_RANGE), change.final
    if tonal:
        ratio, final = float(np.clip(ratio, *TONAL_RANGE)), float(np.clip(final, -1, 1))
    bend = np.clip((np.arange(len(log_f0)) - (sounding[-1] - FINAL)) / FINAL, 0, 1) * final * SEMITONE
    moved = (log_f0 - mean) * ratio + bend
    # Neutral speech falls at its end: a bend upwards would take from the range what the emotion gives it.
    moved *= ratio * _spread(log_f0[sounding]) / max(_spread(moved[sounding]), 1e-6)
    moved += mean - moved[sounding].mean() + change.pitch * SEMITONE  # the mean is moved by `pitch` alone
    changed: np.ndarray = np.clip(moved, np.log(LOWEST_F0), np.log(HIGHEST_F0)).astype(log_f0.dtype)
    return changed


def _spread(log_f0: np.ndarray) -> float:
    """Between the twentieth parts at either end."""
    low, high = np.quantile(log_f0, [0.05, 0.95])
    return float(high - low)


def coloured(mel: np.ndarray, change: Expression) -> np.ndarray:
    """A log-mel (T, 80) brighter or duller above 1 kHz, louder or softer everywhere; the very same where it is not."""
    tilt = change.tilt + DULLED * change.pitch
    if (tilt, change.energy) == (0, 0):
        return mel
    changed: np.ndarray = (mel + (tilt * rise() + change.energy) * DECIBEL).astype(np.float32)
    return changed


def rise() -> np.ndarray:
    """(80,) how much of a tilt each mel band gets: nothing to 600 Hz, all from 1.6 kHz on, half of it at the top.

    Effort stiffens the voice, not the hiss of an s.
    """
    edges = np.linspace(0, mel_scale.hz_to_mel(mel_scale.F_MAX), mel_scale.N_MELS + 2)
    hertz = mel_scale.mel_to_hz(edges)[1:-1]
    shares: np.ndarray = np.interp(np.log(hertz), np.log([600, 1600, 5000, 12000]), [0, 1, 1, 0.5])
    return shares
