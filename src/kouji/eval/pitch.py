"""Melody and tempo: F0 and durations of clips, alone and beside recordings of the same text.

F0 is found by `kouji.audio.f0`, whatever else is installed, so that the figures are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import soxr

from kouji.audio import f0 as tracker
from kouji.audio.mel import SAMPLE_RATE, log_mel

from .dtw import align

FRAME = 0.01  # seconds between F0 values
_QUIET = 30  # dB below the loud frames of a clip: the end of speech, above the hiss of a plain room
_N_CEPSTRA = 14  # the first is loudness
_MEL_FLOOR = -6.0  # natural log; digital silence and the hiss of a room then look alike


@dataclass(frozen=True)
class Prosody:
    """What several clips of one voice have in common."""

    f0_mean: float  # Hz, geometric mean of voiced frames
    f0_spread: float  # semitones, standard deviation over all voiced frames
    voiced_share: float  # of the frames of speech
    duration: float  # seconds of speech, silences at the ends left out

    @property
    def as_row(self) -> dict[str, float]:
        """For a table."""
        return {
            "f0_mean": self.f0_mean,
            "f0_spread": self.f0_spread,
            "voiced_share": self.voiced_share,
            "duration": self.duration,
        }


@dataclass(frozen=True)
class ContourMatch:
    """How well the melody of one or more clips follows that of recordings, frame by frame."""

    correlation: float  # of semitones, over all frames voiced in both
    error: float  # semitones, mean absolute difference
    distortion: float  # dB, mel-cepstral distortion over 13 coefficients
    n_frames: int  # voiced in both


def contour(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """F0 (T,) in Hz every 10 ms, 0 where unvoiced."""
    return tracker.track(_at_24_khz(samples, sample_rate))


def spoken_part(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """The clip from its first to its last frame that is not quiet; a silent clip becomes empty."""
    hop = round(FRAME * sample_rate)
    n_frames = len(samples) // hop
    power = np.mean(np.square(samples[: n_frames * hop].reshape(n_frames, hop), dtype=np.float64), axis=1)
    if not power.any():
        return samples[:0]
    level = 10 * np.log10(power + 1e-12)
    loud = np.flatnonzero(level > np.percentile(level, 95) - _QUIET)
    return samples[loud[0] * hop : (loud[-1] + 1) * hop]


def spoken_duration(samples: np.ndarray, sample_rate: int) -> float:
    """Seconds from the first to the last frame that is not quiet."""
    return len(spoken_part(samples, sample_rate)) / sample_rate


def prosody(clips: Iterable[np.ndarray], sample_rate: int) -> Prosody:
    """F0 and duration of clips of one voice.

    F0 is tracked within the voice's own range; frames more than an octave from the median are left out even so.
    """
    parts = [part for clip in clips if len(part := spoken_part(clip, sample_rate))]
    found = tracker.track_voice([_at_24_khz(part, sample_rate) for part in parts])
    voiced = [f0[f0 > 0] for f0 in found]
    n_frames = sum(len(f0) for f0 in found)
    duration = sum(len(part) for part in parts) / sample_rate
    semitones = 12 * np.log2(np.concatenate([*voiced, np.empty(0)]))
    if len(semitones) == 0:
        return Prosody(0.0, 0.0, 0.0, duration)
    kept = semitones[np.abs(semitones - np.median(semitones)) < 12]
    share = len(semitones) / n_frames
    return Prosody(float(2 ** (kept.mean() / 12)), float(kept.std()), share, duration)


def match_contours(clips: Sequence[np.ndarray], recordings: Sequence[np.ndarray], sample_rate: int) -> ContourMatch:
    """Compare clips with recordings of the same texts, each pair aligned in time by its sounds.

    The alignment sees cepstra only, so it cannot help the melody. Registers count: a voice three semitones
    above the recordings has an error of three. (Words of a real voice, raised by three semitones and slowed by
    a fifth with WORLD, come out as 2.9 with a correlation of 0.998.)

    Args:
        clips: (n_samples,) each.
        recordings: as many, of the same texts in the same order.
        sample_rate: Hz, of all.

    Raises:
        ValueError: not as many recordings as clips.
    """
    sounds = [
        tuple(_levelled(spoken_part(x, sample_rate), sample_rate) for x in pair)
        for pair in zip(clips, recordings, strict=True)
    ]
    heard = [(said, meant) for said, meant in sounds if len(said) and len(meant)]
    f0_said = tracker.track_voice([said for said, _ in heard])
    f0_meant = tracker.track_voice([meant for _, meant in heard])
    pairs, distortions = [], []
    for number, (said, meant) in enumerate(heard):
        c_said, c_meant = cepstra(said), cepstra(meant)
        i, j = align(c_said, c_meant)
        distortions.append(_distortion(c_said[i], c_meant[j]))
        f_said, f_meant = f0_said[number][i], f0_meant[number][j]
        both = (f_said > 0) & (f_meant > 0)
        pairs.append(12 * np.log2(np.stack([f_said[both], f_meant[both]])))
    semitones = np.concatenate([*pairs, np.empty((2, 0))], axis=1)
    if semitones.shape[1] < 2:
        return ContourMatch(0.0, float("inf"), float("inf"), 0)
    difference = semitones[0] - semitones[1]
    constant = bool(np.any(np.ptp(semitones, axis=1) == 0))
    return ContourMatch(
        correlation=0.0 if constant else float(np.corrcoef(semitones)[0, 1]),
        error=float(np.abs(difference).mean()),
        distortion=float(np.mean(np.concatenate(distortions))),
        n_frames=semitones.shape[1],
    )


def cepstra(samples: np.ndarray) -> np.ndarray:
    """(T, 14) cosine transform of the log-mel at 24 kHz: log magnitude = c0 + sum of c_m cos(m w)."""
    mel = np.maximum(log_mel(samples), _MEL_FLOOR)
    n_mels = mel.shape[1]
    angles = np.pi * np.outer(np.arange(n_mels) + 0.5, np.arange(_N_CEPSTRA)) / n_mels
    result: np.ndarray = mel @ np.cos(angles) * np.where(np.arange(_N_CEPSTRA) == 0, 1, 2) / n_mels
    return result


def _distortion(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(T,) dB. Source: R. Kubichek, "Mel-cepstral distance measure …", PACRIM 1993."""
    squares = np.square(first[:, 1:] - second[:, 1:]).sum(axis=1)
    result: np.ndarray = 10 / np.log(10) * np.sqrt(2 * squares)
    return result


def _levelled(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """At 24 kHz and -23 dB of full scale, so that neither recording level nor gain enters a distance."""
    samples = _at_24_khz(samples, sample_rate)
    return samples * (10 ** (-23 / 20) / max(float(np.sqrt(np.mean(samples**2))), 1e-6)) if len(samples) else samples


def _at_24_khz(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    samples = np.asarray(samples, np.float32)
    if sample_rate == SAMPLE_RATE or len(samples) == 0:
        return samples
    return np.asarray(soxr.resample(samples, sample_rate, SAMPLE_RATE))
