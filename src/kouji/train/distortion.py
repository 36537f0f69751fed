"""What becomes of speech between one mouth and another ear: a log-mel and its F0 as if from elsewhere.

    voice: mel axis and F0 by one factor → place: equaliser, low-pass, echo, noise → gaps
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kouji.audio.mel import F_MAX, N_MELS, hz_to_mel, mel_to_hz

FLOOR = -11.5  # natural log, as in kouji.audio.mel
_HZ = mel_to_hz(np.linspace(0, hz_to_mel(F_MAX), N_MELS + 2))[1:-1]  # centres of the bands


def distorted(mel: np.ndarray, f0: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mel (T, 80) and F0 (T,) in another voice, at another place, over another line."""
    mel = mel.astype(np.float32)
    if rng.random() < 0.85:
        factor = float(np.exp(rng.uniform(np.log(0.85), np.log(1.18))))
        mel, f0 = warp(mel, factor * _other_mouth(rng)), f0 * np.float32(factor)
    if rng.random() < 0.5:
        f0 = moved(f0, rng.uniform(0.75, 1.25), 0.0)
    mel = mel + _equaliser(rng)
    if rng.random() < 0.3:
        mel = np.where(_HZ > rng.uniform(3500, 10500), np.maximum(mel - rng.uniform(2, 6), FLOOR), mel)
    if rng.random() < 0.3:
        mel = _echo(mel, rng)
    if rng.random() < 0.6:
        mel = _noise(mel, rng)
    if rng.random() < 0.5:
        mel = _gaps(mel, rng)
    if rng.random() < 0.3:
        f0 = f0 * (np.repeat(rng.random(len(f0) // 8 + 1), 8)[: len(f0)] > 0.1)
    return mel.astype(np.float32), f0.astype(np.float32)


def moved(f0: np.ndarray, factor: float, shift: float) -> np.ndarray:
    """F0 (T,) with its range multiplied around its mean, and moved by semitones."""
    voiced = f0 > 0
    if not voiced.any():
        return f0
    log_f0, found = np.log(f0[voiced]), f0.copy()
    found[voiced] = np.exp(log_f0.mean() + factor * (log_f0 - log_f0.mean()) + shift * np.log(2) / 12)
    return found


def _other_mouth(rng: np.random.Generator) -> np.ndarray:
    """(80,) factors around 1 that change slowly with frequency: two people's resonances differ not by one factor."""
    factors: np.ndarray = np.exp(_waves(rng, 0.025, (1, 2, 3)))
    return factors


def _waves(rng: np.random.Generator, size: float, counts: Sequence[int]) -> np.ndarray:
    """(80,) random cosines with so many half periods along the bands."""
    x = np.linspace(0, 1, N_MELS)
    parts = [rng.normal(0, size) * np.cos(np.pi * k * x + rng.uniform(0, 6.28)) for k in counts]
    waves: np.ndarray = np.sum(parts, axis=0)
    return waves


def warp(mel: np.ndarray, factor: float | np.ndarray) -> np.ndarray:
    """The mel of a vocal tract whose resonances lie `factor` times as high; one factor, or one per band (80,)."""
    at = np.interp(_HZ / factor, _HZ, np.arange(N_MELS))
    low = at.astype(int)
    part = (at - low).astype(np.float32)
    warped: np.ndarray = mel[:, low] * (1 - part) + mel[:, np.minimum(low + 1, N_MELS - 1)] * part
    return warped


def _equaliser(rng: np.random.Generator) -> np.ndarray:
    """(80,) a tilt and slow waves along the bands, some 5 dB each: so much do the corpus's own recordings differ."""
    tilt = rng.normal(0, 1.5) * np.linspace(-0.5, 0.5, N_MELS)
    return (_waves(rng, 0.4, (1, 2, 3, 5)) + tilt).astype(np.float32)


def _echo(mel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Power smeared forward in time, dying away by 0.4 to 0.8 per frame."""
    power: np.ndarray = np.exp(2 * mel)
    smeared, decay, gain = power.copy(), rng.uniform(0.4, 0.8), rng.uniform(0.1, 0.5)
    for delay in range(1, min(14, len(mel))):
        smeared[delay:] += gain * decay**delay * power[:-delay]
    echoed: np.ndarray = 0.5 * np.log(smeared)
    return echoed


def _noise(mel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Steady noise of a random colour, 3 to 40 dB below the loud frames."""
    loud = np.quantile(mel.mean(1), 0.9)
    colour = _equaliser(rng) + loud - rng.uniform(3, 40) / 8.686
    noise = colour + rng.normal(0, 0.35, mel.shape).astype(np.float32)
    noisy: np.ndarray = 0.5 * np.logaddexp(2 * mel, 2 * noise)
    return noisy


def _gaps(mel: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bands and moments that are replaced by the mean, so that nothing hangs on one cue."""
    mel, mean = mel.copy(), mel.mean()
    for _ in range(2):
        first, width = rng.integers(0, N_MELS), rng.integers(0, 9)
        mel[:, first : first + width] = mean
        first, width = rng.integers(0, len(mel)), rng.integers(0, 6)
        mel[first : first + width] = mean
    return mel
