"""Connections that stay open: text in by WebSocket, Wyoming, tools for agents."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import numpy as np
import pytest
import soundfile
from websockets.sync.client import connect

import kouji
from kouji import config

from .conftest import Running, free_port


def said(text: str, voice: str) -> np.ndarray:
    samples = kouji.load().synthesize(text, voice=voice).samples
    return np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)


# ---- WebSocket ---------------------------------------------------------------------------------


def conversation(server: Running, *messages: dict[str, Any] | str) -> list[dict[str, Any] | bytes]:
    """Send messages, then listen until the session is done or refused."""
    answers: list[dict[str, Any] | bytes] = []
    with connect(f"ws://127.0.0.1:{server.port}/v1/audio/speech/stream") as socket:
        for message in messages:
            socket.send(message if isinstance(message, str) else json.dumps(message))
        while not answers or isinstance(answers[-1], bytes) or answers[-1]["type"] not in ("session.done", "error"):
            answer = socket.recv(timeout=20)
            answers.append(answer if isinstance(answer, bytes) else json.loads(answer))
    return answers


def test_sentences_are_spoken_while_the_text_is_written(server: Running) -> None:
    answers = conversation(
        server,
        {"type": "session.config", "voice": "english_1"},
        {"type": "input.text", "text": "One sentence. And "},
        {"type": "input.text", "text": "another one"},
        {"type": "input.done"},
    )
    told = [answer for answer in answers if isinstance(answer, dict)]
    assert [each["type"] for each in told] == ["audio.start", "audio.done"] * 2 + ["session.done"]
    assert [each["text"] for each in told[::2][:2]] == ["One sentence.", "And another one"]
    first = b"".join(each for each in answers[: answers.index(told[1])] if isinstance(each, bytes))
    np.testing.assert_array_equal(np.frombuffer(first, "<i2"), said("One sentence.", "english_1"))


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("no json", "invalid_message"),
        ({"type": "dance"}, "invalid_message"),
        ({"type": "input.text"}, "invalid_message"),
        ({"type": "session.config", "speed": 99}, "invalid_value"),
        ("[" * 100000, "invalid_message"),
    ],
)
def test_what_cannot_be_understood_is_told_and_the_session_goes_on(server: Running, message: Any, code: str) -> None:
    assert conversation(server, message)[-1]["error"]["code"] == code  # type: ignore[index]
    with connect(f"ws://127.0.0.1:{server.port}/v1/audio/speech/stream") as socket:
        socket.send(json.dumps({"type": "session.config", "voice": "nobody"}))
        socket.send(json.dumps({"type": "input.text", "text": "Hi"}))
        socket.send(json.dumps({"type": "input.done"}))
        assert json.loads(socket.recv(timeout=20))["error"]["code"] == "voice_not_found"
        assert json.loads(socket.recv(timeout=20))["type"] == "session.done"
        socket.send(json.dumps({"type": "session.close"}))


# ---- Wyoming -----------------------------------------------------------------------------------


@asynccontextmanager
async def wyoming() -> AsyncIterator[Any]:
    """A client of Home Assistant's, connected to a server of ours."""
    from wyoming.client import AsyncTcpClient

    from kouji.serve.service import Service
    from kouji.serve.wyoming import listen

    service, port = Service(config.Config()), free_port()
    server = await listen(service, "127.0.0.1", port)
    try:
        async with AsyncTcpClient("127.0.0.1", port) as client:
            yield client
    finally:
        server.close()
        await asyncio.to_thread(service.close)


async def until(client: Any, kind: str) -> list[Any]:
    events = []
    while not events or events[-1].type != kind:
        async with asyncio.timeout(30):
            event = await client.read_event()
        assert event is not None
        events.append(event)
    return events


def samples_of(events: list[Any]) -> np.ndarray:
    return np.frombuffer(b"".join(event.payload for event in events if event.type == "audio-chunk"), "<i2")


def test_home_assistant_finds_voices_and_has_a_text_spoken() -> None:
    from wyoming.info import Describe, Info
    from wyoming.tts import Synthesize, SynthesizeVoice

    async def run() -> None:
        async with wyoming() as client:
            await client.write_event(Describe().event())
            info = Info.from_event((await until(client, "info"))[-1])
            assert info.tts[0].supports_synthesize_streaming
            assert next(voice for voice in info.tts[0].voices if voice.name == "japanese_1").languages[0] == "ja"
            await client.write_event(Synthesize("Hello.", SynthesizeVoice(name="english_2")).event())
            events = await until(client, "audio-stop")
            assert events[0].type == "audio-start"
            assert events[0].data["rate"] == 24000
            np.testing.assert_array_equal(samples_of(events), said("Hello.", "english_2"))
            await client.write_event(Synthesize("Hello.", SynthesizeVoice(name="nobody")).event())
            refused = (await until(client, "error"))[-1]
            assert refused.data["code"] == "voice_not_found"

    asyncio.run(run())


def test_home_assistant_streams_its_text() -> None:
    from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeVoice

    async def run() -> None:
        async with wyoming() as client:
            voice = SynthesizeVoice(name="english_1")
            for event in (
                SynthesizeStart(voice), SynthesizeChunk("First one. Sec"), SynthesizeChunk("ond one"),
                Synthesize("First one. Second one", voice), SynthesizeStop(),
            ):  # fmt: skip
                await client.write_event(event.event())
            events = await until(client, "synthesize-stopped")
            kinds = [event.type for event in events if event.type != "audio-chunk"]
            assert kinds == ["audio-start", "audio-stop", "synthesize-stopped"]
            both = np.concatenate([said("First one.", "english_1"), said("Second one", "english_1")])
            np.testing.assert_array_equal(samples_of(events), both)

    asyncio.run(run())


def test_what_is_no_wyoming_is_hung_up_on() -> None:
    async def run() -> None:
        async with wyoming() as client:
            client._writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await client.read_event() is None

    asyncio.run(run())


# ---- MCP ---------------------------------------------------------------------------------------


def test_an_agent_speaks_over_http(server: Running) -> None:
    mcp = pytest.importorskip("mcp", reason="pip install 'kouji[mcp]'")

    async def run() -> dict[str, Any]:
        async with mcp.Client(f"{server.url}/mcp") as client:
            voices = await client.call_tool("list_voices", {"language": "yue"})
            assert "cantonese_1" in voices.content[0].text
            refused = await client.call_tool("synthesize", {"text": "Hi", "voice": "nobody"})
            assert refused.is_error
            assert "There is no voice called 'nobody'" in refused.content[0].text
            labelled = await client.call_tool("synthesize", {"text": "Hello.", "label": "start"})
            assert "label" in labelled.structured_content["marking"]
            assert (await client.call_tool("synthesize", {"text": "Hello.", "label": "loud"})).is_error
            found = await client.call_tool("synthesize", {"text": "Hello.", "voice": "english_1"})
            assert "label" not in found.structured_content["marking"]
            assert labelled.structured_content["duration"] > found.structured_content["duration"] + 1
            return dict(found.structured_content)

    answer = asyncio.run(run())
    sound = httpx.get(answer["uri"])
    assert sound.headers["content-type"] == "audio/wav"
    assert len(soundfile.read(io.BytesIO(sound.content))[0]) == pytest.approx(24000 * answer["duration"], abs=2)


def test_an_agent_speaks_over_stdio(tmp_path: Path) -> None:
    mcp = pytest.importorskip("mcp", reason="pip install 'kouji[mcp]'")
    from mcp import StdioServerParameters

    command = StdioServerParameters(
        command=sys.executable, args=["-m", "kouji", "mcp", "--output", str(tmp_path)], env={"PYTHONPATH": SOURCE}
    )

    async def run() -> dict[str, Any]:
        async with mcp.Client(command) as client:
            tools = {tool.name for tool in (await client.list_tools()).tools}
            assert tools == {"synthesize", "list_voices", "clone_voice", "list_jobs", "verify_audio"}
            found = await client.call_tool("synthesize", {"text": "Hello.", "format": "flac"})
            verified = await client.call_tool("verify_audio", {"audio": found.structured_content["uri"]})
            assert verified.structured_content["metadata"]["kouji"]["engine"] == "native"
            return dict(found.structured_content)

    answer = asyncio.run(run())
    assert answer["marking"] == ["watermark", "gb45438", "eu-ai-act-50", "kouji"]
    path = Path(unquote(urlsplit(answer["uri"]).path))
    assert path.parent == tmp_path
    assert soundfile.info(path).duration == pytest.approx(answer["duration"], abs=1e-3)


SOURCE = str(Path(kouji.__file__).parent.parent)
