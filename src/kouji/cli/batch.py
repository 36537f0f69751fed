"""`kouji batch`: a script of thousands of lines in, a folder of sound files out."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from . import options


def batch(
    context: typer.Context,
    script: Annotated[Path, typer.Argument(help="A .csv, .tsv or .jsonl file: a line and its controls in a row.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the sound files.")],
    voice: options.Voice = None,
    language: options.Language = None,
    seed: Annotated[int, typer.Option("--seed", help="Of lines that do not say.")] = 0,
    control: options.Controls = None,
    watermark: options.Watermark = None,
    label: options.Label = "",
    marks: options.Marks = True,
    loudness: options.Loudness = "-16",
    workers: Annotated[int, typer.Option("--workers", "-w", min=1, max=64, help="Processes that speak.")] = 1,
    format: options.Format = None,
    engine: options.Engine = None,
    lexicon: options.Lexicon = None,
    threads: options.Threads = None,
    models: options.Models = None,
    preset: options.Preset = None,
) -> None:
    """Say every line of a script; what is made already stays. The same command goes on after a stop of any kind."""
    from kouji import config, engines
    from kouji.audio.writer import format_of
    from kouji.control.written import assigned
    from kouji.errors import OutputFailed
    from kouji.jobs import Ledger, Output
    from kouji.jobs import batch as jobs
    from kouji.jobs import workers as crew
    from kouji.speak import Session
    from kouji.store import open_records
    from kouji.types import Request

    settings = options.settings_of(context)
    kind = format_of(Path("sound"), settings.format)
    target = Output(output.absolute().as_uri(), True, kind, options.loudness_of(loudness))
    session = Session(engines.card(settings.engine), settings)
    records = open_records(config.database_url(settings))
    try:
        ledger = Ledger(records)
        with _bar("checking") as show:
            controls = assigned(control or (), {})
            who = options.voice_of(context, settings, controls)
            defaults = Request("", who, settings.language, seed, controls, watermark, label, marks)
            job = jobs.submit(ledger, script, target, session, settings, defaults, show)
        if job.n_done:
            typer.echo(f"{output}: {job.n_done} of {job.n_items} lines are there already", err=True)
        try:
            with _bar("speaking") as show, _watching(lambda: ledger.get(job.id), show):
                if not job.is_over and workers == 1:
                    crew.work(settings, job.id)
                elif not job.is_over:
                    crew.work_together(min(workers, job.n_items), settings, job.id)
        finally:
            job = ledger.get(job.id)
            lacking = jobs.write_results(ledger, job)
    finally:
        records.close()
    for item in lacking:
        typer.echo(f"note:  {item.name}: {item.error.get('message', 'not made yet')}", err=True)
    if lacking:
        hint = f"See {output / jobs.RESULTS}; the same command tries them again."
        raise OutputFailed(f"{len(lacking)} of {job.n_items} lines are not there.", hint)
    typer.echo(f"{output}: {job.n_items} lines, {jobs.RESULTS}", err=True)


@contextmanager
def _watching(look: Callable[[], Any], show: Callable[[int, int], None]) -> Iterator[None]:
    """Show the progress of a job while something else works on it."""
    if not sys.stderr.isatty():
        yield
        return
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.3):
            job = look()
            show(job.n_done + job.n_failed + job.n_dead, job.n_items)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda n_done, n_all: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda n_done, n_all: bars.update(task, completed=n_done, total=n_all)
