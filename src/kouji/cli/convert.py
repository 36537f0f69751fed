"""`kouji convert`: a recording in, the same words with another voice out."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from . import options
from .say import target_of


def convert(
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
    from kouji import config, engines
    from kouji.audio.writer import Writer, check_writable
    from kouji.policy import provenance
    from kouji.speak import Session

    settings = config.load(
        engine=engine, voice=voice, format=format, threads=threads, models=models, preset=preset, device=device
    )
    path, kind = target_of(output, format, settings.format)
    if path:
        check_writable(path)
    asked = options.given(
        reference_audio=reference, reference_text=reference_text, watermark=watermark, label=label, marks=marks
    )
    who = settings.voice if reference is None else voice or ""  # a clip outweighs the settings, not a flag
    session, started, n_samples = Session(engines.card(settings.engine), settings), perf_counter(), 0
    stream = session.conversion(source, who, seed, **asked)
    for notice in stream.notices:
        typer.echo(f"note:  {notice.message}", err=True)
    seal = provenance.sealer(settings, kind, stream.tags)
    if settings.c2pa == "on" and seal is None:
        typer.echo(f"note:  This {kind} file gets no C2PA manifest.", err=True)
    with Writer(path or sys.stdout.buffer, stream.sample_rate, kind, stream.tags, seal) as sound:
        for chunk in stream:
            sound.add(chunk.samples)
            n_samples += len(chunk.samples)
    if path:
        said = f"{n_samples / stream.sample_rate:.2f} s, {stream.metadata['voice']}"
        typer.echo(f"{path}: {said}, made in {perf_counter() - started:.2f} s", err=True)
