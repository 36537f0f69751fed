"""A real server on a free port, once for all tests that need no other settings."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

pytest.importorskip("fastapi", reason="pip install 'kouji[serve]'")

import uvicorn
from fastapi import FastAPI

from kouji import config
from kouji.serve.app import create_app
from kouji.serve.run import uvicorn_config
from kouji_servers import free_port


@dataclass(frozen=True)
class Running:
    """A server that listens."""

    url: str
    app: FastAPI

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextmanager
def running(make: Callable[[], FastAPI] | None = None, **settings: Any) -> Iterator[Running]:
    """A server in a thread, warm."""
    app = make() if make else create_app(config.load({}, **settings))
    server = uvicorn.Server(uvicorn_config(app, "127.0.0.1", free_port(), "error"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    found = Running(f"http://127.0.0.1:{server.config.port}", app)
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{found.url}/ready").status_code == 200:
                    break
            except httpx.TransportError:
                pass
            threading.Event().wait(0.05)
        yield found
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    """With the settings as they come."""
    with running() as found:
        yield found


@pytest.fixture
def http(server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client
