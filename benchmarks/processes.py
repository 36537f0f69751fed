"""`kouji serve` as a process of its own, and what the system says of it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Served:
    """A server that can be killed and started again at the same address."""

    options: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the process that runs now."""
        assert self.process is not None
        return self.process.pid

    def start(self, until: str = "/ready") -> None:
        """Start, and wait until a path answers 200."""
        command = [sys.executable, "-m", "kouji", "serve", "--port", str(self.port), "--log-level", "warning"]
        self.process = subprocess.Popen([*command, *self.options], env={**os.environ, **self.environment})
        while True:
            try:
                if httpx.get(f"{self.url}{until}", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                assert self.process.poll() is None, "The server has ended."
            time.sleep(0.05)

    def kill(self) -> None:
        """As a power cut would: nothing is said, nothing is put in order."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """As its owner would; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait()


@contextmanager
def served(*options: str, **environment: str) -> Iterator[Served]:
    """A server with a home of its own, ready, and stopped at the end."""
    with TemporaryDirectory() as home:
        server = Served(list(options), {"KOUJI_HOME": home, **environment})
        server.start()
        try:
            yield server
        finally:
            server.stop()


def processor_seconds(pid: int) -> float:
    """Processor time of all threads of a process so far."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        total += int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0])
    return total / 1e9


def resident_mb(pid: int) -> float:
    """Megabytes of memory that a process holds now."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    return 0.0


def n_open_files(pid: int) -> int:
    """Files and sockets that a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def n_threads(pid: int) -> int:
    """Threads of a process."""
    return len(os.listdir(f"/proc/{pid}/task"))
