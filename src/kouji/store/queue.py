"""How workers hear that there is work. A queue carries the ids of jobs and nothing else; the rows are the truth.

    table:                      nobody tells: workers look at the rows
    redis://host:6379/0         Celery, pip install 'kouji[queue]'

What a queue loses is found by looking, so that it may be stopped, emptied or restarted at any time; what it tells twice
does no harm.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from kouji.errors import InvalidInput, MissingExtra

Handle = Callable[[str], None]  # works on a job until nothing of it can be begun
Missed = Callable[[], Sequence[str]]  # ids of jobs with work that somebody could begin now
POLL = 1.0  # seconds between two looks where nobody tells
_log = logging.getLogger(__name__)


class Queue(Protocol):
    """What submitters and workers know of it."""

    def put(self, job: str, n_workers: int = 1) -> None:
        """Tell up to so many workers of a job. Never raises: who looks finds it too."""
        ...

    def work(self, handle: Handle, missed: Missed, over: threading.Event) -> None:
        """Hand on ids, one after another, until `over`. An error of `handle` is logged, and the next one follows."""
        ...


def open_queue(url: str, poll: float = POLL) -> Queue:
    """The queue that a URL names.

    Args:
        url: see above.
        poll: seconds between two looks at what was missed.

    Raises:
        InvalidInput: no queue speaks that scheme.
        MissingExtra: its client is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme in ("table", "memory"):
        return TableQueue(poll)
    if scheme in ("redis", "rediss", "amqp", "amqps"):
        from importlib.util import find_spec

        if find_spec("celery") is None:
            raise MissingExtra("The queue", "queue")
        from .celery import CeleryQueue

        return CeleryQueue(url, poll)
    raise InvalidInput(f"No queue speaks {url!r}.", "Use table: or redis://HOST:6379/0.")


class TableQueue:
    """See `Queue`: nothing is told, everything is found."""

    def __init__(self, poll: float = POLL) -> None:
        self._poll = poll

    def put(self, job: str, n_workers: int = 1) -> None:
        """See `Queue`."""

    def work(self, handle: Handle, missed: Missed, over: threading.Event) -> None:
        """See `Queue`."""
        while not over.is_set():
            try:
                jobs = missed()
            except Exception as error:  # the records may answer again later
                _log.warning("%s", error)
                jobs = ()
            for job in jobs[:1]:  # then look again: what is urgent may have come in between
                handled(handle, job)
            if not jobs:
                over.wait(self._poll)


def handled(handle: Handle, job: str) -> None:
    """Hand one on; what goes wrong is logged."""
    try:
        handle(job)
    except Exception:
        _log.exception("The job %s could not be worked on.", job)
