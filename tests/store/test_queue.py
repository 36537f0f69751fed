"""How workers hear of jobs: by looking, and through a real Redis."""

import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

import kouji_servers
from kouji.errors import InvalidInput, MissingExtra
from kouji.store.queue import open_queue


@pytest.fixture(params=["table", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    """One of each kind."""
    if request.param == "table":
        return "table:"
    server: kouji_servers.Redis = request.getfixturevalue("redis")
    return server.url


class Rows:
    """Jobs that wait, as a table would hold them: a file each, which more than one process can see."""

    def __init__(self, folder: Path, *jobs: str) -> None:
        self._folder = folder
        for state in ("waiting", "handled"):
            (folder / state).mkdir()
        for job in jobs:
            self.add(job)

    def add(self, job: str) -> None:
        (self._folder / "waiting" / job).touch()

    @property
    def handled(self) -> list[str]:
        return sorted(path.name for path in (self._folder / "handled").iterdir())

    def missed(self) -> list[str]:
        return sorted(path.name for path in (self._folder / "waiting").iterdir())

    def handle(self, job: str) -> None:
        with suppress(FileNotFoundError):
            (self._folder / "waiting" / job).rename(self._folder / "handled" / job)
        if job == "broken":
            raise ZeroDivisionError


def _work(url: str, rows: Rows, over: Event) -> None:
    open_queue(url, poll=0.2).work(rows.handle, rows.missed, over)  # type: ignore[arg-type]  # it has the same verbs


@contextmanager
def worker(url: str, rows: Rows) -> Iterator[None]:
    context = multiprocessing.get_context("spawn")
    over = context.Event()
    process = context.Process(target=_work, args=(url, rows, over))
    process.start()
    try:
        yield
    finally:
        over.set()
        process.join(timeout=20)
        assert process.exitcode == 0


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_put_is_handled_and_an_error_stops_nobody(url: str, tmp_path: Path) -> None:
    rows, queue = Rows(tmp_path, "a", "broken", "b"), open_queue(url)
    for job in ("a", "broken", "b"):
        queue.put(job, n_workers=2)
    with worker(url, rows):
        until(lambda: rows.handled == ["a", "b", "broken"])


def test_what_nobody_told_is_found(url: str, tmp_path: Path) -> None:
    rows = Rows(tmp_path, "lost")
    with worker(url, rows):
        until(lambda: rows.handled == ["lost"])


def test_a_redis_that_is_restarted_empty_loses_nothing(redis: kouji_servers.Redis, tmp_path: Path) -> None:
    rows, queue = Rows(tmp_path, "before"), open_queue(redis.url)
    queue.put("before")
    with worker(redis.url, rows):
        until(lambda: rows.handled == ["before"])
        redis.stop()
        rows.add("between")
        queue.put("between")  # nobody hears it, and nobody raises
        redis.start()
        until(lambda: rows.handled == ["before", "between"], seconds=60)


@pytest.mark.parametrize("url", ["kafka://host", "", "host:6379"])
def test_what_is_no_queue_of_ours_is_told(url: str) -> None:
    with pytest.raises(InvalidInput, match="redis://"):
        open_queue(url)


def test_without_celery_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"kouji\[queue\]"):
        open_queue("redis://host:6379/0")
