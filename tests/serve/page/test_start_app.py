"""./start_app.sh: its options, one instance at a time, and who may come in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from ..conftest import free_port, running
from .conftest import App


@pytest.mark.parametrize("options", [["--prot"], ["--port"], ["--port", "x"]])
def test_start_app_refuses_what_it_does_not_know(tmp_path: Path, options: list[str]) -> None:
    assert App(tmp_path).run(*options).returncode == 1


def test_the_page_asks_for_a_key_where_the_server_has_keys(tmp_path: Path) -> None:
    from kouji import config
    from kouji.serve.app import create_app
    from kouji.serve.auth import new_key

    keys = tmp_path / "keys.toml"
    keeper = new_key(keys, "page", ["speech", "voices", "jobs"])
    speaker = new_key(keys, "phone", ["speech", "voices"])
    settings = config.load({}, api_keys=str(keys))
    with running(lambda: create_app(settings, with_page=True)) as server:
        with httpx.Client(base_url=f"{server.url}/page/en") as http:
            assert http.get("/config").status_code == 401
            for name, key in (("page", "kj-0-0"), ("phone", speaker), ("me", keeper)):
                assert http.post("/login", data={"username": name, "password": key}).status_code == 400
            assert http.post("/login", data={"username": "page", "password": keeper}).status_code == 200
            assert http.get("/config").status_code == 200


def test_making_the_page_leaves_no_event_loop_open(monkeypatch: pytest.MonkeyPatch) -> None:
    from kouji import config
    from kouji.serve.app import create_app

    opened, open_one = [], asyncio.new_event_loop

    def new_event_loop() -> asyncio.AbstractEventLoop:
        opened.append(open_one())
        return opened[-1]

    for place in (asyncio, asyncio.events):
        monkeypatch.setattr(place, "new_event_loop", new_event_loop)
    create_app(config.load({}), with_page=True)
    assert opened
    assert all(loop.is_closed() for loop in opened)


def test_without_gradio_the_front_page_says_how_to_install_it(server: object, http: httpx.Client) -> None:
    answer = http.get("/")
    assert answer.status_code == 200
    assert "pip install 'kouji[ui]'" in answer.text


def test_a_second_start_ends_the_first_and_a_taken_port_is_told(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    app = App(home)
    url, port = app.start(), free_port()
    try:
        ran = app.run("--port", str(port), "--gpu")
        assert "ending the instance that runs" in ran.stdout
        assert httpx.get(f"http://127.0.0.1:{port}/voices").json()[0]["id"] == "female_1"
        with pytest.raises(httpx.TransportError):
            httpx.get(f"{url}/health")
        elsewhere = tmp_path / "elsewhere"  # another folder, which knows nothing of that instance
        elsewhere.mkdir()
        assert "Something else answers" in App(elsewhere).run("--port", str(port)).stderr
    finally:
        assert app.run("--stop").returncode == 0
