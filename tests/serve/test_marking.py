"""Every way out of the server is marked, says so, and can be asked what a sound says of itself."""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from kouji.audio import files
from kouji.policy.verify import verify

from .conftest import running

ALL = "watermark, gb45438, eu-ai-act-50, kouji"
DATA = Path(__file__).parents[1] / "data"


def said(http: httpx.Client, **body: Any) -> httpx.Response:
    answer = http.post("/v1/audio/speech", json={"model": "native", "input": "Hello.", "voice": "english_1", **body})
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("format", ["mp3", "opus", "aac", "m4a", "flac", "wav"])
def test_every_stream_is_marked_in_its_head(http: httpx.Client, format: str) -> None:
    answer = said(http, response_format=format)
    assert answer.headers["x-marking"] == ALL
    assert answer.headers["x-attribution"].startswith("Kouji's built-in voices, CC BY-SA 4.0")
    found = verify(answer.content)
    assert found["metadata"]["kouji"]["engine"] == "native"
    assert found["ai_generated"]


def test_raw_samples_have_no_head_and_the_answer_says_so(http: httpx.Client) -> None:
    assert said(http, response_format="pcm").headers["x-marking"] == "watermark"
    assert said(http, response_format="pcm", label="tone").headers["x-marking"] == "watermark, label"


def test_what_is_heard_is_told_too(http: httpx.Client) -> None:
    plain, labelled = (said(http, response_format="flac", **more) for more in ({}, {"label": "start"}))
    assert labelled.headers["x-marking"] == ALL.replace("watermark,", "watermark, label,")
    assert len(labelled.content) > 1.5 * len(plain.content)


def test_a_request_cannot_leave_the_marks_out(http: httpx.Client) -> None:
    answer = http.post("/v1/audio/speech", json={"model": "native", "input": "Hello.", "marks": False})
    assert (answer.status_code, answer.json()["error"]["type"]) == (403, "permission_error")


def test_the_sound_from_memory_is_marked_like_the_first(http: httpx.Client) -> None:
    first, again = (said(http, input="Once more.", response_format="wav") for _ in range(2))
    assert again.headers["x-cache"] == "hit"
    assert first.content == again.content


def test_the_house_dialect_and_batches_tell_it_in_their_json(http: httpx.Client) -> None:
    house = http.post("/tts", json={"text": "Hello.", "voice": "english_1", "return": "base64"}).json()
    batch = http.post("/v1/audio/speech/batch", json={"model": "native", "items": [{"input": "Hello."}]}).json()
    for row in (house, batch["data"][0]):
        assert row["marking"] == ALL.split(", ")
        assert "CC BY-SA" in row["attribution"]
        assert verify(base64.b64decode(row["audio"]))["ai_generated"]


def test_a_sound_is_verified_by_its_upload(http: httpx.Client) -> None:
    sound = said(http, response_format="opus").content
    found = http.post("/v1/audio/verify", files={"file": ("a.opus", sound)}).json()
    assert found["metadata"]["gb45438"]["Label"] == "1"
    recording = (DATA / "english_female.flac").read_bytes()
    found = http.post("/v1/audio/verify", files={"file": ("a.flac", recording)}).json()
    assert (found["ai_generated"], found["metadata"]) == (False, None)


@pytest.mark.parametrize("format", ["mp3", "opus", "aac", "m4a", "flac", "wav"])
def test_a_stream_that_was_saved_is_verified_as_a_file_is(http: httpx.Client, format: str) -> None:
    stream = said(http, input="This is long enough to be heard again.", response_format=format).content
    answer = http.post("/v1/audio/verify", files={"file": (f"a.{format}", stream)})
    assert answer.status_code == 200, answer.text
    assert answer.json()["watermark"]["engine"] == "native"


def test_what_is_coded_as_aac_is_heard_too(http: httpx.Client) -> None:
    for format in ("aac", "m4a"):
        sound = said(http, response_format=format, input="Good morning to all of you, and welcome home.").content
        found = http.post("/v1/audio/verify", files={"file": (f"a.{format}", sound)}).json()
        assert (found["format"], found["watermark"]["engine"], found["unchecked"]) == (format, "native", [])
        assert found["metadata"]["kouji"]["watermark"] == found["watermark"]["id"]


def test_without_what_decodes_it_aac_is_named_as_unchecked(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = said(http, response_format="m4a").content
    monkeypatch.setitem(sys.modules, "av", None)
    found = verify(sound)
    assert (found["ai_generated"], found["watermark"], found["unchecked"]) == (True, None, ["watermark"])


@pytest.mark.parametrize("content", [b"", b"Hello", b"RIFF", b"ID3\x04\0\0\x7f\x7f\x7f\x7f", b"fLaC" + bytes(50)])
def test_what_is_no_sound_is_refused(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/v1/audio/verify", files={"file": ("a.wav", content)})
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("format", ["wav", "m4a"])
def test_whole_answers_are_signed_where_the_house_signs(tmp_path: Path, format: str) -> None:
    pytest.importorskip("c2pa", reason="pip install 'kouji[c2pa]'")
    with running(engine="parrot", c2pa="on", home=str(tmp_path)) as server, httpx.Client(base_url=server.url) as http:
        body = {"model": "parrot", "input": "Hello.", "voice": "polly", "response_format": format}
        whole = http.post("/v1/audio/speech", json={**body, "stream": False})
        assert whole.headers["x-marking"] == f"{ALL}, c2pa"
        assert verify(whole.content)["c2pa"]["state"] == "Valid"
        samples, sample_rate = files.read(io.BytesIO(whole.content))
        assert len(samples) > 0.2 * sample_rate
        assert http.post("/v1/audio/speech", json=body).headers["x-marking"] == ALL
