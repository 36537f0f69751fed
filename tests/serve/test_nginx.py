"""deploy/nginx.conf before a real server: HTTPS, sound that is passed on while it is made, WebSocket, limits."""

from __future__ import annotations

import json
import re
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .conftest import Running, free_port

CONF = Path(__file__).parents[2] / "deploy" / "nginx.conf"
LONG = "The meeting starts at nine, and then there is a great deal to be said about it. " * 40


@pytest.fixture(scope="module")
def front(server: Running, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """nginx with the shipped file, but for ports and certificate. Gives its ports for https and http."""
    program = shutil.which("nginx")
    if program is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx)")
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: there is no certificate to serve with")
    folder = tmp_path_factory.mktemp("nginx")
    key, certificate = folder / "kouji.key", folder / "kouji.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=speech.example.org",
         "-keyout", key, "-out", certificate], check=True, capture_output=True,
    )  # fmt: skip
    https, http = free_port(), free_port()
    text = CONF.read_text("utf-8")
    for pattern, value in (
        (r"127\.0\.0\.1:7860", f"127.0.0.1:{server.port}"), (r"/etc/ssl/certs/kouji.pem", str(certificate)),
        (r"/etc/ssl/private/kouji.key", str(key)), (r"listen 80;", f"listen 127.0.0.1:{http};"),
        (r"listen 443 ssl;", f"listen 127.0.0.1:{https} ssl;"), (r"listen \[::\].*;\n", "\n"),
    ):  # fmt: skip
        text, n_found = re.subn(pattern, value, text)
        assert n_found, pattern
    (folder / "kouji.conf").write_text(text)
    places = "".join(f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi",
                                                                      "scgi"))  # fmt: skip
    main = folder / "nginx.conf"
    main.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {places} include {folder}/kouji.conf; }}\n"
    )
    check = subprocess.run([program, "-t", "-q", "-p", folder, "-c", main], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr
    process = subprocess.Popen([program, "-p", folder, "-c", main], stderr=subprocess.DEVNULL)
    for _ in range(200):
        try:
            httpx.get(f"http://127.0.0.1:{http}/")
            break
        except httpx.TransportError:
            time.sleep(0.05)
    yield https, http
    process.terminate()
    process.wait()


@pytest.fixture
def client(front: tuple[int, int]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"https://127.0.0.1:{front[0]}", verify=False, timeout=60) as found:
        yield found


def test_whoever_comes_without_https_is_sent_on(front: tuple[int, int]) -> None:
    answer = httpx.get(f"http://127.0.0.1:{front[1]}/health", headers={"Host": "speech.example.org"})
    assert (answer.status_code, answer.headers["location"]) == (301, "https://speech.example.org/health")


def test_the_first_sound_comes_while_the_rest_is_made(client: httpx.Client, server: Running) -> None:
    body = {"model": "native", "input": LONG, "voice": "english_1", "response_format": "pcm", "cache": "off"}
    with client.stream("POST", "/v1/audio/speech", json=body) as answer:
        assert answer.status_code == 200
        pieces = answer.iter_raw()
        assert next(pieces)
        metrics = httpx.get(f"{server.url}/metrics").text
        assert 'kouji_requests_open{engine="native"} 1.0' in metrics  # it still speaks
        assert answer.headers.get("transfer-encoding") == "chunked"


def test_text_is_spoken_over_a_websocket(front: tuple[int, int]) -> None:
    from websockets.sync.client import connect

    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    with connect(f"wss://127.0.0.1:{front[0]}/v1/audio/speech/stream", ssl=trusting) as socket:
        for message in (
            {"type": "session.config", "voice": "english_1", "response_format": "pcm"},
            {"type": "input.text", "text": "Hello."}, {"type": "input.done"},
        ):  # fmt: skip
            socket.send(json.dumps(message))
        sound, kinds = b"", []
        while "session.done" not in kinds:
            got = socket.recv(timeout=30)
            if isinstance(got, bytes):
                sound += got
            else:
                kinds.append(json.loads(got)["type"])
    assert len(sound) > 10_000


def test_addresses_in_answers_are_those_of_the_front(client: httpx.Client) -> None:
    answer = client.post("/tts", json={"text": "Hello.", "voice": "english_1"}).json()
    assert answer["audio_url"].startswith(f"{client.base_url}".rstrip("/"))
    assert client.get(answer["audio_url"]).content.startswith(b"RIFF")


def test_what_is_too_large_is_stopped_at_the_front(client: httpx.Client) -> None:
    answer = client.post("/v1/audio/speech", content=b" " * 33 * 1024 * 1024)
    assert answer.status_code == 413
    assert "nginx" in answer.text
