"""A sound file that grows piece by piece, and is seen only when it is whole."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import soundfile

from kouji.drafts import behind, beside
from kouji.errors import InvalidInput, MissingExtra, OutputFailed, SpeechError, UnknownName

from .ogg import fix_serial
from .tagging import tag

if TYPE_CHECKING:
    from os import PathLike
    from types import TracebackType
    from typing import BinaryIO, Self

    from .m4a import M4aFile
    from .tags import Tags

# libsndfile's names of what is in it; "": FFmpeg writes it, and the extra `media` brings that
FORMATS = {"wav": "PCM_16", "flac": "PCM_16", "mp3": "MPEG_LAYER_III", "ogg": "VORBIS", "m4a": ""}


class Writer:
    """Collects samples in a draft beside the target; leaving the `with` block puts it in place.

        with Writer("hello.wav", 24000) as file:
            for chunk in tts.stream("你好，世界。"):
                file.add(chunk.samples)

    Where the block ends with an error the draft goes away, and what stood at the target stays. Memory does not grow
    with the sound. The same samples give the same bytes, however they are cut.
    """

    def __init__(
        self,
        file: str | PathLike[str] | BinaryIO,
        sample_rate: int,
        format: str | None = None,
        tags: Tags | None = None,
        seal: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """Nothing is opened before the `with`.

        Args:
            file: a path, or a binary stream (which needs no seek, and gets all at the end).
            sample_rate: Hz.
            format: a key of FORMATS; by default the ending of the path, for a stream "wav".
            tags: what the file says of itself, see `kouji.audio.tags`.
            seal: what is done to the whole file at last, such as a signature; the file is in memory then.

        Raises:
            UnknownName: no such format.
            InvalidInput: the format contradicts the ending.
            MissingExtra: what writes it is not installed.
        """
        self._tags, self._seal = tags or {}, seal
        self._stream = None if isinstance(file, (str, os.PathLike)) else file
        self._path = Path(file if isinstance(file, (str, os.PathLike)) else "stream")
        self._format = format_of(self._path, format or (None if self._stream is None else "wav"))
        self._sample_rate = sample_rate
        self._n_samples = 0
        self._held = np.zeros(0, np.float32)

    def __enter__(self) -> Self:
        """Raises OutputFailed where the path cannot be written, InvalidInput where the rate does not fit."""
        with mended(self._path):
            # Beside the target, so that a rename is enough; what is no file gets a copy of a draft elsewhere.
            self._to_copy = self._stream is not None or is_device(self._path)
            self._draft = _elsewhere() if self._to_copy else beside(self._path)
            self._draft.touch(0o600 if self._to_copy else 0o666)
        try:
            self._sound = self._opened()
        except SpeechError:
            self._draft.unlink()
            raise
        except soundfile.LibsndfileError as error:
            self._draft.unlink()
            hint = "Use wav or flac."
            raise InvalidInput(f"{self._format} cannot hold {self._sample_rate} Hz: {error}", hint) from error
        return self

    def add(self, samples: np.ndarray) -> None:
        """Append samples (n_samples,) in [-1, 1]; what lies beyond is clipped.

        Raises:
            InvalidInput: the samples are no sound.
            OutputFailed: the disk is full.
        """
        if samples.ndim != 1 or not np.isfinite(samples).all():
            raise InvalidInput(f"An array of shape {samples.shape} with gaps or several channels is no speech.")
        self._n_samples += len(samples)
        # Whole seconds: libsndfile's Vorbis encoder overflows its stack on minutes in one call, and what it writes
        # depends on how the samples are cut.
        held = np.concatenate([self._held, np.clip(samples, -1, 1)])
        n_ready = len(held) // self._sample_rate * self._sample_rate
        for start in range(0, n_ready, self._sample_rate):
            self._encode(held[start : start + self._sample_rate])
        self._held = held[n_ready:]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the file in its place. Raises OutputFailed; nothing is left behind then."""
        try:
            try:
                with self._sound:
                    if kind is None:
                        self._encode(self._held)
            except OSError as problem:  # of FFmpeg, which writes its last frames while it closes
                raise self._failed() from problem
            if kind is None:
                self._finish()
        finally:
            with suppress(FileNotFoundError):
                self._draft.unlink()

    def _opened(self) -> soundfile.SoundFile | M4aFile:
        if not FORMATS[self._format]:
            from .m4a import M4aFile

            return M4aFile(self._draft, self._sample_rate, self._tags)
        kind = self._format.upper()
        return soundfile.SoundFile(self._draft, "w", self._sample_rate, 1, FORMATS[self._format], format=kind)

    def _encode(self, samples: np.ndarray) -> None:
        try:
            self._sound.write(samples)
        except (soundfile.LibsndfileError, OSError, AssertionError) as error:  # soundfile asserts that all was written
            raise self._failed() from error

    def _finish(self) -> None:
        if FORMATS[self._format] and not self._is_whole():
            raise self._failed()
        with mended(self._path):
            if self._format == "ogg":
                fix_serial(self._draft)
            if FORMATS[self._format]:
                tag(self._draft, self._format, self._tags)
            if self._seal is not None:
                self._draft.write_bytes(self._seal(self._draft.read_bytes()))
            if self._to_copy:
                self._copy()
            else:
                target = behind(self._path)
                if target.exists():
                    self._draft.chmod(target.stat().st_mode)
                self._draft.replace(target)

    def _is_whole(self) -> bool:
        """libsndfile's encoders write their last frames while they close, and do not say when that fails."""
        try:
            return bool(soundfile.info(self._draft).frames >= self._n_samples)
        except soundfile.LibsndfileError:
            return False

    def _copy(self) -> None:
        with self._draft.open("rb") as draft:
            if self._stream is not None:
                shutil.copyfileobj(draft, self._stream)
                return
            with self._path.open("wb") as device:
                shutil.copyfileobj(draft, device)

    def _failed(self) -> SpeechError:
        return OutputFailed(f"{self._path} cannot be written to its end.", "Is the disk full? Choose another place.")


def format_of(path: Path, format: str | None = None) -> str:
    """The format of a path: its ending, or `format` where it has none.

    Raises:
        UnknownName: no such format.
        InvalidInput: the format contradicts the ending, or there is neither.
        MissingExtra: what writes it is not installed.
    """
    ending = path.suffix.lower().removeprefix(".")
    name = (format or ending).lower()
    if not name:
        raise InvalidInput(f"{path} does not say which format it is.", f"End it in .{', .'.join(FORMATS)}.")
    if name not in FORMATS:
        raise UnknownName("format", name, list(FORMATS))
    if not FORMATS[name] and find_spec("av") is None:
        raise MissingExtra(f"Writing {name}", "media")
    if ending in FORMATS and ending != name:
        raise InvalidInput(f"{path} would hold {name}, not {ending}.", f"Call it {path.with_suffix('.' + name)}.")
    return name


def check_writable(path: Path) -> None:
    """Find out before the work whether `path` can be written.

    Raises:
        OutputFailed: it cannot.
    """
    with mended(path):
        if not is_device(path):
            trial = beside(path)
            trial.touch()
            trial.unlink()


def _elsewhere() -> Path:
    return beside(Path(tempfile.gettempdir(), "kouji"))


def is_device(path: Path) -> bool:
    """/dev/null or a pipe: something to write into, not to replace."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(None, "Is a directory")
    return not stat.S_ISREG(mode)


@contextmanager
def mended(path: Path) -> Iterator[None]:
    """Turn what the system says about a path into what the user can do about it."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        folder = path.parent
        hint = "Choose another path." if folder.is_dir() else f"Create the folder {folder} first."
        raise OutputFailed(f"{path} cannot be written: {error.strerror}.", hint) from error
    except ValueError as error:  # a path with a null character
        raise OutputFailed(f"{str(path)!r} is no path: {error}.", "Choose another path.") from error
