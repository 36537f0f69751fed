"""`kouji convert`: a recording in, the same words with another voice out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options
from .target import Target


def convert(
    context: typer.Context,
    source: Annotated[Path, typer.Argument(help="The recording: wav, flac, mp3 or ogg.")],
    output: Annotated[str | None, typer.Option("--output", "-o", help="Sound file; - is stdout.")] = None,
    voice: options.Voice = None,
    reference: Annotated[str | None, typer.Option("--reference", help="A clip whose voice is taken.")] = None,
    reference_text: Annotated[str | None, typer.Option("--reference-text", help="What is said in it.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed is another take.")] = 0,
    watermark: options.Watermark = None,
    label: options.Label = "",
    marks: options.Marks = True,
    format: options.Format = None,
    engine: options.Engine = None,
    threads: options.Threads = None,
    models: options.Models = None,
    preset: options.Preset = None,
    device: options.Device = None,
) -> None:
    """Say a recording again with another voice: what is said stays, and when (speech.wav, unless -o names another)."""
    from kouji import engines
    from kouji.speak import Session

    settings = options.settings_of(context)
    target = Target.of(output, format, settings)
    asked = options.given(
        reference_audio=reference, reference_text=reference_text, watermark=watermark, label=label, marks=marks
    )
    who = settings.voice if reference is None else voice or ""  # a clip outweighs the settings, not a flag
    stream = Session(engines.card(settings.engine), settings).conversion(source, who, seed, **asked)
    target.tell(stream, target.write(stream, settings, None))
