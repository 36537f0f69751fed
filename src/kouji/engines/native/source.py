"""What the vocoder filters: a pulse train, noise, and noise that breathes with the pulses.

    f0 (T,) Hz, 0 unvoiced ─→ three excitations (3, T * 240) ─STFT→ (3, T, 481) ─× filters, sum→ ISTFT ─→ samples

The pulse train is the closed-form sum of all cosines up to 11.8 kHz at the phase of F0, so the pitch of the
output is the pitch that was asked for. Training and run time build the sources with this one function.
"""

from __future__ import annotations

import numpy as np

from kouji.audio.mel import HOP_LENGTH, SAMPLE_RATE

WIN_LENGTH = 960  # samples, Hann, four times the hop
N_BINS = WIN_LENGTH // 2 + 1
TOP = 11800.0  # Hz, highest harmonic
F0_UNKNOWN = 150.0  # Hz, phase speed of a sound without any voiced frame


def fill(f0: np.ndarray) -> np.ndarray:
    """F0 (T,) with unvoiced stretches bridged by straight lines, held at both ends."""
    voiced = np.flatnonzero(f0 > 0)
    if len(voiced) == 0:
        return np.full(len(f0), F0_UNKNOWN, np.float32)
    bridged: np.ndarray = np.interp(np.arange(len(f0)), voiced, f0[voiced])
    return bridged.astype(np.float32)


class Excitation:
    """The three sources of one utterance, made from its beginning to its end in pieces of any size.

    However the pieces are cut, one after the other they are the same samples.
    """

    def __init__(self, f0: np.ndarray, rng: np.random.Generator) -> None:
        """Prepare.

        Args:
            f0: (T,) Hz per frame, 0 where unvoiced.
            rng: for the noise.
        """
        self._frames = np.arange(len(f0))
        self._filled, self._voiced = fill(f0), (f0 > 0).astype(np.float64)
        self._rng = rng
        self._made = np.zeros((3, len(f0) * HOP_LENGTH), np.float32)
        self._n_made = 0
        self._cycles = 0.0  # of the pulses, so far

    def upto(self, stop: int) -> np.ndarray:
        """All samples before `stop`; calls go forward.

        Returns:
            (3, n_samples) float32 of about unit power: pulses, noise, pulsed noise.
        """
        stop = min(stop, self._made.shape[1])
        at = np.arange(self._n_made, stop) / HOP_LENGTH
        hertz = np.interp(at, self._frames, self._filled)
        gate = np.interp(at, self._frames, self._voiced)
        # The sum goes on from where it stood: its rounding does not depend on the cut.
        cycles = np.cumsum(np.concatenate([[self._cycles], hertz / SAMPLE_RATE]))
        phase = 2 * np.pi * (cycles[1:] - np.floor(cycles[1:]))
        noise = self._rng.standard_normal(len(at))
        breath = noise * (0.5 + 0.5 * np.cos(phase)) ** 2 * gate * 1.9  # 1.9: back to about unit power
        self._made[:, self._n_made : stop] = np.stack([_pulses(phase, hertz) * gate, noise, breath])
        self._n_made, self._cycles = stop, float(cycles[-1])
        return self._made[:, :stop]


def excitations(f0: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """All of `Excitation` at once: (T,) Hz -> (3, T * HOP_LENGTH)."""
    return Excitation(f0, rng).upto(len(f0) * HOP_LENGTH)


def _pulses(phase: np.ndarray, hertz: np.ndarray) -> np.ndarray:
    """Sum of cos(k phase), k = 1 … TOP / hertz, at unit power: Dirichlet's kernel."""
    n_harmonics = np.maximum(np.floor(TOP / hertz), 1)
    half = np.sin(phase / 2)
    near_zero = np.abs(half) < 1e-6
    kernel = np.sin((n_harmonics + 0.5) * phase) / np.where(near_zero, 1, 2 * half) - 0.5
    return np.where(near_zero, n_harmonics, kernel) * np.sqrt(2 / n_harmonics)


def window() -> np.ndarray:
    """(WIN_LENGTH,) periodic Hann, float32."""
    return np.hanning(WIN_LENGTH + 1)[:-1].astype(np.float32)


def stft(samples: np.ndarray, first: int = 0, last: int | None = None) -> np.ndarray:
    """(…, T * HOP_LENGTH) -> (…, T, N_BINS) complex64; frame t is centred on sample t * HOP_LENGTH.

    Of the frames from `first` to before `last` only, where these are given.
    """
    n_samples = samples.shape[-1]
    start = first * HOP_LENGTH - WIN_LENGTH // 2
    stop = (n_samples if last is None else (last - 1) * HOP_LENGTH + 1) + WIN_LENGTH // 2
    piece = samples[..., max(0, start) : stop]
    pad = [(0, 0)] * (samples.ndim - 1) + [(max(0, -start), max(0, stop - n_samples))]
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(piece, pad), WIN_LENGTH, axis=-1)
    n_frames = (n_samples // HOP_LENGTH if last is None else last) - first
    return np.fft.rfft(frames[..., ::HOP_LENGTH, :][..., :n_frames, :] * window(), axis=-1).astype(np.complex64)


def istft(spectrum: np.ndarray) -> np.ndarray:
    """(T, N_BINS) -> (T * HOP_LENGTH,) float32 by windowed overlap-add."""
    n_frames, n_overlap = len(spectrum), WIN_LENGTH // HOP_LENGTH
    frames = np.fft.irfft(spectrum, axis=-1).astype(np.float32) * (window() / 1.5)  # 1.5: sum of squared windows
    pieces = frames.reshape(n_frames, n_overlap, HOP_LENGTH)
    total = np.zeros((n_frames + n_overlap - 1, HOP_LENGTH), np.float32)
    for k in range(n_overlap):
        total[k : k + n_frames] += pieces[:, k]
    start = n_overlap // 2
    return total[start : start + n_frames].reshape(-1)


def filtered(curves: np.ndarray, spectra: np.ndarray) -> np.ndarray:
    """Sources times filters, back to samples.

    Args:
        curves: (T, 4 * N_BINS): log magnitude and phase for the pulses, log magnitudes for the two noises.
        spectra: (3, T, N_BINS) complex64 of the sources.

    Returns:
        (T * HOP_LENGTH,) float32.
    """
    log_pulse, phase, log_noise, log_breath = np.split(np.minimum(curves, 8.0), 4, axis=-1)
    # The phase is a plain angle; only the magnitudes are limited, but no angle comes near the limit's size.
    magnitude = np.exp(log_pulse)
    pulse = np.empty_like(spectra[0])
    pulse.real, pulse.imag = magnitude * np.cos(phase), magnitude * np.sin(phase)
    return istft(pulse * spectra[0] + np.exp(log_noise) * spectra[1] + np.exp(log_breath) * spectra[2])
