"""From clips to what a voice is learnt from: windows, their quality, the best of them, and one embedding of all.

clips -> doctor -> mend -> windows -> quality -> the best 30 s (reference) and the fused embedding (256,)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kouji.audio import f0 as f0_tracker
from kouji.audio.mel import SAMPLE_RATE
from kouji.audio.resample import resample
from kouji.audio.speaker import unit_length, window_embeddings
from kouji.errors import InvalidInput

from .clips import Clip
from .doctor import LENGTHS, Finding, Report, examine
from .frames import HOP_LENGTH, RATE, frames_of
from .mend import mend

WINDOW, STEP = 1.6, 0.8  # seconds
FULL_SNR = 30.0  # dB from which on noise takes nothing from a window's quality
OTHER = 0.65  # cosine below which two clips are not of one person; clips of one have 0.78 at least


@dataclass(frozen=True)
class Reference:
    """A clip, mended and cut, ready for an engine and for the store."""

    samples: np.ndarray  # (n_samples,) float32
    sample_rate: int  # Hz
    quality: float  # 0 to 1: mean over its windows
    digest: str  # sha256 of the clip as it was given
    is_cut: bool = False  # speech was left out: the clip, or all clips together, are longer than what is used

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


@dataclass(frozen=True)
class Sample:
    """All that is known of a voice from clips, before any engine has seen it."""

    references: tuple[Reference, ...]
    embedding: np.ndarray  # (256,) float32 of length 1, see kouji.audio.speaker
    findings: tuple[tuple[Finding, ...], ...]  # per clip

    @property
    def digests(self) -> tuple[str, ...]:
        """Of the clips as they were given."""
        return tuple(reference.digest for reference in self.references)


def prepare(clips: Sequence[Clip]) -> Sample:
    """Examine, mend, weigh and fuse.

    Raises:
        InvalidInput: a clip cannot be used, or the clips are not of one person; says why.
    """
    reports = [examine(clip) for clip in clips]
    for clip, report in zip(clips, reports, strict=True):
        report.refuse(clip.name)
    _check_one_person(clips, reports)
    references, means, weights = [], [], []
    share = LENGTHS[2] / len(clips)
    for clip, report in zip(clips, reports, strict=True):
        samples, sample_rate = mend(clip.samples, clip.sample_rate, report)
        quality = qualities(samples, sample_rate)
        best, quality = _best(samples, sample_rate, quality, share)
        is_cut = len(best) < len(samples)
        references.append(Reference(best, sample_rate, float(quality.mean()), clip.digest, is_cut))
        windows = window_embeddings(best, sample_rate)
        means.append(fuse(windows, _spread_over(quality, len(windows))))
        weights.append(float(quality.mean()) * min(len(best) / sample_rate, 10.0))
    embedding = fuse(np.stack(means), np.array(weights))
    return Sample(tuple(references), embedding, tuple(report.findings for report in reports))


def check_transcript(sample: Sample, transcript: str) -> None:
    """Refuse words of which only a part is heard: an engine would take all of them for what is said in that part.

    Raises:
        InvalidInput: there is a transcript, and a clip was cut.
    """
    if transcript and any(reference.is_cut for reference in sample.references):
        raise InvalidInput(
            f"There are more than {LENGTHS[2]:.0f} s of clips, and the best are used: the transcript does not fit.",
            f"Give at most {LENGTHS[2]:.0f} s with their words, or leave the transcript out.",
        )


def fuse(embeddings: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n, 256), (n,) -> (256,) of length 1, nearer to those that weigh more."""
    total = float(weights.sum())
    shares = weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
    return unit_length((embeddings * shares[:, None]).sum(0))


def qualities(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """How much each window of a clip says about the voice: (n_windows,) 0 to 1, one every `STEP` seconds.

    The share of it that is voiced, times how far speech stands above the clip's noise.
    """
    frames = frames_of(samples, sample_rate)
    f0 = f0_tracker.track(resample(samples, sample_rate, SAMPLE_RATE))  # 10 ms a frame, as `frames`
    n = min(len(f0), len(frames.level))
    voiced = ((f0[:n] > 0) & frames.speech[:n]).astype(float)
    room = 10 * np.log10(float(frames.noise.sum()) + 1e-12)
    above = 10 * np.log10(frames.power[:n].sum(1) + 1e-12) - room
    per_second = RATE // HOP_LENGTH
    size = round(WINDOW * per_second)
    count = max(1, 1 + int((n / per_second - WINDOW) // STEP))
    found = []
    for start in range(0, count * round(STEP * per_second), round(STEP * per_second)):
        inside = slice(start, start + size)
        loud = float(np.quantile(above[inside], 0.8)) if len(above[inside]) else 0.0
        found.append(float(voiced[inside].mean()) * float(np.clip(loud / FULL_SNR, 0.05, 1)))
    return np.array(found)


def _best(samples: np.ndarray, sample_rate: int, quality: np.ndarray, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """The stretch of at most so many seconds whose windows are best, and their quality."""
    n, span = round(seconds * sample_rate), max(1, round(seconds / STEP))
    if len(samples) <= n or len(quality) <= span:
        return samples[:n], quality
    first = int(np.convolve(quality, np.ones(span) / span, "valid").argmax())
    start = min(round(first * STEP * sample_rate), len(samples) - n)
    return samples[start : start + n], quality[first : first + span]


def _spread_over(quality: np.ndarray, n: int) -> np.ndarray:
    """Quality at n places spread evenly over the same clip."""
    return np.asarray(np.interp(np.linspace(0, 1, n), np.linspace(0, 1, len(quality)), quality))


def _check_one_person(clips: Sequence[Clip], reports: Sequence[Report]) -> None:
    means = np.stack([unit_length(report.windows.mean(0)) for report in reports])
    alike = means @ means.T
    first, second = map(int, np.unravel_index(alike.argmin(), alike.shape))
    if alike[first, second] < OTHER:
        raise InvalidInput(
            f"{clips[first].name} and {clips[second].name} are not of one person "
            f"(likeness {alike[first, second]:.2f}).",
            "Register each person's clips under a name of their own.",
        )
