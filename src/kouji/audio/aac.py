"""AAC to samples, in MP4 or as a bare ADTS stream, through FFmpeg: what libsndfile does not read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from kouji.errors import InvalidInput, needs

from .mp4 import is_mp4
from .tags import id3_size

if TYPE_CHECKING:
    from os import PathLike

    from av.container import InputContainer

_LONGEST_FRAME = 2048  # samples: encoders fill the last frame up, at most that is cut off again


def is_aac(file: str | PathLike[str] | BinaryIO) -> bool:
    """Whether a file looks like it; a stream is left as it was, and pipes are not touched.

    Raises:
        OSError: it cannot be read.
    """
    if isinstance(file, (str, os.PathLike)):
        if not Path(file).is_file():
            return False
        with Path(file).open("rb") as opened:
            return is_aac(opened)
    start = file.tell()
    try:
        return bool(_demuxer_of(file))
    finally:
        file.seek(start)


def read(file: str | PathLike[str] | BinaryIO, most: int | None = None) -> tuple[np.ndarray, int]:
    """Decode the first sound of a file.

    Args:
        file: a path, or a binary stream at its beginning.
        most: samples of all channels; a few bytes can unpack to hours.

    Returns:
        samples (n_samples,) float32, several channels mixed to one; sample rate in Hz.

    Raises:
        MissingExtra: FFmpeg is not here.
        InvalidInput: it is not sound, or more than `most`.
        OSError: it cannot be read.
    """
    if isinstance(file, (str, os.PathLike)):
        with Path(file).open("rb") as opened:
            return _decoded(opened, os.fspath(file), most)
    return _decoded(file, "The sound", most)


def _decoded(file: BinaryIO, name: str, most: int | None) -> tuple[np.ndarray, int]:
    with needs("media", "Decoding AAC"):
        import av

    demuxer = _demuxer_of(file)
    file.seek(0)
    try:
        # Nothing else is tried: there are containers that name other files, and addresses.
        with av.open(file, "r", format=demuxer) as container:
            frames = list(_frames(container, name, most))
            seconds = sum((each.duration or 0) * (each.time_base or 0) for each in container.streams.audio[:1])
    except (OSError, ValueError, av.FFmpegError) as error:
        raise InvalidInput(f"{name} cannot be decoded: {error}") from error
    rates = {sample_rate for _, sample_rate in frames}
    if len(rates) != 1:
        raise InvalidInput(f"{name} changes its sample rate." if rates else f"{name} holds no sound.")
    (sample_rate,) = rates
    whole, said = np.concatenate([samples for samples, _ in frames]), round(seconds * sample_rate)
    if demuxer == "mov" and 0 < said < len(whole) < said + _LONGEST_FRAME:
        whole = whole[:said]
    return whole.astype(np.float32, copy=False), sample_rate


def _frames(container: InputContainer, name: str, most: int | None) -> Iterator[tuple[np.ndarray, int]]:
    """(n_samples,) of one channel and Hz, for each frame."""
    import av

    if not container.streams.audio:
        return
    to_float, n_samples = av.AudioResampler(format="fltp"), 0
    for frame in container.decode(audio=0):
        assert isinstance(frame, av.AudioFrame)
        n_samples += frame.samples * frame.layout.nb_channels
        if most is not None and n_samples > most:
            raise InvalidInput(f"{name} is too long to be decoded here.", "Give a shorter part of it.")
        for even in to_float.resample(frame):
            yield even.to_ndarray().mean(axis=0), frame.sample_rate


def _demuxer_of(file: BinaryIO) -> str:
    """FFmpeg's name of the container; "" where it is none of ours."""
    file.seek(0)
    head = file.read(10)
    if is_mp4(head):
        return "mov"
    file.seek(id3_size(head))
    sync = file.read(2)
    return "aac" if len(sync) == 2 and sync[0] == 0xFF and sync[1] & 0xF6 == 0xF0 else ""
