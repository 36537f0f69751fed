"""DNSMOS: how speech would be rated by listeners, from 1 to 5, without a reference.

    ovrl, sig, bak   ITU-T P.835: overall, the speech itself, the background
    p808             ITU-T P.808: naturalness as a whole

The networks are Microsoft's, as the `speechmos` wheel (MIT) carries them; the features are made
here, so that neither librosa nor numba is loaded. They agree to six digits: tests/eval/test_mos.py.
DNSMOS was made to judge noise suppression. It hears hiss, clicks and buzz, not wrong words: speech
that nobody understands reached 94 % of its recordings' OVRL. Read it beside the word error.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soxr

from kouji.errors import InvalidInput, MissingExtra

if TYPE_CHECKING:
    from kouji.runtime.onnx import Graph

RATE = 16000  # Hz
WINDOW = int(9.01 * RATE)  # samples the networks see at once
NAMES = ("ovrl", "sig", "bak", "p808")
# Raw output to ratings, highest power first. Source: DNS-Challenge, dnsmos_local.py (MIT).
_TO_RATING = {
    "sig": (-0.08397278, 1.22083953, 0.0052439),
    "bak": (-0.13166888, 1.60915514, -0.39604546),
    "ovrl": (-0.06766283, 1.11546468, 0.04602535),
}


def available() -> bool:
    """Whether the networks are installed."""
    return importlib.util.find_spec("speechmos") is not None


def dnsmos(samples: np.ndarray, sample_rate: int) -> dict[str, float]:
    """Rate one clip.

    Clips below 9.01 s are repeated until they are long enough, as the original does. A word of
    half a second then becomes a chant of eighteen: join short clips first, see `joined`.

    Args:
        samples: (n_samples,) float in [-1, 1].
        sample_rate: Hz.

    Returns:
        "ovrl", "sig", "bak", "p808": each 1 (bad) to 5, mean over windows a second apart.

    Raises:
        MissingExtra: the networks are not installed.
        InvalidInput: there is nothing to hear.
    """
    primary, p808 = _networks()
    audio = np.asarray(samples, np.float32)
    if audio.ndim != 1 or not np.any(audio):
        raise InvalidInput("A clip to rate is silent or not mono.", "Give (n_samples,) of speech.")
    if sample_rate != RATE:
        audio = soxr.resample(audio, sample_rate, RATE)
    audio = np.clip(audio, -1, 1)
    while len(audio) < WINDOW:
        audio = np.append(audio, audio)
    rows = []
    # The original counts whole seconds, and so leaves out a last window that would just fit.
    n_windows = int(len(audio) // RATE - WINDOW / RATE) + 1
    for start in range(0, n_windows * RATE, RATE):
        window = audio[start : start + WINDOW]
        sig, bak, ovrl = primary(input_1=window[None])[0][0]
        naturalness = p808(input_1=_p808_features(window[:-160])[None])[0][0][0]
        raw = {"sig": sig, "bak": bak, "ovrl": ovrl}
        rated = {name: np.polyval(_TO_RATING[name], value) for name, value in raw.items()}
        rows.append([rated["ovrl"], rated["sig"], rated["bak"], naturalness])
    return dict(zip(NAMES, map(float, np.mean(rows, axis=0)), strict=True))


def joined(
    clips: Iterable[np.ndarray], sample_rate: int, duration: float = 9.0, gap: float = 0.2
) -> Iterator[np.ndarray]:
    """Join short clips to longer ones that the meter need not repeat.

    Args:
        clips: (n_samples,) each, in an order of the caller's choice.
        sample_rate: Hz.
        duration: seconds that no joined clip exceeds, unless a single clip does.
        gap: seconds of silence between two clips.

    Yields:
        (n_samples,) float32; every sample of every clip is in exactly one of them.
    """
    silence = np.zeros(round(gap * sample_rate), np.float32)
    group: list[np.ndarray] = []
    for clip in clips:
        length = sum(map(len, group)) + len(silence) + len(clip)
        if group and length > duration * sample_rate:
            yield np.concatenate(group)
            group = []
        group += [silence, clip] if group else [clip]
    if group:
        yield np.concatenate(group)


def _p808_features(audio: np.ndarray) -> np.ndarray:
    """(T, 120) mel power in dB below the loudest, mapped from [-80, 0] to [-1, 1]."""
    from kouji.audio.slaney import power_mel

    power = power_mel(audio, RATE, n_fft=321, hop_length=160, n_mels=120)
    decibel: np.ndarray = 10 * np.log10(np.maximum(power, 1e-10) / max(float(power.max()), 1e-10))
    return np.asarray((np.maximum(decibel, -80) + 40) / 40, np.float32)


@cache
def _networks() -> tuple[Graph, Graph]:
    from kouji.runtime.onnx import Graph

    spec = importlib.util.find_spec("speechmos")  # found, not imported: its import takes 8 s
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtra("DNSMOS", "eval")
    folder = Path(spec.submodule_search_locations[0]) / "dnsmos_models"
    return Graph(str(folder / "sig_bak_ovr.onnx")), Graph(str(folder / "model_v8.onnx"))
