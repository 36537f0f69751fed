"""The `kouji` command: finds the command that was asked for, and tells errors the way people can use.

Exit codes: 0 done, 1 a defect of ours, 2 something the user can mend, 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import typer

from kouji.errors import LicenceDenied, SpeechError

# Command -> the module that defines it, as a function of the name or as a typer app of several commands.
COMMANDS = {
    "say": "kouji.cli.say:say",
    "plan": "kouji.cli.plan:plan",
    "convert": "kouji.cli.convert:convert",
    "voices": "kouji.cli.voices:app",
    "engines": "kouji.cli.lists:engines",
    "licences": "kouji.cli.licences:app",
    "verify": "kouji.cli.verify:verify",
    "models": "kouji.cli.models:app",
    "phonemize": "kouji.cli.phonemize:phonemize",
    "lexicon": "kouji.cli.lexicon:app",
    "config": "kouji.cli.settings:config",
    "serve": "kouji.cli.serve:serve",
    "mcp": "kouji.cli.mcp:mcp",
    "batch": "kouji.cli.batch:batch",
    "worker": "kouji.cli.worker:worker",
    "eval": "kouji.cli.evaluate:evaluate",
    "bench": "kouji.cli.bench:bench",
    "train": "kouji.cli.train:app",
}

STOPPED = 130  # what typer returns after Ctrl-C
_UsageError: type[Any] = typer.BadParameter.__mro__[1]  # typer carries its own click and does not name this one


def run() -> None:
    """Entry point of the installed script."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: drafts are taken away
    # Threads are the engines' business (--threads). Those of numpy's arithmetic, which is small here, gain nothing on
    # an idle machine and wait for one another on a busy one: a minute instead of a second was seen.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; returns the exit code.

    What the licence gate lacks is asked for at a terminal; nothing has been done before it, so the command begins anew.
    """
    for stream in (sys.stdout, sys.stderr):
        # What a console cannot show (a lone surrogate) becomes \udc80, which JSON reads back as the same.
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        code = _answered(arguments)
        sys.stdout.flush()
    except SpeechError as error:
        return _failed(2, error.message, error.hint)
    except _UsageError as error:
        return _failed(2, error.format_message(), _usage(error))
    except KeyboardInterrupt:
        code = STOPPED
    except (BrokenPipeError, SystemExit):  # `kouji … | head`; typer turns the first into the second
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        import traceback

        traceback.print_exc()
        hint = "This is a defect of kouji; please report the lines above."
        return _failed(1, f"{type(error).__name__}: {error}", hint)
    if code == STOPPED:
        return _failed(STOPPED, "Stopped.")
    return code if isinstance(code, int) else 0


def _answered(arguments: Sequence[str] | None) -> Any:
    while True:
        try:
            return typer.main.get_command(app()).main(arguments, "kouji", standalone_mode=False)
        except LicenceDenied as denied:
            from .licences import asked

            if not asked(denied):
                raise


def app() -> typer.Typer:
    """All commands that are present."""
    house = typer.Typer(name="kouji", add_completion=False, rich_markup_mode=None)
    house.callback()(_house)
    for name, address in COMMANDS.items():
        module, attribute = address.split(":")
        if find_spec(module) is None:
            continue
        command = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            house.add_typer(command, name=name)
        else:
            house.command(name)(command)
    return house


def _print_version(wanted: bool) -> None:
    if wanted:
        from kouji import __version__

        typer.echo(__version__)
        raise typer.Exit


_Version = Annotated[
    bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
]


def _house(version: _Version = False) -> None:
    """Local-first speech: text in, sound out, nothing leaves the machine."""


def _failed(code: int, message: str, hint: str = "") -> int:
    typer.echo(f"error: {message}", err=True)
    if hint:
        typer.echo(f"hint:  {hint}", err=True)
    return code


def _usage(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"See `{context.command_path if context else 'kouji'} --help`."
