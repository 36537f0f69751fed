"""`kouji plan`: how long a text takes, and where a wanted length would come from, before anything is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import options
from .source import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kouji.control import DurationPlan


def plan(
    context: typer.Context,
    text: Annotated[str | None, typer.Argument(help="What is to be said; - or nothing reads stdin.")] = None,
    file: options.File = None,
    duration: options.Duration = None,
    duration_ratio: options.DurationRatio = None,
    n_tokens: options.NTokens = None,
    speed: Annotated[float | None, typer.Option("--speed", help="2 is twice as fast.")] = None,
    normalize: options.Normalize = None,
    pronounce: options.Pronounce = None,
    control: options.Controls = None,
    voice: options.Voice = None,
    language: options.Language = None,
    engine: options.Engine = None,
    lexicon: options.Lexicon = None,
    json: options.Json = False,
) -> None:
    """Show how long a text takes and what lengths are feasible; with a wanted length, where it would come from."""
    from kouji import engines
    from kouji.control.written import assigned
    from kouji.speak import Session

    settings = options.settings_of(context)
    controls: dict[str, Any] = options.given(
        speed=speed, duration=duration, duration_ratio=duration_ratio, n_tokens=n_tokens, normalize=normalize,
        pronunciation=options.words(pronounce),
    )  # fmt: skip
    controls |= assigned(control or (), controls)
    found = Session(engines.card(settings.engine), settings).plan(text_of(text, file), **controls)
    if json:
        options.print_json(found.plain())
        return
    for notice in found.notices:
        typer.echo(f"note:  {notice.message}", err=True)
    _show(found)


def _show(found: DurationPlan) -> None:
    """The whole in a sentence, then a row for each utterance."""
    low, high = found.feasible
    aim = "" if found.target is None else f", wanted {found.target:.2f} s"
    typer.echo(f"natural {found.natural:.2f} s{aim}; feasible {low:.2f} to {high:.2f} s")
    kinds = [kind for kind, seconds in found.taken.items() if kind != "stretch" or abs(seconds) >= 0.0005]
    rows = [("natural", "wanted", "pause", *kinds, "text")]
    for row in found.utterances:
        wanted = "-" if row.target is None else f"{row.target:.2f}"
        pause = row.pause if row.pause_target is None else row.pause_target
        rows.append((f"{row.natural:.2f}", wanted, f"{pause:.2f}", *_changes(row.taken, kinds), row.text))
    options.print_table(rows)


def _changes(taken: Mapping[str, float], kinds: list[str]) -> list[str]:
    return [f"{taken[kind]:+.2f}" if kind in taken else "-" for kind in kinds]
