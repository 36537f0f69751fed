"""At the door of each route: the key, its scope, and how often its owner may come."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from .auth import Client, Keys, check_scope
from .refusals import NotAllowed, TooManyRequests

if TYPE_CHECKING:
    from .service import Service

_REMEMBERED = 10_000  # clients whose buckets are kept


class Buckets:
    """A token bucket per client: `limit` requests a minute on average, as many at once."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # name -> (tokens, when)

    def take(self, name: str, limit: int) -> None:
        """One request. Raises TooManyRequests where the bucket is empty."""
        now = monotonic()
        tokens, when = self._buckets.pop(name, (float(limit), now))
        tokens = min(float(limit), tokens + (now - when) * limit / 60)
        self._buckets[name] = (tokens - 1, now) if tokens >= 1 else (tokens, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if tokens < 1:
            raise TooManyRequests(f"That is more than {limit} requests a minute.", math.ceil((1 - tokens) * 60 / limit))


class Gate:
    """What every route asks before anything else."""

    def __init__(self, service: Service, keys: Keys) -> None:
        self._keys = keys
        self._limit = service.settings.rate_limit
        self._buckets = Buckets()

    async def client(self, connection: HTTPConnection, scope: str, token: str | None = None) -> Client:
        """Who knocks.

        Args:
            connection: with the key in its head.
            scope: of the door.
            token: the key, where it came later.

        Raises:
            NotAllowed: no key, a wrong one, or one that does not open this door.
            TooManyRequests: too often.
        """
        address = connection.client.host if connection.client else "unknown"
        token = token or token_of(connection)
        client = self._keys.client(None, address) if not self._keys.are_needed else await asyncio.to_thread(
            self._keys.client, token, address
        )  # fmt: skip
        check_scope(client, scope)
        self.count(client)
        return client

    @property
    def needs_keys(self) -> bool:
        """Whether nobody is let in without a key."""
        return self._keys.are_needed

    def enter(self, headers: Mapping[str, str], scope: str) -> Client:
        """Who has sent these headers. Slow for a key that was not seen before: call it in a thread.

        Raises:
            NotAllowed: as `client` does.
        """
        client = self._keys.client(key_in(headers), "unknown")
        check_scope(client, scope)
        return client

    def opens(self, key: str, *scopes: str, name: str) -> bool:
        """Whether a key of that name opens all these doors. Slow for one that was not seen before: use a thread."""
        try:
            client = self._keys.client(key, "")
            for scope in scopes:
                check_scope(client, scope)
        except NotAllowed:
            return False
        return client.name == name

    def count(self, client: Client) -> None:
        """One more request of a client. Raises TooManyRequests: too often."""
        limit = self._limit if client.rate_limit is None else client.rate_limit
        if limit:
            self._buckets.take(client.name, limit)


def token_of(connection: HTTPConnection) -> str | None:
    """The key that came along."""
    return key_in(connection.headers)


def key_in(headers: Mapping[str, str]) -> str | None:
    """The key in some headers: OpenAI's, or ElevenLabs'."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return headers.get("xi-api-key")


def allowed(scope: str) -> Callable[[HTTPConnection], Awaitable[Client]]:
    """A dependency of routes: the client, who may do that."""

    async def check(connection: HTTPConnection) -> Client:
        gate: Gate = connection.app.state.gate
        return await gate.client(connection, scope)

    return check
