"""Samples to what FFmpeg encodes them to, in one of its containers: into memory piece by piece, or into a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from kouji.errors import needs

from .tags import Tags, id3

_SAME_BYTES = {"fflags": "+bitexact"}  # no random serial number in Ogg pages, no version of the encoder, no clock

_HEAD = 32768  # bytes: of a head without its tags, and more


class Coder:
    """One sound on its way."""

    def __init__(
        self,
        codec: str,
        container: str,
        options: Mapping[str, str],
        sample_rate: int,
        bit_rate: int | None,
        tags: Tags,
        path: Path | None = None,
    ) -> None:
        """Open it.

        Args:
            codec: FFmpeg's name of the encoder.
            container: its name of the container.
            options: of the container.
            sample_rate: Hz.
            bit_rate: bits per second; by default what suits speech at that rate.
            tags: what the sound says of itself.
            path: of the file; without it the container must need no seek, and its bytes are handed out.

        Raises:
            MissingExtra: FFmpeg is not here.
            OSError: the file cannot be opened.
        """
        with needs("media", f"FFmpeg ({codec} in {container})"):
            import av
        self._frame = av.AudioFrame
        self._sink = _Sink()
        if container in ("mp3", "adts"):
            self._sink.write(id3(tags))  # FFmpeg's own would say which encoder it was
        target = self._sink if path is None else str(path)
        # MP4 states the size of its head where that begins: it must still be in the buffer when it is whole.
        room = _HEAD + sum(len(name.encode()) + len(text.encode()) for name, text in tags.items())
        settings = _SAME_BYTES | dict(options)
        self._container = av.open(target, "w", format=container, options=settings, buffer_size=room)
        stream = self._container.add_stream(codec, rate=sample_rate, layout="mono")
        assert isinstance(stream, av.AudioStream)
        self._stream = stream
        if codec != "flac":
            stream.bit_rate = bit_rate or (64000 if sample_rate <= 24000 else 96000)
        self._sample_rate, self._n_samples = sample_rate, 0
        if container in ("flac", "ogg", "mp4"):
            self._container.metadata.update(tags)

    def add(self, samples: np.ndarray) -> bytes:
        """(n_samples,) int16 -> the bytes that are ready, none where they go into a file."""
        if len(samples):
            frame = self._frame.from_ndarray(samples[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = self._sample_rate, self._n_samples
            self._n_samples += len(samples)
            self._container.mux(self._stream.encode(frame))
        return self._sink.take()

    def finish(self) -> bytes:
        """The last bytes."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        return self._sink.take()

    def close(self) -> None:
        """Let go of it, finished or not."""
        # A container that is open and its streams hold one another: they, megabytes and threads of FFmpeg would stay
        # until Python looks for such rings, which a server with much in memory does seldom.
        self._container.close()


class _Sink:
    """Where the container writes; it cannot seek, so nothing is mended afterwards."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> int:
        self._data += data
        return len(data)

    def take(self) -> bytes:
        data = bytes(self._data)
        self._data.clear()
        return data
