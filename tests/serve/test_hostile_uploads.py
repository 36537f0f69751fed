"""What the internet sends as files, forms and messages: refused with little work, and the server stays up."""

from __future__ import annotations

import base64
import io
import json
import socket
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from .conftest import Running, running

# Seconds of processor time for a refusal, of server, client and the rest of this process together. It takes some
# tenths; the bound tells of a bomb that went off, and is no measurement.
SWIFT = 10.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(home=str(tmp_path_factory.mktemp("home"))) as found:
        yield found


@pytest.fixture(autouse=True)
def _stays_up_and_works_little(server: Running) -> Iterator[None]:
    started = time.process_time()
    yield
    assert time.process_time() - started < SWIFT
    assert httpx.get(f"{server.url}/health").status_code == 200


def url_of(data: bytes) -> str:
    return f"data:audio/wav;base64,{base64.b64encode(data).decode()}"


def wav_that_claims_four_gigabytes() -> bytes:
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    head = struct.pack("<4sI4s", b"RIFF", 2**32 - 1, b"WAVE")
    return head + form + struct.pack("<4sI", b"data", 2**32 - 40) + b"\0" * 100


def flac_of_hours() -> bytes:
    bomb = io.BytesIO()
    with soundfile.SoundFile(bomb, "w", 8000, 1, "PCM_16", format="FLAC") as file:
        for _ in range(7):
            file.write(np.zeros(10_000_000, np.int16))
    return bomb.getvalue()


def without_length(flac: bytes) -> bytes:
    """As a stream has it: 36 bits of its head, from the 21st byte's lower half on, say 0."""
    return flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]


def zip_bomb() -> bytes:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.wav", b"\0" * 30_000_000)
    return bomb.getvalue()


@pytest.fixture(scope="module")
def clips() -> dict[str, bytes]:
    """Made once, and not counted as work of the server."""
    return {
        "a wav that claims 4 GB": wav_that_claims_four_gigabytes(), "hours of flac": flac_of_hours(),
        "a zip bomb": zip_bomb(), "nothing": b"", "a text": b"hello", "half an ogg": b"OggS" + b"\0" * 30,
        "a script": b"#!/bin/sh\nrm -rf /\n",
    }  # fmt: skip


@pytest.fixture
def http(clips: dict[str, bytes], server: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=30) as client:
        yield client


NAMES = ("a wav that claims 4 GB", "hours of flac", "a zip bomb", "nothing", "a text", "half an ogg", "a script")


@pytest.mark.parametrize("name", NAMES)
def test_a_clip_that_is_none_is_refused_at_every_door(http: httpx.Client, clips: dict[str, bytes], name: str) -> None:
    file = ("../../etc/cron.d/x", clips[name], "audio/wav")
    consent = {"name": "x", "consent": "yes"}
    spoken = {"model": "native", "input": "Hi.", "ref_audio": "upload:x", "consent": "yes", "person": "x"}
    order = {"order": json.dumps({"type": "speech", "request": spoken})}
    answers = [
        http.post("/v1/audio/voices", data=consent, files={"audio_sample": file}),
        http.post("/v1/voices/add", data={"name": "x", "labels": json.dumps(consent)}, files={"files": file}),
        http.post("/v1/audio/speech", json={"model": "native", "input": "Hi.", "ref_audio": url_of(clips[name])}),
        http.post("/v1/jobs", data=order, files={"x": file}),
        http.post("/inference_zero_shot", data={"tts_text": "Hi.", "prompt_text": "Hi."}, files={"prompt_wav": file}),
        http.post("/v1/voices/identify", files={"audio": file}),
        http.post("/v1/voices/identify", json={"audio": url_of(clips[name])}),
    ]
    assert [answer.status_code // 100 for answer in answers] == [4] * 7
    assert http.get("/v1/audio/voices").text.count('"x"') == 0


def test_what_does_not_say_its_length_is_counted_no_further_than_it_may_be_long(
    http: httpx.Client, clips: dict[str, bytes]
) -> None:
    streamed = without_length(clips["hours of flac"])
    answer = http.post("/v1/audio/verify", files={"file": ("a.flac", streamed, "audio/flac")})
    assert answer.status_code == 400
    assert "too long" in answer.json()["error"]["message"]


def test_what_only_begins_like_mp3_is_told_to_be_none(http: httpx.Client) -> None:
    answer = http.post("/v1/audio/verify", files={"file": ("a.mp3", b"\xff\xfb\x90\x00" * 50_000, "audio/mpeg")})
    assert answer.status_code == 400
    assert "format not recognised" in answer.json()["error"]["message"]


PART = b'--a\r\nContent-Disposition: form-data; name="name"\r\n\r\n'


FORMS = (
    "/v1/audio/voices", "/v1/voices/add", "/v1/voices/verify", "/v1/voices/identify", "/v1/jobs", "/inference_sft",
    "/inference_zero_shot",
)  # fmt: skip


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--a\r\n"),
        ("multipart/form-data; boundary=a", b""),
        ("multipart/form-data; boundary=a", b"--b\r\n\r\n--b--"),
        ("multipart/form-data; boundary=" + "a" * 5000, b"--a--"),
        ("multipart/form-data; boundary=a", PART + b"x" * 3_000_000),
        ("multipart/form-data; boundary=a", (PART + b"x\r\n") * 5000 + b"--a--"),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(5000))),
        ("application/json", b"{}"),
        ("audio/wav", b"RIFF"),
        ("", b"\0\0"),
    ],
    ids=["no boundary", "empty", "another", "long", "endless", "many parts", "many fields", "json", "wav", "none"],
)
def test_a_form_that_is_none_is_refused(http: httpx.Client, path: str, kind: str, body: bytes) -> None:
    answer = http.post(path, content=body, headers={"Content-Type": kind})
    assert 400 <= answer.status_code < 500
    assert {"error", "detail", "message"} & set(answer.json())


def test_a_body_that_unpacks_is_not_unpacked(http: httpx.Client) -> None:
    body = zlib.compress(b'{"model": "native", "input": "' + b"a" * 10_000_000 + b'"}')
    for coding in ("deflate", "gzip", "br"):
        headers = {"Content-Type": "application/json", "Content-Encoding": coding}
        assert http.post("/v1/audio/speech", content=body, headers=headers).status_code in (400, 415)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://localhost/a.wav",
     "file:///etc/passwd", "/etc/passwd", "\\\\host\\share", "data:audio/wav,plain", "data:;base64,%%%", "gopher://x"],
)  # fmt: skip
def test_no_address_in_a_request_leads_into_the_house(http: httpx.Client, server: Running, url: str) -> None:
    for param, field in (("ref_audio", {"ref_audio": url}), ("emotion.audio", {"emotion": {"audio": url}})):
        answer = http.post("/v1/audio/speech", json={"model": "native", "input": "Hi.", **field})
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert http.get("/tts", params={"text": "Hi.", "text_lang": "en", "ref_audio_path": url}).status_code in (400, 404)


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "' + "c" * 1000 + '">]><speak>&b;</speak>',
        '<!DOCTYPE a SYSTEM "http://127.0.0.1/x.dtd"><speak>a</speak>',
        "<speak>" + "<p>" * 2000 + "a" + "</p>" * 2000 + "</speak>",
        '<speak><audio src="file:///etc/passwd"/></speak>',
    ],
    ids=["entities", "a DTD from afar", "deep", "a file"],
)
def test_markup_that_wants_more_than_speech_is_refused(http: httpx.Client, text: str) -> None:
    for body in ({"input": text}, {"input": text, "input_type": "ssml"}):
        answer = http.post("/v1/audio/speech", json={"model": "native", **body})
        assert answer.status_code == 400
        assert "root:" not in answer.text


MESSAGES = [
    "{", "[]", "null", '{"type": 7}', '{"type": "input.text"}', '{"type": "input.text", "text": 7}', "[" * 50_000,
    '{"type": "session.config", "voice": {"id": 7}}',
]  # fmt: skip


def test_messages_that_are_none_are_told_and_the_session_goes_on(server: Running) -> None:
    with connect(f"{server.url.replace('http', 'ws')}/v1/audio/speech/stream") as session:
        for message in MESSAGES:
            session.send(message)
            assert json.loads(session.recv(timeout=20))["type"] == "error"
        session.send('{"type": "input.done"}')
        assert json.loads(session.recv(timeout=20))["type"] == "session.done"


def test_a_message_without_end_and_one_that_unpacks_to_much_are_hung_up_on(server: Running) -> None:
    address = f"{server.url.replace('http', 'ws')}/v1/audio/speech/stream"
    with connect(address, compression="deflate") as session:
        session.send("a" * 20_000_000)  # twenty kilobytes on the way
        with pytest.raises(ConnectionClosed) as closed:
            session.recv(timeout=20)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_two_hundred_that_never_finish_their_requests_keep_nobody_out(server: Running) -> None:
    with ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            head = b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"
            connection.sendall(head if number % 2 else head + b"Content-Type: application/json\r\n\r\n{")
        assert httpx.get(f"{server.url}/health", timeout=5).status_code == 200


def test_nothing_of_all_this_was_kept(server: Running) -> None:
    home = Path(server.app.state.service.settings.home)
    assert [path for path in home.rglob("*") if path.is_file() and "blob" in str(path)] == []
