"""`kouji verify`: every mark that is found in a sound file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from . import options


def verify(
    file: Annotated[str, typer.Argument(help="Sound file; - is stdin.")], json: options.Json = False
) -> None:
    """Tell whether a sound says that a machine made it: labels in its metadata, a signed manifest, a watermark."""
    from kouji.policy.verify import verify as look

    found = look(_content(file))
    if json:
        options.print_json(found)
        return
    if found["unchecked"]:
        typer.echo(f"note:  Not looked for: {', '.join(found['unchecked'])}.", err=True)
    typer.echo(f"{file}: {'made by a machine, it says' if found['ai_generated'] else 'no mark found'}")
    for kind, said in {**(found["metadata"] or {}), "c2pa": found["c2pa"], "watermark": found["watermark"]}.items():
        if said is not None:
            typer.echo(f"{kind}: {_line(said)}")


def _content(file: str) -> bytes:
    from kouji.errors import InvalidInput

    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}", "Give a sound file.") from error


def _line(said: Any) -> str:
    if not isinstance(said, dict):
        return str(said)
    return ", ".join(f"{name} {_plain(value)}" for name, value in said.items() if value not in ("", None))


def _plain(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
