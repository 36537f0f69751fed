"""Callbacks: signed, told again until they are taken, and never into a private network."""

import hashlib
import hmac
import ipaddress
import itertools
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from kouji import config
from kouji.errors import InvalidInput
from kouji.jobs import Callback, Ledger
from kouji.jobs.callbacks import Postman, check, deliveries_of
from kouji.policy import addresses

from .conftest import order, runner

SECRET = b"a secret of many bytes"


class Receiver(HTTPServer):
    """Answers as it is told to, then 204; keeps what it got."""

    def __init__(self, *answers: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers, self.got = list(answers), list[tuple[dict[str, str], bytes]]()
        self.name = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.name}/hook?x=1"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        status = self.server.answers.pop(0) if self.server.answers else 204
        if status:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", self.server.url)
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(tmp_path: Path, receiver: Receiver) -> config.Config:
    (tmp_path / "secret").write_bytes(SECRET + b"\n")
    return config.Config(callback_secret=str(tmp_path / "secret"), callback_hosts=f"other.example, {receiver.name}")


def told(ledger: Ledger, settings: config.Config, folder: Path, callback: Callback, attempts: int = 5) -> str:
    job = ledger.submit(order(folder, "hey", callback=callback))
    runner(ledger).work(job.id)
    postman = Postman(ledger.records, settings, first_wait=0.02, attempts=attempts)
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline:
        if not postman.deliver():
            time.sleep(0.02)
    return job.id


def test_the_end_of_a_job_is_told_once_and_signed(
    ledger: Ledger, settings: config.Config, receiver: Receiver, tmp_path: Path
) -> None:
    job = told(ledger, settings, tmp_path, Callback(receiver.url))
    ((headers, body),) = receiver.got
    at, _, mac = headers["X-Signature"].removeprefix("t=").partition(",v1=")
    assert abs(time.time() - int(at)) < 30
    assert mac == hmac.new(SECRET, at.encode() + b"." + body, hashlib.sha256).hexdigest()
    content = json.loads(body)
    assert (content["job"], content["event"], content["data"]["n_done"]) == (job, "done", 1)
    assert headers["X-Event-Id"] == f"{job}.{content['seq']}"
    assert headers["Host"] == receiver.name


def test_what_is_not_taken_is_told_again_and_every_try_is_written_down(
    small: Ledger, settings: config.Config, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answers = [500, 0, 302, 429]
    job = told(small, settings, tmp_path, Callback(receiver.url))
    assert len({headers["X-Event-Id"] for headers, _ in receiver.got}) == 1
    tries = deliveries_of(small.records, job)
    assert [each.status for each in tries] == [500, None, 302, 429, 204]
    assert [bool(each.error) for each in tries] == [True, True, True, True, False]
    waits = [(after.at - before.at).total_seconds() for before, after in itertools.pairwise(tries)]
    assert all(wait >= 0.02 * 3**n for n, wait in enumerate(waits))


def test_after_some_tries_it_is_given_up(
    small: Ledger, settings: config.Config, receiver: Receiver, tmp_path: Path
) -> None:
    receiver.answers = [500] * 9
    job = told(small, settings, tmp_path, Callback(receiver.url), attempts=3)
    assert len(deliveries_of(small.records, job)) == len(receiver.got) == 3


def test_a_receiver_that_comes_later_is_told_too(
    small: Ledger, settings: config.Config, receiver: Receiver, tmp_path: Path
) -> None:
    nobody = replace(settings, callback_hosts="127.0.0.1:9")
    job = small.submit(order(tmp_path, "hey", callback=Callback("http://127.0.0.1:9/", ("queued",))))
    assert Postman(small.records, nobody, first_wait=0.0).deliver()
    (first, *_) = deliveries_of(small.records, job.id)
    assert first.status is None
    assert "refused" in first.error.lower()


def test_only_the_events_that_were_asked_for_are_told(
    small: Ledger, settings: config.Config, receiver: Receiver, tmp_path: Path
) -> None:
    told(small, settings, tmp_path, Callback(receiver.url, ("queued", "item")))
    assert [json.loads(body)["event"] for _, body in receiver.got] == ["queued", "item"]


def test_without_permission_nothing_goes_into_a_private_network(
    small: Ledger, settings: config.Config, receiver: Receiver, tmp_path: Path
) -> None:
    job = told(small, replace(settings, callback_hosts=""), tmp_path, Callback(receiver.url), attempts=1)
    assert receiver.got == []
    assert [each.status for each in deliveries_of(small.records, job)] == [None]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://10.1.2.3/", "http://169.254.169.254/latest", "http://0.0.0.0/",
        "http://[::ffff:192.168.0.1]/", "http://[64:ff9b::7f00:1]/", "http://2130706433/", "http://localhost/",
        "http://user:word@example.org/", "ftp://example.org/", "file:///etc/passwd", "http://example.org:22/", "hook",
        "http:///x", "http://a b/", "http://93.184.216.34/\r\nX: y",
    ],
)  # fmt: skip
def test_a_url_that_leads_where_it_should_not_is_refused_when_the_job_is_given(
    settings: config.Config, url: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        check(Callback(url), settings)
    assert error.value.param == "callback.url"


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    found = [ipaddress.ip_address("93.184.216.34"), ipaddress.ip_address("10.0.0.1")]
    with pytest.raises(InvalidInput, match="private"):
        addresses.checked("https://example.org/", resolve=lambda host, port: found)
    target = addresses.checked("https://example.org/a?b", resolve=lambda host, port: found[:1])
    assert (target.host, target.port, target.path, target.address) == ("example.org", 443, "/a?b", found[0])


def test_without_a_secret_there_are_no_callbacks(settings: config.Config, tmp_path: Path, receiver: Receiver) -> None:
    (tmp_path / "short").write_text("short")
    for file in ("", str(tmp_path / "short"), str(tmp_path / "nowhere")):
        with pytest.raises(InvalidInput, match="secret"):
            check(Callback(receiver.url), replace(settings, callback_secret=file))
    check(Callback(receiver.url), settings)
    with pytest.raises(InvalidInput, match="dance") as error:
        check(Callback(receiver.url, ("dance",)), settings)
    assert error.value.param == "callback.events"
