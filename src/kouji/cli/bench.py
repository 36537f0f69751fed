"""`kouji bench`: what an engine costs on this machine, at its official size, with weights by rule."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from . import options


def bench(
    name: Annotated[str | None, typer.Argument(help="Whose cost; none: list what there is.")] = None,
    work: Annotated[
        Path | None, typer.Option("--work", help="Folder where the weights by rule are kept; else in the home folder.")
    ] = None,
    threads: Annotated[str, typer.Option("--threads", help="Processor threads, parted by commas.")] = "1,2",
    seconds: Annotated[float | None, typer.Option("--seconds", help="Of speech.")] = None,
    presets: Annotated[str, typer.Option("--presets", help="Parted by commas; else the usual ones.")] = "",
    json: options.Json = False,
) -> None:
    """Measure an engine: seconds by stage and in all, first sound, memory; each preset in a process of its own.

    Weights are made by rule, in the official size, so that nothing has to be downloaded; what they say is noise.
    """
    from kouji import config
    from kouji.errors import InvalidInput, UnknownName

    scripts = _scripts()
    if name is None:
        typer.echo("\n".join(scripts))
        return
    if name not in scripts:
        raise UnknownName("benchmark", name, list(scripts))
    counts = [count.strip() for count in threads.split(",")]
    if not all(count.isdecimal() and 1 <= int(count) <= 64 for count in counts):
        raise InvalidInput(f"threads = {threads!r} is not possible.", "Give numbers of 1 to 64, parted by commas.")
    if seconds is not None and not 0.5 <= seconds <= 30:
        raise InvalidInput(f"seconds = {seconds} is not possible.", "Give 0.5 to 30.")
    folder = work or config.home_folder(config.load()) / "bench" / name
    typer.echo(f"note:  the weights by rule are kept in {folder}", err=True)
    command = [sys.executable, str(scripts[name]), str(folder)]
    if seconds is not None:
        command += ["--seconds", str(seconds)]
    if presets:
        command += ["--presets", presets]
    if json:
        command.append("--json")
    for count in counts:
        ran = subprocess.run([*command, "--threads", count], env=os.environ | {"PYTHONUNBUFFERED": "1"})
        if ran.returncode:
            raise typer.Exit(ran.returncode)


def _scripts() -> dict[str, Path]:
    """Name -> the benchmark of an engine, from the checkout that this package lies in.

    Raises:
        InvalidInput: it lies in none: the lists of tensors, from which weights are made, are part of the tests.
    """
    import kouji
    from kouji.errors import InvalidInput

    package = Path(kouji.__file__).parent
    folder = package.parent.parent / "benchmarks"
    found = {path.stem: path for path in sorted(folder.glob("*.py")) if (package / "engines" / path.stem).is_dir()}
    if not found:
        raise InvalidInput(
            "kouji bench needs the source checkout: the lists of tensors are not in the installed package.",
            "Clone the repository, install it with `pip install --editable '.[torch]'`, and run it there.",
        )
    return found
