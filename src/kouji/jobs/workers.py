"""One worker in this process, or several in processes of their own."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.process import BaseProcess
from typing import Any

from kouji import config
from kouji.errors import StoreFailed
from kouji.store import open_records
from kouji.store.queue import open_queue

from .callbacks import Postman
from .leases import LEASE, Leases
from .runner import Runner

_LOOK = 0.2  # seconds between two looks at the processes


def work(settings: config.Config, job: str = "", drain: bool = False, lease: float = LEASE) -> None:
    """One worker, here, until it is stopped or has no more to do. (Arguments as of `Runner.work`.)"""
    records, over = open_records(config.database_url(settings)), threading.Event()
    postman = threading.Thread(target=Postman(records, settings).work, args=(over,), daemon=True)
    postman.start()
    try:
        runner = Runner(records, settings, Leases(records, lease))
        with _stopped_by_signals(runner.stopping):
            if job or drain:
                runner.work(job, drain)
            else:
                open_queue(settings.queue).work(runner.work_on, runner.missed, runner.stopping)
    finally:
        over.set()
        postman.join()
        records.close()


@contextmanager
def _stopped_by_signals(stopping: threading.Event) -> Iterator[None]:
    """Ctrl-C sets the event too: the exception alone is lost where it is raised within a callback of C code.

    libsndfile has such callbacks, for sound that is written to memory.
    """
    before: dict[int, Any] = {}
    told = threading.Event()

    def stop(number: int, frame: object) -> None:
        told.set()
        stopping.set()
        raise KeyboardInterrupt

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if callable(signal.getsignal(number)):
                before[number] = signal.signal(number, stop)
    try:
        yield
        if told.is_set():
            raise KeyboardInterrupt
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def work_together(
    n_workers: int, settings: config.Config, job: str = "", drain: bool = False, lease: float = LEASE,
    look: Callable[[], None] = lambda: None,
) -> None:  # fmt: skip
    """Several workers until all are through; one that dies is replaced. `look` is called now and then.

    Raises:
        StoreFailed: they die faster than they work.
    """
    context = multiprocessing.get_context("spawn")  # a fork would share the connections and the engine's threads
    settings = replace(settings, sources={})

    def started() -> BaseProcess:
        process = context.Process(target=_child, args=(settings, job, drain, lease), daemon=True)
        process.start()
        return process

    processes, n_died = [started() for _ in range(n_workers)], 0
    try:
        while processes:
            processes[0].join(_LOOK)
            look()
            for process in [process for process in processes if not process.is_alive()]:
                processes.remove(process)
                if process.exitcode:
                    n_died += 1
                    if n_died > 5 * n_workers:
                        raise StoreFailed("The workers end before they are through.", "See what they printed.")
                    processes.append(started())
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def _child(settings: config.Config, job: str, drain: bool, lease: float) -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the line at hand is given back
    try:
        work(settings, job, drain, lease)
    except KeyboardInterrupt:
        pass
