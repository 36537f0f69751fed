"""`kouji models`: the weights of other systems, downloaded, adopted, converted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from . import options

app = typer.Typer(help="The weights of the engines that need a download.")

_Name = Annotated[str, typer.Argument(help="Engine, see `kouji models list`.")]


@app.command("list")
def list_models(models: options.Models = None, json: options.Json = False) -> None:
    """List the engines that need files, and whether they are here."""
    from kouji.engines import cards, folders

    place = _place(models)
    rows = [(card.id, state, str(place / card.id)) for card, state in folders.installed(cards(), place)]
    if json:
        options.print_json([dict(zip(("engine", "state", "folder"), row, strict=True)) for row in rows])
    else:
        options.print_table([("engine", "state", "folder"), *rows])


@app.command()
def pull(
    name: _Name,
    source: Annotated[Path | None, typer.Option("--from", help="Use the files of this folder; copies nothing.")] = None,
    hub: Annotated[str, typer.Option("--hub", help="huggingface or modelscope.")] = "huggingface",
    endpoint: Annotated[str, typer.Option("--endpoint", help="Address of a mirror of the hub.")] = "",
    models: options.Models = None,
) -> None:
    """Download an engine's weights, or adopt a folder that has them. Every file is checked by its SHA-256."""
    from kouji.engines import card, folders, hubs

    chosen, place = card(name), _place(models)
    if not chosen.files:
        typer.echo(f"{name} needs no files.")
        return
    if source:
        folder = folders.adopt(chosen, place, source)
    else:
        folder = hubs.pull(chosen, place, hub, endpoint.rstrip("/"), _tell if sys.stderr.isatty() else None)
    typer.echo(f"{name}: ready in {folder}")
    for licence in chosen.licences:
        if not licence.terms.is_free:
            typer.echo(f"note:  {licence.part}: {licence.name}, see `kouji licences`.", err=True)


@app.command()
def convert(
    name: _Name,
    to: Annotated[str, typer.Option("--to", help="onnx: runs without torch.")] = "onnx",
    int8: Annotated[bool, typer.Option("--int8", help="Eight-bit weights where they cost little.")] = False,
    models: options.Models = None,
) -> None:
    """Make the files from which an engine runs without torch, beside its weights. Needs `kouji[torch]`, once."""
    from kouji import engines
    from kouji.errors import UnknownName

    if to != "onnx":
        raise UnknownName("format of models", to, ["onnx"])
    folder = engines.convert(engines.card(name), _place(models), int8)
    typer.echo(f"{name}: {folder}")


def _place(models: str | None) -> Path:
    from kouji import config

    return config.models_folder(config.load(models=models))


def _tell(path: str, here: int, whole: int) -> None:
    typer.echo(f"\r{path}: {here / 1e6:.0f} of {whole / 1e6:.0f} MB", err=True, nl=here >= whole)
