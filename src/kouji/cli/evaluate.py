"""`kouji eval`: how good is it, beside people and beside espeak-ng?"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from . import options

if TYPE_CHECKING:
    from kouji.eval.listeners import Listener
    from kouji.eval.measure import Progress
    from kouji.eval.results import Results
    from kouji.eval.sets import TextSet
    from kouji.speak import Session


def evaluate(
    corpus: Annotated[Path | None, typer.Option("--corpus", help="Folder of recordings; else texts alone.")] = None,
    engine: Annotated[
        str, typer.Option("--engine", "-e", help="Engine; none: recordings and baseline only.")
    ] = "native",
    sets: Annotated[str, typer.Option("--set", help="Languages or sets, parted by commas: zh,en-arctic.")] = "",
    limit: Annotated[int | None, typer.Option("--limit", help="No more texts a set: a quick look.")] = None,
    baseline: Annotated[str, typer.Option("--baseline", help="espeak-ng or none.")] = "espeak-ng",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the report.")] = Path("report"),
    listener: Annotated[
        str, typer.Option("--listener", help="One more judge of words: faster-whisper[:MODEL] or funasr:MODEL.")
    ] = "",
    recogniser: Annotated[Path | None, typer.Option("--recogniser", help="A recogniser.onnx of your own.")] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Processes that listen.")] = 1,
    cost: Annotated[bool, typer.Option("--cost/--no-cost", help="Measure time and memory too.")] = True,
    json: options.Json = False,
) -> None:
    """Judge an engine: what is understood, how it sounds, whose voice it is, what it costs.

    The same texts are read by the engine, by the people of the corpus (recordings that no training has seen) and
    by espeak-ng. Writes report.json and index.html; what was measured once is remembered in the same folder.
    """
    import kouji
    from kouji.eval.recogniser import Recogniser
    from kouji.eval.report import check_folder
    from kouji.eval.sets import text_sets

    chosen = text_sets(corpus, [name.strip() for name in sets.split(",") if name.strip()], limit)
    session = None if engine == "none" else kouji.load(engine, threads=1)
    ears = _listener(listener)
    if recogniser is not None:
        Recogniser.load(recogniser)  # a wrong path is told now, not after an hour
    check_folder(output)
    judge(session, chosen, corpus, output, baseline, ears, workers, recogniser, cost, json)


def judge(
    session: Session | None,
    sets: Sequence[TextSet],
    corpus: Path | None,
    output: Path,
    baseline: str,
    listener: Listener | None = None,
    workers: int = 1,
    recogniser: Path | None = None,
    cost: bool = False,
    json: bool = False,
) -> None:
    """Evaluate, print the tables and write the report; see `evaluate` for what each is."""
    from kouji.eval.evaluate import evaluate as run
    from kouji.eval.measure import Judges
    from kouji.eval.memory import Memory
    from kouji.eval.report import as_data, write_report

    with _progress() as progress:
        judges = Judges(Memory(output / "measured.json"), listener, workers, recogniser, progress)
        results, readings = run(sets, judges, session, corpus, baseline, cost)
    page = write_report(output, results, readings)
    if json:
        options.print_json(as_data(results))
    else:
        _print(results)
    typer.echo(f"{page}", err=True)


def _listener(wanted: str) -> Listener | None:
    from kouji.errors import UnknownName
    from kouji.eval.listeners import FasterWhisper, FunASR

    name, _, model = wanted.partition(":")
    if not name:
        return None
    if name == "faster-whisper":
        return FasterWhisper(model or "small")
    if name == "funasr":
        return FunASR(model)
    raise UnknownName("listener", name, ["faster-whisper", "funasr"])


def _print(results: Results) -> None:
    """The tables: figures by set and system, then the bars."""
    from kouji.eval.bars import judge
    from kouji.eval.figures import FIGURES, shown

    columns = [name for name in FIGURES if any(name in row.figures for row in results.rows)]
    lines = [
        [row.set, row.system, str(row.n_clips), *(shown(name, row.get(name)) for name in columns)]
        for row in results.rows
    ]
    _table(["set", "who", "n", *(FIGURES[name].title for name in columns)], lines)
    for note in dict.fromkeys(f"{row.system}, {note}" for row in results.rows for note in row.notes):
        typer.echo(f"note:  {note}")
    if results.engine:
        marks = {True: "passed", False: "FAILED", None: "open"}
        typer.echo()
        _table(["bar", "asked", "figure", ""], [[v.bar, v.asked, v.figure, marks[v.passed]] for v in judge(results)])


def _table(heading: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE, pad_edge=False)
    for index, title in enumerate(heading):
        table.add_column(title, justify="left" if index < 2 or len(heading) == 4 else "right")
    for line in lines:
        table.add_row(*line)
    # A pipe or a file has no width of its own: nothing is cut there.
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 400)
    console.print(table)


@contextmanager
def _progress() -> Iterator[Progress]:
    """One line that says what is being done, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True), transient=True
    ) as shown:
        task = shown.add_task("", total=None)
        yield lambda what, done, total: shown.update(
            task, description=what, completed=done, total=total if total > 1 else None
        )
