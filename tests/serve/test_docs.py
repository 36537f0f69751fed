"""docs/http.md: what it shows works, and no route lacks its entry."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIWebSocketRoute

from kouji import config
from kouji.serve import auth, elevenlabs_live, refusals, websocket
from kouji.serve.app import create_app
from kouji.serve.schemas import SpeechRequest

from .conftest import Running

PAGE = Path(__file__).parents[2] / "docs" / "http.md"
TEXT = PAGE.read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def routes() -> Iterator[str]:
    """METHOD /path of every route that the OpenAPI document has, and the WebSockets, which it cannot have."""
    for path, methods in create_app(config.Config()).openapi()["paths"].items():
        yield from (f"{method.upper()} {path}" for method in methods)
    for router, prefix in ((websocket.router, "/v1"), (elevenlabs_live.router, "")):
        yield from (f"WS {prefix}{route.path}" for route in router.routes if isinstance(route, APIWebSocketRoute))


def test_every_route_has_an_entry() -> None:
    assert [route for route in routes() if f"`{route}`" not in TEXT] == []


def test_no_entry_is_without_its_route() -> None:
    known = {*routes(), "POST /mcp"}
    assert set(re.findall(r"`((?:GET|POST|PUT|DELETE|WS) /[^`]*)`", TEXT)) - known == set()


def test_every_field_scope_and_refusal_has_an_entry() -> None:
    names = [*SpeechRequest.model_fields, *auth.SCOPES]
    assert [name for name in names if f"`{name}`" not in TEXT] == []
    for kind in refusals.Refused.__subclasses__():
        assert kind.__name__ in (refusals.__doc__ or "")


def test_commands_of_the_page_work(server: Running, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    for code in blocks("sh"):
        command = code.replace("127.0.0.1:7860", f"127.0.0.1:{server.port}").replace("curl ", "curl -sS --fail ")
        ran = subprocess.run(["bash", "-ec", command], cwd=tmp_path, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "hello.mp3").stat().st_size > 1000


def test_python_of_the_page_works(server: Running, tmp_path: Path) -> None:
    pytest.importorskip("openai", reason="pip install 'kouji[dev]'")
    for code in blocks("py"):
        command = code.replace("127.0.0.1:7860", f"127.0.0.1:{server.port}")
        ran = subprocess.run([sys.executable, "-c", command], cwd=tmp_path, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "hello.wav").read_bytes().startswith(b"RIFF")
