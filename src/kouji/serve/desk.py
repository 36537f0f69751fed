"""The jobs of a server: its ledger, and the worker that it brings along where no queue has others."""

from __future__ import annotations

import threading
from functools import cached_property

from kouji import config
from kouji.casting import Library
from kouji.jobs import Ledger, Runner
from kouji.jobs.callbacks import Postman
from kouji.jobs.job import OPEN
from kouji.store import Records, open_blobs, open_records
from kouji.store.queue import TableQueue, open_queue


class Desk:
    """Where jobs are handed in and looked at."""

    def __init__(self, settings: config.Config) -> None:
        """Nothing is opened yet.

        Raises:
            InvalidInput, MissingExtra: the settings name a queue or a store that nobody speaks to.
        """
        self.settings = settings
        self.queue = open_queue(settings.queue)
        open_blobs(config.results_url(settings))
        self._lock, self._over = threading.Lock(), threading.Event()
        self._threads: list[threading.Thread] = []

    @cached_property
    def ledger(self) -> Ledger:
        """Opened when it is first needed."""
        return Ledger(self._records)

    @cached_property
    def _records(self) -> Records:
        return open_records(config.database_url(self.settings))

    def start(self) -> None:
        """Have the work done that is there. May be called again."""
        with self._lock:
            if self._threads or self._over.is_set() or not isinstance(self.queue, TableQueue):
                return
            runner = Runner(self._records, self.settings)
            runner.stopping = self._over
            postman = Postman(self._records, self.settings)
            self._threads = [
                threading.Thread(target=self.queue.work, args=(runner.work_on, runner.missed, self._over), daemon=True),
                threading.Thread(target=postman.work, args=(self._over,), daemon=True),
            ]
            for thread in self._threads:
                thread.start()

    def resume(self) -> None:
        """Go on with what an earlier server left, if there is anything."""
        if not Library(self.settings).exists:
            return
        self.ledger.tidy()
        if any(self.ledger.newest(state, 1) for state in OPEN):
            self.start()

    def close(self) -> None:
        """Stop: lines that are being made are given back."""
        self._over.set()
        with self._lock:
            for thread in self._threads:
                thread.join()
        if "_records" in self.__dict__:
            self._records.close()
