"""Clients of other systems: ElevenLabs' own, and the calls that those of GPT-SoVITS, CosyVoice and SillyTavern make."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

TEXT = "Hello there."


def pcm(http: httpx.Client, text: str = TEXT, voice: str = "english_1", **more: Any) -> bytes:
    """What the OpenAI door says."""
    body = {"model": "native", "input": text, "voice": voice, "response_format": "pcm", **more}
    answer = http.post("/v1/audio/speech", json=body)
    assert answer.status_code == 200, answer.text
    return answer.content


def samples_of(wav: bytes) -> np.ndarray:
    samples, _ = soundfile.read(io.BytesIO(wav), dtype="int16")
    return samples


# ---- the house ---------------------------------------------------------------------------------


def test_the_house_lists_its_voices(http: httpx.Client) -> None:
    rows = http.get("/voices").json()
    assert {"female_1", "male_1", "english_1", "japanese_1", "korean_1", "cantonese_1"} <= {row["id"] for row in rows}
    assert set(rows[0]) == {"id", "name", "language", "gender", "engine", "licence"}


def test_the_house_answers_with_an_address(http: httpx.Client) -> None:
    answer = http.post("/tts", json={"text": "你好，世界。", "voice": "female_1", "language": "zh"}).json()
    sound = http.get(answer["audio_url"])
    assert sound.headers["content-type"] == "audio/wav"
    assert len(samples_of(sound.content)) / answer["sample_rate"] == pytest.approx(answer["duration"], abs=1e-3)
    assert (answer["voice"], answer["language"], answer["format"]) == ("female_1", "zh", "wav")


def test_the_house_answers_with_the_sound_itself(http: httpx.Client) -> None:
    body = {"text": TEXT, "voice": "english_1", "return": "base64", "timestamps": "word"}
    answer = http.post("/tts", json=body).json()
    np.testing.assert_array_equal(samples_of(base64.b64decode(answer["audio"])), np.frombuffer(pcm(http), "<i2"))
    assert [each["text"] for each in answer["timestamps"]] == ["Hello", "there"]


def test_the_house_refuses_as_the_core_does(http: httpx.Client) -> None:
    for body, param in (({}, "text"), ({"text": "a", "return": "fax"}, "return"), ({"text": "a", "speed": 9}, "speed")):
        answer = http.post("/tts", json=body)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
    assert http.get("/takes/nothing.wav").status_code == 404


# ---- ElevenLabs --------------------------------------------------------------------------------


@pytest.fixture
def eleven(server: Any) -> Iterator[Any]:
    module = pytest.importorskip("elevenlabs.client", reason="pip install 'kouji[dev]'")
    with httpx.Client(timeout=30) as connection:
        yield module.ElevenLabs(api_key="anything", base_url=server.url, httpx_client=connection)


def test_elevenlabs_own_client_speaks(eleven: Any, http: httpx.Client) -> None:
    said = eleven.text_to_speech.convert(
        "english_1", text=TEXT, model_id="eleven_multilingual_v2", output_format="pcm_24000",
        voice_settings={"stability": 0.5, "similarity_boost": 0.8, "speed": 1.0},
    )  # fmt: skip
    assert b"".join(said) == pcm(http)


def test_elevenlabs_own_client_streams_mp3(eleven: Any) -> None:
    data = b"".join(eleven.text_to_speech.stream("alloy", text=TEXT, output_format="mp3_44100_128"))
    samples, rate = soundfile.read(io.BytesIO(data))
    assert rate == 44100
    assert len(samples) / rate == pytest.approx(1.0, abs=0.5)


def test_elevenlabs_own_client_gets_the_time_of_each_character(eleven: Any) -> None:
    answer = eleven.text_to_speech.convert_with_timestamps("english_1", text=TEXT)
    assert base64.b64decode(answer.audio_base_64)
    assert "".join(answer.alignment.characters) == "Hello there"
    assert answer.alignment.character_start_times_seconds == sorted(answer.alignment.character_start_times_seconds)
    pieces = list(eleven.text_to_speech.stream_with_timestamps("english_1", text=TEXT, output_format="pcm_24000"))
    assert "".join("".join(piece.alignment.characters) for piece in pieces if piece.alignment) == "Hello there"


def test_elevenlabs_own_client_finds_voices_and_models(eleven: Any, http: httpx.Client) -> None:
    assert "female_1" in [voice.voice_id for voice in eleven.voices.get_all().voices]
    assert eleven.voices.get("male_1").labels["language"] == "zh"
    assert [voice.voice_id for voice in eleven.voices.search(search="cantonese").voices] == ["cantonese_1"]
    (native, *_) = eleven.models.list()
    assert (native.model_id, native.can_do_voice_conversion) == ("native", False)
    heard = http.get(eleven.voices.get("male_1").preview_url)
    assert heard.headers["content-type"] == "audio/mpeg"


def test_elevenlabs_own_client_reads_our_refusals(eleven: Any, http: httpx.Client) -> None:
    from elevenlabs.core.api_error import ApiError
    from elevenlabs.errors import UnprocessableEntityError

    with pytest.raises(UnprocessableEntityError):
        b"".join(eleven.text_to_speech.convert("english_1", text=TEXT, output_format="mp9_1_1"))
    with pytest.raises(UnprocessableEntityError):
        b"".join(eleven.text_to_speech.convert("english_1", text=""))
    with pytest.raises(ApiError) as unknown:
        b"".join(eleven.text_to_speech.convert("nobody", text=TEXT))
    assert unknown.value.status_code == 404
    assert http.post("/v1/text-to-speech/english_1", json={}).json()["detail"][0]["loc"] == ["body", "text"]


def test_a_file_of_apple_by_elevenlabs_way(http: httpx.Client) -> None:
    answer = http.post("/v1/text-to-speech/english_1?output_format=m4a_44100_96", json={"text": TEXT})
    assert answer.headers["content-type"] == "audio/mp4"
    assert answer.content[4:12] == b"ftypM4A "


def test_telephone_formats(http: httpx.Client) -> None:
    answer = http.post("/v1/text-to-speech/english_1?output_format=ulaw_8000", json={"text": TEXT})
    assert len(answer.content) == pytest.approx(len(pcm(http)) / 6, abs=2)


# ---- GPT-SoVITS, SillyTavern -------------------------------------------------------------------


def test_api_v2_is_told_by_its_body(http: httpx.Client) -> None:
    body = {"text": "你好。", "text_lang": "zh", "ref_audio_path": "./参考音频/male_1.wav", "prompt_lang": "zh",
            "prompt_text": "", "top_k": 5, "seed": 1, "streaming_mode": False}  # fmt: skip
    answer = http.post("/tts", json=body)
    assert answer.headers["x-dialect"] == "gptsovits"
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["x-voice-id"] == "male_1"
    assert "top_k" in json.loads(answer.headers["x-warnings"])[0]["message"]
    np.testing.assert_array_equal(
        samples_of(answer.content), np.frombuffer(pcm(http, "你好。", "male_1", seed=1, language="zh"), "<i2")
    )


@pytest.mark.parametrize(
    ("media", "mode", "kind", "magic"),
    [("wav", "true", "audio/wav", b"RIFF"), ("raw", "0", "audio/pcm", b""), ("ogg", "2", "audio/ogg", b"OggS"),
     ("aac", "1", "audio/aac", b"ID3"), ("m4a", "1", "audio/mp4", b"\0\0\0")],
)  # fmt: skip
def test_api_v2_by_address(http: httpx.Client, media: str, mode: str, kind: str, magic: bytes) -> None:
    asked = {"text": "Hi.", "text_lang": "en", "media_type": media, "streaming_mode": mode}
    answer = http.get("/tts", params=asked)
    assert answer.headers["content-type"].startswith(kind)
    assert answer.content.startswith(magic)


@pytest.mark.parametrize(
    "wrong",
    [{"text_lang": "xx"}, {"ref_audio_path": "../../etc/passwd"}, {"text": "…"}, {"seed": -2}, {"media_type": "x"}],
)
def test_api_v2_fails_in_its_own_words(http: httpx.Client, wrong: dict[str, Any]) -> None:
    answer = http.post("/tts", json={"text": "Hi.", "text_lang": "en", **wrong})
    assert answer.status_code == 400
    assert set(answer.json()) == {"message", "Exception"}
    assert "root:" not in answer.text


def test_api_v2_remembers_a_reference_for_its_client(http: httpx.Client) -> None:
    assert http.get("/set_refer_audio", params={"refer_audio_path": "x/english_2.wav"}).json()["message"] == "success"
    answer = http.post("/tts", json={"text": "Hi.", "text_lang": "en"})
    assert answer.headers["x-voice-id"] == "english_2"
    assert http.get("/set_refer_audio", params={"refer_audio_path": "nobody.wav"}).status_code == 400
    assert http.get("/set_gpt_weights", params={"weights_path": "/tmp/a.ckpt"}).status_code == 400
    assert http.get("/control", params={"command": "exit"}).status_code == 403


def test_sillytavern(http: httpx.Client) -> None:
    assert {"name": "female_1", "voice_id": "female_1", "lang": "zh"} in http.get("/speakers").json()
    body = {"text": "Hi.", "target_voice": "english_2", "text_lang": "en", "streaming_mode": "true"}
    answer = http.post("/", json=body)
    assert (answer.status_code, answer.headers["x-voice-id"]) == (200, "english_2")


# ---- CosyVoice ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_cosyvoice_sends_raw_samples(http: httpx.Client, method: str) -> None:
    answer = http.request(method, "/inference_sft", data={"tts_text": TEXT, "spk_id": "english_1"})
    assert answer.headers["x-sample-rate"] == "24000"
    assert answer.content == pcm(http)


def test_cosyvoice_with_a_clip_that_is_none_is_refused(http: httpx.Client) -> None:
    files = {"prompt_wav": ("a.wav", b"RIFF", "audio/wav")}
    answer = http.post("/inference_zero_shot", data={"tts_text": TEXT, "prompt_text": "x"}, files=files)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "prompt_wav")
    assert http.post("/inference_sft", data={"spk_id": "english_1"}).json()["error"]["param"] == "tts_text"


# ---- what the server says of itself ------------------------------------------------------------


def test_health_in_words_and_in_json(http: httpx.Client) -> None:
    assert http.get("/health", headers={"Accept": "text/plain"}).text == "OK"
    assert http.get("/health").json()["status"] == "ok"
    assert http.get("/ready").json() == {"ready": True}


def test_counters_count(http: httpx.Client) -> None:
    pcm(http)
    text = http.get("/metrics").text
    assert 'kouji_requests_total{route="/audio/speech",status="200"}' in text
    assert 'kouji_first_sound_seconds_count{cached="true",engine="native"}' in text
    for _ in range(100):  # the worker puts the request aside after its listener has all of it
        if 'kouji_requests_open{engine="native"} 0.0' in text:
            break
        time.sleep(0.02)
        text = http.get("/metrics").text
    assert 'kouji_requests_open{engine="native"} 0.0' in text


def test_capabilities_name_engines_formats_limits_and_aliases(http: httpx.Client) -> None:
    found = http.get("/v1/capabilities").json()
    assert found["engines"][0]["id"] == "native"
    assert found["engines"][0]["ready"]
    assert "speed" in found["engines"][0]["controls"]
    assert found["aliases"]["voices"]["alloy"] == "english_1"
    assert found["formats"]["opus"]["rates"][-1] == 48000
    assert found["limits"]["max_characters"] == 20000


def test_licences_come_with_their_credits(http: httpx.Client) -> None:
    found = http.get("/v1/licences").json()
    assert ("native", "weights") in [(row["engine"], row["part"]) for row in found["licences"]]
    assert found["attribution"]["native"]


def test_what_will_be_said_before_it_is_said(http: httpx.Client) -> None:
    assert http.post("/v1/text/normalize", json={"input": "3.5 km", "language": "en"}).json()["normalized"] == (
        "three point five kilometers"
    )
    lines = http.post("/v1/text/phonemize", json={"input": "不对\nHi"}).json()["lines"]
    assert lines[0]["units"][0]["said"] == "bu2"
    assert len(lines) == 2
    assert http.post("/v1/text/phonemize", json={"input": "a", "language": "xx"}).json()["error"]["param"] == "language"


def test_every_door_takes_pronunciations_and_texts_as_they_are_written(http: httpx.Client) -> None:
    plain, words = pcm(http, "Kouji speaks."), {"Kouji": {"en": "K AW1 JH IY0 Z"}}
    mine = pcm(http, "Kouji speaks.", pronunciation=words)
    assert mine != plain
    assert pcm(http, "Kouji speaks.", normalize="off") == plain
    house = {"text": "Kouji speaks.", "voice": "english_1", "pronunciation": words, "return": "base64"}
    sound = base64.b64decode(http.post("/tts", json=house).json()["audio"])
    np.testing.assert_array_equal(samples_of(sound), np.frombuffer(mine, "<i2"))
    asked = {"model": "native", "input": "Kouji speaks.", "voice": "english_1"}
    usual, own = (http.post("/v1/audio/plan", json=asked | more).json() for more in ({}, {"pronunciation": words}))
    assert usual["natural"] != own["natural"]
    body = {"text": "3 km", "apply_text_normalization": "off"}
    (detail,) = http.post("/v1/text-to-speech/english_1", json=body).json()["detail"]
    assert detail["msg"].startswith("'3' cannot be said as it is written")
    (line,) = http.post("/v1/text/phonemize", json={"input": "Kouji", "pronunciation": words}).json()["lines"]
    assert line["units"][0]["reading"] == "K AW1 JH IY0 Z"
    refused = http.post("/v1/text/phonemize", json={"input": "3", "normalize": "off"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "normalize")


def test_ssml_is_spoken_checked_and_listed(http: httpx.Client) -> None:
    text = '<speak>One.<break time="800ms"/>Two.</speak>'
    plain = pcm(http, "One. Two.")
    assert len(pcm(http, text, input_type="ssml")) != len(plain)
    entity = "<!DOCTYPE a><speak>a</speak>"
    for input, kind in ((text, "text"), ("One.", "ssml"), ("<speak>One.", None), (entity, None)):
        answer = http.post("/v1/audio/speech", json={"model": "native", "input": input, "input_type": kind})
        assert answer.status_code == 400
    assert http.get("/v1/ssml").json()["tags"]["prosody"]["engines"]["native"]
    assert len(http.post("/v1/text/phonemize", json={"input": "<speak>\nHi\n</speak>"}).json()["lines"]) == 1


def test_the_page_of_routes_shows_each_with_its_fields_and_loads_nothing(http: httpx.Client) -> None:
    page = http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path in http.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in page.text
    assert "duration_tolerance_ms" in page.text
    assert "mp3, opus, aac, flac, wav, pcm, m4a" in page.text
    assert re.findall(r"(?:src|href)=\"([^\"]*)", page.text) == ["openapi.json"]
    assert http.get("/redoc").status_code == 404


def test_the_openapi_document_has_examples_and_failures(http: httpx.Client) -> None:
    found = http.get("/openapi.json").json()
    assert found["components"]["schemas"]["SpeechRequest"]["examples"]
    speech = found["paths"]["/v1/audio/speech"]["post"]["responses"]
    assert {"200", "400", "401", "404", "413", "429", "503"} <= set(speech)
    assert "audio/mpeg" in speech["200"]["content"]
