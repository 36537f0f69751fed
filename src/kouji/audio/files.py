"""Whole sound files: wav, flac, mp3, ogg and m4a, in and out; bare AAC in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import soundfile

from kouji.errors import InvalidInput

from . import aac
from .writer import FORMATS, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from typing import BinaryIO

    from .tags import Tags

_AT_ONCE = 1 << 20  # samples of each channel
_UNKNOWN = 1 << 48  # libsndfile says 2⁶³ - 1 where the head of a FLAC stream says nothing; FLAC counts to 2³⁶


def read(file: str | PathLike[str] | BinaryIO, most: int | None = None) -> tuple[np.ndarray, int]:
    """Read a sound file.

    Args:
        file: a path, or a binary stream that can seek.
        most: samples of all channels that may be decoded from AAC, whose head does not say it.

    Returns:
        samples (n_samples,) float32, several channels mixed to one; sample rate in Hz.

    Raises:
        InvalidInput: there is no such file, or it is not sound.
        MissingExtra: it is AAC, and the extra that decodes it is not installed.
    """
    try:
        if aac.is_aac(file):
            return aac.read(file, most)
        with Source(file) as source:
            found, sample_rate = list(pieces(source)), source.samplerate
    except (OSError, soundfile.LibsndfileError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}", f"Give a file of {', '.join(FORMATS)}.") from error
    return np.concatenate(found).mean(axis=1), int(sample_rate)


class Source(soundfile.SoundFile):  # type: ignore[misc]  # which comes without types
    """A file that is read from its head to its end: libsndfile cannot move about in FLAC that was streamed."""

    def seekable(self) -> bool:
        """Never: else soundfile moves to where it is after each piece."""
        return False


def pieces(source: Source, most: int | None = None) -> Iterator[np.ndarray]:
    """(n_samples, n_channels) each, to the end, wherever the head says it is: that of a stream (FLAC, WAV) cannot know.

    Args:
        source: an open sound file.
        most: samples of each channel after which no further piece is read.
    """
    n_read = 0
    while True:
        piece = source.read(_AT_ONCE, dtype="float32", always_2d=True)
        yield piece
        n_read += len(piece)
        if len(piece) < _AT_ONCE or (most is not None and n_read > most):
            return


def says_length(source: Source) -> bool:
    """Whether the head says how many samples there are. That of FLAC which was streamed does not."""
    return bool(source.frames < _UNKNOWN)


def length_of(source: Source, most: int) -> int:
    """Samples of each channel: as the head says or, where it does not, counted up to a little more than `most`."""
    return int(source.frames) if says_length(source) else sum(map(len, pieces(source, most)))


def write(
    file: str | PathLike[str] | BinaryIO,
    samples: np.ndarray,
    sample_rate: int,
    format: str | None = None,
    tags: Tags | None = None,
) -> None:
    """Write all of a sound or nothing; see `Writer` for what is raised.

    Args:
        file: a path, or a binary stream.
        samples: (n_samples,) in [-1, 1]; what lies beyond is clipped.
        sample_rate: Hz.
        format: a key of FORMATS; by default the ending of the path, for a stream "wav".
        tags: what the file says of itself, see `kouji.audio.tags`.
    """
    with Writer(file, sample_rate, format, tags) as out:
        out.add(samples)
