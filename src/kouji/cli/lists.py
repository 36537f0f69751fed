"""`kouji engines`: what is here, from the engines' cards."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from . import options

if TYPE_CHECKING:
    from kouji.engines.contract import Card


def engines(
    name: Annotated[str | None, typer.Argument(help="Show all about one engine.")] = None, json: options.Json = False
) -> None:
    """List the engines, or show the card of one."""
    from kouji.engines import card, cards

    chosen = [card(name)] if name else list(cards())
    if json:
        options.print_json(_plain(chosen[0]) if name else [_plain(each) for each in chosen])
    elif name:
        _show(chosen[0])
    else:
        heads = ("id", "languages", "voices", "controls", "what")
        rows = [
            (each.id, " ".join(each.languages), str(len(each.voices)), " ".join(each.controls) or "-", each.summary)
            for each in chosen
        ]
        options.print_table([heads, *rows])


def _plain(card: Card) -> dict[str, object]:
    return {key: value for key, value in asdict(card).items() if key not in ("factory", "converter")}


def _show(card: Card) -> None:
    typer.echo(f"{card.id}: {card.summary}")
    typer.echo(f"sample rate  {card.sample_rate} Hz")
    typer.echo(f"languages    {' '.join(card.languages)}")
    if len(card.devices) > 1:
        typer.echo(f"devices      {' '.join(card.devices)}")
    for licence in card.licences:
        limits = "" if licence.terms.is_free else f" ({', '.join(licence.terms.uses)} use)"
        typer.echo(f"licence      {licence.part}: {licence.name}{limits} {licence.credits}".rstrip())
    for voice in card.voices:
        typer.echo(f"voice        {voice.id}: {voice.name}, {voice.language}, {voice.gender}, {voice.licence}")
    for name, control in card.controls.items():
        limits = "" if control.low is None else f" ({control.low} to {control.high})"
        typer.echo(f"control      {name}: {control.meaning}{limits}")
    if card.named:
        typer.echo(f"voices       by name: {card.named.hint}")
    for preset in card.presets:
        typer.echo(f"preset       {preset.name}: {preset.summary}")
    for file in card.files:
        size = f"{file.size / 1e6:.1f} MB, " if file.size else ""
        known = f": {size}sha256 {file.sha256[:12]}…" if file.sha256 else ""
        typer.echo(f"file         {file.path}{known}{' (optional)' if file.optional else ''}")
    for hub, repository in card.hubs.items():
        typer.echo(f"hub          {hub}: {repository}")
