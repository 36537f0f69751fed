"""`/v1/jobs`: work that outlives the request."""

from __future__ import annotations

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

from kouji.audio.loudness import loudness
from kouji.serve.auth import new_key

from .conftest import running

ONE = {"type": "speech", "request": {"model": "parrot", "input": "hey", "response_format": "wav"}}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        running(engine="parrot", home=str(tmp_path_factory.mktemp("home"))) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        yield client


def batch(*texts: str, **more: Any) -> dict[str, Any]:
    items = [{"input": text} for text in texts]
    return {"type": "batch", "request": {"model": "parrot", "response_format": "wav", "items": items}, **more}


def one(**fields: Any) -> dict[str, Any]:
    return {"type": "speech", "request": {"model": "parrot", "input": "hello there", **fields}}


def submitted(client: httpx.Client, body: dict[str, Any]) -> str:
    answer = client.post("/v1/jobs", json=body)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def events(client: httpx.Client, id: str, **options: Any) -> list[dict[str, Any]]:
    text = client.get(f"/v1/jobs/{id}/events", **options).text
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


def test_a_job_is_made_and_its_sound_can_be_fetched(client: httpx.Client) -> None:
    id = submitted(client, batch("hey", "hello there"))
    assert [event["event"] for event in events(client, id)] == ["queued", "running", "item", "item", "done"]
    job = client.get(f"/v1/jobs/{id}").json()
    assert (job["state"], job["progress"], job["n_done"]) == ("done", 1, 2)
    for item in job["items"]:
        sound = client.get(item["url"])
        assert sound.headers["content-type"] == "audio/wav"
        assert loudness(*soundfile.read(io.BytesIO(sound.content))) == pytest.approx(-16, abs=0.2)


MEDIA_TYPES = {"opus": "audio/opus", "aac": "audio/aac", "m4a": "audio/mp4", "mp3": "audio/mpeg"}


@pytest.mark.parametrize("format", MEDIA_TYPES)
def test_a_job_gives_the_formats_of_streams(client: httpx.Client, format: str) -> None:
    av = pytest.importorskip("av")
    id = submitted(client, {**ONE, "request": {"model": "parrot", "input": "hello there", "response_format": format}})
    assert events(client, id)[-1]["event"] == "done"
    sound = client.get(f"/v1/jobs/{id}/items/0")
    assert sound.headers["content-type"] == MEDIA_TYPES[format]
    with av.open(io.BytesIO(sound.content)) as container:
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    said = client.get(f"/v1/jobs/{id}").json()["items"][0]["duration"]
    assert seconds == pytest.approx(said, abs=0.15)  # these codecs fill up their last frame


def test_raw_samples_tell_their_rate(client: httpx.Client) -> None:
    id = submitted(client, one(response_format="pcm"))
    assert events(client, id)[-1]["event"] == "done"
    job, sound = client.get(f"/v1/jobs/{id}").json(), client.get(f"/v1/jobs/{id}/items/0")
    assert (job["format"], job["sample_rate"], job["channels"]) == ("pcm", 24000, 1)
    assert sound.headers["content-type"] == "audio/pcm;rate=24000;channels=1"
    assert sound.headers["x-sample-rate"] == "24000"
    samples = np.frombuffer(sound.content, "<i2") / 32767
    assert len(samples) / 24000 == pytest.approx(job["items"][0]["duration"], abs=1e-3)
    assert loudness(samples, 24000) == pytest.approx(-16, abs=0.2)


@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "m4a", "pcm"])
def test_a_job_gives_the_rate_that_was_asked_for(client: httpx.Client, format: str) -> None:
    id = submitted(client, one(response_format=format, sample_rate=8000))
    assert events(client, id)[-1]["event"] == "done"
    sound = client.get(f"/v1/jobs/{id}/items/0")
    assert sound.headers["x-sample-rate"] == "8000"
    if format in ("wav", "flac", "mp3"):
        assert soundfile.info(io.BytesIO(sound.content)).samplerate == 8000


def test_events_are_told_again_from_any_point(client: httpx.Client) -> None:
    id = submitted(client, ONE)
    whole = events(client, id)
    assert [event["seq"] for event in whole] == [1, 2, 3, 4]
    assert events(client, id, params={"after_seq": 2}) == whole[2:]
    assert events(client, id, headers={"Last-Event-ID": "3"}) == whole[3:]


def test_the_same_key_gives_the_same_job_and_another_body_is_refused(client: httpx.Client) -> None:
    first = submitted(client, {**ONE, "idempotency_key": "k1"})
    again = client.post("/v1/jobs", json=ONE, headers={"Idempotency-Key": "k1"})
    assert again.json()["id"] == first
    other = client.post("/v1/jobs", json=batch("ho"), headers={"Idempotency-Key": "k1"})
    assert other.status_code == 409


def test_a_job_can_be_cancelled_and_resumed(client: httpx.Client) -> None:
    id = submitted(client, batch(*["One sentence. " * 200] * 20))
    assert client.delete(f"/v1/jobs/{id}").json()["state"] == "cancelled"
    time.sleep(0.5)
    job = client.get(f"/v1/jobs/{id}").json()
    assert job["n_done"] < 20
    assert client.post(f"/v1/jobs/{id}/resume").json()["state"] == "queued"
    assert client.delete(f"/v1/jobs/{id}").json()["state"] == "cancelled"


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (batch("hey", "…"), "items.1"),
        (batch("hey", output={"loudness": 3}), "output.loudness"),
        ({"type": "speech", "request": {**ONE["request"], "loudness": -20}}, "`output`"),  # type: ignore[dict-item]
        (batch("hey", output={"store": "s3"}), "output.store"),
        (batch("hey", callback={"url": "http://127.0.0.1/"}), "secret"),
        (batch("hey", priority=1000), "priority"),
        (batch(), "items"),
        ({**ONE, "type": "dance"}, "type"),
        ({**ONE, "type": "batch"}, "request"),
        ({"type": "speech", "request": {**ONE["request"], "voice": "nobody"}}, "nobody"),  # type: ignore[dict-item]
        (one(response_format="opus", sample_rate=44100), "sample_rate"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_is_kept(
    client: httpx.Client, body: dict[str, Any], part: str
) -> None:
    before = len(client.get("/v1/jobs").json()["data"])
    answer = client.post("/v1/jobs", json=body)
    assert answer.status_code in (400, 404)
    assert part in answer.text
    assert len(client.get("/v1/jobs").json()["data"]) == before


def test_what_is_wrong_is_told_with_its_field(client: httpx.Client) -> None:
    for body, param in (
        ({**ONE, "type": "dance"}, "type"),
        ({"type": "dub", "request": {}}, "type"),
    ):
        assert client.post("/v1/jobs", json=body).json()["error"]["param"] == param
    unknown = client.get("/v1/jobs/nothing").json()["error"]["message"]
    assert unknown == "There is no job called 'nothing'."


def test_what_was_left_aside_is_told(client: httpx.Client) -> None:
    answer = client.post("/v1/jobs", json={**ONE, "request": {**ONE["request"], "colour": "red"}})  # type: ignore[dict-item]
    assert answer.json()["warnings"] == ["There is no field 'colour'."]


def test_items_are_shown_some_at_a_time(client: httpx.Client) -> None:
    id = submitted(client, batch("a", "b", "c"))
    assert events(client, id)[-1]["event"] == "done"
    items = client.get(f"/v1/jobs/{id}", params={"after": 0, "limit": 1}).json()["items"]
    assert [item["position"] for item in items] == [1]
    assert client.get(f"/v1/jobs/{id}/items/3").status_code == 404


def test_a_job_that_nobody_knows_is_not_found(client: httpx.Client) -> None:
    for path in ("", "/events", "/items/0"):
        assert client.get(f"/v1/jobs/nobody{path}").status_code == 404
    assert client.delete("/v1/jobs/nobody").status_code == 404


def test_a_server_that_comes_back_goes_on(tmp_path: Path) -> None:
    with running(engine="parrot", home=str(tmp_path)) as server:
        body = batch(*(f"word {n} " * 4 for n in range(40)))
        id = httpx.post(f"{server.url}/v1/jobs", json=body).json()["id"]
    with running(engine="parrot", home=str(tmp_path)) as server:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            assert events(client, id)[-1]["event"] == "done"
            assert client.get(f"/v1/jobs/{id}").json()["n_done"] == 40


def test_a_key_sees_its_own_jobs_and_the_key_of_the_house_sees_all(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    ann, bob, house = (
        {"Authorization": f"Bearer {new_key(keys, name, scopes)}"}
        for name, scopes in (("ann", ["jobs"]), ("bob", ["jobs"]), ("house", ["admin"]))
    )
    with (
        running(engine="parrot", home=str(tmp_path / "home"), api_keys=str(keys)) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        id = client.post("/v1/jobs", json=ONE, headers=ann).json()["id"]
        assert events(client, id, headers=ann)[-1]["event"] == "done"
        for path in ("", "/events", "/items/0"):
            assert client.get(f"/v1/jobs/{id}{path}", headers=bob).status_code == 404
            assert client.get(f"/v1/jobs/{id}{path}", headers=ann).status_code == 200
            assert client.get(f"/v1/jobs/{id}{path}", headers=house).status_code == 200
        assert client.delete(f"/v1/jobs/{id}", headers=bob).status_code == 404
        assert client.post(f"/v1/jobs/{id}/resume", headers=bob).status_code == 404
        seen = [[job["id"] for job in client.get("/v1/jobs", headers=who).json()["data"]] for who in (ann, bob, house)]
        assert seen == [[id], [], [id]]


def test_a_prefix_says_where_in_the_store_the_sound_lies(tmp_path: Path) -> None:
    place = tmp_path / "results"
    with (
        running(engine="parrot", home=str(tmp_path / "home"), results=place.as_uri()) as server,
        httpx.Client(base_url=server.url, timeout=30) as client,
    ):
        id = submitted(client, {**ONE, "output": {"prefix": "podcast/march-1"}})
        assert events(client, id)[-1]["event"] == "done"
        (file,) = (path for path in place.rglob("*") if path.is_file())
        assert file.is_relative_to(place / "podcast" / "march-1")
        assert client.get(f"/v1/jobs/{id}/items/0").content == file.read_bytes()
        for prefix in ("../x", "a/../b", "/etc", "a//b", ".ssh", "a b", "a\n", ""):
            answer = client.post("/v1/jobs", json={**ONE, "output": {"prefix": prefix}})
            assert (answer.status_code, answer.json()["error"]["param"]) == (400, "output.prefix")
