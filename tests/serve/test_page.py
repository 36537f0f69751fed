"""The web page in a real browser, started as people start it: ./start_app.sh."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import subprocess
import sys
import wave
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from kouji.serve.page.words import HELP, LANGUAGES, TEXTS

from .conftest import free_port, running

playwright = pytest.importorskip("playwright.sync_api", reason="pip install 'kouji[dev]'")
pytest.importorskip("gradio", reason="pip install 'kouji[ui]'")

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

ROOT = Path(__file__).parents[2]
DATA = ROOT / "tests" / "data"
QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()
QUIET += ["--disable-component-update", "--disable-sync"]
PATIENCE = 30_000  # ms: the machine may be busy


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment in which start_app.sh finds this tree's kouji, and keeps its data apart."""
    home = tmp_path_factory.mktemp("app")
    command = home / "bin" / "kouji"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m kouji "$@"\n')
    command.chmod(0o755)
    shutil.copy(ROOT / "start_app.sh", home)  # beside no .venv, so that the command on the path is taken
    return home


def start_app(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "XDG_DATA_HOME": str(home / "data")}
    return subprocess.run([home / "start_app.sh", *options], capture_output=True, text=True, env=environment)


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    port = free_port()
    ran = start_app(home, "--port", str(port))
    assert ran.returncode == 0, ran.stderr
    yield f"http://127.0.0.1:{port}"
    assert start_app(home, "--stop").returncode == 0
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{port}/health")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("browser"), executable_path=chromium, headless=True, args=QUIET
        )
        opened.set_default_timeout(PATIENCE)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def page(url: str, browser: BrowserContext) -> Page:
    """The page in English, opened once."""
    page = browser.new_page()
    page.goto(f"{url}/?lang=en")
    page.wait_for_selector("#say")
    return page


def say(page: Page, text: str) -> str:
    """Press Speak; what is told when it is done, which must differ from what was told before."""
    find = "document.querySelector('#result .done, #result .problem')?.innerText ?? ''"
    before = page.evaluate(find)
    page.fill("#text textarea", text)
    page.click("#say")
    page.wait_for_function(f"before => ![before, ''].includes({find})", arg=before)
    return str(page.evaluate(find))


def test_a_sentence_is_spoken_and_nothing_is_loaded_from_elsewhere(url: str, browser: BrowserContext) -> None:
    page = browser.new_page()
    hosts = set()
    page.on("request", lambda request: hosts.add(request.url.partition("?")[0].split("/")[2]))
    page.goto(f"{url}/?lang=zh")
    told = say(page, "你好，今天天气真不错。")
    assert "已完成" in told
    assert "female_1" in told
    shown = float(re.findall(r"([\d.]+) s", told)[0])
    assert 1.5 < shown < 6
    page.wait_for_selector(f"#sound >> text=/0:0({int(shown)}|{round(shown)})/")  # the player has it
    answer = httpx.get(str(page.get_attribute("#sound a[download]", "href")))
    assert answer.status_code == 200
    with wave.open(io.BytesIO(answer.content)) as sound:
        assert sound.getnframes() / sound.getframerate() == pytest.approx(shown, abs=0.006)
    assert hosts == {url.removeprefix("http://")}
    page.close()


def test_what_is_wrong_is_told_with_a_hint(page: Page) -> None:
    told = say(page, "…")
    assert "There is nothing to say" in told
    assert "Give at least one letter" in told


def test_takes_are_heard_beside_one_another(page: Page) -> None:
    say(page, "One.")
    first = page.get_attribute("#sound a[download]", "href")
    say(page, "One, two, three, four.")
    page.wait_for_selector("#take_a_sound a[download]")
    assert page.get_attribute("#take_a_sound a[download]", "href") == first
    second = page.get_attribute("#take_b_sound a[download]", "href")
    assert second != first
    page.click("#take_a input")
    page.get_by_role("option").last.click()
    page.wait_for_selector(f"#take_a_sound a[download][href='{second}']")


def test_the_plan_shows_what_lengths_are_feasible(page: Page) -> None:
    page.fill("#text textarea", "The meeting starts at nine.")
    page.click("#plan")
    page.wait_for_selector("#result .done >> text=feasible")


def test_readings_stand_above_the_characters(page: Page) -> None:
    page.fill("#text textarea", "重庆的银行")
    page.click("#readings")
    page.wait_for_selector("#result ruby >> text=chong2")
    assert "hang2" in page.inner_text("#result")


def test_the_interface_speaks_both_languages(url: str, page: Page) -> None:
    assert page.inner_text("#say") == "Speak"
    page.click("header a[lang=zh]")
    page.wait_for_selector("#say >> text=朗读")
    page.go_back()
    page.wait_for_selector("#say >> text=Speak")
    for accepted, language in (("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB", "en"), ("fr", "zh")):
        answer = httpx.get(url, headers={"Accept-Language": accepted})
        assert answer.headers["location"] == f"/page/{language}/"


def test_a_voice_is_registered_with_consent_speaks_and_goes(page: Page) -> None:
    page.get_by_role("tab", name="Voices").click()
    page.fill("#new_name textarea, #new_name input", "museum")
    page.set_input_files("#new_clip input[type=file]", DATA / "english_male.flac")
    page.wait_for_selector("#new_verdict .verdict")
    assert "The clip: mind this" in page.inner_text("#new_verdict")  # it is a little short
    page.fill("#new_person textarea, #new_person input", "A reader")
    page.fill("#new_statement textarea", "for the tests of this program")
    page.click("#add")
    page.wait_for_selector("#add_result .problem >> text=consent")
    page.check("#new_consent input")
    page.click("#add")
    page.wait_for_selector("#add_result .done >> text=museum")
    page.wait_for_selector("#voices td >> text=museum")
    page.on("dialog", lambda dialog: dialog.accept())
    page.click("#registered input")
    page.get_by_role("option", name="museum").click()
    page.click("#remove")
    page.wait_for_selector("#library_result .done >> text=museum")
    page.wait_for_selector("#voices td >> text=museum", state="detached")


def test_what_is_no_voice_is_refused_by_the_doctor(page: Page, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "silence.wav"), "wb") as silence:
        silence.setparams((1, 2, 16000, 0, "NONE", ""))
        silence.writeframes(bytes(2 * 16000 * 4))
    page.get_by_role("tab", name="Speak").click()
    page.click("text=A voice to speak like")
    page.set_input_files("#reference_clip input[type=file]", tmp_path / "silence.wav")
    page.wait_for_selector("#reference_verdict .refused >> text=It is silent")
    page.click("#reference_clip button[aria-label=Clear]")
    page.wait_for_selector("#reference_verdict .refused", state="detached")


def test_a_script_becomes_a_zip(page: Page, tmp_path: Path) -> None:
    script = tmp_path / "script.csv"
    script.write_text('id,text,voice\na,"One, two.",english_1\nb,Three.,nobody\n')
    page.get_by_role("tab", name="Batch").click()
    page.set_input_files("#script input[type=file]", script)
    page.click("#run")
    page.wait_for_selector("#batch_result >> text=2 of 2 lines done · 1 failed")
    link = page.get_attribute("#zip a[download]", "href")
    with zipfile.ZipFile(io.BytesIO(httpx.get(str(link)).content)) as found:
        assert sorted(found.namelist()) == ["0001.wav", "results.csv"]
        rows = list(csv.DictReader(io.StringIO(found.read("results.csv").decode())))
    assert [row["id"] for row in rows] == ["a", "b"]
    assert rows[0]["problem"] == ""
    assert "nobody" in rows[1]["problem"]


@pytest.mark.parametrize("path", ["/etc/passwd", str(DATA / "english_male.flac"), "https://example.org/a.wav"])
def test_a_path_of_the_server_is_not_read(url: str, path: str) -> None:
    page, session = f"{url}/page/en", f"session{abs(hash(path))}"
    with httpx.Client(timeout=30) as http:
        config = http.get(f"{page}/config").json()
        clips = [each["id"] for each in config["components"] if each["type"] == "audio"]
        listens = [each["id"] for each in config["dependencies"] if each["inputs"] and each["inputs"][0] in clips]
        data = [{"path": path, "url": path, "meta": {"_type": "gradio.FileData"}}]
        body = {"data": data, "fn_index": listens[0], "session_hash": session}
        assert http.post(f"{page}/gradio_api/queue/join", json=body).status_code == 200
        with http.stream("GET", f"{page}/gradio_api/queue/data?session_hash={session}") as events:
            told = next(line for line in events.iter_lines() if "process_completed" in line)
        assert '"success":false' in told
        assert "verdict" not in told
        assert http.get(f"{page}/gradio_api/file={path}").status_code == 403


@pytest.mark.parametrize("options", [["--prot"], ["--port"], ["--port", "x"]])
def test_start_app_refuses_what_it_does_not_know(home: Path, options: list[str]) -> None:
    assert start_app(home, *options).returncode == 1


def test_the_page_asks_for_a_key_where_the_server_has_keys(tmp_path: Path) -> None:
    from kouji import config
    from kouji.serve.app import create_app
    from kouji.serve.auth import new_key

    keys = tmp_path / "keys.toml"
    keeper, speaker = new_key(keys, "page", ["speech", "voices"]), new_key(keys, "phone", ["speech"])
    settings = config.load({}, api_keys=str(keys))
    with running(lambda: create_app(settings, with_page=True)) as server:
        with httpx.Client(base_url=f"{server.url}/page/en") as http:
            assert http.get("/config").status_code == 401
            for key in ("kj-0-0", speaker):
                assert http.post("/login", data={"username": "me", "password": key}).status_code == 400
            assert http.post("/login", data={"username": "me", "password": keeper}).status_code == 200
            assert http.get("/config").status_code == 200


def test_without_gradio_the_front_page_says_how_to_install_it(server: object, http: httpx.Client) -> None:
    answer = http.get("/")
    assert answer.status_code == 200
    assert "pip install 'kouji[ui]'" in answer.text


def test_every_text_is_there_in_both_languages() -> None:
    assert set(HELP) == set(LANGUAGES)
    assert [key for key, texts in TEXTS.items() if not all(texts) or len(texts) != len(LANGUAGES)] == []


def test_a_second_start_ends_the_first_and_a_taken_port_is_told(url: str, home: Path, tmp_path: Path) -> None:
    port = free_port()
    ran = start_app(home, "--port", str(port), "--gpu")  # the last test that uses the module's server: it is gone now
    assert "ending the instance that runs" in ran.stdout
    assert httpx.get(f"http://127.0.0.1:{port}/voices").json()[0]["id"] == "female_1"
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{url}/health")
    elsewhere = tmp_path / "elsewhere"  # another folder, which knows nothing of that instance
    shutil.copytree(home, elsewhere, ignore=shutil.ignore_patterns("data"))
    assert "Something else answers" in start_app(elsewhere, "--port", str(port)).stderr
