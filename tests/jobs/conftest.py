"""Jobs of the parrot, in a folder and a database of the test's own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from kouji import config
from kouji.jobs import Job, Leases, Ledger, Line, Order, Output, Runner
from kouji.store import Records, open_records
from kouji.types import Request

T = TypeVar("T")

Submit = Callable[..., Job]


@pytest.fixture
def ledger(records: Records) -> Ledger:
    """On each kind of database."""
    return Ledger(records)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Ledger]:
    """On SQLite alone, where the database is not what is tested."""
    opened = open_records(f"sqlite:///{tmp_path / 'small.db'}")
    yield Ledger(opened)
    opened.close()


def order(folder: Path, *texts: str, **more: object) -> Order:
    """Lines for the parrot, named a, b, c …"""
    lines = [Line(chr(97 + n) if n < 26 else f"l{n}", Request(text, language="en")) for n, text in enumerate(texts)]
    output = Output((folder / "out").as_uri(), loudness=None)
    return Order("batch", lines, output, "parrot", **more)  # type: ignore[arg-type]


def runner(ledger: Ledger, **leases: float) -> Runner:
    return Runner(ledger.records, config.Config(), Leases(ledger.records, **leases))  # type: ignore[arg-type]


def at_once(n: int, ask: Callable[[], T]) -> list[T]:
    """What comes of asking the same in n threads."""
    with ThreadPoolExecutor(n) as pool:
        return [future.result() for future in [pool.submit(ask) for _ in range(n)]]
