"""A clip that somebody gave as an example: a path, the bytes of a file, or samples with their rate."""

from __future__ import annotations

from io import BytesIO
from os import PathLike

import numpy as np

from kouji.errors import InvalidInput

SHORTEST, LONGEST = 0.5, 60.0  # seconds
SILENCE = 10 ** (-60 / 20)  # full scale 1: what stays below it everywhere is no speech
_VOICED = 0.15  # seconds of voiced sound without which nobody speaks


def read_clip(clip: object, sample_rate: int, longest: float = LONGEST) -> np.ndarray:
    """Samples (n_samples,) float32 of a clip in which somebody speaks, at the wanted rate.

    Args:
        clip: a path, the bytes of a sound file, or (samples, sample_rate).
        sample_rate: Hz, wanted.
        longest: seconds that are taken.

    Raises:
        InvalidInput: it cannot be read, is too short, too long, silent, or holds no voice.
    """
    from kouji.audio import f0
    from kouji.audio.mel import SAMPLE_RATE
    from kouji.audio.resample import resample

    samples, rate = _decoded(clip)
    duration = len(samples) / rate
    if not SHORTEST <= duration <= longest:
        raise InvalidInput(f"The clip is {duration:.2f} s long.", f"Give {SHORTEST} to {longest:.0f} s of speech.")
    if not np.isfinite(samples).all():
        raise InvalidInput("The clip holds values that are no numbers.", "Give samples in [-1, 1].")
    if np.abs(samples).max() < SILENCE:
        raise InvalidInput("The clip is silent.", "Give a recording of somebody speaking.")
    if (f0.track(resample(samples, rate, SAMPLE_RATE)) > 0).sum() < 100 * _VOICED:
        raise InvalidInput("Nobody speaks in the clip.", "Give a recording of somebody speaking.")
    return resample(samples, rate, sample_rate)


def _decoded(clip: object) -> tuple[np.ndarray, int]:
    from kouji.audio import files

    if isinstance(clip, (str, PathLike)):
        return files.read(clip)
    if isinstance(clip, (bytes, bytearray)):
        return files.read(BytesIO(clip))
    if isinstance(clip, (tuple, list)) and len(clip) == 2:
        samples, rate = np.asarray(clip[0]), clip[1]
        is_rate = isinstance(rate, (int, np.integer)) and not isinstance(rate, bool) and 8000 <= rate <= 192000
        if is_rate and samples.ndim == 1 and samples.dtype.kind == "f":
            return samples.astype(np.float32), int(rate)
    hint = "Give a path, the bytes of a sound file, or (samples, sample_rate): (n_samples,) float in [-1, 1], Hz."
    raise InvalidInput("That is no clip.", hint)
