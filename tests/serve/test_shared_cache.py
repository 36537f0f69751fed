"""Finished audio that servers share through a real Redis, and what they do without it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import numpy as np
import pytest

import kouji_servers
from kouji import config
from kouji.errors import InvalidInput
from kouji.serve import shared
from kouji.serve.cache import AudioCache, Finished
from kouji.serve.service import Service
from kouji.serve.shared import PREFIX, Shared

from .conftest import Running, running


def say(server: Running, text: str, **more: object) -> httpx.Response:
    body = {"model": "parrot", "input": text, "response_format": "wav", "stream": False, **more}
    answer = httpx.post(f"{server.url}/v1/audio/speech", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer


def codes(answer: httpx.Response) -> list[str]:
    return [each["code"] for each in json.loads(answer.headers.get("X-Warnings", "[]"))]


@pytest.fixture
def server(redis: kouji_servers.Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(shared, "PAUSE", 0.3)
    with running(engine="parrot", cache_url=redis.url, cache_mb=0) as found:
        yield found


def test_what_one_server_has_said_another_does_not_say_again(server: Running, redis: kouji_servers.Redis) -> None:
    first = say(server, "hello there")
    with running(engine="parrot", cache_url=redis.url) as other:
        again = say(other, "hello there")
        assert [answer.headers["X-Cache"] for answer in (first, again)] == ["miss", "hit"]
        assert again.content == first.content
        assert say(other, "hello there", response_format="flac").headers["X-Cache"] == "hit"
        assert say(other, "hello there", seed=2).headers["X-Cache"] == "miss"
        assert say(other, "hello there", cache="off").headers["X-Cache"] == "miss"


def test_a_redis_that_dies_costs_a_warning_and_no_request(server: Running, redis: kouji_servers.Redis) -> None:
    before = say(server, "hello there")
    redis.stop()
    started = time.monotonic()
    answer = say(server, "hello there")
    assert answer.content == before.content
    assert (answer.headers["X-Cache"], codes(answer)) == ("miss", ["cache_unavailable"])
    assert codes(say(server, "another one")) == ["cache_unavailable"]
    assert codes(say(server, "another one", cache="off")) == []
    assert time.monotonic() - started < 5
    redis.start()
    time.sleep(0.4)
    assert codes(say(server, "hello there")) == []
    assert say(server, "hello there").headers["X-Cache"] == "hit"


def test_a_redis_that_dies_while_a_sound_is_made_is_told_of_at_the_end(
    server: Running, redis: kouji_servers.Redis
) -> None:
    body = {"model": "parrot", "input": "One sentence. " * 200, "response_format": "pcm"}
    with httpx.stream("POST", f"{server.url}/v1/audio/speech", json=body, timeout=30) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        redis.stop()
        assert sum(map(len, pieces)) > 10**6
    assert server.app.state.service.cache.notices[0].code == "cache_unavailable"


def n_knocks(listener: socket.socket, stack: ExitStack) -> int:
    """Connections that have come since the last call."""
    n = 0
    with suppress(BlockingIOError):
        while True:
            stack.enter_context(listener.accept()[0])
            n += 1
    return n


def test_a_redis_that_hangs_is_asked_once_and_then_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "_ANSWER", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        there = Shared(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        assert there.get("a") is None
        silent.settimeout(0)
        with ExitStack() as stack:
            assert n_knocks(silent, stack) >= 1
            for _ in range(100):
                assert there.get("a") is None
            assert n_knocks(silent, stack) == 0
        there.close()


def test_what_somebody_else_has_put_there_is_no_sound(redis: kouji_servers.Redis) -> None:
    from redis import Redis

    cache = AudioCache(0, shared=Shared(redis.url))
    cache.put("a" * 64, Finished(np.ones(100, np.int16), 16000))
    assert cache.get("a" * 64)
    with Redis.from_url(redis.url) as client:
        for data in (b"", b"KOUJI1\0\0", b"x" * 100):
            client.set(f"{PREFIX}{'a' * 64}", data)
            assert cache.get("a" * 64) is None
            assert not client.exists(f"{PREFIX}{'a' * 64}")
        client.set("of another", b"1")
        cache.put("b" * 64, Finished(np.ones(100, np.int16), 16000))
        assert 0 < client.ttl(f"{PREFIX}{'b' * 64}") <= shared.KEPT
        cache.clear()
        assert client.keys() == [b"of another"]
    cache.close()


def test_an_address_of_something_else_is_told_when_the_server_starts(tmp_path: Path) -> None:
    for url in ("memcached://x", "redis://host:no/0", "/tmp/x"):
        with pytest.raises(InvalidInput, match="cache_url"):
            Service(config.load({}, cache_url=url))
