"""The Model Context Protocol: over stdio (`kouji mcp`) and at `/mcp` of the server. What it offers: `agents.py`."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from fastapi import FastAPI
from mcp.server.mcpserver import MCPServer
from starlette.requests import HTTPConnection
from starlette.routing import Route

import kouji
from kouji.errors import InvalidInput, OutputFailed

from .agents import Keep, Tools
from .errors import problem_of, respond
from .refusals import Refused
from .takes import Take, Takes

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .gate import Gate
    from .service import Service

_INSTRUCTIONS = "Turn text into speech on this machine. Ask list_voices for who can speak, then synthesize."


def server_of(tools: Tools) -> MCPServer[Any]:
    """The tools, for an agent to call."""
    server: MCPServer[Any] = MCPServer(
        "kouji", instructions=_INSTRUCTIONS, version=kouji.__version__, log_level="WARNING"
    )
    for tool in (tools.synthesize, tools.list_voices, tools.verify_audio, tools.clone_voice, tools.list_jobs):
        server.add_tool(tool)
    server.resource("kouji://licences", mime_type="application/json")(tools.licences)
    return server


def mount(app: FastAPI) -> Callable[[], Any]:
    """Put the tools at `/mcp` of an app; returns what must run while the app lives."""
    service: Service = app.state.service
    takes: Takes = app.state.takes
    gate: Gate = app.state.gate

    def keep(take: Take, ending: str, host: str) -> str:
        return f"http://{host}/takes/{takes.keep(take, ending)}"

    def find(uri: str) -> bytes | None:
        name = uri.rpartition("/takes/")[2]
        return takes.get(name).data if "/takes/" in uri else None

    server = server_of(Tools(service, app.state.desk, keep, find, gate.enter))
    inner = server.streamable_http_app(stateless_http=True, json_response=True, host=service.settings.host)
    app.router.routes.append(Route("/mcp", _Guarded(inner), methods=["GET", "POST", "DELETE"]))

    @asynccontextmanager
    async def alive() -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return alive


class _Guarded:
    """The tools behind the same gate as every other route."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        gate: Gate = scope["app"].state.gate
        try:
            await gate.client(HTTPConnection(scope), "speech")
        except Refused as refused:
            await respond(problem_of(refused), scope["path"])(scope, receive, send)
            return
        await self._inner(scope, receive, send)


def file_of(uri: str) -> bytes | None:
    """The bytes of a file: URI, for an agent on this machine, which could read it itself."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    try:
        return Path(unquote(parts.path)).read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{uri} cannot be read: {error}", "Give a sound file.") from error


def in_folder(folder: Path) -> Keep:
    """Keep sounds as files; their address is a file: URI.

    Raises (when something is kept):
        OutputFailed: the folder cannot be written.
    """

    def keep(take: Take, ending: str, host: str) -> str:
        assert re.fullmatch(r"\w+", ending)
        path = (folder / f"speech-{secrets.token_hex(4)}.{ending}").absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(take.data)
        except OSError as error:
            raise OutputFailed(f"{path} cannot be written: {error.strerror}.", "Choose another --output.") from error
        return path.as_uri()

    return keep
