"""Clips in `/v1/jobs`: sent along, by data URL or from the web; kept by consent, and gone with the job."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from kouji import policy
from kouji.serve import job_clips
from kouji.store import open_records
from kouji_sounds import FEMALE, MALE

from .conftest import running

AGREED = {"consent": "for the audio guide of the museum", "person": "Ann Lee"}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Some seconds of two people, and what the doctor refuses."""
    tone = tmp_path_factory.mktemp("clips") / "tone.wav"
    soundfile.write(tone, 0.3 * np.sin(np.arange(64000) / 6), 16000)
    return {"ann": FEMALE.read_bytes(), "bob": MALE.read_bytes(), "tone": tone.read_bytes()}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def http(home: Path) -> Iterator[httpx.Client]:
    with (
        running(home=str(home)) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        yield client


def url_of(data: bytes) -> str:
    return f"data:audio/flac;base64,{base64.b64encode(data).decode()}"


def speech(**more: Any) -> dict[str, Any]:
    return {"type": "speech", "request": {"model": "native", "input": "Hello.", "response_format": "wav", **more}}


def batch(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    lines = [{"input": "Hello.", **item} for item in items]
    return {"type": "batch", "request": {"model": "native", "response_format": "wav", "items": lines, **more}}


def form(body: dict[str, Any]) -> dict[str, str]:
    return {"order": json.dumps(body)}


def ended(http: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """The job once it is over, and its clips are gone: that comes right after its last event."""
    assert answer.status_code == 202, answer.text
    id = answer.json()["id"]
    http.get(f"/v1/jobs/{id}/events")
    return without_clips(http, id)


def without_clips(http: httpx.Client, id: str) -> dict[str, Any]:
    for _ in range(200):
        found: dict[str, Any] = http.get(f"/v1/jobs/{id}").json()
        if found["n_clips"] == 0:
            return found
        time.sleep(0.05)
    raise AssertionError("its clips still lie there")


def sound(http: httpx.Client, job: dict[str, Any], position: int = 0) -> bytes:
    return http.get(f"/v1/jobs/{job['id']}/items/{position}").content


def lying(home: Path) -> list[Path]:
    return [path for path in (home / "results" / "clips").rglob("*") if path.is_file()]


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["param"]


def test_a_clip_by_data_url_and_as_an_upload_are_the_same_voice(
    http: httpx.Client, home: Path, clips: dict[str, bytes]
) -> None:
    by_url = ended(http, http.post("/v1/jobs", json=speech(ref_audio=url_of(clips["ann"]), **AGREED)))
    order = form(speech(ref_audio="upload:ann", **AGREED))
    by_form = ended(http, http.post("/v1/jobs", data=order, files={"ann": clips["ann"]}))
    assert (by_url["state"], by_form["state"], by_form["n_clips"]) == ("done", "done", 0)
    assert sound(http, by_url) == sound(http, by_form)
    asked = {"model": "native", "input": "Hello.", "response_format": "wav"}
    other = ended(http, http.post("/v1/jobs", json={"type": "speech", "request": asked}))
    assert sound(http, by_url) != sound(http, other)
    assert lying(home) == []


def test_every_line_may_have_a_clip_and_a_consent_of_its_own(
    http: httpx.Client, home: Path, clips: dict[str, bytes]
) -> None:
    from kouji.store.tables import consents

    bob = {"ref_audio": "upload:bob", "ref_text": "This is long.", "person": "Bob", "consent": "for one sentence"}
    order = form(batch({"ref_audio": "upload:ann"}, bob, {"voice": "english_1"}, **AGREED))
    files = {"ann": clips["ann"], "bob": clips["bob"]}
    job = ended(http, http.post("/v1/jobs", data=order, files=files))
    assert (job["state"], job["n_done"]) == ("done", 3)
    assert len({sound(http, job, position) for position in range(3)}) == 3
    records = open_records(f"sqlite:///{home / 'kouji.db'}")
    with records.begin() as db:
        people = {row.person: row.statement for row in db.execute(consents.select())}
        last = [event.action for event in policy.events(db) if event.details.get("job") == job["id"]]
    records.close()
    assert people == {"Ann Lee": AGREED["consent"], "Bob": "for one sentence"}
    assert last == ["discard", "keep", "keep"]


def test_a_clip_of_a_manner_needs_a_consent_too(http: httpx.Client, clips: dict[str, bytes]) -> None:
    emotion = {"audio": url_of(clips["ann"])}
    assert problem(http.post("/v1/jobs", json=speech(emotion=emotion))) == (400, "consent")
    assert ended(http, http.post("/v1/jobs", json=speech(emotion=emotion, **AGREED)))["state"] == "done"


def test_without_a_consent_the_field_and_other_ways_are_named_and_nothing_is_kept(
    http: httpx.Client, home: Path, clips: dict[str, bytes]
) -> None:
    n_before = len(http.get("/v1/jobs").json()["data"])
    url = url_of(clips["ann"])
    answer = http.post("/v1/jobs", json=speech(ref_audio=url))
    assert problem(answer) == (400, "consent")
    message = answer.json()["error"]["message"]
    assert all(part in message for part in ("register the voice", "/v1/audio/speech", "person"))
    assert problem(http.post("/v1/jobs", json=speech(ref_audio=url, consent="yes"))) == (400, "person")
    assert problem(http.post("/v1/jobs", json=speech(ref_audio=url, consent=" ", person="Ann"))) == (400, "consent")
    second = batch({"voice": "english_1"}, {"ref_audio": url})
    assert problem(http.post("/v1/jobs", json=second)) == (400, "items.1.consent")
    assert len(http.get("/v1/jobs").json()["data"]) == n_before
    assert lying(home) == []


def test_the_doctor_looks_before_a_job_is_accepted(http: httpx.Client, home: Path, clips: dict[str, bytes]) -> None:
    for file in (clips["tone"], b"", b"hello", b"RIFF"):
        order = form(batch({"ref_audio": "upload:ann"}, **AGREED))
        assert http.post("/v1/jobs", data=order, files={"ann": file}).status_code == 400
    assert lying(home) == []


def test_what_is_sent_along_and_what_is_asked_for_must_agree(http: httpx.Client, clips: dict[str, bytes]) -> None:
    order, ann = form(speech(ref_audio="upload:ann", **AGREED)), clips["ann"]
    assert problem(http.post("/v1/jobs", data=order, files={"bob": ann})) == (400, "ref_audio")
    assert problem(http.post("/v1/jobs", data=order, files={"ann": ann, "bob": ann})) == (400, "bob")
    assert problem(http.post("/v1/jobs", data=order, files=[("ann", ann), ("ann", ann)])) == (400, "ann")
    assert http.post("/v1/jobs", files={"ann": ann}).status_code == 400
    assert http.post("/v1/jobs", data={"order": "{"}, files={"ann": ann}).status_code == 400
    assert problem(http.post("/v1/jobs", json=speech(ref_audio="/etc/passwd", **AGREED))) == (400, "ref_audio")


def test_a_large_order_comes_as_a_file_too(http: httpx.Client, clips: dict[str, bytes]) -> None:
    lines = batch(*({"input": f"{n}.", "ref_audio": "upload:ann"} for n in range(3)), **AGREED)
    body = json.dumps({**lines, "priority": 3}) + " " * 2_000_000
    large, ann = io.BytesIO(body.encode()), io.BytesIO(clips["ann"])
    files = {"order": ("order.json", large, "application/json"), "ann": ("ann.flac", ann, "audio/flac")}
    assert ended(http, http.post("/v1/jobs", files=files))["n_done"] == 3


@pytest.mark.parametrize(("bound", "value"), [("MOST_BYTES", 90_000), ("MOST_CLIPS", 1)])
def test_all_clips_of_a_job_are_bounded(
    http: httpx.Client, clips: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, bound: str, value: int
) -> None:
    monkeypatch.setattr(job_clips, bound, value)
    one = batch({"ref_audio": "upload:ann"}, {"ref_audio": "upload:ann"}, **AGREED)
    assert ended(http, http.post("/v1/jobs", data=form(one), files={"ann": clips["ann"]}))["state"] == "done"
    two = batch({"ref_audio": "upload:ann"}, {"ref_audio": "upload:bob"}, **AGREED)
    files = {"ann": clips["ann"], "bob": clips["bob"]}
    assert http.post("/v1/jobs", data=form(two), files=files).status_code == 413


def test_the_same_key_gives_the_same_job_and_another_clip_of_that_name_is_refused(
    http: httpx.Client, clips: dict[str, bytes]
) -> None:
    order = form({**speech(ref_audio="upload:ann", **AGREED), "idempotency_key": "k1"})
    first, again, other = (
        http.post("/v1/jobs", data=order, files={"ann": clips[name]}) for name in ("ann", "ann", "bob")
    )
    assert ended(http, first)["id"] == again.json()["id"]
    assert other.status_code == 409


def test_what_is_cancelled_loses_its_clip_and_is_resumed_with_it(
    http: httpx.Client, home: Path, clips: dict[str, bytes]
) -> None:
    order = form(speech(input="A sentence. " * 400, ref_audio="upload:ann", **AGREED))
    id = http.post("/v1/jobs", data=order, files={"ann": clips["ann"]}).json()["id"]
    assert http.get(f"/v1/jobs/{id}").json()["n_clips"] == 1
    assert http.delete(f"/v1/jobs/{id}").json()["state"] == "cancelled"
    assert lying(home) == []
    for answer in (
        http.post(f"/v1/jobs/{id}/resume"),
        http.post(f"/v1/jobs/{id}/resume", files={"clip": clips["bob"]}),
        http.post(f"/v1/jobs/{id}/resume", json={"clips": [url_of(clips["bob"])]}),
    ):
        assert problem(answer) == (400, "clips")
    resumed = http.post(f"/v1/jobs/{id}/resume", files={"clip": clips["ann"]})
    assert (resumed.status_code, resumed.json()["state"]) == (202, "queued")
    http.delete(f"/v1/jobs/{id}")
    resumed = http.post(f"/v1/jobs/{id}/resume", json={"clips": [url_of(clips["ann"])]})
    assert (resumed.status_code, resumed.json()["state"]) == (202, "queued")
    http.delete(f"/v1/jobs/{id}")
    assert lying(home) == []


def test_a_server_that_comes_back_deletes_what_was_left(
    tmp_path: Path, clips: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kouji.jobs import Ledger

    records = open_records(f"sqlite:///{tmp_path / 'kouji.db'}")
    ledger = Ledger(records)
    with running(home=str(tmp_path)) as server:
        order = form(speech(input="A sentence. " * 400, ref_audio="upload:ann", **AGREED))
        id = httpx.post(f"{server.url}/v1/jobs", data=order, files={"ann": clips["ann"]}, timeout=60).json()["id"]
    assert len(lying(tmp_path)) == 1  # the job goes on with the next server
    monkeypatch.setattr(ledger.clips, "sweep", list)  # killed right after the end
    ledger.cancel(id)
    with running(home=str(tmp_path)) as server, httpx.Client(base_url=server.url) as client:
        without_clips(client, id)
        assert lying(tmp_path) == []
    records.close()


def test_a_consent_without_a_clip_is_told(http: httpx.Client) -> None:
    answer = http.post("/v1/jobs", json=speech(**AGREED))
    assert "No line brings a clip" in answer.json()["warnings"][0]
    assert ended(http, answer)["state"] == "done"
