"""ElevenLabs' WebSockets, by its own unmodified client through TLS and message by message."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

import kouji
from kouji.serve.alignment import in_milliseconds
from kouji.serve.auth import new_key
from kouji.serve.continuous import pause_after
from kouji.serve.growing import Passages
from kouji.types import Mark

from .conftest import Running, running

FIRST, SECOND = "Hello there, my friend. ", "How are you today? "


def said(text: str, voice: str = "english_1", **controls: object) -> np.ndarray:
    samples = kouji.load().synthesize(text.strip(), voice=voice, **controls).samples
    return np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)


def talk(
    server: Running, *messages: dict[str, Any], voice: str = "english_1", door: str = "stream-input", **query: object
) -> tuple[list[dict[str, Any]], int]:
    """Send messages, then listen to the end: what came, and the code of the close."""
    asked = "&".join(f"{name}={value}" for name, value in {"output_format": "pcm_24000", **query}.items())
    answers = []
    with connect(f"ws://127.0.0.1:{server.port}/v1/text-to-speech/{voice}/{door}?{asked}") as socket:
        with suppress(ConnectionClosed):  # who is refused at once may not be able to send it all
            for message in messages:
                socket.send(message if isinstance(message, str) else json.dumps(message))
        with suppress(ConnectionClosed):
            while True:
                answers.append(json.loads(socket.recv(timeout=30)))
    return answers, socket.close_code or 0


def sound(answers: list[dict[str, Any]]) -> bytes:
    return b"".join(base64.b64decode(answer["audio"]) for answer in answers if answer.get("audio"))


# ---- the client as it is -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def secure(certificate: tuple[Path, Path]) -> Iterator[Running]:
    with running(tls_certificate=str(certificate[0]), tls_key=str(certificate[1])) as found:
        yield found


@pytest.mark.filterwarnings("ignore:ConnectionClosed.code is deprecated:DeprecationWarning")  # within the client
def test_elevenlabs_own_client_speaks_while_the_text_is_written(
    secure: Running, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = pytest.importorskip("elevenlabs.client", reason="pip install 'kouji[dev]'")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with httpx.Client(timeout=30) as connection:
        eleven = module.ElevenLabs(api_key="anything", base_url=secure.url, httpx_client=connection)
        plain = b"".join(eleven.text_to_speech.convert("english_1", text="Hello.", output_format="pcm_24000"))
        assert plain == said("Hello.").tobytes()
        pieces = list(
            eleven.text_to_speech.convert_realtime(
                "english_1", text=iter([FIRST, SECOND, "Fine."]), model_id="eleven_turbo_v2_5"
            )
        )
        samples, rate = soundfile.read(io.BytesIO(b"".join(pieces)))
        assert rate == 44100
        assert len(pieces) >= 3
        spoken = sum(len(said(text)) for text in (FIRST, SECOND, "Fine.")) / 24000
        assert spoken < len(samples) / rate < spoken + 1.2  # the pauses between
        from elevenlabs.core.api_error import ApiError

        with pytest.raises(ApiError) as refused:
            list(eleven.text_to_speech.convert_realtime("nobody", text=iter(["Hello."])))
        assert "nobody" in str(refused.value.body)


# ---- message by message ------------------------------------------------------------------------


def test_the_sound_is_that_of_the_sentences_with_the_pauses_of_reading(server: Running) -> None:
    answers, code = talk(server, {"text": " "}, {"text": FIRST}, {"text": SECOND}, {"text": ""})
    assert code == 1000
    assert answers[-1] == {"audio": None, "isFinal": True, "alignment": None, "normalizedAlignment": None}
    heard, together = np.frombuffer(sound(answers), "<i2"), said(FIRST + SECOND)
    one, other = said(FIRST), said(SECOND)
    np.testing.assert_array_equal(heard[: len(one)], one)
    np.testing.assert_array_equal(heard[len(heard) - len(other) :], other)
    assert len(heard) == pytest.approx(len(together), abs=2400)  # as long as when it is read at once, within 0.1 s


def test_times_of_characters_can_be_added_up(server: Running) -> None:
    answers, _ = talk(server, {"text": " "}, {"text": FIRST}, {"text": SECOND}, {"text": ""})
    told = [answer["alignment"] for answer in answers if answer["alignment"]]
    assert ["".join(each["chars"]) for each in told] == ["Hello there my friend", "How are you today"]
    for each in told:
        assert each["charStartTimesMs"] == sorted(each["charStartTimesMs"])
        assert min(each["charDurationsMs"]) >= 0
    ends = sum(each["charStartTimesMs"][-1] + each["charDurationsMs"][-1] for each in told)
    assert ends == pytest.approx(len(sound(answers)) / 48, abs=30)
    assert answers[0]["normalizedAlignment"] == answers[0]["alignment"]


@pytest.mark.parametrize("format", ["mp3_44100_128", "opus_48000_64", "wav_24000", "m4a_44100_96"])
def test_all_that_is_sent_is_one_file(server: Running, format: str) -> None:
    answers, _ = talk(server, {"text": " "}, {"text": FIRST}, {"text": SECOND}, {"text": ""}, output_format=format)
    data = sound(answers)
    if format.startswith("m4a"):
        from kouji.audio.files import read

        samples, rate = read(io.BytesIO(data))
    else:
        samples, rate = soundfile.read(io.BytesIO(data))
    assert len(samples) / rate == pytest.approx((len(said(FIRST)) + len(said(SECOND))) / 24000 + 0.4, abs=0.4)


def test_flush_speaks_what_is_no_sentence_yet_to_its_last_sample(server: Running) -> None:
    url = f"ws://127.0.0.1:{server.port}/v1/text-to-speech/english_1/stream-input?output_format=mp3_44100_128"
    with connect(url) as socket:
        socket.send(json.dumps({"text": "Hello there", "flush": True}))
        answers, until = [json.loads(socket.recv(timeout=20))], time.monotonic() + 20
        while time.monotonic() < until:
            try:
                answers.append(json.loads(socket.recv(timeout=0.5)))
            except TimeoutError:
                break
        samples, rate = soundfile.read(io.BytesIO(sound(answers)))
        assert len(samples) / rate >= len(said("Hello there")) / 24000


def test_warnings_and_marks_come_with_the_first_sound(server: Running) -> None:
    settings = {"stability": 0.5, "speed": 1.25}
    answers, _ = talk(server, {"text": " ", "voice_settings": settings, "hue": 1}, {"text": FIRST}, {"text": ""})
    assert [warning.rpartition(" ")[2] for warning in answers[0]["warnings"]] == ["stability.", "hue."]
    assert "watermark" in answers[0]["marking"]
    np.testing.assert_array_equal(np.frombuffer(sound(answers), "<i2"), said(FIRST, speed=1.25))


@pytest.mark.parametrize(
    ("query", "messages", "code", "word"),
    [
        ({"output_format": "mp9_1_1"}, [], "invalid_value", "output_format"),
        ({"output_format": "opus_44100_64"}, [{"text": " "}], "invalid_value", "44100"),
        ({"model_id": "none"}, [], "model_not_found", "none"),
        ({"language_code": "xx"}, [{"text": FIRST, "flush": True}], "language_not_found", "xx"),
        ({"inactivity_timeout": 999}, [], "invalid_value", "inactivity_timeout"),
        ({}, ["no json"], "invalid_message", "JSON"),
        ({}, [{"hello": 1}], "invalid_message", "JSON"),
        ({}, [{"text": " "}, {"text": "a", "voice_settings": {"speed": 2}}], "invalid_value", "voice_settings"),
        ({}, [{"text": " ", "pronunciation_dictionary_locators": [{}]}], "invalid_value", "locators"),
        ({}, [{"text": " ", "pronunciation_dictionary_locators": [{"pronunciation_dictionary_id": "x"}]}],
         "pronunciation_not_found", "'x'"),
        ({"inactivity_timeout": 1}, [{"text": "Hello"}], "input_timeout_exceeded", "1 seconds"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_and_the_connection_ends(
    server: Running, query: dict[str, Any], messages: list[dict[str, Any]], code: str, word: str
) -> None:
    answers, closed = talk(server, *messages, **query)
    assert (answers[-1]["error"], answers[-1]["code"], closed) == (code, 1008, 1008)
    assert word in answers[-1]["message"]


def test_the_key_is_in_the_head_or_in_the_first_message(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    key = new_key(file, "talker", ["speech"])
    with running(api_keys=str(file)) as server:
        for first in ({"xi_api_key": key}, {"xi-api-key": key}, {"authorization": f"Bearer {key}"}):
            answers, code = talk(server, {"text": " ", **first}, {"text": FIRST}, {"text": ""})
            assert (answers[-1]["isFinal"], code) == (True, 1000)
        answers, code = talk(server, {"text": " "})
        assert (answers[-1]["error"], code) == ("invalid_api_key", 1008)
        url = f"ws://127.0.0.1:{server.port}/v1/text-to-speech/english_1/stream-input"
        with connect(url, additional_headers={"xi-api-key": key}) as socket:
            socket.send(json.dumps({"text": FIRST, "flush": True}))
            assert json.loads(socket.recv(timeout=20))["audio"]


# ---- several sounds ----------------------------------------------------------------------------


def test_several_sounds_over_one_connection(server: Running) -> None:
    answers, code = talk(
        server,
        {"text": " ", "context_id": "a"},
        {"text": " ", "context_id": "b", "voice_settings": {"speed": 1.25}},
        {"text": FIRST, "context_id": "a"},
        {"text": SECOND, "context_id": "b", "flush": True},
        {"context_id": "b", "close_context": True},
        {"text": "", "context_id": "a"},
        {"close_socket": True},
        door="multi-stream-input",
    )
    assert code == 1000
    for name, expected in (("a", said(FIRST)), ("b", said(SECOND, speed=1.25))):
        mine = [answer for answer in answers if answer["contextId"] == name]
        assert mine[-1]["isFinal"] is True
        heard = np.frombuffer(sound(mine), "<i2")
        np.testing.assert_array_equal(heard[: len(expected)], expected)


def test_who_interrupts_hears_no_more_of_it(server: Running) -> None:
    url = f"ws://127.0.0.1:{server.port}/v1/text-to-speech/english_1/multi-stream-input?output_format=pcm_24000"
    with connect(url) as socket:
        for number in range(12):
            socket.send(json.dumps({"text": f"This is number {number} of many sentences. ", "context_id": "a"}))
        assert json.loads(socket.recv(timeout=20))["contextId"] == "a"
        socket.send(json.dumps({"context_id": "a", "close_context": True}))
        n_more = 0
        while not json.loads(socket.recv(timeout=20))["isFinal"]:
            n_more += 1
        assert n_more < 11
        socket.send(json.dumps({"context_id": "a", "text": FIRST, "flush": True}))  # the name is free again
        assert json.loads(socket.recv(timeout=20))["contextId"] == "a"


def test_a_sound_that_gets_no_text_is_finished(server: Running) -> None:
    text = {"text": "Hello", "context_id": "a"}
    answers, code = talk(server, text, door="multi-stream-input", inactivity_timeout=1)
    assert sound(answers[:1])
    assert answers[-2]["isFinal"] is True
    assert (answers[-1]["error"], code) == ("input_timeout_exceeded", 1008)


# ---- the pieces --------------------------------------------------------------------------------


def test_passages_wait_for_their_schedule_and_for_the_end_of_a_sentence() -> None:
    text = Passages(1000, [50, 10])
    assert text.add("One sentence. Two sent") == ""
    assert text.add("ences. And a third one, which goes") == "One sentence. Two sentences. "
    assert text.add(" on. Four") == "And a third one, which goes on. "
    assert text.add("teen. ", is_paused=True) == "Fourteen. "
    assert text.add("Mr. ", is_paused=True) == ""
    assert text.rest() == "Mr. "
    with pytest.raises(kouji.SpeechError, match="1000 characters"):
        text.add("a" * 1001)


def test_the_last_character_lasts_to_the_end_of_the_sound() -> None:
    marks = [Mark("word", "Hi", 1.1, 1.3), Mark("phoneme", "HH", 1.1, 1.2), Mark("word", "you", 1.3, 1.6)]
    told = in_milliseconds(marks, 1.0, 2.0)
    assert told == {
        "chars": ["H", "i", " ", "y", "o", "u"],
        "charStartTimesMs": [100, 200, 300, 300, 400, 500],
        "charDurationsMs": [100, 100, 0, 100, 100, 500],
    }
    assert in_milliseconds([], 0.0, 1.0) is None


@pytest.mark.parametrize(("text", "pause"), [("Yes?” ", "?"), ("and,", ","), ("so", "."), ("等等……", "…")])
def test_the_pause_that_a_text_asks_for(text: str, pause: str) -> None:
    assert pause_after(text) == pause
