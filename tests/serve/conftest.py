"""A real server on a free port, once for all tests that need no other settings."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
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
    tls = str(settings.get("tls_certificate", "")), str(settings.get("tls_key", ""))
    server = uvicorn.Server(uvicorn_config(app, "127.0.0.1", free_port(), "error", tls=tls))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    found = Running(f"{'https' if tls[0] else 'http'}://127.0.0.1:{server.config.port}", app)
    try:
        for _ in range(600):
            try:
                if httpx.get(f"{found.url}/ready", verify=False).status_code == 200:
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


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of 127.0.0.1, signed by itself; and its key."""
    x509 = pytest.importorskip("cryptography.x509", reason="pip install 'kouji[dev]'")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(address, False).add_extension(x509.BasicConstraints(True, None), True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tls")
    files = folder / "certificate.pem", folder / "key.pem"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))  # fmt: skip
    return files
