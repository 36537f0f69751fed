"""Sound files: wav, flac, mp3 and ogg, in and out."""

from __future__ import annotations

import io
import os
import secrets
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from kouji.errors import InvalidInput, OutputFailed, UnknownName

from .ogg import with_fixed_serial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from typing import BinaryIO

FORMATS = {"wav": "PCM_16", "flac": "PCM_16", "mp3": "MPEG_LAYER_III", "ogg": "VORBIS"}  # libsndfile's names


def read(file: str | PathLike[str] | BinaryIO) -> tuple[np.ndarray, int]:
    """Read a sound file.

    Returns:
        samples (n_samples,) float32, several channels mixed to one; sample rate in Hz.

    Raises:
        InvalidInput: there is no such file, or it is not sound.
    """
    try:
        samples, sample_rate = soundfile.read(file, dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}", f"Give a file of {', '.join(FORMATS)}.") from error
    return samples.mean(axis=1), int(sample_rate)


def write(
    file: str | PathLike[str] | BinaryIO, samples: np.ndarray, sample_rate: int, format: str | None = None
) -> None:
    """Write all of a sound or nothing; what stood at that path stays until the new file is whole.

    Args:
        file: a path, or a binary stream (which needs no seek).
        samples: (n_samples,) in [-1, 1]; what lies beyond is clipped.
        sample_rate: Hz.
        format: a key of FORMATS; by default the ending of the path, for a stream "wav".

    Raises:
        UnknownName: no such format.
        InvalidInput: the format contradicts the ending, or the samples are no sound.
        OutputFailed: the file cannot be written.
    """
    if hasattr(file, "write"):
        file.write(encode(samples, sample_rate, format or "wav"))
        return
    path = Path(file)
    data = encode(samples, sample_rate, format_of(path, format))
    with _mended(path):
        _write_whole(path, data)


def format_of(path: Path, format: str | None = None) -> str:
    """The format of a path: its ending, or `format` where it has none. (Raises as `write` does.)"""
    ending = path.suffix.lower().removeprefix(".")
    name = (format or ending).lower()
    if not name:
        raise InvalidInput(f"{path} does not say which format it is.", f"End it in .{', .'.join(FORMATS)}.")
    if name not in FORMATS:
        raise UnknownName("format", name, list(FORMATS))
    if ending in FORMATS and ending != name:
        raise InvalidInput(f"{path} would hold {name}, not {ending}.", f"Call it {path.with_suffix('.' + name)}.")
    return name


def check_writable(path: Path) -> None:
    """Find out before the work whether `path` can be written.

    Raises:
        OutputFailed: it cannot.
    """
    with _mended(path):
        if path.is_dir():
            raise IsADirectoryError(None, "Is a directory")
        if _is_device(path):
            return
        trial = _beside(path)
        trial.touch()
        trial.unlink()


def encode(samples: np.ndarray, sample_rate: int, format: str) -> bytes:
    """A whole sound file in memory; the same samples always give the same bytes. (Raises as `write` does.)"""
    if format not in FORMATS:
        raise UnknownName("format", format, list(FORMATS))
    if samples.ndim != 1 or not np.isfinite(samples).all():
        raise InvalidInput(f"An array of shape {samples.shape} with gaps or several channels is no speech.")
    samples = np.clip(samples, -1, 1)
    buffer = io.BytesIO()
    try:
        with soundfile.SoundFile(buffer, "w", sample_rate, 1, FORMATS[format], format=format.upper()) as out:
            # A second at a time: libsndfile's Vorbis writer overflows its stack on minutes in one call.
            for start in range(0, len(samples), sample_rate):
                out.write(samples[start : start + sample_rate])
    except soundfile.LibsndfileError as error:
        raise InvalidInput(f"{format} cannot hold {sample_rate} Hz: {error}", "Use wav or flac.") from error
    data = buffer.getvalue()
    return with_fixed_serial(data) if format == "ogg" else data


def _write_whole(path: Path, data: bytes) -> None:
    """Write beside the target, then rename: nobody ever sees half a file."""
    if _is_device(path):
        path.write_bytes(data)
        return
    path = Path(os.path.realpath(path))  # through a link, as other programs write
    draft = _beside(path)
    try:
        draft.write_bytes(data)
        if path.exists():
            draft.chmod(path.stat().st_mode)
        draft.replace(path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")


def _is_device(path: Path) -> bool:
    """/dev/null or a pipe: something to write into, not to replace."""
    return path.exists() and not path.is_file()


@contextmanager
def _mended(path: Path) -> Iterator[None]:
    """Turn what the system says about a path into what the user can do about it."""
    try:
        yield
    except OSError as error:
        folder = path.parent
        hint = "Choose another path." if folder.is_dir() else f"Create the folder {folder} first."
        raise OutputFailed(f"{path} cannot be written: {error.strerror}.", hint) from error
    except ValueError as error:  # a path with a null character
        raise OutputFailed(f"{str(path)!r} is no path: {error}.", "Choose another path.") from error
