"""`/v1/pronunciations`: words that are kept, and requests that name them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

import kouji
from kouji.serve.auth import new_key

from .conftest import running

TEXT, OWN = "Kouji speaks.", {"Kouji": "K AW1 JH IY0 Z"}
SAY = {"model": "native", "input": TEXT, "voice": "english_1", "response_format": "pcm"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("home")
    with running(home=str(home)) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        assert client.put("/v1/pronunciations/names", json={"words": OWN}).json() == {"id": "names", "words": OWN}
        yield client


def said(**controls: Any) -> bytes:
    samples = kouji.load().synthesize(TEXT, voice="english_1", **controls).samples
    return np.rint(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def test_words_are_kept_listed_shown_replaced_and_taken_out(client: httpx.Client) -> None:
    client.put("/v1/pronunciations/more", json={"words": {"a": "=b"}})
    assert client.get("/v1/pronunciations").json()["data"] == [
        {"id": "more", "n_words": 1}, {"id": "names", "n_words": 1},
    ]  # fmt: skip
    client.put("/v1/pronunciations/more", json={"words": {"a": {"en": "EY1"}, "重庆": "chong2 qing4"}})
    assert client.get("/v1/pronunciations/more").json()["words"]["a"] == {"en": "EY1"}
    assert client.delete("/v1/pronunciations/more").status_code == 204
    for answer in (client.get("/v1/pronunciations/more"), client.delete("/v1/pronunciations/more")):
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "pronunciation_not_found")


@pytest.mark.parametrize(
    ("id", "words", "status"),
    [("a", {"重庆": "chong2"}, 400), ("a", {"x": {"xx": "y"}}, 400), ("a", ["x"], 400), ("..", {"x": "=y"}, 404),
     ("a.b", {"x": "=y"}, 400), ("%2e%2e%2fa", {"x": "=y"}, 404), ("a" * 81, {"x": "=y"}, 400)],
)  # fmt: skip
def test_what_is_none_or_has_no_name_is_not_kept(client: httpx.Client, id: str, words: Any, status: int) -> None:
    assert client.put(f"/v1/pronunciations/{id}", json={"words": words}).status_code == status
    assert [row["id"] for row in client.get("/v1/pronunciations").json()["data"]] == ["names"]


def test_requests_name_them_at_every_door(client: httpx.Client) -> None:
    own = said(pronunciation=OWN)
    for asked in ("names", ["names"], ["names", {"Kouji": "=nobody"}]):
        assert client.post("/v1/audio/speech", json={**SAY, "pronunciation": asked}).content == own
    first = [{"Kouji": "=nobody"}, "names"]
    assert client.post("/v1/audio/speech", json={**SAY, "pronunciation": first}).content != own
    locators = [{"pronunciation_dictionary_id": "names", "version_id": "1"}]
    body = {"text": TEXT, "pronunciation_dictionary_locators": locators}
    assert client.post("/v1/text-to-speech/english_1?output_format=pcm_24000", json=body).content == own
    (line,) = client.post("/v1/text/phonemize", json={"input": TEXT, "pronunciation": "names"}).json()["lines"]
    assert line["units"][0]["reading"] == OWN["Kouji"]
    unknown = client.post("/v1/audio/speech", json={**SAY, "pronunciation": "nmes"})
    assert unknown.status_code == 404
    assert unknown.json()["error"]["param"] == "pronunciation"
    assert "Did you mean 'names'?" in unknown.json()["error"]["message"]


def test_a_job_has_room_for_so_many_words(client: httpx.Client) -> None:
    words = {f"word{number}": "=a" for number in range(101)}
    items = [{"input": "One."} for _ in range(1000)]
    request = {"model": "native", "items": items, "pronunciation": words}
    answer = client.post("/v1/jobs", json={"type": "batch", "request": request})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "pronunciation")


def test_only_who_runs_the_house_changes_them(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    speaker, admin = new_key(file, "talker", ["speech"]), new_key(file, "boss", ["admin"])
    with (
        running(api_keys=str(file), home=str(tmp_path)) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        for key, status in ((speaker, 403), (admin, 200)):
            head = {"Authorization": f"Bearer {key}"}
            answer = client.put("/v1/pronunciations/names", json={"words": OWN}, headers=head)
            assert answer.status_code == status
        head = {"Authorization": f"Bearer {speaker}"}
        assert client.get("/v1/pronunciations/names", headers=head).json()["words"] == OWN
