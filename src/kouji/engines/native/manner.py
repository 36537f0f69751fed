"""The manner of a clip, as changes to another voice: prosody goes over, timbre cannot, for only numbers pass.

    clip ─→ windows of 3 s ─emotion.onnx─→ weights of the eight emotions ─rules─→ Expression ┐
       └──→ F0 range, tempo, last movement, against neutral readers ─────────────────────────┴→ Expression

How high or loud a speaker is for their own habits no clip can tell; the network guesses it from the whole, and the
three things that can be measured in a clip alone refine its answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from kouji.audio import f0 as f0_tracker
from kouji.audio.mel import log_mel
from kouji.runtime.onnx import Graph

from . import reference
from .expression import FINAL, STRENGTH, Expression, expression

WINDOW = 256  # frames that the network heard at a time in training
LOUD = 4.6  # natural log below the loud frames, 40 dB: beyond it at the ends is no speech
# Median of 1,300 pieces of 3 s by 278 neutral readers, and what a clip's distance from it is worth: readers differ
# among one another by 3.4 semitones, a quarter of the tempo and 2.7 semitones, as much as emotions do.
NEUTRAL_RANGE, RANGE_WORTH = 9.35, 0.3  # semitones, 5th to 95th percentile
NEUTRAL_RATE, RATE_WORTH = 4.55, 0.2  # loudness peaks per second
NEUTRAL_FINAL, FINAL_WORTH = -0.56, 0.15  # semitones, last 0.35 s against the median


@dataclass(frozen=True)
class Measured:
    """What can be measured in a clip alone."""

    range: float  # semitones
    rate: float  # loudness peaks, about syllables, per second
    final: float  # semitones


def manner(samples: np.ndarray, graph: Graph) -> Expression:
    """What the clip (n_samples,) at 24 kHz would have another voice do."""
    mel, f0 = _spoken(log_mel(samples), f0_tracker.track_voice([samples])[0])
    emotion = heard(mel, f0, graph)
    told, found = expression(emotion), measure(mel, f0)
    # The surer the network is that there is an emotion, the more the details count: a neutral clip changes nothing.
    share = STRENGTH * float(sum(emotion))
    return replace(
        told,
        range=told.range + share * RANGE_WORTH * float(np.clip(found.range - NEUTRAL_RANGE, -6, 6)),
        tempo=told.tempo - share * RATE_WORTH * float(np.clip(np.log(found.rate / NEUTRAL_RATE), -0.5, 0.5)),
        final=told.final + share * FINAL_WORTH * float(np.clip(found.final - NEUTRAL_FINAL, -6, 6)),
    )


def heard(mel: np.ndarray, f0: np.ndarray, graph: Graph) -> tuple[float, ...]:
    """Weights of the eight emotions, their sum the intensity: the mean over windows, each by its voiced frames."""
    total, strength, n_voiced = np.zeros(8), 0.0, 0
    for start in range(0, max(1, len(mel) - WINDOW // 2), WINDOW):
        window = slice(max(0, min(start, len(mel) - WINDOW)), start + WINDOW)
        count = int((f0[window] > 0).sum())
        if count:
            shares, intensity = graph(mel=mel[window][None], f0=f0[window][None].astype(np.float32))
            total, strength = total + count * shares[0], strength + count * float(intensity[0])
            n_voiced += count
    whole = float(np.clip(strength / max(n_voiced, 1), 0, 1))
    return tuple(whole * float(share) for share in total / max(n_voiced, 1))


def measure(mel: np.ndarray, f0: np.ndarray) -> Measured:
    """Range, tempo and last movement of mel (T, 80) and F0 (T,)."""
    voiced = np.flatnonzero(f0 > 0)
    if len(voiced) == 0:
        return Measured(NEUTRAL_RANGE, NEUTRAL_RATE, NEUTRAL_FINAL)
    semitones = 12 * np.log2(f0[voiced])
    middle = float(np.median(semitones))
    kept = np.abs(semitones - middle) < 12
    low, high = np.quantile(semitones[kept], [0.05, 0.95])
    last = kept & (voiced > voiced[-1] - FINAL)
    final = float(semitones[last].mean()) - middle if last.any() else NEUTRAL_FINAL
    return Measured(float(high - low), _rate(mel), final)


def _rate(mel: np.ndarray) -> float:
    window = np.hanning(9)
    level = np.convolve(reference.loudness(mel), window / window.sum(), "same")
    inner = level[1:-1]
    peaks = (inner > level[:-2]) & (inner >= level[2:]) & (inner > np.quantile(level, 0.95) - 1.8)
    return max(1.0, 100 * float(peaks.sum()) / len(mel))


def _spoken(mel: np.ndarray, f0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From the first loud frame to the last, at least `WINDOW` // 8 of them."""
    level = reference.loudness(mel)
    loud = np.flatnonzero(level > np.quantile(level, 0.95) - LOUD)
    first, last = max(0, loud[0] - 8), min(len(mel), max(loud[-1] + 8, loud[0] + WINDOW // 8))
    return mel[first:last], f0[first:last]
