"""`kouji say`: text in, a sound file out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .source import text_of
from .target import Target

if TYPE_CHECKING:
    from kouji.speak import Progress

LONG = 4  # utterances from which on progress is worth a line


def say(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="What to say; - or nothing reads stdin.")] = None,
    file: options.File = None,
    output: options.Output = None,
    voice: options.Voice = None,
    language: options.Language = None,
    seed: options.Seed = 0,
    speed: Annotated[float | None, typer.Option("--speed", help="2 is twice as fast.")] = None,
    duration: options.Duration = None,
    duration_ratio: options.DurationRatio = None,
    n_tokens: options.NTokens = None,
    pitch: Annotated[float | None, typer.Option("--pitch", help="Semitones up or down.")] = None,
    volume: options.Volume = None,
    denoise: options.Denoise = None,
    normalize: options.Normalize = None,
    pronounce: options.Pronounce = None,
    emotion: Annotated[str | None, typer.Option("--emotion", help="happy, angry, sad, afraid, … or neutral.")] = None,
    intensity: Annotated[float | None, typer.Option("--intensity", help="Of the emotion, 0 to 1.")] = None,
    emotion_text: Annotated[str | None, typer.Option("--emotion-text", help="How to say it, in words.")] = None,
    emotion_reference: Annotated[
        str | None, typer.Option("--emotion-reference", help="A clip to take the manner of.")
    ] = None,
    emotion_reference_text: Annotated[
        str | None, typer.Option("--emotion-reference-text", help="What is said in that clip.")
    ] = None,
    reference: options.Reference = None,
    reference_text: options.ReferenceText = None,
    control: options.Controls = None,
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
    from kouji import engines
    from kouji.control.written import assigned
    from kouji.speak import Session
    from kouji.types import Request

    settings = options.settings_of(context)
    wanted, target = options.loudness_of(loudness), Target.of(output, format, settings)
    controls = options.given(
        speed=speed, duration=duration, duration_ratio=duration_ratio, n_tokens=n_tokens, pitch=pitch, volume=volume,
        denoise=denoise, emotion=emotion, intensity=intensity, emotion_text=emotion_text,
        emotion_reference=emotion_reference, emotion_reference_text=emotion_reference_text,
        reference_audio=reference, reference_text=reference_text, normalize=normalize,
        pronunciation=options.words(pronounce),
    )  # fmt: skip
    controls |= assigned(control or (), controls)
    who = options.voice_of(context, settings, controls)
    request = Request(text_of(text, file), who, settings.language, seed, controls, watermark, label, marks)
    session = Session(engines.card(settings.engine), settings)
    with _progress() as progress:
        stream = session.start(request, progress)
        duration = target.write(stream, settings, wanted)
    target.tell(stream, duration)


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
