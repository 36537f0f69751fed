"""The first tab: a text, how it is said, and the takes."""

from __future__ import annotations

import io
import itertools
import re
import wave
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import pytest

from .conftest import DATA, PATIENCE, lacks, opened, playwright, say, shows, sound, tab

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

TITLES = {  # of the parts that open
    "zh": {"emotion": "情感", "length": "时长", "fine": "种子、格式", "of_engine": "预设与采样", "help": "拼音与标记"},
    "en": {
        "emotion": "Emotion", "length": "Length", "fine": "Seed, format", "of_engine": "Preset and sampling",
        "help": "Pinyin and markup",
    },
}  # fmt: skip
TEMPERATURE = "#temperature :is(input, textarea)"


@pytest.fixture(autouse=True)
def _first_tab(pages: dict[str, Page]) -> None:
    for page in pages.values():
        page.get_by_role("tab").first.click()


def unfold(page: Page, title: str) -> None:
    """Open one of them, if it is closed."""
    page.get_by_role("button", name=title).first.wait_for()
    button = page.locator(".more button.label-wrap", has_text=title)
    if "open" not in str(button.get_attribute("class")).split():
        button.click()


def choose(page: Page, field: str, option: str) -> None:
    page.click(f"#{field} input")
    page.get_by_role("option", name=option).first.click()


def test_a_sentence_is_spoken_and_nothing_is_loaded_from_elsewhere(url: str, browser: BrowserContext) -> None:
    hosts = set()
    browser.on("request", lambda request: hosts.add(request.url.partition("?")[0].split("/")[2]))
    page = opened(url, browser, "zh")
    told = say(page, "你好，今天天气真不错。")
    assert "已完成" in told
    assert "female_1" in told
    shown = float(re.findall(r"([\d.]+) s", told)[0])
    assert 1.5 < shown < 6
    page.wait_for_selector(f"#sound >> text=/0:0({int(shown)}|{round(shown)})/")  # the player has it
    with wave.open(io.BytesIO(sound(page))) as found:
        assert found.getnframes() / found.getframerate() == pytest.approx(shown, abs=0.006)
    assert {host for host in hosts if host} == {url.removeprefix("http://")}
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
    playwright.expect(page.locator("#take_a_sound a[download]")).to_have_attribute("href", str(first), timeout=PATIENCE)
    second = page.get_attribute("#take_b_sound a[download]", "href")
    assert second != first
    for player in ("#sound", "#take_a_sound", "#take_b_sound"):  # wavesurfer draws into a shadow tree
        page.wait_for_function(f"document.querySelector('{player} #waveform div')?.shadowRoot?.querySelector('canvas')")
    page.click("#take_a input")
    page.get_by_role("option").last.click()
    page.wait_for_selector(f"#take_a_sound a[download][href='{second}']")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_emotion_by_name_by_sliders_in_words_and_from_a_clip(pages: dict[str, Page], language: str) -> None:
    page, titles = pages[language], TITLES[language]
    unfold(page, titles["emotion"])
    ways = page.locator("#how label")
    text = "我们明天早上九点出发。" if language == "zh" else "We leave at nine tomorrow morning."
    found = []
    for way in range(5):
        ways.nth(way).click()
        if way == 2:
            page.fill("#emotion_sad input[type=number]", "0.9")
            page.press("#emotion_sad input[type=number]", "Tab")
        elif way == 3:
            page.fill("#emotion_words textarea, #emotion_words input", "非常愤怒" if language == "zh" else "very angry")
        elif way == 4:
            page.set_input_files("#emotion_clip input[type=file]", DATA / "english_female.flac")
            page.wait_for_selector("#emotion_clip button[aria-label]")
            page.wait_for_timeout(500)
        told = say(page, text + "。" * way)  # what is told must differ
        assert ("已完成" if language == "zh" else "Done") in told, told
        with wave.open(io.BytesIO(sound(page))) as take:
            found.append(np.frombuffer(take.readframes(take.getnframes()), "<i2").astype(np.float64))
    ways.nth(0).click()
    for one, other in itertools.combinations(found, 2):  # each way is another sound, not only another mark in it
        length = min(len(one), len(other))
        assert abs(np.corrcoef(one[:length], other[:length])[0, 1]) < 0.9


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_field_for_a_length_shows_what_is_feasible_and_the_length_is_met(
    pages: dict[str, Page], language: str
) -> None:
    page, titles = pages[language], TITLES[language]
    page.fill("#text textarea", "今天下午三点开会，请准时参加。" if language == "zh" else "The meeting starts at nine.")
    unfold(page, titles["length"])
    page.locator("#length label").nth(1).click()
    word = "可行范围" if language == "zh" else "feasible"
    page.wait_for_selector(f"#seconds >> text={word}")
    low, high, natural = map(float, re.findall(r"\d+\.\d+", page.inner_text("#seconds")))
    assert low < natural < high
    wanted = round((natural + high) / 2, 1)
    page.fill("#seconds input", str(wanted))
    told = say(page, page.input_value("#text textarea"))
    assert float(re.findall(r"([\d.]+) s", told)[0]) == pytest.approx(wanted, abs=0.011)
    page.locator("#length label").nth(2).click()
    page.wait_for_selector(f"#ratio >> text={word}")
    assert re.findall(r"\d\.\d+ ×", page.inner_text("#ratio"))
    page.locator("#length label").nth(0).click()


def test_the_plan_shows_what_lengths_are_feasible(page: Page) -> None:
    page.fill("#text textarea", "The meeting starts at nine.")
    page.click("#plan")
    page.wait_for_selector("#result .done >> text=feasible")


def test_what_an_engine_lacks_is_grey_and_says_why(page: Page) -> None:
    for title in ("fine", "of_engine"):
        unfold(page, TITLES["en"][title])
    assert page.is_disabled(TEMPERATURE)
    shows(page, "#about_sampling", "cannot do that: native (these can: indextts2")
    assert page.is_disabled("#preset input")
    assert page.input_value("#preset input") == "none"
    assert page.is_enabled("#pitch input[type=number]")
    choose(page, "engine", "parrot")
    page.wait_for_selector(f"{TEMPERATURE}:enabled")
    assert page.is_disabled("#pitch input[type=number]")
    shows(page, "#pitch", "cannot do that: parrot (these can: native")
    choose(page, "engine", "native")
    page.wait_for_selector(f"{TEMPERATURE}:disabled")
    lacks(page, "#pitch", "cannot do that")  # the reason goes with the engine that had it
    lacks(page, "#voice", "330Hz")


def test_sampling_and_preset_reach_an_engine_that_has_them(page: Page) -> None:
    choose(page, "engine", "parrot")
    unfold(page, TITLES["en"]["of_engine"])
    page.wait_for_selector(f"{TEMPERATURE}:enabled")
    say(page, "Polly wants a cracker.")
    usual = sound(page)
    page.fill(TEMPERATURE, "0")
    say(page, "Polly wants a cracker!")
    calm = sound(page)
    choose(page, "preset", "high")
    say(page, "Polly wants a cracker.")
    high = sound(page)
    page.fill(TEMPERATURE, "3")
    told = say(page, "Polly wants a cracker!")
    assert "sampling.temperature" in told
    assert len({usual, calm, high}) == 3
    choose(page, "engine", "native")
    page.wait_for_selector(f"{TEMPERATURE}:disabled")


def test_an_emotion_from_a_clip_that_is_not_there_is_told_so(pages: dict[str, Page]) -> None:
    page = pages["zh"]
    unfold(page, TITLES["zh"]["emotion"])
    page.locator("#how label").nth(4).click()
    page.wait_for_selector("#emotion_clip")
    clear = page.locator("#emotion_clip button[aria-label=清除]")
    if clear.count():
        clear.click()
        clear.wait_for(state="detached")
    assert "没有录音" in say(page, "没有情感音频。")
    page.locator("#how label").nth(0).click()


def test_what_goes_wrong_is_told_in_the_language_of_the_page(pages: dict[str, Page]) -> None:
    assert "第 1 个字符处的 <happy> 没有结束" in say(pages["zh"], "<happy>没有结束")
    assert "<happy> at character 1 is not closed" in say(pages["en"], "<happy>not closed")


def test_the_history_of_takes_tells_what_each_says(page: Page) -> None:
    say(page, "The first of two takes, which is a rather long one.")
    say(page, "The second.")
    page.wait_for_selector("#take_b input")
    shown = [page.input_value(f"#take_{name} input") for name in "ab"]
    assert "· The first of two takes, … · english_1 · seed 0" in shown[0]
    assert "· The second. ·" in shown[1]


def test_a_voice_that_an_engine_makes_from_its_name_is_written_into_the_field(page: Page) -> None:
    choose(page, "engine", "parrot")
    page.wait_for_selector("#voice >> text=330Hz")
    page.fill("#voice input", "440Hz")
    page.press("#voice input", "Enter")
    assert "440Hz" in say(page, "Polly wants a cracker.")
    page.fill("#voice input", "nobody")
    page.press("#voice input", "Enter")
    assert "There is no voice called 'nobody'" in say(page, "Polly wants one.")
    choose(page, "engine", "native")
    page.wait_for_selector(f"{TEMPERATURE}:disabled")


def test_readings_stand_above_the_characters_also_those_that_are_given(page: Page) -> None:
    page.fill("#text textarea", "重庆的银行，重{zhong4}庆")
    page.click("#readings")
    page.wait_for_selector("#result ruby >> text=chong2")
    told = page.inner_text("#result")
    assert "hang2" in told
    assert "zhong4" in told


def test_help_with_pinyin_stands_below(pages: dict[str, Page]) -> None:
    for language, page in pages.items():
        unfold(page, TITLES[language]["help"])
        page.wait_for_selector("#help code >> text=chong2")


def test_what_is_no_voice_is_refused_by_the_doctor(page: Page, tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "silence.wav"), "wb") as silence:
        silence.setparams((1, 2, 16000, 0, "NONE", ""))
        silence.writeframes(bytes(2 * 16000 * 4))
    unfold(page, "A voice to speak like")
    page.wait_for_selector("#reference_clip input[type=file]", state="attached")
    page.set_input_files("#reference_clip input[type=file]", tmp_path / "silence.wav")
    page.wait_for_selector("#reference_verdict .refused >> text=It is silent")
    page.click("#reference_clip button[aria-label=Clear]")
    page.wait_for_selector("#reference_verdict .refused", state="detached")


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


def test_the_tab_is_worked_by_keyboard_alone(page: Page) -> None:
    tab(page, "en", 0)
    page.focus("#text textarea")
    page.keyboard.press("Control+a")
    page.keyboard.type("By keyboard.")
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.getAttribute('aria-label')"))
        if reached[-1] == "say":
            break
    before = page.inner_text("#result")
    page.keyboard.press("Enter")
    page.wait_for_function("before => document.querySelector('#result').innerText != before", arg=before)
    assert reached[-1] == "say", reached
    page.wait_for_function("() => !document.querySelector('[role=listbox]')")  # none is left open on the way
