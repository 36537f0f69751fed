"""Is anything lost, or made twice, when the server is killed in the middle of a job, again and again?

    python benchmarks/jobs.py [LINES] [KILLS] [--engine NAME] [--queue] [--seed N]

A batch job over HTTP; `kill -9` of the server at moments that nobody chose, and a start after each. By default the
server works itself, on SQLite. With --queue there are PostgreSQL, Redis and two `kouji worker` beside it; each time
one of them is killed with the server, and Redis is restarted once, with all that it held lost.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from processes import Served

sys.path.append(str(Path(__file__).parent.parent / "tests" / "plugins"))  # servers for tests, which do here as well

import kouji_postgres
import kouji_servers


@dataclass(frozen=True)
class Outcome:
    """What has become of a job."""

    n_lines: int
    n_kills: int
    n_done: int
    n_lost: int  # lines without a sound that can be fetched
    n_twice: int  # lines that were told to be finished more than once
    n_files: int  # in the store, drafts of the killed not counted
    n_again: int  # lines that were begun more than once: what was at hand when something was killed
    seconds: float

    @property
    def is_good(self) -> bool:
        """None lost, none twice."""
        return self.n_done == self.n_files == self.n_lines and not (self.n_lost or self.n_twice)


@dataclass
class House:
    """A server, and the workers beside it where there is a queue."""

    server: Served
    redis: kouji_servers.Redis | None
    workers: list[subprocess.Popen[bytes]]

    def hire(self) -> None:
        """Start a worker."""
        environment = {**os.environ, **self.server.environment}
        self.workers.append(subprocess.Popen([sys.executable, "-m", "kouji", "worker"], env=environment))

    def kill(self) -> None:
        """Kill the server, and a worker with it; start others."""
        self.server.kill()
        if self.workers:
            worker = self.workers.pop(0)
            worker.send_signal(signal.SIGKILL)
            worker.wait()
            self.hire()
        self.server.start("/health")


@contextmanager
def house(folder: Path, engine: str, with_queue: bool) -> Iterator[House]:
    """All of it, ready; gone at the end."""
    environment = {"KOUJI_HOME": str(folder / "home"), "KOUJI_RESULTS": (folder / "results").as_uri()}
    with ExitStack() as stack:
        redis = None
        if with_queue:
            programs = kouji_postgres.binaries()
            assert programs is not None, "PostgreSQL is not installed."
            environment["KOUJI_DATABASE"] = stack.enter_context(kouji_postgres.server(programs))
            redis = kouji_servers.Redis(folder)
            stack.callback(redis.stop)
            environment["KOUJI_QUEUE"] = redis.url
        found = House(Served(["--engine", engine, "--no-page"], environment), redis, [])
        found.server.start()
        stack.callback(found.server.stop)
        for _ in range(2 if redis else 0):
            found.hire()
        try:
            yield found
        finally:
            for worker in found.workers:
                worker.terminate()
            for worker in found.workers:
                worker.wait()


def state_of(url: str, job: str) -> dict[str, object]:
    """How far a job is."""
    found: dict[str, object] = httpx.get(f"{url}/v1/jobs/{job}", params={"limit": 0}, timeout=60).json()
    return found


def killed(folder: Path, n_lines: int, n_kills: int, engine: str, with_queue: bool = False, seed: int = 0) -> Outcome:
    """Do it."""
    rng, started = random.Random(seed), time.monotonic()
    with house(folder, engine, with_queue) as found:
        url = found.server.url
        items = [{"input": f"This is line number {n}.", "seed": n} for n in range(n_lines)]  # no two sound the same
        request = {"model": engine, "response_format": "wav", "items": items}
        body = {"type": "batch", "request": request, "output": {"loudness": None}}
        answer = httpx.post(f"{url}/v1/jobs", json=body, timeout=120)
        assert answer.status_code == 202, answer.text
        job = str(answer.json()["id"])
        for kill in range(n_kills):
            while int(str(state_of(url, job)["n_done"])) < n_lines * (kill + 1) / (n_kills + 1):
                time.sleep(0.02)
            time.sleep(rng.uniform(0.0, 0.2))
            found.kill()
            if found.redis and kill == n_kills // 2:
                found.redis.stop()
                found.redis.start()
        while state_of(url, job)["state"] in ("queued", "running"):
            time.sleep(0.1)
        return outcome(url, job, folder / "results", n_lines, n_kills, time.monotonic() - started)


def outcome(url: str, job: str, results: Path, n_lines: int, n_kills: int, seconds: float) -> Outcome:
    """Ask for everything that was to be made."""
    with httpx.Client(base_url=url, timeout=60) as client:
        told = client.get(f"/v1/jobs/{job}/events").text
        finished = Counter(line for line in told.splitlines() if line.startswith("data:") and '"event": "item"' in line)
        names = Counter(line.partition('"position": ')[2].partition(",")[0] for line in finished.elements())
        numbers = [int(line.removeprefix("id: ")) for line in told.splitlines() if line.startswith("id: ")]
        assert numbers == list(range(1, len(numbers) + 1)), "events are missing"
        n_lost = n_again = 0
        stored = {path.name for path in results.rglob("*") if path.is_file() and len(path.name) == 64}
        for start in range(-1, n_lines - 1, 100):
            for item in client.get(f"/v1/jobs/{job}", params={"after": start}).json()["items"]:
                data = client.get(item["url"]).content if item["url"] else b""
                n_lost += hashlib.sha256(data).hexdigest() not in stored
                n_again += item["attempts"] > 1
        n_done = client.get(f"/v1/jobs/{job}", params={"limit": 0}).json()["n_done"]
    n_twice = sum(n - 1 for n in names.values())
    return Outcome(n_lines, n_kills, n_done, n_lost, n_twice, len(stored), n_again, seconds)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("lines", type=int, nargs="?", default=500)
    parser.add_argument("kills", type=int, nargs="?", default=5)
    parser.add_argument("--engine", default="native")
    parser.add_argument("--queue", action="store_true", help="PostgreSQL, Redis, two workers")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = killed(Path(folder), options.lines, options.kills, options.engine, options.queue, options.seed)
    how = "PostgreSQL, two workers, Redis restarted" if options.queue else "SQLite, worked on by the server"
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{where}, {options.engine}, {how}\n")
    print("| lines | kills | done | lost | twice | files | begun again | seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    counts = found.n_lines, found.n_kills, found.n_done, found.n_lost, found.n_twice, found.n_files, found.n_again
    print("|", " | ".join(map(str, counts)), f"| {found.seconds:.0f} |")
    raise SystemExit(not found.is_good)


if __name__ == "__main__":
    main()
