"""What a clip looks like every 10 ms: power in bands, level, speech or not. The doctor and the mender share it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from kouji.audio.resample import resample
from kouji.audio.slaney import power_mel

RATE = 16000  # Hz
HOP_LENGTH = 160  # samples
N_FFT = 400
N_BANDS = 40
RANGE = 30.0  # dB below the loud frames that still count as speech
SMOOTHING = 9  # frames that a moment of speech or silence lasts at least
_SILENT = 1e-10  # mean square of -100 dB: digital silence says nothing about the room


@dataclass(frozen=True)
class Frames:
    """T frames of a clip."""

    samples: np.ndarray  # (n_samples,) at 16 kHz
    power: np.ndarray  # (T, N_BANDS)

    @cached_property
    def level(self) -> np.ndarray:
        """(T,) dB of full scale."""
        size = len(self.power) * HOP_LENGTH
        padded = np.pad(self.samples, (HOP_LENGTH // 2, size))[:size].astype(np.float64)
        square = (padded.reshape(-1, HOP_LENGTH) ** 2).mean(1)
        smooth = np.convolve(np.pad(square, 1, mode="edge"), np.ones(3) / 3, "valid")
        return np.asarray(10 * np.log10(smooth + 1e-12))

    @cached_property
    def speech(self) -> np.ndarray:
        """(T,) whether somebody speaks: within `RANGE` of the loud frames and above the room, for a moment at least."""
        top = float(np.quantile(self.level, 0.95))
        room = float(np.quantile(self.level, 0.05)) + 6.0
        loud = self.level > max(top - RANGE, min(room, top - 12.0), -75.0)
        share = np.convolve(np.pad(loud.astype(float), SMOOTHING // 2, mode="edge"), np.ones(SMOOTHING), "valid")
        return np.asarray(share > SMOOTHING / 2)

    @property
    def seconds_of_speech(self) -> float:
        """How long somebody speaks."""
        return float(self.speech.sum()) * HOP_LENGTH / RATE

    @cached_property
    def noise(self) -> np.ndarray:
        """(N_BANDS,) power of the room: in every band the lowest tenth, which also speech leaves free.

        Source: R. Martin, "Noise power spectral density estimation based on optimal smoothing and minimum
        statistics" (2001), with one window over the whole clip.
        """
        heard = self.power[10 ** (self.level / 10) > 4 * _SILENT]
        if len(heard) < 20:
            return np.zeros(N_BANDS)
        kernel = np.ones(7) / 7
        smooth = np.stack([np.convolve(band, kernel, "valid") for band in heard.T], 1)
        return np.asarray(np.quantile(smooth, 0.05, axis=0) * 1.4)  # the bias, measured on white noise

    @cached_property
    def snr(self) -> float:
        """Speech over room, dB, at most 80."""
        if not self.speech.any():
            return 0.0
        speech = float(self.power[self.speech].mean(0).sum())
        noise = float(self.noise.sum())
        return float(np.clip(10 * np.log10(max(speech - noise, 1e-12) / max(noise, 1e-12)), -20, 80))


def frames_of(samples: np.ndarray, sample_rate: int) -> Frames:
    """Look at a clip (n_samples,)."""
    centred = np.asarray(samples - samples.mean(dtype=np.float64), np.float32)  # an offset is no sound
    at_rate = resample(centred, sample_rate, RATE)
    return Frames(at_rate, power_mel(at_rate, RATE, N_FFT, HOP_LENGTH, N_BANDS))
