"""A clip of somebody's voice, from whatever it was given as."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from kouji.audio.files import Source, pieces, says_length
from kouji.errors import InvalidInput

# A path, the bytes of a sound file, or (samples, sample rate in Hz): (n_samples,) or (n_samples, n_channels).
ClipSource = str | os.PathLike[str] | bytes | tuple[np.ndarray, int]

LONGEST = 1800.0  # seconds: half an hour says all there is to say about a voice
LARGEST = 1 << 29  # bytes of a file: half an hour of stereo at 48 kHz in 24 bits
RATES = (4000, 384000)  # Hz, what is believed of a file
_CANCELLING = 0.25  # of the louder channel's power: a mix below that has lost it to opposite phases


@dataclass(frozen=True)
class Clip:
    """Sound as it came in, mixed to one channel."""

    samples: np.ndarray  # (n_samples,) float32, finite
    sample_rate: int  # Hz
    n_channels: int  # that were mixed
    name: str  # for messages: the file's name
    digest: str  # sha256 of the file as it was given, or of the samples where there was none

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate


def read_clip(source: ClipSource) -> Clip:
    """Read a clip; nothing is mended yet.

    Raises:
        InvalidInput: it is no sound, a video, empty, too long, or holds what is no number.
    """
    if isinstance(source, tuple):
        return _from_samples(*_pair(source))
    if isinstance(source, bytes):
        return _decoded(source, "The clip")
    if not isinstance(source, (str, os.PathLike)):
        raise InvalidInput(f"A {type(source).__name__} is no clip.", "Give a path, bytes, or (samples, sample_rate).")
    path = Path(source)
    try:
        if path.stat().st_size > LARGEST:
            raise InvalidInput(f"{path} is larger than {LARGEST >> 20} MB.", "Cut out 5 to 30 seconds of speech.")
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", "Give a wav, flac, mp3 or ogg file.") from error
    return _decoded(data, path.name)


def read_clips(sources: ClipSource | Sequence[ClipSource]) -> list[Clip]:
    """One clip or several. Raises as `read_clip`, and InvalidInput where there is none."""
    several = list(sources) if isinstance(sources, list) else [sources]
    if not several:
        raise InvalidInput("A voice needs a clip.", "Give 3 to 30 seconds of one person speaking.")
    return [read_clip(source) for source in several]  # type: ignore[arg-type]


def _decoded(data: bytes, name: str) -> Clip:
    if not data:
        raise InvalidInput(f"{name} is empty.", "Record or copy it again.")
    if kind := _video(data):
        raise InvalidInput(
            f"{name} is a film or audio container ({kind}), not a sound file.",
            "Take the sound out first: ffmpeg -i FILE -vn clip.wav",
        )
    try:
        with Source(io.BytesIO(data)) as file:
            longest = int(LONGEST * file.samplerate)
            if says_length(file) and file.frames > longest:
                raise _too_long(name)
            samples, sample_rate = np.concatenate(list(pieces(file, longest))), file.samplerate
    except (soundfile.LibsndfileError, OSError, ValueError) as error:
        raise InvalidInput(f"{name} cannot be read: {error}", "Give a wav, flac, mp3 or ogg file.") from error
    return _checked(samples, sample_rate, name, hashlib.sha256(data).hexdigest())


def _pair(source: tuple[object, ...]) -> tuple[np.ndarray, int]:
    hint = "Give (samples, sample_rate): (n_samples,) in [-1, 1], and Hz as a whole number."
    if len(source) != 2 or isinstance(source[1], bool) or not isinstance(source[1], (int, np.integer)):
        raise InvalidInput("The clip is no pair of samples and a sample rate.", hint)
    samples = np.asarray(source[0])
    if samples.ndim not in (1, 2) or samples.dtype.kind != "f":
        raise InvalidInput(f"Samples of shape {samples.shape} and type {samples.dtype} are no clip.", hint)
    return samples, int(source[1])


def _from_samples(samples: np.ndarray, sample_rate: int) -> Clip:
    plain = np.ascontiguousarray(samples, np.float32)
    digest = hashlib.sha256(repr((sample_rate, plain.shape)).encode() + plain.tobytes()).hexdigest()
    return _checked(plain if plain.ndim == 2 else plain[:, None], sample_rate, "The clip", digest)


def _checked(samples: np.ndarray, sample_rate: int, name: str, digest: str) -> Clip:
    if samples.size == 0:
        raise InvalidInput(f"{name} is empty.", "Record or copy it again.")
    if not RATES[0] <= sample_rate <= RATES[1]:
        raise InvalidInput(f"{name} has {sample_rate} Hz.", f"Give a clip of {RATES[0]} to {RATES[1]} Hz.")
    if len(samples) > LONGEST * sample_rate:
        raise _too_long(name)
    if not np.isfinite(samples).all():
        raise InvalidInput(f"{name} holds values that are no numbers.", "Record or convert it again.")
    return Clip(_mixed(samples), int(sample_rate), samples.shape[1], name, digest)


def _mixed(samples: np.ndarray) -> np.ndarray:
    """(n_samples, n_channels) -> (n_samples,): the mean, or the loudest where channels cancel each other."""
    if samples.shape[1] == 1:
        return samples[:, 0]
    mean: np.ndarray = samples.mean(axis=1, dtype=np.float32)
    power = (samples.astype(np.float64) ** 2).mean(axis=0)
    if float((mean.astype(np.float64) ** 2).mean()) < _CANCELLING * power.max() / samples.shape[1]:
        return samples[:, int(power.argmax())]
    return mean


def _too_long(name: str) -> InvalidInput:
    return InvalidInput(f"{name} is longer than {LONGEST / 60:.0f} minutes.", "Cut out 5 to 30 seconds of speech.")


def _video(data: bytes) -> str:
    """The name of a container that libsndfile does not open, but that people have their voice in."""
    if data[4:8] == b"ftyp":
        return "MP4"
    if data[:4] == b"\x1a\x45\xdf\xa3":
        return "Matroska or WebM"
    if data[:4] == b"RIFF" and data[8:12] == b"AVI ":
        return "AVI"
    return ""
