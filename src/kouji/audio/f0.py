"""Fundamental frequency of a voice, every 10 ms.

Normalised autocorrelation, several candidates a frame, the best path through them.
Source: P. Boersma, "Accurate short-term analysis of the fundamental frequency …", IFA Proceedings 17 (1993).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .mel import HOP_LENGTH, SAMPLE_RATE, n_frames

WIN_LENGTH = 1200  # samples: 50 ms, three periods of the lowest voice
N_FFT = 2048
N_CANDIDATES = 6  # of which the first is "unvoiced"
VOICING_THRESHOLD = 0.45  # autocorrelation above which a frame counts as voiced
SILENCE_THRESHOLD = 0.02  # of the loudest frame's peak, below which voicing becomes unlikely
OCTAVE_COST = 0.015  # per octave below f_max: prefers the higher of two equal candidates
JUMP_COST = 0.5  # per octave between neighbouring frames
SWITCH_COST = 0.14  # between voiced and unvoiced


def track(samples: np.ndarray, f_min: float = 60.0, f_max: float = 600.0) -> np.ndarray:
    """F0 per frame.

    Args:
        samples: (n_samples,) float32 at 24 kHz.
        f_min: Hz, lowest F0 looked for, at least 60.
        f_max: Hz, highest.

    Returns:
        (n_frames,) float32 Hz, 0 where unvoiced; frame t is centred on sample 240 t.
    """
    strength, frequency = _candidates(np.asarray(samples, np.float32), f_min, f_max)
    path = _best_path(strength, frequency)
    chosen: np.ndarray = frequency[np.arange(len(path)), path]
    return chosen.astype(np.float32)


def voice_range(f0: np.ndarray) -> tuple[float, float]:
    """Lowest and highest F0 in Hz that a voice is believed to have, from F0 frames of which most are right.

    Wide enough for a lively reader; outside it lie formants and half pitches taken for F0.
    """
    voiced = f0[f0 > 0]
    if len(voiced) == 0:
        return 60.0, 600.0
    low, high = np.quantile(voiced, [0.25, 0.75])
    return max(60.0, 0.55 * float(low)), min(600.0, 2.2 * float(high))


def track_voice(clips: Sequence[np.ndarray]) -> list[np.ndarray]:
    """F0 of several clips of one voice, each (n_samples,) at 24 kHz, kept within the range that they share."""
    found = [track(clip) for clip in clips]
    low, high = voice_range(np.concatenate([*found, np.zeros(0)]))
    return [
        track(clip, low, high) if ((f0 > 0) & ((f0 < low) | (f0 > high))).any() else f0
        for clip, f0 in zip(clips, found, strict=True)
    ]


def _candidates(samples: np.ndarray, f_min: float, f_max: float) -> tuple[np.ndarray, np.ndarray]:
    """Strength and frequency (T, N_CANDIDATES) of the candidates; column 0 is "unvoiced" at 0 Hz."""
    correlation, peak = _autocorrelation(samples)
    lag_min, lag_max = int(SAMPLE_RATE / f_max), int(SAMPLE_RATE / f_min)
    r = correlation[:, lag_min - 1 : lag_max + 2]
    is_peak = (r[:, 1:-1] > r[:, :-2]) & (r[:, 1:-1] >= r[:, 2:])
    lags = np.arange(lag_min, lag_max + 1)
    score = np.where(is_peak, r[:, 1:-1] - OCTAVE_COST * np.log2(f_min * lags / SAMPLE_RATE), -np.inf)
    best = np.argpartition(-score, N_CANDIDATES - 1, axis=1)[:, : N_CANDIDATES - 1]
    rows = np.arange(len(r))[:, None]
    left, mid, right = r[rows, best], r[rows, best + 1], r[rows, best + 2]
    curve = left - 2 * mid + right
    offset = np.where(curve < 0, 0.5 * (left - right) / np.where(curve < 0, curve, -1), 0)
    frequency = SAMPLE_RATE / (lags[best] + np.clip(offset, -1, 1))
    # The true peak lies between two lags, higher than both: without this a high voice is heard an octave too low.
    strength = score[rows, best] - np.where(curve < 0, 0.25 * (left - right) * offset, 0)
    # A quiet frame is hardly voiced, however periodic its hum.
    loudness = peak / max(float(peak.max(initial=0.0)), 1e-6)
    unvoiced = VOICING_THRESHOLD + np.maximum(0, 2 - loudness / (SILENCE_THRESHOLD / (1 + VOICING_THRESHOLD)))
    return (
        np.concatenate([unvoiced[:, None], strength], 1),
        np.concatenate([np.zeros((len(r), 1)), np.where(np.isfinite(strength), frequency, f_min)], 1),
    )


def _autocorrelation(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Autocorrelation (T, N_FFT // 2) over that of the window, 1 at lag 0; and the peak (T,) of each frame."""
    total = n_frames(len(samples))
    padded = np.pad(samples, (WIN_LENGTH // 2, WIN_LENGTH // 2 + HOP_LENGTH))
    window = np.hanning(WIN_LENGTH + 2)[1:-1].astype(np.float32)
    of_window = np.fft.irfft(np.abs(np.fft.rfft(window, N_FFT)) ** 2)[: N_FFT // 2]
    frames = np.lib.stride_tricks.sliding_window_view(padded, WIN_LENGTH)[::HOP_LENGTH][:total]
    frames = frames - frames.mean(1, keepdims=True)
    power = np.abs(np.fft.rfft(frames * window, N_FFT, axis=1)) ** 2
    raw = np.fft.irfft(power, axis=1)[:, : N_FFT // 2]
    normal = raw / np.maximum(raw[:, :1], 1e-9) / (of_window / of_window[0])
    return normal, np.abs(frames).max(1)


def _best_path(strength: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """Index of the candidate of each frame on the path of the highest total strength (Viterbi)."""
    total = strength[0].copy()
    back = np.zeros(strength.shape, np.int64)
    octave = np.log2(np.maximum(frequency, 1.0))
    voiced = frequency > 0
    columns = np.arange(strength.shape[1])
    for t in range(1, len(strength)):
        jump = JUMP_COST * np.abs(octave[t][:, None] - octave[t - 1])
        both = voiced[t][:, None] & voiced[t - 1]
        either = voiced[t][:, None] ^ voiced[t - 1]
        score = total - np.where(both, jump, np.where(either, SWITCH_COST, 0))
        back[t] = score.argmax(1)
        total = score[columns, back[t]] + strength[t]
    path = np.zeros(len(strength), np.int64)
    path[-1] = total.argmax()
    for t in range(len(strength) - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path
