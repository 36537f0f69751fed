"""POST /v1/audio/convert."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import httpx

from kouji.audio import files

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


def test_what_cannot_be_is_refused(server: Running) -> None:
    clip = CLIP.read_bytes()
    lacking = converted(server, clip, model="native")
    assert lacking.status_code == 400
    assert "cosyvoice-300m" in lacking.text
    assert converted(server, clip, model="parrot", voice="nobody").status_code == 404
    assert converted(server, b"no sound", model="parrot", voice="ara").status_code == 400
    assert converted(server, clip, model="parrot", voice="ara", response_format="tape").status_code in (400, 422)
