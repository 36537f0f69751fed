"""What is learnt of a recording: the style it is spoken in, and the codes of what is said in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from kouji.audio import fbank, sinc
from kouji.audio.resample import resample
from kouji.errors import InvalidInput

from . import spectrogram
from .config import HEARING_RATE

SHORTEST, LONGEST = 3.0, 10.0  # seconds that the first network goes on from: it was trained on no others
SILENCE = 9600  # samples of 16 kHz behind a prompt: 0.3 s of 32 kHz that the release adds to the wrong one
LOUDEST = 2.0  # by which a recording beyond full scale is divided at most
LEAST = 0.5  # seconds for a style


class Ears(Protocol):
    """The networks that hear; see torch_stages.TorchEars."""

    @property
    def digest(self) -> str:
        """Of what they hear with: a voice that others learnt cannot be used."""
        ...

    def codes(self, samples: np.ndarray) -> np.ndarray:
        """(n_samples,) at 16 kHz -> (T,) int64, 25 a second."""
        ...

    def style(self, magnitudes: np.ndarray, bands: np.ndarray) -> np.ndarray:
        """Spectrogram (1025, T), Kaldi's bands (T, 80), which only the Pro family hears -> (dim_style,)."""
        ...


def style(ears: Ears, clips: Sequence[np.ndarray]) -> np.ndarray:
    """(dim_style,) of clips (n_samples,) at 32 kHz: the mean over all.

    Raises:
        InvalidInput: a clip is too short, or holds no numbers.
    """
    found = []
    for clip in clips:
        _check(clip, LEAST, np.inf)
        peak = float(np.abs(clip).max())
        levelled = clip / np.float32(min(LOUDEST, peak)) if peak > 1 else clip
        bands = fbank.fbank(sinc.resample(levelled, 2 * HEARING_RATE, HEARING_RATE))
        found.append(ears.style(spectrogram.linear(levelled), bands))
    return np.asarray(np.mean(found, 0), np.float32)


def codes(ears: Ears, clip: np.ndarray) -> np.ndarray:
    """(T,) int64 of a clip (n_samples,) at 32 kHz.

    Raises:
        InvalidInput: shorter than 3 or longer than 10 seconds.
    """
    _check(clip, SHORTEST, LONGEST)
    heard = resample(clip, 2 * HEARING_RATE, HEARING_RATE)
    return ears.codes(np.concatenate([heard, np.zeros(SILENCE, np.float32)]))


def _check(clip: np.ndarray, shortest: float, longest: float) -> None:
    duration = len(clip) / (2 * HEARING_RATE)
    if not shortest <= duration <= longest:
        hint = "Give 3 to 10 seconds of one person, and what is said in them."
        if duration > longest:
            hint += " Or leave the transcript out: then only the timbre of a longer recording is taken."
        raise InvalidInput(f"A recording of {duration:.1f} seconds cannot be gone on from.", hint)
    if not np.isfinite(clip).all() or np.abs(clip).max() < 1e-4:
        raise InvalidInput("There is no voice in the recording.", "Give 3 to 10 seconds of one person speaking.")
