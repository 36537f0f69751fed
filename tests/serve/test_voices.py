"""Voices that clients register over HTTP, and take out again."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import running

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("home")
    with running(home=str(home)) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def registered(http: httpx.Client, name: str, clip: str, **fields: Any) -> httpx.Response:
    files = [("audio_sample", (clip, (DATA / clip).read_bytes(), "audio/flac"))]
    form = {"name": name, "consent": "for the tests of this program", "language": "en", **fields}
    return http.post("/v1/audio/voices", data=form, files=files)


def said(http: httpx.Client, voice: str) -> httpx.Response:
    body = {"model": "native", "input": "Hello there.", "voice": voice, "response_format": "pcm"}
    return http.post("/v1/audio/speech", json=body)


def test_a_registered_voice_speaks_is_listed_and_goes(http: httpx.Client) -> None:
    row = registered(http, "小明", "english_male.flac").json()
    assert (row["id"], row["language"]) == ("小明", "en")
    assert registered(http, "小明", "english_male.flac").status_code == 409
    assert "小明" in [voice["id"] for voice in http.get("/v1/audio/voices").json()["voices"]]
    first = said(http, "小明")
    assert first.headers["x-voice-id"] == "%E5%B0%8F%E6%98%8E"
    assert first.content != said(http, "english_1").content
    assert said(http, "小明").headers["x-cache"] == "hit"
    assert http.get("/v1/audio/voices/小明/preview").headers["content-type"] == "audio/mpeg"
    assert http.delete("/v1/audio/voices/小明").json() == {"id": "小明", "deleted": True}
    assert said(http, "小明").json()["error"]["code"] == "voice_not_found"
    # Another person of the same name is not heard with the first one's voice from the cache.
    assert registered(http, "小明", "english_female.flac").status_code == 200
    second = said(http, "小明")
    assert second.headers["x-cache"] == "miss"
    assert second.content != first.content


def test_without_consent_or_sound_nothing_is_kept(http: httpx.Client) -> None:
    assert registered(http, "a", "english_male.flac", consent=" ").status_code == 400
    files = [("audio_sample", ("a.wav", b"no sound", "audio/wav"))]
    answer = http.post("/v1/audio/voices", data={"name": "a", "consent": "yes"}, files=files)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "audio_sample")
    assert http.post("/v1/audio/voices", data={"name": "a"}, files=files).json()["error"]["param"] == "consent"
    assert registered(http, "female_1", "english_male.flac").status_code == 409
    assert "a" not in [voice["id"] for voice in http.get("/v1/audio/voices").json()["voices"]]
    assert http.delete("/v1/audio/voices/nobody").status_code == 404


def test_elevenlabs_own_client_adds_a_voice_speaks_with_it_and_takes_it_out(http: httpx.Client) -> None:
    module = pytest.importorskip("elevenlabs.client", reason="pip install 'kouji[dev]'")
    from elevenlabs.errors import UnprocessableEntityError

    with httpx.Client(timeout=60) as connection:
        eleven = module.ElevenLabs(api_key="anything", base_url=str(http.base_url), httpx_client=connection)
        clip = ("me.flac", (DATA / "english_female.flac").read_bytes(), "audio/flac")
        labels = {"consent": "for the tests of this program", "person": "Ann", "language": "en"}
        voice = eleven.voices.ivc.create(name="eleven", files=[clip], labels=labels, description="a test")
        assert (voice.voice_id, voice.requires_verification) == ("eleven", False)
        assert eleven.voices.get("eleven").labels["language"] == "en"
        assert eleven.voices.settings.get("eleven").speed == eleven.voices.settings.get_default().speed == 1.0
        said_by = b"".join(eleven.text_to_speech.convert("eleven", text="Hello there.", output_format="pcm_24000"))
        assert said_by == said(http, "eleven").content
        assert eleven.voices.delete("eleven").status == "ok"
        assert said(http, "eleven").status_code == 404
        for wrong in ({"person": "Ann"}, {"consent": " "}, None):
            with pytest.raises(UnprocessableEntityError, match="consent"):
                eleven.voices.ivc.create(name="eleven", files=[clip], labels=wrong)


def test_an_agent_keeps_a_voice_with_consent_alone(http: httpx.Client) -> None:
    mcp = pytest.importorskip("mcp", reason="pip install 'kouji[mcp]'")
    clip = base64.b64encode((DATA / "english_male.flac").read_bytes()).decode()
    asked = {"name": "agent", "audio": f"data:audio/flac;base64,{clip}", "consent": "for tests", "person": "Bob"}

    async def run() -> None:
        async with mcp.Client(f"{http.base_url}/mcp".replace("//mcp", "/mcp")) as client:
            refused = await client.call_tool("clone_voice", {**asked, "consent": " "})
            assert refused.is_error
            assert "consent" in refused.content[0].text
            found = await client.call_tool("clone_voice", asked)
            assert found.structured_content["licence"] == "by consent of Bob"
            spoken = await client.call_tool("synthesize", {"text": "Hello.", "voice": "agent"})
            assert spoken.structured_content["voice"] == "agent"
            assert (await client.call_tool("list_jobs", {"state": "done"})).structured_content == {"result": []}
            assert (await client.call_tool("list_jobs", {"state": "lost"})).is_error

    asyncio.run(run())
