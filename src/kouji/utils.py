"""`kouji.utils.save_wav`, for those who know it from elsewhere; `Speech.save` does the same and more."""

from __future__ import annotations

from os import PathLike

from kouji.types import Speech


def save_wav(speech: Speech, path: str | PathLike[str], sr: int | None = None) -> None:
    """Write a wav file, at `sr` Hz if that is given. (Raises as `Speech.save` does.)"""
    from kouji.audio.files import write
    from kouji.audio.resample import resample

    sample_rate = sr or speech.sample_rate
    write(path, resample(speech.samples, speech.sample_rate, sample_rate), sample_rate, "wav")
