"""A script, and the folder that its sound goes to, as one job: the same command goes on where it was stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from kouji import __version__, config, engines
from kouji.errors import LicenceDenied, OutputFailed, SpeechError
from kouji.speak import Session
from kouji.types import Request

from . import script
from .job import Item, Job, Line, Order, Output
from .ledger import Ledger
from .places import Folder, open_place
from .script import CLIPS, Fault, FaultyScript, Row

RESULTS = "results.jsonl"
Progress = Callable[[int, int], None]  # (lines checked, lines in all)


def submit(
    ledger: Ledger, path: Path, output: Output, session: Session, settings: config.Config, defaults: Request,
    progress: Progress = lambda n_checked, n_all: None,
) -> Job:  # fmt: skip
    """The job of a script, new or as it was left. Every line is checked before the job exists.

    Lines that an earlier job has made in the same place and that have not changed are done already; files that were
    taken away or changed since are made again; an older job of another script in that place is cancelled.

    Raises:
        FaultyScript: with all lines that cannot be said.
        InvalidInput: it is no script.
        OutputFailed, StoreFailed: the place or the records cannot be used.
    """
    rows, faults = script.read(path, defaults)
    order = _order(rows, output, settings)
    job = ledger.by_key(order.key)
    if job is None or faults:
        faults += faults_of(rows, session, progress)
        if faults:
            raise FaultyScript(str(path), faults)
    _make_folder(Path(_folder(output)))
    for other in ledger.open_in(output.place):
        if other.key != order.key:
            ledger.cancel(other.id)
    job = ledger.submit(order)
    place = open_place(output)
    if gone := [item.position for item in ledger.items(job.id) if _is_gone(item, place.holds)]:
        ledger.redo(job.id, gone)
    return ledger.resume(job.id)


def write_results(ledger: Ledger, job: Job) -> list[Item]:
    """Write `results.jsonl` beside the sound: a line for each line. Returns those that are not done."""
    folder, items = Path(_folder(job.output)), list(ledger.items(job.id))
    place = Folder(folder, job.output.format)
    place.put(RESULTS, results(job, ((item, item.file) for item in items)))
    if job.is_over:
        place.sweep()
    return [item for item in items if item.state != "done"]


def results(job: Job, items: Iterable[tuple[Item, str]]) -> bytes:
    """The content of `results.jsonl` for lines and the names of their files."""
    credits = engines.credits(job.settings["engine"])
    rows = (
        {
            "id": item.name, "file": file if item.state == "done" else None,
            "duration": item.duration if item.state == "done" else None, "notices": list(item.notices),
            "error": dict(item.error) or None, "state": item.state, "attribution": credits or None,
        }
        for item, file in items
    )  # fmt: skip
    lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
    return lines.encode("utf-8", errors="backslashreplace")


def _order(rows: Iterable[Row], output: Output, settings: config.Config) -> Order:
    lines = _with_digests([row.line for row in rows])
    lexicon = str(Path(settings.lexicon).absolute()) if settings.lexicon else ""
    rules = settings.watermark, settings.marks, settings.label, settings.producer  # of the house, in every sound
    material = hashlib.sha256(repr((__version__, *rules)).encode())
    if lexicon:
        material.update(hashlib.sha256(_content(lexicon)).digest())
    parts = settings.engine, settings.preset, lexicon, material.hexdigest()
    order = Order("batch", lines, output, *parts)
    key = hashlib.sha256(f"{output.place}\n{order.fingerprint}".encode()).hexdigest()
    return Order("batch", lines, output, *parts, key=f"batch:{key}")


def _with_digests(lines: list[Line]) -> list[Line]:
    """Lines whose clips are told by path and content: another clip under the same name is another sound."""
    known: dict[str, dict[str, str]] = {}

    def told(path: str) -> dict[str, str]:
        if path not in known:
            known[path] = {"path": path, "sha256": hashlib.sha256(_content(path)).hexdigest()}
        return known[path]

    def with_digests(line: Line) -> Line:
        given = line.request.controls
        clips = {name: told(str(given[name])) for name in CLIPS if name in given}
        return replace(line, request=replace(line.request, controls={**given, **clips})) if clips else line

    return [with_digests(line) for line in lines]


def faults_of(rows: list[Row], session: Session, progress: Progress) -> list[Fault]:
    """What is wrong with lines that could be read: all that can be known before the sound."""
    faults = []
    for n_checked, row in enumerate(rows):
        progress(n_checked, len(rows))
        try:
            session.start(row.line.request)  # checks all that there is to check; the sound would come later
        except LicenceDenied:
            raise  # of the engine, not of the line
        except SpeechError as error:
            faults.append(Fault(row.number, str(error)))
    progress(len(rows), len(rows))
    return faults


def _is_gone(item: Item, holds: Callable[[str, str], bool]) -> bool:
    return item.state == "done" and not holds(item.file, item.sha256)


def _folder(output: Output) -> str:
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(output.place).path)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputFailed(f"The folder {folder} cannot be made: {error.strerror}.", "Choose another.") from error


def _content(file: str) -> bytes:
    """Of a clip or lexicon; what is missing is told when its line is checked."""
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""
