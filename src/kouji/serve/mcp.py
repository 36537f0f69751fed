"""Tools for agents, by the Model Context Protocol: over stdio (`kouji mcp`) and at `/mcp` of the server.

Sound goes where the agent can reach it, and only its address and what is known of it come back.
"""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from fastapi import FastAPI
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from starlette.requests import HTTPConnection
from starlette.routing import Route

import kouji
from kouji.audio.encoder import FORMATS
from kouji.errors import InvalidInput, OutputFailed, SpeechError, UnknownName
from kouji.jobs.job import STATES
from kouji.policy import Consent

from .auth import Client
from .clips import clip_of, sound_of
from .errors import problem_of, respond
from .jobs import owner_of, shown
from .orders import order_of
from .refusals import Refused
from .responses import credits_of, marking_of
from .schemas import MAX_SEED, SpeechDefaults
from .takes import Take, Takes
from .verify import checked
from .voices import registered, voices_of

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from .desk import Desk
    from .gate import Gate
    from .service import Service

Enter = Callable[[Mapping[str, str], str], Client]  # (headers, scope) -> who asks; raises NotAllowed
Keep = Callable[[Take, str, str], str]  # (sound, ending, host that was asked) -> where the agent finds it
Find = Callable[[str], bytes | None]  # where the agent finds a sound -> its bytes; None: that is none of ours
_AGENT = Client("mcp")
_INSTRUCTIONS = "Turn text into speech on this machine. Ask list_voices for who can speak, then synthesize."


def tools(
    service: Service, desk: Desk, keep: Keep, find: Find, enter: Enter = lambda headers, scope: _AGENT
) -> MCPServer[Any]:
    """The tools, over a service.

    Args:
        service: that speaks.
        desk: that knows the jobs.
        keep: puts a sound where the agent can reach it.
        find: the bytes of what `keep` has put there.
        enter: asks whether an agent may do what goes beyond speaking; may be slow.
    """
    server: MCPServer[Any] = MCPServer(
        "kouji", instructions=_INSTRUCTIONS, version=kouji.__version__, log_level="WARNING"
    )

    @server.tool()
    async def synthesize(
        context: Context[Any, Any],
        text: Annotated[str, Field(description="What to say, in Chinese, English, Japanese, Korean or Cantonese.")],
        voice: Annotated[str, Field(description="Who speaks, see list_voices; empty: whoever suits the text.")] = "",
        language: Annotated[str, Field(description="zh, en, ja, ko, yue; empty: found out.")] = "",
        speed: Annotated[float | None, Field(ge=0.25, le=4, description="2 is twice as fast.")] = None,
        seed: Annotated[int, Field(ge=0, le=MAX_SEED, description="Another seed is another take.")] = 0,
        format: Annotated[
            Literal["wav", "mp3", "opus", "flac", "aac", "m4a"], Field(description="Of the file.")
        ] = "wav",
    ) -> dict[str, Any]:
        """Say a text; returns the address of the sound, its length in seconds, and who spoke."""
        body = SpeechDefaults(
            voice=voice or None, language=language or None, speed=speed, seed=seed, response_format=format
        )
        try:
            spoken = await service.say(await order_of(service, _AGENT, body, text))
            data = await spoken.whole()
            host = (context.headers or {}).get("host", "")
            uri = keep(Take(data, FORMATS[format].media_type), format, host)
        except SpeechError as error:
            raise ToolError(str(error)) from error
        return {
            "uri": uri, "format": format, "sample_rate": spoken.opening.sample_rate,
            "duration": round(spoken.duration, 3), "voice": spoken.voice, "language": spoken.language, "seed": seed,
            "warnings": [notice.message for notice in spoken.notices], "marking": marking_of(spoken),
            **credits_of(spoken),
        }  # fmt: skip

    @server.tool()
    async def list_voices(
        language: Annotated[str, Field(description="Only those that grew up with it.")] = "",
    ) -> list[dict[str, Any]]:
        """Who can speak, with the language each grew up with; every voice speaks all languages of its engine."""
        return [row for row in voices_of(service) if language in ("", row["language"])]

    @server.tool()
    async def verify_audio(
        audio: Annotated[str, Field(description="A data: URL, a web address, or the uri of synthesize.")],
    ) -> dict[str, Any]:
        """Whether a sound says that a machine made it, and every mark that is found in it."""
        try:
            data = find(audio) or await sound_of(audio, "audio")
            return await asyncio.to_thread(checked, data, "audio")
        except SpeechError as error:
            raise ToolError(str(error)) from error

    @server.tool()
    async def clone_voice(
        context: Context[Any, Any],
        name: Annotated[str, Field(max_length=200, description="To speak by.")],
        audio: Annotated[str, Field(description="3 to 30 seconds of one person: a data URL or an https URL.")],
        consent: Annotated[str, Field(description="What this person agreed to, in their words. Never make it up.")],
        person: Annotated[str, Field(description="Who consents; empty: whose name the voice has.")] = "",
        language: Annotated[str, Field(description="zh, en, ja, ko, yue; empty: not told.")] = "",
    ) -> dict[str, Any]:
        """Keep the voice of a person who has consented, for synthesize to speak with."""
        try:
            await asyncio.to_thread(enter, context.headers or {}, "voices")
            clip = await clip_of(audio, "audio", service.host().card, "voice.reference")
            agreed = Consent(person or name, consent)
            return await registered(service, name, [clip], agreed, {"language": language}, "audio")
        except SpeechError as error:
            raise ToolError(str(error)) from error

    @server.tool()
    async def list_jobs(
        context: Context[Any, Any],
        state: Annotated[str, Field(description=f"One of {', '.join(STATES)}; empty: all.")] = "",
        limit: Annotated[int, Field(ge=1, le=100, description="The newest so many.")] = 20,
    ) -> list[dict[str, Any]]:
        """Work that outlives its request: what stands in the queue, is being made, or is over."""
        try:
            if state not in ("", *STATES):
                raise UnknownName("state", state, STATES)
            client = await asyncio.to_thread(enter, context.headers or {}, "jobs")
            found = await asyncio.to_thread(lambda: desk.ledger.newest(state, limit, owner_of(client)))
        except SpeechError as error:
            raise ToolError(str(error)) from error
        return [shown(job) for job in found]

    @server.resource("kouji://licences", mime_type="application/json")
    async def licences() -> str:
        """What is licensed how, with the credits that must be passed on."""
        from kouji.engines.licences import licences as found

        return json.dumps(found(service.settings), ensure_ascii=False)

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

    server = tools(service, app.state.desk, keep, find, gate.enter)
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
