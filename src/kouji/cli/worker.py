"""`kouji worker`: makes what others have asked for."""

from __future__ import annotations

from typing import Annotated

import typer

from . import options


def worker(
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, max=64, help="Processes that speak.")] = 1,
    job: Annotated[str, typer.Option("--job", help="Work on this job alone, then end.")] = "",
    drain: Annotated[bool, typer.Option("--drain", help="End when no job is open any more.")] = False,
    lease: Annotated[
        float, typer.Option("--lease", min=1, max=3600, help="Seconds after which others take over a line.")
    ] = 30.0,
    threads: options.Threads = None,
    models: options.Models = None,
) -> None:
    """Work on the jobs in the database of the settings, until it is stopped. Any number may, on any machine."""
    from kouji import config
    from kouji.jobs import workers as crew

    settings = config.load(threads=threads, models=models)
    if workers == 1:
        crew.work(settings, job, drain, lease)
    else:
        crew.work_together(workers, settings, job, drain, lease)
