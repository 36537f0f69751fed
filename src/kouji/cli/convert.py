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
    output: options.Output = None,
    voice: options.Voice = None,
    reference: options.Reference = None,
    reference_text: options.ReferenceText = None,
    seed: options.Seed = 0,
    volume: options.Volume = None,
    denoise: options.Denoise = None,
    watermark: options.Watermark = None,
    label: options.Label = "",
    marks: options.Marks = True,
    loudness: options.Loudness = None,
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
    from kouji.types import Request

    settings = options.settings_of(context)
    wanted, target = options.loudness_of(loudness), Target.of(output, format, settings)
    controls = options.given(reference_audio=reference, reference_text=reference_text, volume=volume, denoise=denoise)
    who = options.voice_of(context, settings, controls)
    request = Request("", who, "", seed, controls, watermark, label, marks)
    stream = Session(engines.card(settings.engine), settings).start_conversion(request, source)
    target.tell(stream, target.write(stream, settings, wanted))
