"""`kill -9` of the server in the middle of a job. (benchmarks/jobs.py does the same with five hundred lines.)"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

import kouji_postgres
import kouji_servers

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The benchmark itself."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import jobs

    monkeypatch.delitem(sys.modules, "jobs")
    assert Path(str(jobs.__file__)).parent == BENCHMARKS
    return jobs


def test_a_server_killed_in_the_middle_of_a_job_loses_nothing_and_makes_nothing_twice(
    jobs: ModuleType, tmp_path: Path
) -> None:
    found = jobs.killed(tmp_path, n_lines=24, n_kills=1, engine="parrot")
    assert (found.n_done, found.n_lost, found.n_twice, found.n_files) == (24, 0, 0, 24)
    assert found.n_again <= 1  # only what was at hand


@pytest.mark.full
def test_with_workers_beside_it_and_a_queue_that_is_restarted_neither(
    jobs: ModuleType, tmp_path: Path, postgres: str, redis: kouji_servers.Redis
) -> None:
    assert kouji_postgres.binaries()
    found = jobs.killed(tmp_path, n_lines=60, n_kills=2, engine="parrot", with_queue=True)
    assert (found.n_done, found.n_lost, found.n_twice, found.n_files) == (60, 0, 0, 60)
