"""`kouji say`: text in, a sound file out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .source import text_of

if TYPE_CHECKING:
    import numpy as np

    from kouji.speak import Progress, Stream

LONG = 4  # utterances from which on progress is worth a line


def say(
    text: Annotated[str | None, typer.Argument(help="What to say; - or nothing reads stdin.")] = None,
    file: options.File = None,
    output: Annotated[str | None, typer.Option("--output", "-o", help="Sound file; - is stdout.")] = None,
    voice: options.Voice = None,
    language: options.Language = None,
    seed: Annotated[int, typer.Option("--seed", help="Another seed is another take.")] = 0,
    speed: Annotated[float | None, typer.Option("--speed", help="2 is twice as fast.")] = None,
    duration: options.Duration = None,
    duration_ratio: options.DurationRatio = None,
    n_tokens: options.NTokens = None,
    pitch: Annotated[float | None, typer.Option("--pitch", help="Semitones up or down.")] = None,
    volume: Annotated[float | None, typer.Option("--volume", help="dB louder or softer.")] = None,
    denoise: Annotated[float | None, typer.Option("--denoise", help="Less noise: 0 is off, 1 is most.")] = None,
    emotion: Annotated[str | None, typer.Option("--emotion", help="happy, angry, sad, afraid, … or neutral.")] = None,
    intensity: Annotated[float | None, typer.Option("--intensity", help="Of the emotion, 0 to 1.")] = None,
    emotion_text: Annotated[str | None, typer.Option("--emotion-text", help="How to say it, in words.")] = None,
    emotion_reference: Annotated[
        str | None, typer.Option("--emotion-reference", help="A clip to take the manner of.")
    ] = None,
    emotion_reference_text: Annotated[
        str | None, typer.Option("--emotion-reference-text", help="What is said in that clip.")
    ] = None,
    reference: Annotated[str | None, typer.Option("--reference", help="A clip whose voice is taken.")] = None,
    reference_text: Annotated[str | None, typer.Option("--reference-text", help="What is said in it.")] = None,
    watermark: options.Watermark = None,
    label: options.Label = "",
    marks: options.Marks = True,
    loudness: options.Loudness = None,
    format: options.Format = None,
    engine: options.Engine = None,
    lexicon: options.Lexicon = None,
    threads: options.Threads = None,
    models: options.Models = None,
    preset: options.Preset = None,
    device: options.Device = None,
) -> None:
    """Say a text and write the sound to a file (speech.wav, unless -o names another)."""
    from kouji import config, engines
    from kouji.audio.writer import Writer, check_writable
    from kouji.policy import provenance
    from kouji.speak import Session
    from kouji.types import Request

    settings = config.load(
        engine=engine, voice=voice, language=language, format=format, threads=threads, lexicon=lexicon, models=models,
        preset=preset, device=device,
    )  # fmt: skip
    wanted = options.loudness_of(loudness)
    path, kind = target_of(output, format, settings.format)
    if path:
        check_writable(path)
    controls = options.given(
        speed=speed, duration=duration, duration_ratio=duration_ratio, n_tokens=n_tokens, pitch=pitch, volume=volume,
        denoise=denoise, emotion=emotion, intensity=intensity, emotion_text=emotion_text,
        emotion_reference=emotion_reference, emotion_reference_text=emotion_reference_text,
        reference_audio=reference, reference_text=reference_text,
    )  # fmt: skip
    who = settings.voice if reference is None else voice or ""  # a clip outweighs the settings, not a flag
    request = Request(text_of(text, file), who, settings.language, seed, controls, watermark, label, marks)
    session = Session(engines.card(settings.engine), settings)
    started, n_samples = perf_counter(), 0
    with _progress() as progress:
        stream = session.start(request, progress)
        for notice in stream.notices:
            typer.echo(f"note:  {notice.message}", err=True)
        seal = provenance.sealer(settings, kind, stream.tags)
        if settings.c2pa == "on" and seal is None:
            typer.echo(f"note:  This {kind} file gets no C2PA manifest.", err=True)
        with Writer(path or sys.stdout.buffer, stream.sample_rate, kind, stream.tags, seal) as sound:
            for samples in _sound(stream, wanted):
                sound.add(samples)
                n_samples += len(samples)
    if path:
        made, duration = stream.metadata, n_samples / stream.sample_rate
        said = f"{duration:.2f} s, {made['voice']} ({made['language']})"
        typer.echo(f"{path}: {said}, made in {perf_counter() - started:.2f} s", err=True)


def _sound(stream: Stream, loudness: float | None) -> Iterator[np.ndarray]:
    """The samples as they come; or all at once, as loud as is wanted."""
    if loudness is None:
        yield from (chunk.samples for chunk in stream)
        return
    from kouji.audio.join import collect
    from kouji.audio.loudness import brought_to

    samples, _ = collect(stream)
    yield brought_to(samples, stream.sample_rate, loudness)


def target_of(output: str | None, format: str | None, default_format: str) -> tuple[Path | None, str]:
    """The path (None: stdout) and the format."""
    from kouji.audio.writer import format_of

    if output == "-":
        return None, format_of(Path("stdout"), format or default_format)
    path = Path(output if output is not None else f"speech.{(format or default_format).lower()}")
    return path, format_of(path, format or ("" if path.suffix else default_format))


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A bar on a terminal once the work is long; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    bars: list[Any] = []  # rich takes 40 ms to load: not for a short sentence

    def show(n_said: int, n_all: int) -> None:
        if n_all < LONG:
            return
        if not bars:
            from rich.console import Console
            from rich.progress import Progress as Bars

            bars.append(Bars(console=Console(stderr=True), transient=True))
            bars[0].add_task("speaking", total=n_all)
            bars[0].start()
        bars[0].update(bars[0].task_ids[0], completed=n_said)

    try:
        yield show
    finally:
        for bar in bars:
            bar.stop()
