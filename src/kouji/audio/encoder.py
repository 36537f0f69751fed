"""Samples to bytes while they come: what is sent before the sound is whole.

    chunks of samples ─→ resample ─→ 16 bits ─→ mp3 | opus | aac | m4a | flac | wav | pcm | ulaw | alaw ─→ bytes

`Writer` makes files, whole or not at all; an `Encoder` makes streams, whose first bytes leave with the first sound.
The same samples give the same bytes, however they are cut.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import soxr

from kouji.errors import InvalidInput, UnknownName

from .ffmpeg import Coder
from .tags import Tags, riff

UNKNOWN_SIZE = 0xFFFFFFFF  # of a WAV stream: players read to the end of what comes


@dataclass(frozen=True)
class Format:
    """How a format is sent."""

    media_type: str
    rates: tuple[int, ...] = ()  # Hz that it can carry; (): any
    codec: str = ""  # FFmpeg's encoder and container; "": ours
    container: str = ""
    options: dict[str, str] | None = None


_MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)

# MP4 that needs no seek: pieces of sound, each with its own contents, after a head that knows the first one and so how
# much of it is the encoder's running in. All names of tags are kept, not those of iTunes alone.
_FRAGMENTS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof+delay_moov+use_metadata_tags",
    "frag_duration": "60000",  # microseconds: two or three frames at 24 kHz, so that the first leave early
    "brand": "M4A ",
}

FORMATS: dict[str, Format] = {
    # No Xing frame: it would state a length, and is written before that is known.
    "mp3": Format("audio/mpeg", _MPEG_RATES, "libmp3lame", "mp3", {"write_xing": "0", "id3v2_version": "0"}),
    "opus": Format("audio/opus", (8000, 12000, 16000, 24000, 48000), "libopus", "ogg", {"page_duration": "20000"}),
    "aac": Format("audio/aac", _MPEG_RATES, "aac", "adts"),
    "m4a": Format("audio/mp4", _MPEG_RATES, "aac", "mp4", _FRAGMENTS),
    "flac": Format("audio/flac", (), "flac", "flac"),
    "wav": Format("audio/wav"),
    "pcm": Format("audio/pcm"),  # signed 16-bit little-endian, no header
    "ulaw": Format("audio/basic"),  # G.711, of telephones
    "alaw": Format("audio/x-alaw-basic"),
}  # fmt: skip


def format_named(name: str) -> Format:
    """The format of that name.

    Raises:
        UnknownName: there is none; names the nearest.
    """
    if name not in FORMATS:
        raise UnknownName("format", name, list(FORMATS))
    return FORMATS[name]


def rate_of(name: str, engine_rate: int, wanted: int | None = None) -> int:
    """The sample rate of a stream: what is wanted, else the engine's own or the nearest above that the format has.

    Raises:
        UnknownName: no such format.
        InvalidInput: the format cannot carry that rate.
    """
    format = format_named(name)
    if wanted is not None:
        if format.rates and wanted not in format.rates:
            raise InvalidInput(
                f"sample_rate={wanted} is not possible in {name}.", f"Give {', '.join(map(str, format.rates))}."
            )
        return wanted
    if not format.rates or engine_rate in format.rates:
        return engine_rate
    return next((rate for rate in format.rates if rate > engine_rate), format.rates[-1])


class Encoder:
    """One stream of one sound."""

    def __init__(
        self,
        format: str,
        engine_rate: int,
        sample_rate: int | None = None,
        bit_rate: int | None = None,
        n_samples: int | None = None,
        tags: Tags | None = None,
    ) -> None:
        """Prepare.

        Args:
            format: a key of FORMATS.
            engine_rate: Hz, of the samples that will be added.
            sample_rate: Hz, of the stream; by default see `rate_of`.
            bit_rate: bits per second, for mp3, opus, aac and m4a; by default what suits speech at that rate.
            n_samples: how many will be added, where it is known (a WAV header then says so).
            tags: what the stream says of itself in its head, where its format has a place for that.

        Raises:
            UnknownName: no such format.
            InvalidInput: the format cannot carry that rate.
            MissingExtra: the codecs are not installed.
        """
        self.format = format_named(format)
        self.sample_rate = rate_of(format, engine_rate, sample_rate)
        self._resampler = None
        if self.sample_rate != engine_rate:
            self._resampler = soxr.ResampleStream(engine_rate, self.sample_rate, 1, dtype="float32", quality="HQ")
        self.n_samples = 0  # that were encoded so far, at the rate of the stream
        known = n_samples if self._resampler is None else None
        self._codec = _codec(format, self.format, self.sample_rate, bit_rate, known, tags or {})

    def add(self, samples: np.ndarray) -> bytes:
        """Bytes that are ready after these samples.

        Args:
            samples: (n_samples,) float in [-1, 1], what lies beyond is clipped; or int16.
        """
        if self._resampler is not None:
            wave = samples / np.float32(32767) if samples.dtype == np.int16 else samples
            samples = self._resampler.resample_chunk(wave.astype(np.float32, copy=False))
        return self._encode(samples)

    def finish(self) -> bytes:
        """The last bytes."""
        rest = b""
        if self._resampler is not None:
            rest = self._encode(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        return rest + self._codec.finish()

    def close(self) -> None:
        """Let go of a stream that nobody wants to its end; after `finish` there is nothing left to do."""
        self._codec.close()

    def _encode(self, samples: np.ndarray) -> bytes:
        self.n_samples += len(samples)
        return self._codec.add(to_16_bit(samples))


def to_16_bit(samples: np.ndarray) -> np.ndarray:
    """(n_samples,) float in [-1, 1] -> int16, rounded as libsndfile does; what is int16 stays."""
    if samples.dtype == np.int16:
        return samples
    return np.asarray(np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16))


class _Codec(Protocol):
    def add(self, samples: np.ndarray) -> bytes: ...

    def finish(self) -> bytes: ...

    def close(self) -> None: ...


def _codec(
    name: str, format: Format, sample_rate: int, bit_rate: int | None, n_samples: int | None, tags: Tags
) -> _Codec:
    if format.codec:
        return Coder(format.codec, format.container, format.options or {}, sample_rate, bit_rate, tags)
    if name in ("ulaw", "alaw"):
        return _G711(name)
    return _Plain(wav_header(sample_rate, n_samples, riff(tags)) if name == "wav" else b"")


class _Plain:
    """16-bit samples as they are, after a header."""

    def __init__(self, header: bytes) -> None:
        self._header = header

    def add(self, samples: np.ndarray) -> bytes:
        data, self._header = self._header + samples.astype("<i2", copy=False).tobytes(), b""
        return data

    def finish(self) -> bytes:
        data, self._header = self._header, b""
        return data

    def close(self) -> None:
        pass


class _G711:
    """ITU-T G.711 by table: 8 bits a sample."""

    def __init__(self, law: str) -> None:
        self._table = _g711_table(law)

    def add(self, samples: np.ndarray) -> bytes:
        return self._table[samples.astype(np.int32) + 32768].tobytes()

    def finish(self) -> bytes:
        return b""

    def close(self) -> None:
        pass


def wav_header(sample_rate: int, n_samples: int | None = None, chunks: bytes = b"") -> bytes:
    """44 bytes and further chunks before 16-bit mono samples; without their number the sizes are UNKNOWN_SIZE."""
    n_bytes = UNKNOWN_SIZE if n_samples is None else 2 * n_samples
    whole = UNKNOWN_SIZE if n_samples is None else n_bytes + 36 + len(chunks)
    return (
        struct.pack("<4sI4s4s", b"RIFF", whole, b"WAVE", b"fmt ")
        + struct.pack("<IHHIIHH", 16, 1, 1, sample_rate, 2 * sample_rate, 2, 16)
        + chunks
        + struct.pack("<4sI", b"data", n_bytes)
    )


def with_length(data: bytes, format: str, n_samples: int) -> bytes:
    """A whole stream of ours with its length in the head, where wav and flac have it; nobody could know it before."""
    if format == "wav":
        n_bytes = 2 * n_samples
        # Chunks of tags go behind the sound: there are readers that take the head for 44 bytes.
        at = len(data) - n_bytes
        whole = struct.pack("<I", len(data) - 8)
        return data[:4] + whole + data[8:36] + b"data" + struct.pack("<I", n_bytes) + data[at:] + data[36 : at - 8]
    if format == "flac":  # RFC 9639, 8.2: the last 36 bits of these 64 are the number of samples
        (packed,) = struct.unpack(">Q", data[18:26])
        return data[:18] + struct.pack(">Q", packed | n_samples) + data[26:]
    return data


def _g711_table(law: str) -> np.ndarray:
    """(65536,) uint8: the code of each 16-bit sample, from -32768 up.

    Source: ITU-T G.711; mu-law with its bias of 33 in 14 bits (132 in 16), A-law with even bits inverted.
    """
    sample = np.arange(-32768, 32768)
    if law == "ulaw":
        magnitude = np.minimum(np.abs(sample), 32635) + 132
        exponent = np.floor(np.log2(magnitude)).astype(int) - 7
        mantissa = (magnitude >> (exponent + 3)) & 15
        return np.asarray(~(np.where(sample < 0, 128, 0) | exponent << 4 | mantissa) & 255, np.uint8)
    magnitude = np.where(sample < 0, -sample - 1, sample) >> 3  # 13 bits with sign
    exponent = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(int) - 4, 0)
    mantissa = np.where(exponent > 0, magnitude >> np.maximum(exponent, 1), magnitude >> 1) & 15
    return np.asarray((np.where(sample < 0, 0, 128) | exponent << 4 | mantissa) ^ 0x55, np.uint8)
