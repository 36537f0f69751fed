"""From settings to a server that listens: HTTP, and where they are asked for Wyoming and GPT-SoVITS' own port."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from socket import socket
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from kouji import config, engines
from kouji.engines.folders import checked
from kouji.errors import InvalidInput

from .app import create_app, create_gptsovits_app
from .limits import MAX_HEAD
from .memory import keep_small

if TYPE_CHECKING:
    from fastapi import FastAPI

HEAD_TIME = 10.0  # seconds from the connection to the end of a request's head
MAX_MESSAGE = 1_000_000  # bytes of a WebSocket message
MAX_CONNECTIONS = 2000


class PatientProtocol(H11Protocol):
    """Uvicorn's own, with an end to its patience: who dribbles a request's head is hung up on.

    Uvicorn bounds the time between requests and the size of a head, but not the time in which the head comes: a
    thousand clients that send a byte a minute would hold a thousand connections.
    """

    _head: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for a head."""
        super().connection_made(transport)
        self._head = self.loop.call_later(HEAD_TIME, self._give_up)

    def data_received(self, data: bytes) -> None:
        """Wait for the next head from its first byte on."""
        if self._head is None and (self.cycle is None or self.cycle.response_complete):
            self._head = self.loop.call_later(HEAD_TIME, self._give_up)
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._done()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing to wait for."""
        self._done()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """The connection goes on as another protocol."""
        self._done()
        super().handle_websocket_upgrade(event)

    def _done(self) -> None:
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _give_up(self) -> None:
        self._head = None
        if not self.transport.is_closing():
            self.transport.close()


class _Main(uvicorn.Server):
    """Says farewell to whoever only listens, then waits for the answers that are being made."""

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """End."""
        for farewell in self.config.app.state.farewells:  # type: ignore[union-attr]
            farewell()
        await super().shutdown(sockets)


class _Beside(uvicorn.Server):
    """A second server in the loop of the first, which alone listens to signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


def run(settings: config.Config, log_level: str = "info", with_page: bool = True) -> None:
    """Serve until Ctrl-C or SIGTERM; with the web page, where it is installed.

    Raises:
        SpeechError: something that the settings name is not there, or a port is taken.
    """
    check_tls(settings)
    if settings.wyoming_name:
        from .announce import check_name

        check_name(settings.wyoming_name, settings.wyoming_port)
    for name in dict.fromkeys([settings.engine, *filter(None, map(str.strip, settings.preload.split(",")))]):
        card = engines.card(name)
        if card.files:
            checked(card, config.models_folder(settings))  # missing weights are told now, not with the first request
    for folder in filter(None, [settings.cache_dir]):
        Path(folder).mkdir(parents=True, exist_ok=True)
    keep_small()
    with contextlib.suppress(KeyboardInterrupt):  # uvicorn raises the signal again once all is answered
        asyncio.run(serve(settings, log_level, with_page))


async def serve(settings: config.Config, log_level: str = "info", with_page: bool = True) -> None:
    """The same within a loop."""
    app = create_app(settings, with_page)
    files = settings.tls_certificate, settings.tls_key
    main = _Main(uvicorn_config(app, settings.host, settings.port, log_level, tls=files))
    beside: list[asyncio.Task[None]] = []
    second: _Beside | None = None
    if settings.gptsovits_port:
        further = create_gptsovits_app(app)
        second = _Beside(uvicorn_config(further, settings.host, settings.gptsovits_port, log_level, "off", files))
        beside.append(asyncio.create_task(second.serve()))
    if settings.wyoming_port:
        from .wyoming import serve as wyoming

        beside.append(asyncio.create_task(wyoming(app.state.service, settings.host, settings.wyoming_port)))
        if settings.wyoming_name:
            from .announce import announce

            told = announce(settings.wyoming_name, settings.host, settings.wyoming_port)
            beside.append(asyncio.create_task(told))
    try:
        await main.serve()
    except SystemExit as error:  # uvicorn's way to say that the port is taken
        hint = "Choose another with --port."
        raise InvalidInput(f"{settings.host}:{settings.port} cannot be listened on.", hint) from error
    finally:
        if second is not None:
            second.should_exit = True
        for task in beside[1 if second is not None else 0 :]:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


def check_tls(settings: config.Config) -> None:
    """Raises InvalidInput where the settings name a certificate or key that cannot be used."""
    certificate, key = settings.tls_certificate, settings.tls_key
    if not certificate:
        if key:
            raise InvalidInput("There is a key for TLS and no certificate.", "Name it with --tls-certificate.")
        return
    try:
        # A password would be asked for at the terminal: an empty one is wrong instead.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key or None, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is one of the first
        names = " and ".join(filter(None, (certificate, key)))
        hint = "Give a certificate and its key as PEM, the key without a password."
        raise InvalidInput(f"TLS cannot be spoken with {names}: {error}.", hint) from error


def uvicorn_config(
    app: FastAPI, host: str, port: int, log_level: str = "info", lifespan: str = "on", tls: tuple[str, str] = ("", "")
) -> uvicorn.Config:
    """How uvicorn runs an app here; `tls`: files of certificate and key."""
    certificate, key = tls
    return uvicorn.Config(
        app, host=host, port=port, log_level=log_level, lifespan=lifespan,  # type: ignore[arg-type]
        http=PatientProtocol, ws="websockets-sansio", ws_max_size=MAX_MESSAGE, h11_max_incomplete_event_size=MAX_HEAD,
        limit_concurrency=MAX_CONNECTIONS, timeout_keep_alive=15, timeout_graceful_shutdown=30, server_header=False,
        date_header=False, ssl_certfile=certificate or None, ssl_keyfile=key or None,
    )  # fmt: skip
