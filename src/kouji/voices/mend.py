"""What can be mended in a clip is mended: offset, silence, light noise, level. What is lost stays lost."""

from __future__ import annotations

import numpy as np

from kouji.audio.resample import resample

from .doctor import LEVELS, MENDED, OFFSET, Report
from .frames import HOP_LENGTH, RATE, Frames, frames_of

HIGHEST = 48000  # Hz; what is more is not heard
LOUDNESS = -23.0  # dB of full scale of the speech, once it is raised
PEAK = 0.95
PAUSE = 0.3  # seconds of silence that stay around speech
_N_FFT = 1024
_LEAST = 0.25  # of a magnitude that remains: 12 dB, as much as can be taken without a trace
_OVER = 1.5  # how much more than the room's mean is taken


def mend(samples: np.ndarray, sample_rate: int, report: Report) -> tuple[np.ndarray, int]:
    """The clip (n_samples,) as a voice is learnt from it, with its sample rate: at most 48 kHz, one channel."""
    wanted = {finding.item for finding in report.findings if finding.verdict == MENDED}
    if sample_rate > HIGHEST:
        samples, sample_rate = resample(samples, sample_rate, HIGHEST), HIGHEST
    mean = float(samples.mean(dtype=np.float64))
    if abs(mean) > OFFSET:
        samples = samples - np.float32(mean)
    frames = frames_of(samples, sample_rate)
    if any(finding.item == "noise" and finding.verdict != "ok" for finding in report.findings):
        samples = denoised(samples, _quiet(frames, sample_rate, len(samples)))
    samples = trimmed(samples, sample_rate, frames, within="silence" in wanted)
    return _levelled(samples, sample_rate), sample_rate


def trimmed(samples: np.ndarray, sample_rate: int, frames: Frames, within: bool) -> np.ndarray:
    """Without the silence at both ends, and, `within`, with no pause longer than twice `PAUSE`."""
    spoken = np.flatnonzero(frames.speech)
    if len(spoken) == 0:
        return samples
    margin = round(PAUSE * RATE / HOP_LENGTH)
    near = np.convolve(frames.speech.astype(float), np.ones(2 * margin + 1), "same") > 0.5
    if not within:
        near[spoken[0] : spoken[-1] + 1] = True
    edges = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(np.int8), [0]])))
    step = sample_rate * HOP_LENGTH / RATE
    pieces = [samples[round(start * step) : round(end * step)] for start, end in edges.reshape(-1, 2)]
    return np.concatenate([_faded(piece, sample_rate) for piece in pieces])


def denoised(samples: np.ndarray, quiet: np.ndarray) -> np.ndarray:
    """Less of the noise that is heard where nobody speaks.

    Source: S. Boll, "Suppression of acoustic noise in speech using spectral subtraction" (1979).

    Args:
        samples: (n_samples,).
        quiet: (n_samples,) whether nobody speaks there; less than 0.1 s of it, and nothing is done.
    """
    hop = _N_FFT // 4
    window = np.hanning(_N_FFT + 1)[:-1].astype(np.float32)
    padded = np.pad(samples, (_N_FFT, 2 * _N_FFT))
    n_blocks = (len(padded) - _N_FFT) // hop + 1
    blocks = np.lib.stride_tricks.sliding_window_view(padded, _N_FFT)[::hop][:n_blocks]
    spectra = np.fft.rfft(blocks * window, axis=1)
    magnitude = np.abs(spectra)
    alone = np.lib.stride_tricks.sliding_window_view(np.pad(quiet, (_N_FFT, 2 * _N_FFT)), _N_FFT)[::hop][:n_blocks].all(
        1
    )
    if alone.sum() < 6:
        return samples
    noise = magnitude[alone].mean(0)
    gain = np.clip(1 - _OVER * noise / np.maximum(magnitude, 1e-9), _LEAST, 1)
    # Neighbours in time share a gain: single bins that come and go would ring.
    gain = (
        np.pad(gain, ((1, 1), (0, 0)), mode="edge")[:-2] + gain + np.pad(gain, ((1, 1), (0, 0)), mode="edge")[2:]
    ) / 3
    back = np.fft.irfft(spectra * gain, _N_FFT, axis=1) * window
    out = np.zeros(len(padded))
    for k in range(4):
        rows = back[k::4]
        out[k * hop : k * hop + rows.size] += rows.ravel()
    clean: np.ndarray = (out / 1.5)[_N_FFT : _N_FFT + len(samples)]  # four Hann windows squared add up to 1.5
    return clean.astype(np.float32)


def _quiet(frames: Frames, sample_rate: int, n_samples: int) -> np.ndarray:
    near = np.convolve(frames.speech.astype(float), np.ones(7), "same") > 0.5  # consonants are softer than the limit
    index = np.minimum((np.arange(n_samples) * (RATE / HOP_LENGTH / sample_rate)).astype(np.int64), len(near) - 1)
    return np.asarray(~near[index])


def _faded(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """5 ms in and out, so that a cut does not click."""
    n = min(sample_rate // 200, len(samples) // 2)
    faded = np.array(samples, np.float32)
    if n:
        ramp = np.linspace(0, 1, n, dtype=np.float32)
        faded[:n] *= ramp
        faded[-n:] *= ramp[::-1]
    return faded


def _levelled(samples: np.ndarray, sample_rate: int) -> np.ndarray:
    """Raised where it is quiet, lowered where it would clip."""
    level = float(np.quantile(frames_of(samples, sample_rate).level, 0.95))
    gain = 10 ** ((LOUDNESS - level) / 20) if level < LEVELS[1] else 1.0
    top = float(np.abs(samples).max(initial=0.0)) * gain
    return (samples * np.float32(gain * min(1.0, PEAK / max(top, PEAK)))).astype(np.float32)
