"""The licence gate: what each licence allows, on every way that leads to an engine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import kouji
from kouji import config, engines
from kouji.cli import licences as asking
from kouji.cli.main import main
from kouji.engines.contract import Licence
from kouji.errors import LicenceDenied
from kouji.policy import Gate
from kouji.policy.licences import attribution, check_training, training
from kouji.terms import USES, terms_of
from kouji_parrot.card import CARD as PARROT

# Engine -> the uses for which it may speak, and those for which it may once its terms were accepted. "": not stated.
# Whoever has no row here may speak for all.
MAY: dict[str, tuple[set[str], set[str]]] = {
    **{name: ({"", "personal", "research", "commercial"}, set()) for name in engines.ENGINES},
    "chattts": ({"personal", "research"}, set()),
    "indextts2": (set(), {"personal", "research"}),
    # Not ours, but as others are licensed:
    "noncommercial": ({"personal", "research"}, set()),
    "accepted": (set(), {"", "personal", "research", "commercial"}),
    "unheard": ({"personal", "research"}, set()),
}
OTHERS = {
    "noncommercial": (Licence("code", "Apache-2.0"), Licence("weights", "CC-BY-NC-4.0", "2noise")),
    "accepted": (Licence("weights", "LicenseRef-bilibili-Model-Use-License"),),
    "unheard": (Licence("weights", "LicenseRef-nobody-knows"),),
}
STATED = ("", *USES)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Every engine with the parrot's light weights and its own licences; call it to say what the house is for."""
    module = ModuleType("kouji_gated")
    for name, (_, _) in MAY.items():
        licences = OTHERS[name] if name in OTHERS else engines.card(name).licences
        setattr(module, name.replace("-", "_"), replace(PARROT, id=name, licences=licences))
        monkeypatch.setitem(engines.ENGINES, name, f"kouji_gated:{name.replace('-', '_')}")
    monkeypatch.setitem(sys.modules, "kouji_gated", module)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.setenv("KOUJI_HOME", str(tmp_path / "home"))

    monkeypatch.setattr(Door, "app", None)

    def prepare(use: str = "", accepted: str = "") -> None:
        if use:
            monkeypatch.setenv("KOUJI_USE", use)
        if accepted:
            Gate(config.load()).accept(accepted, engines.card(accepted).licences, "Zhang San")

    yield prepare
    if Door.app is not None:
        Door.app.state.desk.close()
        Door.app.state.service.close()


# The ways to an engine. Each says "Hello" with it, and tells whether the gate refused that.


def by_python(engine: str, folder: Path) -> bool:
    try:
        assert len(kouji.load(engine).synthesize("Hello").samples)
    except LicenceDenied:
        return True
    return False


def by_command(engine: str, folder: Path) -> bool:
    return main(["say", "Hello", "-e", engine, "-o", str(folder / "hello.wav")]) == 2


def by_batch(engine: str, folder: Path) -> bool:
    script = folder / "script.jsonl"
    script.write_text('{"id": "a", "text": "Hello"}\n')
    code = main(["batch", str(script), "-o", str(folder / "out"), "-e", engine])
    assert (folder / "out" / "a.wav").exists() == (code == 0)
    return code == 2


class Door:
    """The server of one test."""

    app: Any = None


def _asked(path: str, body: dict[str, Any], done: int) -> bool:
    pytest.importorskip("fastapi", reason="pip install 'kouji[serve]'")
    from fastapi.testclient import TestClient

    from kouji.serve.app import create_app

    Door.app = Door.app or create_app(config.load())
    answer = TestClient(Door.app).post(path, json=body)
    assert answer.status_code in (done, 403), answer.text
    if answer.status_code == 403:
        assert answer.json()["error"]["type"] == "permission_error"
    return answer.status_code == 403


def by_http(engine: str, folder: Path) -> bool:
    return _asked("/v1/audio/speech", {"model": engine, "input": "Hello", "response_format": "wav"}, 200)


def by_job(engine: str, folder: Path) -> bool:
    speech = {"model": engine, "input": "Hello", "response_format": "wav"}
    return _asked("/v1/jobs", {"type": "speech", "request": speech}, 202)


WAYS = [by_python, by_command, by_batch, by_http, by_job]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("use", STATED)
def test_every_engine_speaks_for_the_uses_of_its_licences_alone(
    house: Callable[..., None], tmp_path: Path, use: str, way: Callable[[str, Path], bool]
) -> None:
    house(use)
    for engine, (may, _) in MAY.items():
        folder = tmp_path / engine
        folder.mkdir()
        assert way(engine, folder) == (use not in may), engine


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("use", STATED)
@pytest.mark.parametrize("engine", [name for name, (_, once) in MAY.items() if once])
def test_what_must_be_accepted_speaks_once_it_was(
    house: Callable[..., None], tmp_path: Path, use: str, engine: str, way: Callable[[str, Path], bool]
) -> None:
    house(use, accepted=engine)
    assert way(engine, tmp_path) == (use not in MAY[engine][1])


def test_nothing_is_loaded_before_the_gate(house: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    house()
    monkeypatch.setattr(engines, "start", lambda *given: pytest.fail("loaded"))
    with pytest.raises(LicenceDenied, match="does not say what it is for"):
        kouji.load("noncommercial").synthesize("Hello")
    with pytest.raises(LicenceDenied):
        kouji.load("noncommercial").open()


def test_a_folder_of_official_files_is_no_way_around_the_gate(house: Callable[..., None], tmp_path: Path) -> None:
    house("commercial")
    with pytest.raises(LicenceDenied, match="use = commercial"):
        kouji.IndexTTS2(tmp_path)


def test_a_refusal_names_the_engines_that_may(house: Callable[..., None]) -> None:
    house("commercial")
    with pytest.raises(LicenceDenied) as denied:
        kouji.load("indextts2").synthesize("Hello")
    assert "CC-BY-NC-4.0" in denied.value.message
    assert "native, cosyvoice-300m" in denied.value.hint
    assert "noncommercial" not in denied.value.hint


def test_an_acceptance_is_kept_with_who_and_when_and_in_the_log(house: Callable[..., None]) -> None:
    house("research", accepted="indextts2")
    (kept,) = Gate(config.load()).acceptances("indextts2")
    assert (kept.person, kept.licence) == ("Zhang San", "LicenseRef-bilibili-Model-Use-License")
    (event,) = kouji.load("native").library.events()
    assert (event.action, event.details["engine"], event.details["person"]) == ("accept", "indextts2", "Zhang San")


def test_terms_that_change_are_accepted_anew(
    house: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    house("research", accepted="accepted")
    changed = replace(terms_of("LicenseRef-bilibili-Model-Use-License"), thresholds=("1 user",))
    licence = Licence("weights", "LicenseRef-bilibili-Model-Use-License", own=changed)
    monkeypatch.setattr(sys.modules["kouji_gated"], "accepted", replace(PARROT, id="accepted", licences=(licence,)))
    with pytest.raises(LicenceDenied, match="not accepted"):
        kouji.load("accepted").synthesize("Hello")


def test_what_speaks_by_a_licence_that_wants_names_carries_them(house: Callable[..., None]) -> None:
    house("research")
    assert kouji.load("noncommercial").synthesize("Hello").metadata["attribution"] == "2noise, CC-BY-NC-4.0"
    assert "attribution" not in kouji.load("cosyvoice-300m").synthesize("Hello").metadata


def test_the_results_of_a_batch_carry_the_names(house: Callable[..., None], tmp_path: Path) -> None:
    house("research")
    assert not by_batch("noncommercial", tmp_path)
    (line,) = (tmp_path / "out" / "results.jsonl").read_text().splitlines()
    assert json.loads(line)["attribution"] == "2noise, CC-BY-NC-4.0"


def test_parts_joined_by_and_ask_what_each_of_them_asks() -> None:
    both = terms_of("MIT AND CC-BY-NC-4.0")
    assert both.uses == ("personal", "research")
    assert both.attribution
    assert terms_of("MIT AND Apache-2.0").is_free


def test_the_strictest_part_says_what_results_may_train() -> None:
    assert training([Licence("weights", "MIT")]) == "any"
    assert training(OTHERS["noncommercial"]) == "noncommercial"
    assert training(engines.card("indextts2").licences) == "noncommercial"


@pytest.mark.parametrize(
    ("rule", "use", "is_allowed"),
    [
        ("any", "", True), ("any", "commercial", True), ("none", "research", False), ("noncommercial", "", False),
        ("noncommercial", "research", True), ("noncommercial", "personal", True),
        ("noncommercial", "commercial", False),
    ],
)  # fmt: skip
def test_what_may_be_learnt_from(rule: str, use: str, is_allowed: bool) -> None:
    if is_allowed:
        check_training("indextts2", rule, use)
    else:
        with pytest.raises(LicenceDenied, match="'indextts2' says may train"):
            check_training("indextts2", rule, use)


def test_code_asks_nothing_of_results() -> None:
    assert attribution([Licence("code", "CC-BY-4.0", "somebody")]) == ""


def test_the_command_line_asks_once_and_keeps_the_answer(
    house: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    house()
    asked: list[str] = []
    for stream in (sys.stdin, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)

    def answer(question: str, **about: object) -> str:
        asked.append(question)
        return "research"

    monkeypatch.setattr(asking.typer, "prompt", answer)
    monkeypatch.setattr(asking.typer, "confirm", lambda question, **about: not asked.append(question))
    for _ in range(2):
        assert not by_command("indextts2", tmp_path)
    assert [question.split()[0] for question in asked] == ["What", "Do"]
    assert config.load().use == "research"
    assert config.load().sources["use"] == str(config.file())


def test_the_use_replaces_what_the_file_said_and_leaves_the_rest(house: Callable[..., None]) -> None:
    house()
    path = config.file()
    path.parent.mkdir(parents=True)
    path.write_text('voice = "male_1"\nuse = "personal"\n')
    assert main(["licences", "use", "commercial", "--by", "Li Si"]) == 0
    assert (config.load().use, config.load().voice) == ("commercial", "male_1")
    assert kouji.load("native").library.events()[0].details["person"] == "Li Si"
    assert main(["licences", "use", "fun"]) == 2


def test_the_table_says_what_may_speak_and_why_not(
    house: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    house("commercial", accepted="accepted")
    assert main(["licences", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    state = {row["engine"]: row["allowed"] for row in found["engines"]}
    assert state == {**state, "native": True, "indextts2": False, "noncommercial": False, "accepted": True}
    assert found["accepted"][0]["person"] == "Zhang San"
    assert main(["licences"]) == 0
    assert "indextts2: may not: " in capsys.readouterr().out


def test_a_pack_carries_the_licence_of_its_owner(tmp_path: Path) -> None:
    from kouji.engines.native import pack
    from kouji.engines.native.card import CARD

    pack.write(tmp_path, "LicenseRef-owner", "read by Li Si", ("personal",))
    card = pack.licensed(CARD, tmp_path)
    assert attribution(card.licences) == "read by Li Si, LicenseRef-owner"
    with pytest.raises(LicenceDenied, match="personal use only"):
        Gate(config.Config(use="commercial")).permit(card.id, card.licences, lambda use: [])


def test_a_server_does_not_start_for_what_it_may_not_say(
    house: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("fastapi", reason="pip install 'kouji[serve]'")
    house("commercial")
    assert main(["serve", "-e", "indextts2"]) == 2
    assert "may not be used here" in capsys.readouterr().err


def test_agents_and_home_assistant_meet_the_same_gate(house: Callable[..., None]) -> None:
    """Both hand their orders to the service that HTTP does."""
    pytest.importorskip("fastapi", reason="pip install 'kouji[serve]'")
    import asyncio

    from kouji.serve.service import Service
    from kouji.serve.spoken import Order
    from kouji.types import Request

    house("commercial")
    service = Service(config.load(engine="noncommercial"))
    with pytest.raises(LicenceDenied, match="use = commercial"):
        asyncio.run(service.say(Order(Request("Hello"), "noncommercial", "pcm")))
    service.close()
