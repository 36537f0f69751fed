"""Whole M4A files: AAC in MP4, its table of contents before the sound, through FFmpeg."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kouji.errors import InvalidInput

from .encoder import FORMATS, to_16_bit
from .ffmpeg import Coder

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from .tags import Tags

# All names of tags are kept, not those of iTunes alone; the contents go to the front once they are known.
_OPTIONS = {"movflags": "use_metadata_tags+faststart", "brand": "M4A "}


class M4aFile:
    """A file that grows; as `soundfile.SoundFile` is used for the other formats."""

    def __init__(self, path: Path, sample_rate: int, tags: Tags) -> None:
        """Open it.

        Args:
            path: of the file.
            sample_rate: Hz.
            tags: what the file says of itself.

        Raises:
            InvalidInput: AAC does not have that rate.
            MissingExtra: FFmpeg is not here.
        """
        format = FORMATS["m4a"]
        if sample_rate not in format.rates:
            raise InvalidInput(f"m4a cannot hold {sample_rate} Hz.", "Use wav or flac.")
        self._coder = Coder(format.codec, format.container, _OPTIONS, sample_rate, None, tags, path)

    def write(self, samples: np.ndarray) -> None:
        """Append samples (n_samples,) in [-1, 1]. Raises OSError."""
        self._coder.add(to_16_bit(samples))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the file, or leave it as it is after an error. Raises OSError."""
        try:
            if kind is None:
                self._coder.finish()
        finally:
            self._coder.close()
