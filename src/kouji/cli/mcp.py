"""`kouji mcp`: tools for an agent that starts us as its own process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options
from .serve import check_installed


def mcp(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the sounds.")] = Path("speech"),
    engine: options.Engine = None,
    voice: options.Voice = None,
    threads: options.Threads = None,
    lexicon: options.Lexicon = None,
) -> None:
    """Offer speech to an agent over stdin and stdout, by the Model Context Protocol."""
    check_installed()
    check_installed("mcp", ("mcp",))
    from kouji.serve.agents import Tools
    from kouji.serve.desk import Desk
    from kouji.serve.mcp import file_of, in_folder, server_of
    from kouji.serve.service import Service

    service = Service(options.settings_of(context))
    desk = Desk(service.settings)
    server_of(Tools(service, desk, in_folder(output), file_of)).run("stdio")
    desk.close()
    service.close()
