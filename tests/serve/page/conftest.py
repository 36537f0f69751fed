"""The page in a real browser, started as people start it: ./start_app.sh."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ..conftest import free_port

playwright = pytest.importorskip("playwright.sync_api", reason="pip install 'kouji[dev]'")
pytest.importorskip("gradio", reason="pip install 'kouji[ui]'")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data"
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()
QUIET += ["--disable-component-update", "--disable-sync"]
PATIENCE = 30_000  # ms: the machine may be busy
TABS = {
    "zh": ["说话", "音色库", "批量", "任务", "引擎与许可"],
    "en": ["Speak", "Voices", "Batch", "Jobs", "Engines and licences"],
}


class App:
    """A folder in which start_app.sh finds this tree's kouji, and keeps its data apart."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        command = home / "bin" / "kouji"
        command.parent.mkdir()
        command.write_text(f'#!/bin/sh\nexec {sys.executable} -m kouji "$@"\n')
        command.chmod(0o755)
        shutil.copy(ROOT / "start_app.sh", home)  # beside no .venv, so that the command on the path is taken
        path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "XDG_DATA_HOME": str(home / "data"), **settings}

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        script = self.home / "start_app.sh"
        return subprocess.run([script, *options], capture_output=True, text=True, env=self.environment)

    def start(self) -> str:
        """The address of the page."""
        port = free_port()
        ran = self.run("--port", str(port))
        assert ran.returncode == 0, ran.stderr
        return f"http://127.0.0.1:{port}"


class _Taker(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="package")
def receiver() -> Iterator[str]:
    """Somebody who takes callbacks."""
    server = HTTPServer(("127.0.0.1", 0), _Taker)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="package")
def url(tmp_path_factory: pytest.TempPathFactory, receiver: str) -> Iterator[str]:
    """The server with its page."""
    home = tmp_path_factory.mktemp("app")
    (home / "secret").write_text("what callbacks are signed with")
    app = App(home, KOUJI_CALLBACK_SECRET=str(home / "secret"), KOUJI_CALLBACK_HOSTS=receiver)
    address = app.start()
    yield address
    assert app.run("--stop").returncode == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{address}/health")


@pytest.fixture(scope="package")
def complaints() -> list[str]:
    """What the browser minds: errors on the console or in scripts, answers that are errors, requests that fail."""
    return []


@pytest.fixture(autouse=True)
def _nothing_is_wrong_in_the_browser(complaints: list[str]) -> Iterator[None]:
    yield
    found, complaints[:] = [*complaints], []
    assert found == []


@pytest.fixture(scope="package")
def browser(tmp_path_factory: pytest.TempPathFactory, complaints: list[str]) -> Iterator[BrowserContext]:
    """A browser of somebody who reads French: the page chooses its language, not the browser."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"), executable_path=chromium, headless=True, args=QUIET, locale="fr-FR",
            viewport={"width": 1280, "height": 800},
        )  # fmt: skip
        opened.set_default_timeout(PATIENCE)
        _listen(opened, complaints)
        yield opened
        opened.close()


def _listen(browser: BrowserContext, complaints: list[str]) -> None:
    def note(message: Any) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text}")

    def failed(request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # by the page itself: it has heard enough of a stream, or is left
            complaints.append(f"{request.failure}: {request.url}")

    browser.on("console", note)
    browser.on("weberror", lambda each: complaints.append(f"script: {each.page and each.page.url} {each.error.stack}"))
    browser.on("requestfailed", failed)
    browser.on("response", lambda each: each.status < 400 or complaints.append(f"{each.status}: {each.url}"))


@pytest.fixture(scope="package")
def pages(url: str, browser: BrowserContext) -> dict[str, Page]:
    """The page in each language, opened once."""
    return {language: opened(url, browser, language) for language in TABS}


def opened(url: str, browser: BrowserContext, language: str) -> Page:
    page = browser.new_page()
    page.goto(f"{url}/?lang={language}")
    page.wait_for_selector("#say")
    return page


@pytest.fixture
def page(pages: dict[str, Page]) -> Page:
    """The page in English."""
    return pages["en"]


def shows(page: Page, selector: str, text: str) -> None:
    """A place holds a text, now or soon: what the browser still has to draw is waited for."""
    playwright.expect(page.locator(selector)).to_contain_text(text, timeout=PATIENCE)


def lacks(page: Page, selector: str, text: str) -> None:
    """A place does not hold a text, now or soon."""
    playwright.expect(page.locator(selector)).not_to_contain_text(text, timeout=PATIENCE)


def tab(page: Page, language: str, number: int) -> None:
    """Open a tab by its number in TABS."""
    page.get_by_role("tab", name=TABS[language][number], exact=True).click()


def say(page: Page, text: str) -> str:
    """Press Speak; what is told when it is done, which must differ from what was told before."""
    find = "document.querySelector('#result .done, #result .problem')?.innerText ?? ''"
    page.fill("#text textarea", text)
    before = page.evaluate(find)
    page.click("#say")
    page.wait_for_function(f"before => ![before, ''].includes({find})", arg=before)
    return str(page.evaluate(find))


def sound(page: Page) -> bytes:
    """The bytes of the last take."""
    return httpx.get(str(page.get_attribute("#sound a[download]", "href"))).content
