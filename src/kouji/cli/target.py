"""Where the sound of a command goes: a file, or stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import numpy as np

    from kouji.config import Config
    from kouji.speak import Stream


@dataclass(frozen=True)
class Target:
    """A file that is written when all of its sound is there."""

    path: Path | None  # None: stdout
    format: str
    started: float  # of perf_counter: since when there is work for it

    @classmethod
    def of(cls, output: str | None, format: str | None, settings: Config) -> Target:
        """What `--output` and `--format` name: speech.wav unless they do.

        Raises:
            UnknownName, InvalidInput, MissingExtra: no such format, or it contradicts the ending.
            OutputFailed: nothing can be written there.
        """
        from kouji.audio.writer import check_writable, format_of

        usual = settings.format
        if output == "-":
            return cls(None, format_of(Path("stdout"), format or usual), perf_counter())
        path = Path(output if output is not None else f"speech.{(format or usual).lower()}")
        kind = format_of(path, format or ("" if path.suffix else usual))
        check_writable(path)
        return cls(path, kind, perf_counter())

    def write(self, stream: Stream, settings: Config, loudness: float | None) -> float:
        """Tell what there is to tell of a sound, then write it, marked as the settings say.

        Args:
            stream: the sound.
            settings: of the house.
            loudness: LUFS that it is brought to; None leaves it as it is.

        Returns:
            Seconds of sound.
        """
        from kouji.audio.writer import Writer
        from kouji.policy import provenance

        for notice in stream.notices:
            typer.echo(f"note:  {notice.message}", err=True)
        seal = provenance.sealer(settings, self.format, stream.tags)
        if settings.c2pa == "on" and seal is None:
            typer.echo(f"note:  This {self.format} file gets no C2PA manifest.", err=True)
        n_samples = 0
        with Writer(self.path or sys.stdout.buffer, stream.sample_rate, self.format, stream.tags, seal) as sound:
            for samples in _samples(stream, loudness):
                sound.add(samples)
                n_samples += len(samples)
        return n_samples / stream.sample_rate

    def tell(self, stream: Stream, duration: float) -> None:
        """One line about a file that is there: how long, who speaks, and how long that took."""
        if self.path:
            made = stream.metadata
            who = f"{made['voice']} ({made['language']})" if "language" in made else made["voice"]
            took = perf_counter() - self.started
            typer.echo(f"{self.path}: {duration:.2f} s, {who}, made in {took:.2f} s", err=True)


def _samples(stream: Stream, loudness: float | None) -> Iterator[np.ndarray]:
    """The samples as they come; or all at once, as loud as is wanted."""
    if loudness is None:
        yield from (chunk.samples for chunk in stream)
        return
    from kouji.audio.join import collect
    from kouji.audio.loudness import brought_to

    samples, _ = collect(stream)
    yield brought_to(samples, stream.sample_rate, loudness)
