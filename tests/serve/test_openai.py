"""OpenAI's own client, unmodified, against a server of ours."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

import kouji
from kouji.audio import files
from kouji.audio.loudness import loudness
from kouji.audio.watermark import detect

from .conftest import running

openai = pytest.importorskip("openai", reason="pip install 'kouji[dev]'")
DATA = Path(__file__).parents[1] / "data"
TEXT = "The meeting starts at nine. 请准时。"


@pytest.fixture
def client(server: Any) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="anything", max_retries=0) as found:
        yield found


@pytest.fixture(scope="module")
def spoken() -> np.ndarray:
    """What the Python door says, as 16-bit samples."""
    return np.rint(np.clip(kouji.load().synthesize(TEXT, voice="english_1").samples, -1, 1) * 32767).astype(np.int16)


def test_the_same_samples_as_in_python(client: Any, spoken: np.ndarray) -> None:
    answer = client.audio.speech.create(model="native", voice="english_1", input=TEXT, response_format="pcm")
    np.testing.assert_array_equal(np.frombuffer(answer.content, "<i2"), spoken)
    assert answer.response.headers["content-type"] == "audio/pcm;rate=24000;channels=1"


def test_a_sound_is_brought_to_a_loudness_and_remembered_so(client: Any, spoken: np.ndarray) -> None:
    asked = {"model": "native", "voice": "english_1", "input": TEXT, "response_format": "wav"}
    first, second = (client.audio.speech.create(**asked, extra_body={"loudness": -30}) for _ in range(2))
    assert first.content == second.content
    assert second.response.headers["x-cache"] == "hit"
    samples, rate = soundfile.read(io.BytesIO(first.content))
    assert loudness(samples, rate) == pytest.approx(-30, abs=0.1)
    assert len(samples) == len(spoken)
    other = client.audio.speech.create(**asked, extra_body={"loudness": -20, "stream": False})
    assert int(other.response.headers["x-audio-duration-ms"]) == round(len(spoken) / 24)
    plain = client.audio.speech.create(**asked)
    assert len({first.content, other.content, plain.content}) == 3


@pytest.mark.parametrize(
    ("format", "media_type", "magic"),
    [("mp3", "audio/mpeg", b"ID3"), ("opus", "audio/opus", b"OggS"), ("aac", "audio/aac", b"ID3"),
     ("flac", "audio/flac", b"fLaC"), ("wav", "audio/wav", b"RIFF"), ("m4a", "audio/mp4", b"\0\0\0\x1cftypM4A ")],
)  # fmt: skip
def test_every_format(client: Any, spoken: np.ndarray, format: Any, media_type: str, magic: bytes) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="english_1", input=TEXT, response_format=format
    ) as answer:
        data = b"".join(answer.iter_bytes())
    assert answer.headers["content-type"] == media_type
    assert data.startswith(magic)
    if format != "flac":  # which libsndfile does not read without its length
        samples, rate = files.read(io.BytesIO(data))
        assert len(samples) / rate == pytest.approx(len(spoken) / 24000, abs=0.1)


def test_mp3_is_what_comes_when_nothing_is_said(client: Any) -> None:
    assert client.audio.speech.create(model="tts-1", voice="alloy", input="Hi.").response.headers["content-type"] == (
        "audio/mpeg"
    )


def test_a_voice_may_be_an_object(client: Any) -> None:
    answer = client.audio.speech.create(model="tts-1", voice={"id": "male_1"}, input="好。", response_format="wav")
    assert answer.response.headers["x-voice-id"] == "male_1"


def test_events_carry_the_same_sound(server: Any, spoken: np.ndarray) -> None:
    body = {"model": "native", "voice": "english_1", "input": TEXT, "response_format": "pcm", "stream_format": "sse",
            "timestamps": "word"}  # fmt: skip
    answer = httpx.post(f"{server.url}/v1/audio/speech", json=body)
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    events = [json.loads(line) for line in lines[:-1]]
    audio = b"".join(base64.b64decode(each["audio"]) for each in events if each["type"] == "speech.audio.delta")
    np.testing.assert_array_equal(np.frombuffer(audio, "<i2"), spoken)
    done = events[-1]
    assert done["type"] == "speech.audio.done"
    assert done["usage"]["total_tokens"] == done["usage"]["input_tokens"] + done["usage"]["output_tokens"] > 0
    words = [each["text"] for each in done["timestamps"]]
    assert words[:2] == ["The", "meeting"]
    assert done["timestamps"][-1]["end"] <= len(spoken) / 24000


def test_events_by_the_client(client: Any) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="native", voice="alloy", input="Hi.", stream_format="sse"
    ) as answer:
        assert any("speech.audio.done" in line for line in answer.iter_lines())


def test_extensions_come_through_extra_body(client: Any) -> None:
    def said(**extra: Any) -> Any:
        return client.audio.speech.create(
            model="native", voice="english_1", input="Hello.", response_format="pcm", extra_body=extra
        )

    assert said(seed=5).content == said(seed=5).content != said(seed=6).content
    assert said(seed=5).response.headers["x-seed"] == "5"
    assert len(said(sample_rate=16000).content) == pytest.approx(len(said().content) * 2 / 3, abs=4)
    assert said(language="en", cache="off").response.headers["x-language"] == "en"
    assert 0 <= int(said(seed=-1).response.headers["x-seed"])


def test_the_manner_is_obeyed_however_it_is_told(client: Any) -> None:
    def said(instructions: str = "", **extra: Any) -> bytes:
        answer = client.audio.speech.create(
            model="gpt-4o-mini-tts", voice="english_1", input="What a day.", response_format="pcm",
            instructions=instructions or openai.omit, extra_body=extra,
        )  # fmt: skip
        return bytes(answer.content)

    plain, sad = said(), said(emotion="sad")
    assert said(emotion={"name": "sad"}) == said(emotion={"vector": [0, 0, 1, 0, 0, 0, 0, 0]}) == sad != plain
    assert len({plain, sad, said(emotion={"name": "sad", "alpha": 0.5}), said("Speak angrily.")}) == 4
    clip = base64.b64encode((DATA / "english_male.flac").read_bytes()).decode()
    assert len(said(emotion={"audio": f"data:audio/flac;base64,{clip}"})) > 0.5 * len(plain)


def test_speed_is_obeyed_within_the_range_of_the_engine(client: Any) -> None:
    def length(speed: float) -> int:
        answer = client.audio.speech.create(
            model="native", voice="english_1", input=TEXT, response_format="pcm", speed=speed
        )
        return len(answer.content)

    assert length(2.0) < 0.65 * length(1.0)
    with pytest.raises(openai.BadRequestError) as refused:
        length(3.0)
    assert refused.value.param == "speed"
    assert "0.5 to 2.0" in refused.value.message


@pytest.mark.parametrize(
    ("body", "kind", "param", "code"),
    [
        ({"model": "gpt-9"}, "NotFoundError", "model", "model_not_found"),
        ({"voice": "nobody"}, "NotFoundError", "voice", "voice_not_found"),
        ({"input": "…"}, "BadRequestError", "input", "empty_input"),
        ({"response_format": "mp4"}, "BadRequestError", "response_format", "invalid_value"),
        ({"speed": 7}, "BadRequestError", "speed", "invalid_value"),
        ({"extra_body": {"loudness": 3}}, "BadRequestError", "loudness", "invalid_value"),
        ({"extra_body": {"language": "xx"}}, "BadRequestError", "language", "language_not_found"),
        ({"extra_body": {"style": "newsreader"}}, "BadRequestError", "style", "unknown_parameter"),
        ({"extra_body": {"emotion": {"name": "happy", "text": "very"}}}, "BadRequestError", "emotion", "invalid_value"),
        ({"extra_body": {"emotion": {"audio": "/etc/passwd"}}}, "BadRequestError", "emotion.audio", "invalid_value"),
        ({"extra_body": {"emotion": {"name": "happy", "alpha": 2}}}, "BadRequestError", "emotion.alpha",
         "invalid_value"),
        ({"extra_body": {"duration_ms": 900, "duration": 1}}, "BadRequestError", "duration", "invalid_value"),
        ({"extra_body": {"sample_rate": 44100}, "response_format": "opus"}, "BadRequestError", "sample_rate",
         "invalid_value"),
        ({"extra_body": {"timestamps": "word"}}, "BadRequestError", "timestamps", "invalid_value"),
        ({"extra_body": {"normalize": "off"}, "input": "3 km"}, "BadRequestError", "normalize", "invalid_value"),
        ({"extra_body": {"pronunciation": {"Hi": "zz"}}}, "BadRequestError", "pronunciation", "invalid_value"),
        ({"extra_body": {"pronunciation": [3]}}, "BadRequestError", "pronunciation.0", "invalid_value"),
        ({"extra_body": {"pronunciation": ["Hi"]}}, "NotFoundError", "pronunciation", "pronunciation_not_found"),
        ({"extra_body": {"ref_audio": "/etc/passwd"}}, "BadRequestError", "ref_audio", "invalid_value"),
        ({"extra_body": {"sampling": {"temperature": 9}}}, "BadRequestError", "sampling.temperature", "invalid_value"),
        ({"extra_body": {"sampling": {"top_p": 0.5}}}, "BadRequestError", "sampling", "unsupported_parameter"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_the_field(
    client: Any, body: dict[str, Any], kind: str, param: str, code: str
) -> None:
    with pytest.raises(getattr(openai, kind)) as refused:
        client.audio.speech.create(**{"model": "native", "voice": "english_1", "input": "Hello."} | body)
    assert (refused.value.param, refused.value.code) == (param, code)
    assert refused.value.type == "invalid_request_error"


def test_every_answer_is_marked_and_only_the_house_may_change_that(http: httpx.Client) -> None:
    body = {"model": "native", "input": "The children walked along the river until evening.", "response_format": "mp3"}
    answer = http.post("/v1/audio/speech", json=body)
    assert answer.headers["x-marking"].split(", ")[0] == "watermark"
    assert detect(*soundfile.read(io.BytesIO(answer.content), dtype="float32")) is not None
    refused = http.post("/v1/audio/speech", json=body | {"watermark": False})
    assert refused.status_code == 403
    assert refused.json()["error"]["param"] == "watermark"


def test_fields_that_nobody_knows_are_told_of(http: httpx.Client) -> None:
    body = {"model": "tts-1", "input": "Hi.", "exaggeration": 0.5, "params": {"cfg": 1}, "instructions": "Loud."}
    answer = http.post("/v1/audio/speech", json=body)
    assert answer.status_code == 200
    warnings = json.loads(answer.headers["x-warnings"])
    assert [each["code"] for each in warnings] == ["unknown_field", "unknown_field", "instructions_ignored"]
    assert "exaggeration" in warnings[0]["message"]


def test_what_was_left_out_of_the_text_is_told_of(http: httpx.Client) -> None:
    answer = http.post("/v1/audio/speech", json={"model": "tts-1", "input": "Hi 🙂.", "voice": "english_1"})
    assert json.loads(answer.headers["x-warnings"])


def test_one_body_when_no_stream_is_wanted(http: httpx.Client) -> None:
    body = {"model": "native", "input": "Hello there.", "response_format": "wav", "stream": False, "cache": "off"}
    answer = http.post("/v1/audio/speech", json=body)
    assert int(answer.headers["content-length"]) == len(answer.content)
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert round(1000 * len(samples) / rate) == int(answer.headers["x-audio-duration-ms"])
    assert int.from_bytes(answer.content[40:44], "little") == 2 * len(samples)
    assert float(answer.headers["x-rtf"]) > 0


def test_a_whole_flac_says_how_long_it_is(http: httpx.Client) -> None:
    body = {"model": "native", "input": "Hello there.", "response_format": "flac", "sample_rate": 16000}
    answer = http.post("/v1/audio/speech", json={**body, "stream": False})
    samples, rate = soundfile.read(io.BytesIO(answer.content))
    assert rate == 16000
    assert round(1000 * len(samples) / rate) == pytest.approx(int(answer.headers["x-audio-duration-ms"]), abs=1)


def test_the_second_time_comes_from_the_cache_and_sounds_the_same(http: httpx.Client) -> None:
    body = {"model": "native", "input": "A sentence for the cache.", "seed": 99}
    first, second = (http.post("/v1/audio/speech", json=body) for _ in range(2))
    other = http.post("/v1/audio/speech", json={**body, "response_format": "flac"})
    fresh = http.post("/v1/audio/speech", json={**body, "cache": "refresh"})
    assert [each.headers["x-cache"] for each in (first, second, other, fresh)] == ["miss", "hit", "hit", "miss"]
    assert first.content == second.content == fresh.content


def test_a_wanted_length_is_planned_and_met_to_the_sample(http: httpx.Client) -> None:
    body = {"model": "native", "input": TEXT, "voice": "english_1"}
    plan = http.post("/v1/audio/plan", json=body).json()
    assert plan["feasible"][0] < plan["natural"] < plan["feasible"][1]
    wanted = round(1.1 * plan["natural"], 2)
    answer = http.post("/v1/audio/speech", json={**body, "duration": wanted, "response_format": "pcm"})
    assert len(answer.content) == 2 * round(24000 * wanted)
    refused = http.post("/v1/audio/speech", json={**body, "duration": 0.1})
    assert refused.status_code == 400
    assert http.post("/v1/audio/plan", json={**body, "input": "…"}).json()["error"]["code"] == "empty_input"


def test_an_idempotency_key_keeps_the_take_and_no_second_request(http: httpx.Client) -> None:
    body, key = {"model": "native", "input": "Any take.", "seed": -1}, {"Idempotency-Key": "abc"}
    first, second = (http.post("/v1/audio/speech", json=body, headers=key) for _ in range(2))
    assert first.content == second.content
    assert first.headers["x-seed"] == second.headers["x-seed"]
    other = http.post("/v1/audio/speech", json={**body, "input": "Another."}, headers=key)
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("path", ["/v1/audio/speech", "/audio/speech", "/api/v1/audio/speech"])
def test_clients_that_write_the_address_otherwise(http: httpx.Client, path: str) -> None:
    assert http.post(path, json={"model": "tts-1", "input": "Hi."}).status_code == 200


def test_models_are_listed_with_what_other_servers_look_for(client: Any, http: httpx.Client) -> None:
    assert "native" in [model.id for model in client.models.list()]
    assert client.models.retrieve("tts-1").id == "tts-1"
    native = next(row for row in http.get("/v1/models").json()["data"] if row["id"] == "native")
    assert native["task"] == "text-to-speech"
    assert {"name": "female_1", "language": "zh", "gender": "female"} in native["voices"]
    assert native["sample_rate"] == 24000
    assert http.get("/v1/models/nothing").status_code == 404
    assert http.get("/v1/audio/models").json()["models"][0]["id"] == "native"


def test_voices_are_objects_and_by_wish_names(http: httpx.Client) -> None:
    found = http.get("/v1/audio/voices").json()
    assert found["voices"] == found["data"]
    assert {"id", "name", "language"} <= set(found["voices"][0])
    assert "female_1" in http.get("/v1/audio/voices?legacy=1").json()["voices"]


def test_a_voice_that_there_is_not_is_answered_with_those_that_are_each_once(http: httpx.Client) -> None:
    answer = http.post("/v1/audio/speech", json={"model": "native", "input": "Hello.", "voice": "zzz"})
    known = answer.json()["error"]["message"].partition("Known: ")[2].rstrip(".").split(", ")
    assert "female_1" in known
    assert "chinese_female" not in known  # of an engine that was not asked to speak
    assert len(known) == len(set(known))


def test_a_batch_has_a_status_for_each_text(http: httpx.Client) -> None:
    body = {
        "model": "native", "response_format": "wav", "voice": "english_1", "seed": 3,
        "items": [{"input": "One."}, {"input": "Two.", "voice": "male_1", "id": "second"}, {"input": "?"}],
    }  # fmt: skip
    first, second, third = http.post("/v1/audio/speech/batch", json=body).json()["data"]
    assert (first["status"], first["voice"], first["seed"]) == (200, "english_1", 3)
    assert (second["id"], second["voice"]) == ("second", "male_1")
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(first["audio"])))
    assert len(samples) / rate == pytest.approx(first["duration"], abs=1e-3)
    assert (third["status"], third["error"]["code"]) == (400, "empty_input")


def test_sampling_and_preset_reach_the_engine_that_has_them(http: httpx.Client) -> None:
    def said(**more: Any) -> np.ndarray:
        body = {"model": "parrot", "input": "Hello.", "response_format": "pcm", "cache": "off", **more}
        answer = http.post("/v1/audio/speech", json=body)
        assert answer.status_code == 200, answer.text
        return np.frombuffer(answer.content, "<i2").astype(np.float64)

    def differs(sound: np.ndarray) -> float:
        return float(np.std(sound - usual))

    usual = said()
    mark = differs(said(preset="exact", sampling={"temperature": 1.0}))  # of another request, all that may differ
    assert differs(said(sampling={"temperature": 0.0})) > 2 * mark  # no breath
    assert differs(said(preset="high")) > 20 * mark
    wrong = http.post("/v1/audio/speech", json={"model": "native", "input": "Hello.", "preset": "high"})
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (400, "preset_not_found")
    none = http.post("/v1/audio/speech", json={"model": "native", "input": "Hello.", "sampling": {"top_k": 5}})
    assert none.json()["error"]["param"] == "sampling"


def test_a_speaker_as_text_speaks_and_is_told_no_longer_than_proxies_carry() -> None:
    speaker = f"{'0' * 900}330Hz"
    with running(engine="parrot") as server:
        for voice in (speaker, {"id": speaker}):
            body = {"model": "parrot", "input": "Polly.", "voice": voice, "response_format": "wav"}
            answer = httpx.post(f"{server.url}/v1/audio/speech", json=body, timeout=30)
            assert answer.status_code == 200, answer.text
            assert 0 < len(answer.headers["X-Voice-Id"]) < 300
        body["voice"] = "0" * 5000
        assert httpx.post(f"{server.url}/v1/audio/speech", json=body, timeout=30).status_code == 400
