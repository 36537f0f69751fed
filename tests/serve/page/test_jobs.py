"""Batch and jobs: a script handed in, watched, stopped, taken up again, downloaded."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from .conftest import DATA, PATIENCE, opened, shows, tab

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page


def hand_in(page: Page, language: str, script: Path, callback: str = "") -> None:
    """Press the button; the tab of jobs opens where the script is good."""
    tab(page, language, 2)
    if page.is_visible("#script button[aria-label]"):
        page.locator("#script button[aria-label]").first.click()
    page.wait_for_selector("#script input[type=file]", state="attached")
    page.set_input_files("#script input[type=file]", script)
    page.wait_for_selector(f"#script >> text={script.name.partition('.')[0]}")
    page.fill("#callback textarea, #callback input", callback)
    page.click("#run")


def script(folder: Path, *lines: str, name: str = "script.csv") -> Path:
    path = folder / name
    path.write_text("id,text,voice\n" + "".join(f"{line}\n" for line in lines))
    return path


def long_script(folder: Path) -> Path:
    """Some seconds of work."""
    text = "这一句话相当长，说起来要花一些时间，所以我们可以在中间停下来。" * 3
    return script(folder, *(f"l{n},{n}{text},female_1" for n in range(8)))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_script_becomes_a_job_that_outlives_the_page(
    url: str, browser: BrowserContext, language: str, tmp_path: Path, receiver: str
) -> None:
    page = opened(url, browser, language)
    good = script(tmp_path, 'greeting,"One, two.",english_1', "下一站,重{chong2}庆。,female_1")
    hand_in(page, language, good, f"http://{receiver}/told")
    page.wait_for_selector("#job .is-done")
    id = page.inner_text("#job dd >> nth=0")
    page.reload()
    tab(page, language, 3)
    page.wait_for_selector(f"#job >> text={id}")
    with page.expect_download() as download:
        page.click("#download")
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as found:
        assert sorted(found.namelist()) == ["0001-greeting.wav", "0002-下一站.wav", "results.jsonl"]
        rows = [json.loads(line) for line in found.read("results.jsonl").decode().splitlines()]
        assert found.read("0001-greeting.wav").startswith(b"RIFF")
    assert [(row["id"], row["file"], row["state"]) for row in rows][1] == ("下一站", "0002-下一站.wav", "done")
    for title in {"zh": ["试听", "各行", "通知记录"], "en": ["Listen", "Lines", "Who was told"]}[language]:
        page.locator("button.label-wrap", has_text=title).last.click()
    shows(page, "#lines", "重{chong2}庆。")
    page.wait_for_selector("#deliveries td >> text=204")
    page.click("#line input")
    page.get_by_role("option").last.click()
    link = page.wait_for_selector("#line_sound a[download]")
    assert link is not None
    assert httpx.get(str(link.get_attribute("href"))).content.startswith(b"RIFF")
    page.close()


def test_lines_that_cannot_be_said_are_all_told_and_nothing_is_made(page: Page, url: str, tmp_path: Path) -> None:
    n_jobs = len(httpx.get(f"{url}/v1/jobs").json()["data"])
    hand_in(page, "en", script(tmp_path, "a,Hello.,english_1", "b,Hi.,nobody", "c,…,english_1", name="bad.csv"))
    page.wait_for_selector("#batch_result .problem")
    told = page.inner_text("#batch_result")
    assert "2 lines of bad.csv cannot be said" in told
    assert "line 3: There is no voice called 'nobody'." in told
    assert "line 4: There is nothing to say" in told
    assert len(httpx.get(f"{url}/v1/jobs").json()["data"]) == n_jobs


@pytest.mark.parametrize("column", ["reference_audio", "speaker_reference", "emotion_reference"])
def test_a_script_reads_no_file_of_the_server(page: Page, tmp_path: Path, column: str) -> None:
    path = tmp_path / f"{column}.jsonl"
    path.write_text(json.dumps({"text": "Hello.", column: str(DATA / "english_male.flac")}))
    hand_in(page, "en", path)
    page.wait_for_selector(f"#batch_result .problem >> text=A script on the page has no {column}.")


def test_a_job_is_cancelled_and_taken_up_again(page: Page, tmp_path: Path) -> None:
    hand_in(page, "en", long_script(tmp_path))
    page.wait_for_selector("#job .is-running")
    page.click("#cancel:enabled")
    page.wait_for_selector("#job .is-cancelled")
    page.wait_for_selector("#cancel:disabled")
    page.click("#resume:enabled")
    page.wait_for_selector("#job .is-done", timeout=2 * PATIENCE)
    shows(page, "#job", "8 of 8")


def test_a_job_that_came_by_http_shows_up_by_itself(page: Page, url: str) -> None:
    tab(page, "en", 3)
    request = {"model": "native", "input": "From elsewhere.", "response_format": "wav"}
    made = httpx.post(f"{url}/v1/jobs", json={"type": "speech", "request": request}).json()
    row = page.wait_for_selector(f"#jobs label >> text={made['id'][:6]}")
    assert row is not None
    row.click()
    page.wait_for_selector(f"#job >> text={made['id']}")
    page.wait_for_selector("#job .is-done")
    page.locator("#whose label").nth(1).click()  # those that this browser has handed in
    page.wait_for_selector(f"#jobs label >> text={made['id'][:6]}", state="detached")
    page.locator("#whose label").nth(0).click()
    page.wait_for_selector(f"#jobs label >> text={made['id'][:6]}")


def test_nobody_is_told_where_the_server_has_no_secret(tmp_path: Path) -> None:
    from kouji import config
    from kouji.serve.desk import Desk
    from kouji.serve.page.work import Work
    from kouji.serve.service import Service

    settings = config.Config(home=str(tmp_path))
    assert not Work(Service(settings), Desk(settings)).tells
    assert Work(Service(settings), Desk(settings)).newest(10, None) == []
    assert list(tmp_path.iterdir()) == []  # looking makes no database
