"""Options that several commands share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kouji.config import Config

Engine = Annotated[str | None, typer.Option("--engine", "-e", help="Engine, see `kouji engines`.")]
Voice = Annotated[str | None, typer.Option("--voice", "-v", help="Voice, see `kouji voices`.")]
Language = Annotated[str | None, typer.Option("--language", "-l", help="zh, en, ja, ko, yue; else found out.")]
Format = Annotated[str | None, typer.Option("--format", help="wav, flac, mp3, ogg or m4a; else by the file's ending.")]
Threads = Annotated[int | None, typer.Option("--threads", help="Processor threads.")]
Device = Annotated[str | None, typer.Option("--device", help="cpu, cuda, tensorrt or mps, where the engine can.")]
Lexicon = Annotated[str | None, typer.Option("--lexicon", help="File of own pronunciations.")]
Models = Annotated[str | None, typer.Option("--models", help="Folder of downloaded models; else from the settings.")]
Preset = Annotated[str | None, typer.Option("--preset", help="One of the engine's presets, see `kouji engines NAME`.")]
File = Annotated[str | None, typer.Option("--file", "-f", help="Read the text from a UTF-8 file; - is stdin.")]
Duration = Annotated[float | None, typer.Option("--duration", help="Exact length in seconds.")]
DurationRatio = Annotated[
    float | None, typer.Option("--duration-ratio", help="Exact length, as times the natural one: 0.5 to 2.")
]
NTokens = Annotated[int | None, typer.Option("--n-tokens", help="Length in the engine's own tokens.")]
Seed = Annotated[int, typer.Option("--seed", help="Another seed is another take.")]
Volume = Annotated[float | None, typer.Option("--volume", help="dB louder or softer.")]
Denoise = Annotated[float | None, typer.Option("--denoise", help="Less noise: 0 is off, 1 is most.")]
Reference = Annotated[str | None, typer.Option("--reference", help="A clip whose voice is taken.")]
ReferenceText = Annotated[str | None, typer.Option("--reference-text", help="What is said in it.")]
Output = Annotated[str | None, typer.Option("--output", "-o", help="Sound file; - is stdout.")]
Normalize = Annotated[
    str | None, typer.Option("--normalize", help="off: said as it is written; numbers and signs are refused.")
]
Pronounce = Annotated[
    list[str] | None, typer.Option("--pronounce", help="WORD=HOW, such as 重庆='chong2 qing4'; several times.")
]
Loudness = Annotated[str | None, typer.Option("--loudness", help="LUFS to bring the sound to, -40 to -5; or off.")]
Watermark = Annotated[
    bool | None, typer.Option("--watermark/--no-watermark", help="Whether the sound is marked.", show_default=False)
]
Label = Annotated[str, typer.Option("--label", help="Says that a machine speaks: start, end, both, tone.")]
Marks = Annotated[bool, typer.Option("--marks/--no-marks", help="The file says that a machine made it.")]
Controls = Annotated[
    list[str] | None,
    typer.Option("--control", help="NAME=VALUE of one engine: refine=true, sampling.top_k=5, see its page."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


# Options whose values are settings. watermark, label and marks are not: those say what one request asks for.
_SETTINGS = ("engine", "voice", "language", "format", "threads", "lexicon", "models", "preset", "device")


def settings_of(context: typer.Context, names: Iterable[str] = _SETTINGS) -> Config:
    """The settings as those options of a command line change them that are named. (Raises as `config.load` does.)"""
    from kouji import config

    return config.load(**{name: context.params.get(name) for name in names})


def voice_of(context: typer.Context, settings: Config, controls: Mapping[str, object]) -> str:
    """Whose name is meant: of the flag, or of the settings, which a clip outweighs."""
    from kouji.engines.contract import SPEAKERS

    named = context.params.get("voice") or ""
    return named if any(name in controls for name in SPEAKERS) else settings.voice


def loudness_of(word: str | None) -> float | None:
    """The target in LUFS; None where the sound stays as it is. Raises InvalidInput."""
    from kouji.audio.loudness import checked

    if word is None or word.strip().lower() == "off":
        return None
    try:
        return checked(float(word))
    except ValueError:
        return checked(word)


def words(pronounce: list[str] | None) -> dict[str, str] | None:
    """Words and how they are said, from WORD=HOW. Raises InvalidInput."""
    from kouji.errors import InvalidInput

    if not pronounce:
        return None
    for each in pronounce:
        if not all(part.strip() for part in each.partition("=")):
            raise InvalidInput(f"--pronounce {each!r} cannot be understood.", "Give WORD=HOW: 重庆='chong2 qing4'.")
    pairs = (each.partition("=") for each in pronounce)
    return {word.strip(): how.strip() for word, _, how in pairs}


def given(**controls: object) -> dict[str, object]:
    """Those controls that were named on the command line."""
    return {name: value for name, value in controls.items() if value is not None}


def print_json(what: Any) -> None:
    """One line of JSON for a program to read."""
    import json

    typer.echo(json.dumps(what, ensure_ascii=False))


def print_table(rows: list[tuple[str, ...]]) -> None:
    """Rows in columns, the first being the heading."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
