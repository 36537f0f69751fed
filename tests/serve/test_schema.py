"""Whatever the OpenAPI document allows, and what it does not, gets an answer that the document knows.

The fuzzer itself is benchmarks/fuzz.py, which goes on for as long as one likes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from fastapi import FastAPI, HTTPException

from .conftest import Running, running

pytest.importorskip("schemathesis", reason="pip install 'kouji[dev]'")
pytestmark = pytest.mark.filterwarnings("ignore")  # of the fuzzer and of what it brings along
SEED = 1


@pytest.fixture
def fuzz(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    import fuzz

    monkeypatch.delitem(sys.modules, "fuzz")
    return fuzz


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(engine="parrot", home=str(tmp_path_factory.mktemp("home"))) as found:
        yield found


def test_a_valid_and_a_broken_request_for_every_route_get_answers_that_are_known(
    server: Running, fuzz: ModuleType
) -> None:
    found = fuzz.Found()
    fuzz.round_of(fuzz.schema_of(server.url), SEED, 1, found)
    assert found.wrong == {}
    assert found.asked.total() > 50, found.asked
    assert {"200", "400", "404"} <= set(found.asked)


@pytest.mark.full
def test_twenty_of_each_do_too(server: Running, fuzz: ModuleType) -> None:
    found = fuzz.Found()
    fuzz.round_of(fuzz.schema_of(server.url), SEED, 20, found)
    assert found.wrong == {}


def test_an_answer_that_nobody_documented_and_a_defect_are_seen(fuzz: ModuleType) -> None:
    app = FastAPI()

    @app.get("/ready")
    def ready() -> int:
        return 1

    @app.get("/teapot/{size}")
    def teapot(size: int) -> int:
        raise HTTPException(418)

    @app.get("/broken/{size}")
    def broken(size: int) -> int:
        return 1 // 0

    with running(lambda: app) as server:
        found = fuzz.Found()
        fuzz.round_of(fuzz.schema_of(server.url), SEED, 3, found)
    assert any(kind.startswith("GET /teapot/{size}: 418") for kind in found.wrong)
    assert any(kind.startswith("GET /broken/{size}: 500") for kind in found.wrong)
    assert not any("/ready" in kind for kind in found.wrong)
