"""What comes out of the hall while it is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kouji.types import Chunk, Notice

Progress = Callable[[int, int], None]  # (utterances said, utterances in all)
Said = Iterable[tuple[Iterable[Chunk], str | float | None]]  # the chunks of each utterance, and the pause after it


@dataclass(frozen=True)
class Stream(Iterator[Chunk]):
    """Chunks of a request as they are ready, and what is known of it from the start."""

    chunks: Iterator[Chunk]
    sample_rate: int  # Hz
    notices: tuple[Notice, ...]
    metadata: dict[str, object]  # what was made of a wanted duration stands in it once all chunks are there

    @property
    def tags(self) -> dict[str, str]:
        """What a file of it says of itself."""
        found = self.metadata["tags"]
        assert isinstance(found, dict)
        return found

    def __next__(self) -> Chunk:
        return next(self.chunks)
