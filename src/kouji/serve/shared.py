"""Finished audio in a Redis, which several servers share and which outlives them all.

Redis is a convenience here: where it does not answer, the sound is made, and the caller is told so. It is then left
alone for a while, so that a Redis that hangs costs one request a second, not every one.
"""

from __future__ import annotations

import logging
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kouji.errors import InvalidInput, MissingExtra
from kouji.types import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "kouji:audio:"
KEPT = 7 * 86_400  # seconds since a sound was last asked for; Redis' own `maxmemory-policy` may end it sooner
PAUSE = 5.0  # seconds in which a Redis that has failed is not asked
_CONNECT, _ANSWER = 0.5, 1.0  # seconds

log = logging.getLogger("kouji.serve")


class Shared:
    """Bytes by key. Threads may share it; nothing is connected before it is needed."""

    def __init__(self, url: str) -> None:
        """`url`: redis://HOST:6379/1, or rediss:// with TLS.

        Raises:
            InvalidInput: it names something else.
            MissingExtra: the client of Redis is not installed.
        """
        from importlib.util import find_spec

        if urlsplit(url).scheme not in ("redis", "rediss"):
            raise InvalidInput("cache_url names no Redis.", "Give redis://HOST:6379/1.")
        if find_spec("redis") is None:
            raise MissingExtra("The client of Redis", "cache")
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        once = Retry(NoBackoff(), 1)  # a connection that was kept since before a restart fails, the next one does not
        try:
            self._redis: Any = Redis.from_url(url, socket_connect_timeout=_CONNECT, socket_timeout=_ANSWER, retry=once)
        except ValueError as error:
            raise InvalidInput(f"cache_url cannot be understood: {error}", "Give redis://HOST:6379/1.") from error
        self._lock = threading.Lock()
        self._resting_until = 0.0
        self._reason = ""

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What a caller should know: that it does not answer, if so."""
        with self._lock:
            if not self._reason:
                return ()
        message = "The shared cache of finished audio does not answer; the sound was made without it."
        return (Notice("cache_unavailable", message),)

    def get(self, key: str) -> bytes | None:
        """What was put there, if it still is and Redis answers."""
        found = self._ask(lambda: self._redis.getex(PREFIX + key, ex=KEPT))
        return found if isinstance(found, bytes) else None

    def put(self, key: str, data: bytes) -> None:
        """Keep some bytes, if Redis answers."""
        self._ask(lambda: self._redis.set(PREFIX + key, data, ex=KEPT))

    def drop(self, key: str) -> None:
        """Forget what cannot be used."""
        self._ask(lambda: self._redis.delete(PREFIX + key))

    def clear(self) -> None:
        """Forget everything."""
        self._ask(lambda: [self._redis.delete(key) for key in self._redis.scan_iter(PREFIX + "*")])

    def close(self) -> None:
        """Let go of the connections."""
        self._redis.close()

    def _ask(self, call: Callable[[], object]) -> object:
        from redis.exceptions import RedisError

        with self._lock:
            if monotonic() < self._resting_until:
                return None
        try:
            found = call()
        except (RedisError, OSError) as error:
            with self._lock:
                self._resting_until = monotonic() + PAUSE
                if not self._reason:
                    log.warning("The shared cache does not answer: %s", error)
                self._reason = str(error) or type(error).__name__
            return None
        with self._lock:
            if self._reason:
                log.info("The shared cache answers again.")
            self._reason = ""
        return found
