"""`kouji phonemize`: what will be said, before it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .source import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping


def phonemize(
    text: Annotated[str | None, typer.Argument(help="What to show; - or nothing reads stdin.")] = None,
    file: options.File = None,
    language: options.Language = None,
    lexicon: options.Lexicon = None,
    normalize: options.Normalize = None,
    pronounce: options.Pronounce = None,
    json: options.Json = False,
) -> None:
    """Show how each line of a text is normalised and pronounced; with --json one object per line. SSML is one text."""
    from kouji import config
    from kouji.control import wording
    from kouji.text import Lexicon, analyse_line, is_ssml

    settings = config.load(language=language, lexicon=lexicon)
    asked = wording.plain(options.given(normalize=normalize, pronunciation=options.words(pronounce)))
    words = wording.lexicon_of(asked, Lexicon.read(settings.lexicon) if settings.lexicon else None)
    whole = text_of(text, file)
    for line in [whole] if is_ssml(whole) else whole.splitlines() or [""]:
        found = analyse_line(line, settings.language or None, words, "normalize" in asked)
        if json:
            options.print_json(found)
        else:
            _show(found)


def _show(found: Mapping[str, Any]) -> None:
    """The normalised line, then a row per unit; what is said differently from its reading stands behind an arrow."""
    typer.echo(found["normalized"])
    for unit in found["units"]:
        reading, said = unit["reading"], unit["said"]
        arrow = reading if reading == said else f"{reading} → {said}"
        typer.echo("  " + "\t".join((unit["text"], unit["language"], arrow, " ".join(unit["phonemes"]))))
