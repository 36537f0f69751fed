"""POST /v1/audio/convert."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from kouji.audio import files
from kouji.audio.loudness import loudness
from kouji.engines.contract import DENOISE

from .conftest import Running

CLIP = Path(__file__).parents[1] / "data" / "english_female.flac"


def converted(server: Running, clip: bytes, **fields: Any) -> httpx.Response:
    upload = {"audio": ("clip.flac", clip, "audio/flac")}
    return httpx.post(f"{server.url}/v1/audio/convert", data=fields, files=upload, timeout=60)


def test_a_recording_comes_back_with_another_voice(server: Running) -> None:
    answer = converted(server, CLIP.read_bytes(), model="parrot", voice="ara", response_format="wav", seed=5)
    assert answer.status_code == 200, answer.text
    assert (answer.headers["x-engine"], answer.headers["x-voice-id"]) == ("parrot", "ara")
    assert answer.headers["x-seed"] == "5"
    (sent, rate), (given, given_rate) = files.read(BytesIO(answer.content)), files.read(CLIP)
    assert abs(len(sent) / rate - len(given) / given_rate) < 0.05


def test_the_fields_of_a_sound_are_those_of_speech(server: Running) -> None:
    asked = {"model": "parrot", "voice": "ara", "response_format": "wav", "sample_rate": 24000, "stream": "false"}
    answer = converted(server, CLIP.read_bytes(), label="end", **asked)
    assert answer.status_code == 200, answer.text
    (sent, rate), (given, given_rate) = files.read(BytesIO(answer.content)), files.read(CLIP)
    assert rate == 24000 == int(answer.headers["x-sample-rate"])
    assert len(sent) / rate > len(given) / given_rate + 1  # the label
    assert answer.headers["x-marking"] == "watermark, label, gb45438, eu-ai-act-50, kouji"
    assert round(len(sent) / rate * 1000) == pytest.approx(int(answer.headers["x-audio-duration-ms"]), abs=1)
    raw = converted(server, CLIP.read_bytes(), model="parrot", voice="ara", response_format="pcm")
    assert raw.headers["content-type"] == "audio/pcm;rate=24000;channels=1"  # as of speech
    high = converted(server, CLIP.read_bytes(), preset="high", **asked)
    assert high.status_code == 200, high.text


def test_a_recording_is_brought_to_a_loudness(server: Running) -> None:
    asked = {"model": "parrot", "voice": "ara", "response_format": "flac", "stream": "false"}
    answer = converted(server, CLIP.read_bytes(), loudness=-27, **asked)
    assert answer.status_code == 200, answer.text
    assert loudness(*files.read(BytesIO(answer.content))) == pytest.approx(-27, abs=0.2)
    assert converted(server, CLIP.read_bytes(), loudness=3, **asked).status_code in (400, 422)


def test_a_field_that_a_recording_cannot_have_is_refused_and_one_of_nobody_is_told(server: Running) -> None:
    asked = {"model": "parrot", "voice": "ara", "response_format": "wav"}
    for field, value in {"speed": 2, "language": "en", "denoise": 0.5, "volume": 3, "marks": "false"}.items():
        answer = converted(server, CLIP.read_bytes(), **asked, **{field: value})
        assert answer.status_code in (400, 403, 404), answer.text
        assert field in answer.json()["error"]["message"]
    answer = converted(server, CLIP.read_bytes(), **asked, foo="bar")
    assert answer.status_code == 200
    assert "foo" in answer.headers["x-warnings"]


def test_noise_suppression_is_that_of_speech(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    host = server.app.state.service.host("parrot")
    able = replace(host.card, controls={**host.card.controls, "denoise": DENOISE})
    monkeypatch.setattr(host.session(), "card", able)
    asked = {"model": "parrot", "voice": "ara", "response_format": "wav"}
    plain, less = (converted(server, CLIP.read_bytes(), **asked, **more) for more in ({}, {"denoise": 1}))
    assert plain.status_code == less.status_code == 200, less.text
    assert plain.content != less.content


def test_what_cannot_be_is_refused(server: Running) -> None:
    clip = CLIP.read_bytes()
    lacking = converted(server, clip, model="native")
    assert lacking.status_code == 400
    assert "cosyvoice-300m" in lacking.text
    assert converted(server, clip, model="parrot", voice="nobody").status_code == 404
    assert converted(server, b"no sound", model="parrot", voice="ara").status_code == 400
    assert converted(server, clip, model="parrot", voice="ara", response_format="tape").status_code in (400, 422)
