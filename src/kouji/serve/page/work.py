"""The page's hands on jobs: a script handed in, what has become of it, and its sound.

The lines are read by `kouji.jobs.script`, as for `kouji batch`; the records, the queue and the worker are the server's.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from kouji import config
from kouji.casting import Library
from kouji.errors import InvalidInput, SpeechError, UnknownName
from kouji.jobs import Callback, Item, Job, Line, Order, Output, batch, callbacks, script
from kouji.jobs.callbacks import Delivery
from kouji.jobs.job import LOUDNESS
from kouji.jobs.script import CLIPS, FaultyScript
from kouji.store import open_blobs
from kouji.types import Request

from ..job_orders import MOST_LINES
from ..jobs import MOST_TOLD

if TYPE_CHECKING:
    from ..desk import Desk as JobDesk
    from ..service import Service


@dataclass(frozen=True)
class Asked:
    """What holds for all lines of a script."""

    engine: str
    preset: str = ""
    voice: str = ""
    format: str = "wav"
    is_levelled: bool = True  # to the loudness that jobs have
    callback: str = ""  # URL
    owner: str = ""  # who hands it in


class Check:
    """How far the check of a script is; written by the thread that checks."""

    n_checked = 0
    n_lines = 0


class Work:
    """Jobs, as the page sees them. Everything here may wait for the records: call it in a thread."""

    def __init__(self, service: Service, desk: JobDesk) -> None:
        self._service, self._desk = service, desk
        self._settings = service.settings

    @property
    def tells(self) -> bool:
        """Whether callbacks are possible."""
        return bool(self._settings.callback_secret)

    def hand_in(self, path: Path, asked: Asked, check: Check) -> Job:
        """Keep a script to be said. Every line is checked first.

        Raises:
            FaultyScript: with all lines that cannot be said.
            InvalidInput: it is no script, or too long.
            StoreFailed: it cannot be kept.
        """
        try:
            order = self._order(path, asked, check)
        except SpeechError as error:  # the path is of this machine, the name is the visitor's
            error.message = error.message.replace(str(path), path.name)
            raise
        if order.callback:
            callbacks.check(order.callback, self._settings)
        job = self._desk.ledger.submit(order)
        self._go_on(job)
        return job

    def _order(self, path: Path, asked: Asked, check: Check) -> Order:
        rows, faults = script.read(path, Request("", asked.voice or self._settings.voice))
        if len(rows) + len(faults) > MOST_LINES:
            raise InvalidInput(f"The file has {len(rows) + len(faults)} lines.", f"Give at most {MOST_LINES} at once.")
        for row in rows:
            self._service.check_length(row.line.request.text)
            if used := [name for name in CLIPS if name in row.line.request.controls]:
                raise InvalidInput(f"A script on the page has no {used[0]}.", "Register the voice, and give its name.")

        def told(n_checked: int, n_lines: int) -> None:
            check.n_checked, check.n_lines = n_checked, n_lines

        session = self._service.host(asked.engine, asked.preset).session()
        faults += batch.faults_of(rows, session, told)
        if faults:
            raise FaultyScript(path.name, faults)
        place = config.results_url(self._settings)
        return Order(
            "batch", [Line(row.line.name, row.line.request) for row in rows],
            Output(place, False, asked.format, LOUDNESS if asked.is_levelled else None),
            asked.engine, asked.preset or self._settings.preset, self._settings.lexicon,
            callback=Callback(asked.callback) if asked.callback else None, owner=asked.owner[:200],
        )  # fmt: skip

    def newest(self, limit: int, owner: str | None) -> list[Job]:
        """The newest first, whichever door they came by; all, where no owner is named. Asking makes no database."""
        return self._desk.ledger.newest(limit=limit, owner=owner) if Library(self._settings).exists else []

    def get(self, id: str, owner: str | None) -> Job:
        """One job; that of somebody else is as good as none. Raises UnknownName."""
        return self._desk.ledger.get(id, owner)

    def items(self, id: str, limit: int | None = None) -> list[Item]:
        """Its lines, or the first of them."""
        return list(self._desk.ledger.items(id, limit=limit))

    def cancel(self, id: str, owner: str | None) -> Job:
        """Stop a job; what is made stays. Raises UnknownName."""
        return self._desk.ledger.cancel(self.get(id, owner).id)

    def resume(self, id: str, owner: str | None) -> Job:
        """Take up what was cancelled, failed or given up. Raises UnknownName."""
        job = self._desk.ledger.resume(self.get(id, owner).id)
        self._go_on(job)
        return job

    def _go_on(self, job: Job) -> None:
        self._desk.queue.put(job.id, min(job.n_items, MOST_TOLD))
        self._desk.start()

    def deliveries(self, id: str) -> list[tuple[str, Delivery]]:
        """(event, try) of every callback that was tried, the newest first."""
        kinds = {event.seq: event.kind for event in self._desk.ledger.events(id, limit=100_000)}
        found = callbacks.deliveries_of(self._desk.ledger.records, id)
        return [(kinds.get(each.seq, ""), each) for each in reversed(found)]

    def sound(self, id: str, position: int, owner: str | None) -> tuple[str, bytes]:
        """(name of the file, its bytes) of a line that is done. Raises UnknownName."""
        job = self.get(id, owner)
        item = next(self._desk.ledger.items(id, position - 1, 1), None)
        if item is None or item.position != position or item.state != "done":
            raise UnknownName("take", f"{id}/{position}", ["the lines that are done"])
        return file_of(item, job), _read(job, item)

    def zipped(self, job: Job, out: Path) -> int:
        """Write what is done into a zip, with `results.jsonl`; returns how many files. Raises StoreFailed."""
        items = self.items(job.id)
        done = [item for item in items if item.state == "done"]
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as sounds:
            for item in done:
                sounds.writestr(file_of(item, job), _read(job, item))
            sounds.writestr(batch.RESULTS, batch.results(job, ((item, file_of(item, job)) for item in items)))
        return len(done)


def is_elsewhere(job: Job) -> bool:
    """Whether the sound lies in a folder that somebody named, as `kouji batch` does; the page reads none of those."""
    return job.output.named


def folder_of(job: Job) -> str:
    """The folder of such a job, as text."""
    return unquote(urlsplit(job.output.place).path)


def file_of(item: Item, job: Job) -> str:
    """The name of a line's file in the zip: its number first, since names over HTTP may be anything."""
    name = "".join(letter if letter.isalnum() or letter in "_- " else "-" for letter in item.name).strip()[:60]
    return f"{item.position + 1:04}-{name}.{job.output.format}"


def _read(job: Job, item: Item) -> bytes:
    if is_elsewhere(job):
        raise UnknownName("take", item.name, [f"the files in {folder_of(job)}"])
    return open_blobs(job.output.place).open(item.file)
