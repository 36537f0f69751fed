"""What the internet sends: each refused at once or by a limit, and the server stays up."""

from __future__ import annotations

import asyncio
import base64
import gc
import io
import ipaddress
import json
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from kouji.errors import InvalidInput
from kouji.serve import run as run_module
from kouji.serve.limits import Limits
from kouji.serve.metrics import Metrics
from kouji.serve.outgoing import checked, fetch, is_public

from .conftest import Running

GIGABYTE = 10**9


@pytest.fixture(autouse=True)
def _stays_up(server: Running) -> Iterator[None]:
    yield
    answer = httpx.post(f"{server.url}/v1/audio/speech", json={"model": "tts-1", "input": "Still here."})
    assert answer.status_code == 200
    assert len(answer.content) > 1000


def raw(server: Running, data: bytes, seconds: float = 10) -> bytes:
    """Send bytes, read until the server hangs up or the time is over."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as connection:
        connection.sendall(data)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
                if b"\r\n\r\n" in answer and b"Connection: close" not in answer and b"content-length" in answer.lower():
                    break
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


@pytest.mark.parametrize(
    "path",
    ["/takes/..%2F..%2Fetc%2Fpasswd", "/takes/%2e%2e/%2e%2e/etc/passwd", "/../../../etc/passwd",
     "/v1/models/..%2f..%2fetc", "/v1/voices/%00",
     "/v1/text-to-speech/..%2F..%2Fetc%2Fpasswd/stream", "//etc/passwd", "/v1/models/" + "a" * 5000],
)  # fmt: skip
def test_no_path_leads_out(server: Running, path: str) -> None:
    answer = raw(server, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    status = int(answer.split(b" ")[1])
    assert 400 <= status < 500
    assert b"root:" not in answer


def test_a_gigabyte_is_refused_before_it_comes(server: Running) -> None:
    started = time.monotonic()
    head = "POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    answer = raw(server, f"{head}Content-Length: {GIGABYTE}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 413")
    assert b'"code":"too_large"' in answer
    assert time.monotonic() - started < 5


def test_a_gigabyte_in_pieces_is_cut_off(server: Running) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"model": "tts-1", "input": "'
        for _ in range(GIGABYTE // 10**6):
            yield b"a" * 10**6

    try:
        answer = httpx.post(
            f"{server.url}/v1/audio/speech", content=pieces(), headers={"Content-Type": "application/json"}, timeout=30
        )
        assert answer.status_code == 413
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        pass  # hung up on while it was still sending


def test_a_body_that_dribbles_has_an_end() -> None:
    sent: list[dict[str, Any]] = []

    async def run() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            while True:
                await receive()

        async def receive() -> dict[str, Any]:
            await asyncio.sleep(0.03)
            return {"type": "http.request", "body": b"a", "more_body": True}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/v1/audio/speech", "headers": []}
        await Limits(app, 10**6, Metrics(), body_time=0.2)(scope, receive, send)  # type: ignore[arg-type]

    asyncio.run(asyncio.wait_for(run(), 5))
    assert sent[0]["status"] == 408


def test_a_head_that_dribbles_is_hung_up_on(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "HEAD_TIME", 0.3)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(b"GET /health HT")
        assert connection.recv(100) == b""
    # One whose head is whole is left alone, also when it asks again on the same connection.
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = b""
            while b"}" not in answer:
                answer += connection.recv(1000)
            assert answer.startswith(b"HTTP/1.1 200")
            time.sleep(0.4)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
    ids=["long head", "negative length", "smuggling", "TLS", "HTTP/2"],
)
def test_what_is_no_request_is_refused(server: Running, data: bytes) -> None:
    answer = raw(server, data, seconds=3)
    assert answer == b"" or answer.split(b" ")[1].startswith(b"4")


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"a=b", "application/x-www-form-urlencoded"), (b"<x/>", "text/xml"), (b"\x00\xff", "application/octet-stream"),
     (b"{", "application/json"), (b"[1]", "application/json"), (b"\xff\xfe", "application/json"),
     (b"[" * 100_000, "application/json"), (b'{"input":' * 20_000, "application/json"), (b"", "application/json")],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/v1/audio/speech", "/tts", "/v1/text-to-speech/alloy"])
def test_a_body_of_another_kind_is_refused(http: httpx.Client, path: str, body: bytes, kind: str) -> None:
    answer = http.post(path, content=body, headers={"Content-Type": kind})
    assert answer.status_code in (400, 415, 422)
    assert {"error", "detail"} & set(answer.json())


@pytest.mark.parametrize(
    "value", ["a\r\nX-Evil: 1", "a\nSet-Cookie: x=1", "é" * 10, "\x00", "\ud800", "x" * 100_000], ids=ascii
)
@pytest.mark.parametrize("field", ["voice", "model", "language", "unknown"])
def test_nothing_gets_into_the_headers(http: httpx.Client, field: str, value: str) -> None:
    body = json.dumps({"model": "native", "input": "Hi.", field: value, value[:50]: 1})
    answer = http.post("/v1/audio/speech", content=body.encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code in (200, 400, 404)
    assert "x-evil" not in answer.headers
    assert "set-cookie" not in answer.headers


def test_a_request_id_is_given_back_only_if_it_is_one(http: httpx.Client) -> None:
    assert http.get("/health", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert http.get("/health", headers={"X-Request-Id": "<script>"}).headers["x-request-id"] != "<script>"


@pytest.mark.parametrize(
    "text", ["\ud800", "\x00", "\u202e" * 50, "🙂" * 200, "<speak>" * 3000, "{" * 5000, "a" * 19_000]
)
def test_odd_texts_are_spoken_or_refused(http: httpx.Client, text: str) -> None:
    body = json.dumps({"model": "native", "input": text, "response_format": "pcm"}).encode()
    with http.stream("POST", "/v1/audio/speech", content=body, headers={"Content-Type": "application/json"}) as answer:
        assert answer.status_code in (200, 400)
        next(answer.iter_raw(), b"")


@pytest.mark.parametrize("extra", [{"seed": 2**64}, {"seed": 1e400}, {"speed": float("nan")}, {"sample_rate": -1}])
def test_numbers_beyond_reason(http: httpx.Client, extra: dict[str, Any]) -> None:
    body = json.dumps({"model": "native", "input": "Hi.", **extra}).encode()
    answer = http.post("/v1/audio/speech", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] in extra


def test_whoever_hangs_up_is_not_spoken_to(server: Running) -> None:
    body = {"model": "native", "input": "A long story goes on. " * 400, "response_format": "pcm", "cache": "off"}
    turns = server.app.state.service.host().turns
    with httpx.stream("POST", f"{server.url}/v1/audio/speech", json=body) as answer:
        next(answer.iter_raw())
        assert turns.n_open >= 1
    for _ in range(100):
        if turns.n_open == 0:
            break
        time.sleep(0.05)
    assert (turns.n_open, turns.n_waiting) == (0, 0)


def test_a_small_clip_that_unpacks_to_hours_is_refused(http: httpx.Client) -> None:
    bomb = io.BytesIO()
    with soundfile.SoundFile(bomb, "w", 8000, 8, "PCM_16", format="FLAC") as file:
        for _ in range(10):
            file.write(np.zeros((1_000_000, 8), np.int16))
    assert len(bomb.getvalue()) < 100_000
    for data in (bomb.getvalue(), b"RIFF" + b"\xff" * 100, b"PK\x03\x04" + b"\0" * 100, b""):
        clip = f"data:audio/flac;base64,{base64.b64encode(data).decode()}"
        answer = http.post("/v1/audio/speech", json={"model": "native", "input": "Hi.", "emotion": {"audio": clip}})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, "emotion.audio")


# ---- addresses that the server is asked to fetch from ------------------------------------------

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "192.168.0.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "ff02::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    assert is_public(ipaddress.ip_address("93.184.216.34"))
    assert is_public(ipaddress.ip_address("2606:2800:220:1::1"))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/a.wav", "http://localhost/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/",
     "http://[::ffff:169.254.169.254]/latest/meta-data", "https://user:pw@example.com/", "https://example.com:22/",
     "file:///etc/passwd", "gopher://x/", "ftp://example.com/", "http://", "http://\x00/", "https://exa mple.com/",
     "http://127.1/", "http://[::1", "https://" + "a" * 300 + ".com/"],
)  # fmt: skip
def test_no_address_leads_into_the_house(url: str) -> None:
    with pytest.raises(InvalidInput, match="ref_audio cannot be fetched"):
        asyncio.run(fetch(url, "ref_audio", 1000))


def test_a_name_with_one_private_address_is_refused() -> None:
    async def resolve(host: str, port: int) -> list[Any]:
        return [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("10.0.0.1")]

    with pytest.raises(InvalidInput, match="private"):
        asyncio.run(checked("https://two-faces.example/", "ref_audio", resolve))


class Coming(httpx.AsyncByteStream):
    """2,000 bytes from afar."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(2):
            yield b"x" * 1000


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    """A name that means something else a moment later leads nowhere else; redirects are checked like the first."""
    asked: list[httpx.Request] = []

    async def resolve(host: str, port: int) -> list[Any]:
        return [ipaddress.ip_address("10.0.0.1" if host == "inside.example" else "93.184.216.34")]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.url.path == "/moved":
            return httpx.Response(302, headers={"location": "http://inside.example/secret"})
        return httpx.Response(200, stream=Coming())

    transport = httpx.MockTransport(answer)
    assert asyncio.run(fetch("https://good.example/a.wav", "f", 3000, transport, resolve)) == b"x" * 2000
    assert (asked[0].url.host, asked[0].headers["host"]) == ("93.184.216.34", "good.example")
    assert asked[0].extensions["sni_hostname"] == "good.example"
    with pytest.raises(InvalidInput, match="private"):
        asyncio.run(fetch("https://good.example/moved", "f", 3000, transport, resolve))
    with pytest.raises(InvalidInput, match="larger"):
        asyncio.run(fetch("https://good.example/a.wav", "f", 1000, transport, resolve))


def test_whoever_hangs_up_leaves_no_encoder_behind(server: Running) -> None:
    """Python alone would find them when it next looks for rings of objects: megabytes and threads later."""

    def n_threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    body = {"model": "native", "input": "A long story goes on. " * 100, "response_format": "flac", "cache": "off"}
    turns, before = server.app.state.service.host().turns, n_threads()
    gc.disable()
    try:
        for _ in range(12):
            with httpx.stream("POST", f"{server.url}/v1/audio/speech", json=body) as answer:
                next(answer.iter_raw())
        for _ in range(200):
            if turns.n_open == 0 and n_threads() < before + 12:
                break
            time.sleep(0.05)
        assert n_threads() < before + 12  # each encoder has two
    finally:
        gc.enable()
