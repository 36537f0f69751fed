"""What one request may take: bytes, and time to send them. Kept before anything reads the body."""

from __future__ import annotations

import asyncio
import re
import secrets
from time import monotonic
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from .errors import Problem, problem_of, respond

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from .metrics import Metrics

BODY_TIME = 20.0  # seconds for a whole body; a megabyte a second is slow, and more than that is no client but a siege
MAX_HEAD = 32_768  # bytes of a request's head
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Limits:
    """ASGI middleware: bounds the body, names the request, counts the answer."""

    def __init__(self, app: ASGIApp, max_body: int, metrics: Metrics, body_time: float = BODY_TIME) -> None:
        self.app, self._max_body, self._metrics, self._body_time = app, max_body, metrics, body_time

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        given = headers.get(b"x-request-id", b"").decode("latin-1")
        request_id = given if _ID.fullmatch(given) else secrets.token_hex(8)
        begun = False

        async def answer(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                route = scope.get("route")
                self._metrics.answered(getattr(route, "path", "(none)"), message["status"])
            await send(message)

        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > self._max_body:
            await respond(self._too_large(), scope["path"])(scope, receive, answer)
            return
        # Uvicorn bounds a head that comes in pieces; one that is there at once gets past it.
        if sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEAD:
            problem = problem_of(HTTPException(431, f"Send at most {MAX_HEAD // 1024} kB of headers."))
            await respond(problem, scope["path"])(scope, receive, answer)
            return
        body = _Body(receive, self._max_body, self._body_time)
        try:
            await self.app(scope, body, answer)
        except HTTPException as error:  # from what is mounted beside FastAPI, which answers its own
            if begun:
                raise
            await respond(problem_of(error), scope["path"])(scope, receive, answer)

    def _too_large(self) -> Problem:
        return problem_of(_too_much(self._max_body))


def _too_much(max_body: int) -> HTTPException:
    return HTTPException(413, f"Send at most {max_body // 1_000_000} MB in one request.")


class _Body:
    """`receive`, counted and timed until the body is whole."""

    def __init__(self, receive: Receive, max_body: int, seconds: float) -> None:
        self._receive, self._max_body, self._seconds = receive, max_body, seconds
        self._left, self._until = max_body, monotonic() + seconds
        self._is_whole = False

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), max(0.0, self._until - monotonic()))
        except TimeoutError:
            raise HTTPException(408, f"The body did not come within {self._seconds:g} s.") from None
        if message["type"] == "http.request":
            self._left -= len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
            if self._left < 0:
                raise _too_much(self._max_body)
        return message
