"""Keys, scopes, rates, aliases, strictness: what whoever runs a server decides."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from kouji.cli.main import main
from kouji.errors import InvalidInput, UnknownName
from kouji.serve.auth import Client, Keys, check_scope, new_key
from kouji.serve.gate import Buckets
from kouji.serve.names import Names
from kouji.serve.refusals import NotAllowed, TooManyRequests

from .conftest import Running, running

BODY = {"model": "parrot", "input": "Hi.", "voice": "polly"}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Keys by name, and the file that knows them."""
    file = tmp_path_factory.mktemp("keys") / "keys.toml"
    return {
        "file": str(file),
        "page": new_key(file, "page", ["speech"], rate_limit=1000),
        "watch": new_key(file, "watch", ["metrics"]),
        "busy": new_key(file, "busy", ["speech"], rate_limit=2),
    }


@pytest.fixture(scope="module")
def closed(keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with keys, further names, and no patience with unknown fields."""
    aliases = tmp_path_factory.mktemp("aliases") / "aliases.toml"
    aliases.write_text('[models]\nmy-model = "parrot"\n[voices]\nRachel = "polly"\nGhost = "nobody"\n')
    with running(
        engine="parrot", api_keys=keys["file"], aliases=str(aliases), unknown_fields="refuse", max_characters=50,
        cors="https://page.example",
    ) as found:  # fmt: skip
        yield found


@pytest.fixture
def asked(closed: Running, keys: dict[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=closed.url, headers={"Authorization": f"Bearer {keys['page']}"}) as client:
        yield client


def test_without_a_key_nobody_comes_in(closed: Running) -> None:
    for headers in ({}, {"Authorization": "Bearer kj-00000000-x"}, {"Authorization": "Basic x"}, {"xi-api-key": "x"}):
        answer = httpx.post(f"{closed.url}/v1/audio/speech", json=BODY, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")
    assert httpx.get(f"{closed.url}/health").status_code == 200
    for path in ("/v1/models", "/voices", "/metrics", "/v1/voices", "/speakers", "/v1/licences", "/v1/capabilities"):
        assert httpx.get(f"{closed.url}{path}").status_code == 401
    assert httpx.post(f"{closed.url}/mcp", json={}).status_code == 401


def test_a_key_opens_what_it_was_made_for(asked: httpx.Client, closed: Running, keys: dict[str, str]) -> None:
    assert asked.post("/v1/audio/speech", json=BODY).status_code == 200
    assert asked.get("/metrics").json()["error"]["code"] == "missing_scope"
    watch = httpx.get(f"{closed.url}/metrics", headers={"Authorization": f"Bearer {keys['watch']}"})
    assert watch.status_code == 200
    eleven = httpx.get(f"{closed.url}/v1/voices", headers={"xi-api-key": keys["page"]})
    assert eleven.json()["voices"][0]["voice_id"] == "polly"


def test_a_websocket_needs_a_key_too(closed: Running, keys: dict[str, str]) -> None:
    url = f"ws://127.0.0.1:{closed.port}/v1/audio/speech/stream"
    with connect(url) as socket:
        assert json.loads(socket.recv(timeout=10))["error"]["code"] == "invalid_api_key"
    with connect(url, additional_headers={"Authorization": f"Bearer {keys['page']}"}) as socket:
        socket.send(json.dumps({"type": "input.done"}))
        assert json.loads(socket.recv(timeout=10))["type"] == "session.done"


def test_too_often_is_told_when_to_come_back(closed: Running, keys: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {keys['busy']}"}
    answers = [httpx.get(f"{closed.url}/v1/models", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 30
    assert answers[-1].json()["error"]["type"] == "rate_limit_error"


def test_unknown_fields_are_refused_where_that_is_wished(asked: httpx.Client) -> None:
    answer = asked.post("/v1/audio/speech", json={**BODY, "exaggeration": 1})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "exaggeration")


def test_a_long_text_is_refused_with_the_limit(asked: httpx.Client) -> None:
    for path, body in (("/v1/audio/speech", BODY | {"input": "a " * 30}), ("/v1/text/normalize", {"input": "a" * 51})):
        error = asked.post(path, json=body).json()["error"]
        assert (error["code"], error["param"]) == ("input_too_long", "input")
        assert "50" in error["message"]


def test_further_names(asked: httpx.Client) -> None:
    def voice(model: str, name: str) -> httpx.Response:
        return asked.post("/v1/audio/speech", json={"model": model, "input": "Hi.", "voice": name})

    assert voice("my-model", "Rachel").headers["x-voice-id"] == "polly"
    ghost = voice("tts-1", "Ghost")
    assert ghost.headers["x-voice-id"] == "polly"
    assert json.loads(ghost.headers["x-warnings"])[0]["code"] == "voice_replaced"
    assert asked.get("/v1/capabilities").json()["aliases"]["voices"]["Rachel"] == "polly"


def test_only_the_named_pages_may_use_it(asked: httpx.Client) -> None:
    for origin, allowed in (("https://page.example", "https://page.example"), ("https://evil.example", None)):
        answer = asked.get("/v1/models", headers={"Origin": origin})
        assert answer.headers.get("access-control-allow-origin") == allowed


def test_no_page_may_unless_it_is_named(http: httpx.Client) -> None:
    answer = http.get("/v1/models", headers={"Origin": "https://page.example"})
    assert "access-control-allow-origin" not in answer.headers


# ---- the parts ---------------------------------------------------------------------------------


def test_a_key_is_kept_as_a_hash_that_only_its_owner_reads(keys: dict[str, str]) -> None:
    file = Path(keys["file"])
    assert keys["page"].split("-", 2)[2] not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_is_known_by_its_secret_not_by_its_id(keys: dict[str, str]) -> None:
    known = Keys.read(keys["file"])
    assert known.client(keys["page"], "").name == "page"
    with pytest.raises(NotAllowed):
        known.client(keys["page"][:-1] + "?", "")
    with pytest.raises(NotAllowed):
        known.client("\ud800", "")


def test_admin_opens_every_door() -> None:
    check_scope(Client("a", ("admin",)), "voices")
    with pytest.raises(NotAllowed, match="does not open 'voices'"):
        check_scope(Client("a", ("speech",)), "voices")


def test_the_command_makes_keys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "keys.toml")
    assert main(["serve", "--new-key", "web", "--api-keys", file, "--scopes", "speech,metrics"]) == 0
    key = capsys.readouterr().out.strip()
    assert Keys.read(file).client(key, "") == Client("web", ("speech", "metrics"))
    assert main(["serve", "--new-key", "web", "--api-keys", file, "--scopes", "everything"]) == 2
    assert main(["serve", "--new-key", "web"]) == 2


@pytest.mark.parametrize("text", ["[[key]]\n", "x", '[[key]]\nid="a"\nname="a"\nhash="md5:a"\nscopes=["speech"]\n'])
def test_a_broken_file_of_keys_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.toml").write_text(text)
    with pytest.raises(InvalidInput, match="cannot be read"):
        Keys.read(str(tmp_path / "keys.toml"))


def test_a_bucket_fills_again() -> None:
    buckets = Buckets()
    for _ in range(6000):
        buckets.take("a", 6000)
    with pytest.raises(TooManyRequests):
        _drain(buckets)
    buckets.take("b", 1)


def _drain(buckets: Buckets) -> None:
    for _ in range(1000):
        buckets.take("a", 6000)


@pytest.mark.parametrize(
    ("text", "error"),
    [("[models]\na = 'nothing'", InvalidInput), ("[voices]\na = 1", InvalidInput), ("[engines]\n", UnknownName),
     ("[", InvalidInput)],
)  # fmt: skip
def test_a_broken_file_of_names_is_told(tmp_path: Path, text: str, error: Any) -> None:
    (tmp_path / "aliases.toml").write_text(text)
    with pytest.raises(error):
        Names.read("native", str(tmp_path / "aliases.toml"))


def test_a_key_in_the_headers_of_an_agent_opens_its_own_doors_alone(closed: Running, keys: dict[str, str]) -> None:
    gate = closed.app.state.gate
    assert gate.enter({"authorization": f"Bearer {keys['page']}"}, "speech").name == "page"
    for headers in ({"xi-api-key": keys["page"]}, {"authorization": "Bearer no"}, {}):
        with pytest.raises(NotAllowed):
            gate.enter(headers, "jobs")
