"""Whose voice it is, asked over HTTP."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import soundfile

from kouji import config
from kouji.casting import Library
from kouji.serve.auth import new_key

from .conftest import running
from .test_voices import DATA, registered


def half(name: str, second: bool) -> bytes:
    """Half of a clip, as wav."""
    samples, sample_rate = soundfile.read(DATA / name)
    middle, out = len(samples) // 2, io.BytesIO()
    soundfile.write(out, samples[middle:] if second else samples[:middle], sample_rate, format="WAV")
    return out.getvalue()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def http(home: Path) -> Iterator[httpx.Client]:
    with running(home=str(home)) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        assert registered(client, "小明", "english_male.flac").status_code == 200
        assert registered(client, "ann", "english_female.flac").status_code == 200
        yield client


def test_a_clip_is_compared_with_one_registered_voice(http: httpx.Client) -> None:
    file = {"audio": ("a.wav", half("english_female.flac", second=True), "audio/wav")}
    hers = http.post("/v1/voices/verify", data={"voice": "ann"}, files=file).json()
    his = http.post("/v1/voices/verify", data={"voice": "小明"}, files=file).json()
    assert (hers["voice"], hers["same"], hers["threshold"]) == ("ann", True, 0.8)
    assert (his["voice"], his["same"]) == ("小明", False)
    assert 0 <= his["likeness"] < 0.8 <= hers["likeness"] <= 1


def test_the_nearest_registered_voices_are_named(http: httpx.Client) -> None:
    clip = base64.b64encode(half("english_male.flac", second=True)).decode()
    found = http.post("/v1/voices/identify", json={"audio": f"data:audio/wav;base64,{clip}"}).json()
    assert (found["found"], [row["name"] for row in found["voices"]]) == ("小明", ["小明", "ann"])
    assert found["voices"][0]["likeness"] >= found["threshold"] > found["voices"][1]["likeness"]


def test_a_consent_that_was_taken_back_ends_it_and_all_is_in_the_log(http: httpx.Client, home: Path) -> None:
    assert registered(http, "gone", "english_female.flac").status_code == 200
    library = Library(config.Config(home=str(home)))
    library.revoke("gone")
    file = {"audio": ("a.wav", half("english_female.flac", second=False), "audio/wav")}
    answer = http.post("/v1/voices/verify", data={"voice": "gone"}, files=file)
    assert (answer.status_code, "revoked" in answer.json()["error"]["message"]) == (403, True)
    assert "gone" not in http.post("/v1/voices/identify", files=file).text
    assert [event.action for event in library.events(limit=2)] == ["identify", "refuse"]


def test_what_cannot_be_compared_is_told_with_its_field(http: httpx.Client) -> None:
    def asked(path: str, **sent: object) -> tuple[int, str]:
        answer = http.post(f"/v1/voices/{path}", **sent)  # type: ignore[arg-type]
        return answer.status_code, answer.json()["error"]["param"]

    good = ("a.wav", half("english_male.flac", second=True), "audio/wav")
    silent = io.BytesIO()
    soundfile.write(silent, [0.0] * 48000, 16000, format="WAV")
    quiet, none = ("a.wav", silent.getvalue(), "audio/wav"), ("a.wav", b"no sound", "audio/wav")
    for name, status in (("nobody", 404), ("female_1", 404), ("a\0", 404), ("\ud800", 400)):
        url = f"data:audio/wav;base64,{base64.b64encode(good[1]).decode()}"
        content = json.dumps({"voice": name, "audio": url})
        assert asked("verify", content=content, headers={"Content-Type": "application/json"}) == (status, "voice")
    assert asked("verify", files={"audio": good}) == (400, "voice")
    assert asked("verify", data={"voice": "ann", "audio": "text"}, files={"x": good}) == (400, "audio")
    assert asked("identify", data={"voice": "ann"}, files={"audio": good}) == (400, "voice")
    assert asked("identify", json={}) == (400, "audio")
    assert asked("identify", json={"audio": 5}) == (400, "audio")
    assert asked("identify", json={"audio": "/etc/passwd"}) == (400, "audio")
    assert asked("identify", json={"audio": "http://127.0.0.1:1/"}) == (400, "audio")
    assert asked("identify", files={"audio": none}) == (400, "audio")
    assert asked("identify", files={"audio": quiet}) == (400, "audio")
    assert asked("identify", files=[("audio", good), ("audio", good)])[0] == 400
    assert http.post("/v1/voices/identify", content=b"RIFF", headers={"Content-Type": "audio/wav"}).status_code == 415


def test_only_keys_that_may_keep_voices_ask_whose_they_are(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    talker, keeper = new_key(keys, "talker", ["speech"]), new_key(keys, "keeper", ["voices"])
    file = {"audio": ("a.flac", (DATA / "english_male.flac").read_bytes(), "audio/flac")}
    with running(engine="parrot", home=str(tmp_path / "home"), api_keys=str(keys)) as server:
        for path in ("verify", "identify"):
            address, fields = f"{server.url}/v1/voices/{path}", {"voice": "x"} if path == "verify" else {}
            for headers, status in (({}, 401), ({"Authorization": f"Bearer {talker}"}, 403)):
                assert httpx.post(address, files=file, data=fields, headers=headers).status_code == status
        may = {"Authorization": f"Bearer {keeper}"}
        assert httpx.post(address, files=file, headers=may, timeout=60).json()["voices"] == []
