"""Every tab in both languages, on a desk and on a phone: nothing sticks out, is without a name or untranslated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx
import pytest

from kouji.serve.page.words import HELP, LANGUAGES, TEXTS

from .conftest import TABS, opened, tab

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

SIZES = {"desk": (1280, 800), "phone": (390, 844)}
# Fields, buttons and links that a screen reader could only call "edit" or "button".
NAMELESS = """() => {
  const texts = ids => ids.split(' ').map(id => document.getElementById(id)?.innerText ?? '').join(' ');
  const name = e => e.getAttribute('aria-label') || texts(e.getAttribute('aria-labelledby') ?? '') ||
    [...(e.labels ?? [])].map(label => label.innerText).join(' ') || e.innerText || e.title || '';
  return [...document.querySelectorAll('input, textarea, select, button, a[href]')]
    .filter(e => e.offsetParent && !name(e).trim()).map(e => e.outerHTML.slice(0, 200));
}"""
SHOWN = """() => [...document.querySelectorAll('label, button, th, dt, summary, h1, h3, legend, .quiet, span')]
  .map(e => e.innerText?.trim()).filter(Boolean)"""


@pytest.fixture(scope="module", params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def fresh(url: str, browser: BrowserContext, language: str) -> Iterator[Page]:
    """With everything unfolded."""
    page = opened(url, browser, language)
    for number in range(len(TABS[language])):
        tab(page, language, number)
        folded = page.locator("button.label-wrap:not(.open):visible")
        while folded.count():
            folded.first.click()
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    yield page
    page.close()


@pytest.mark.parametrize("size", SIZES)
def test_nothing_sticks_out_and_everything_has_a_name(fresh: Page, language: str, size: str) -> None:
    width, height = SIZES[size]
    fresh.set_viewport_size({"width": width, "height": height})
    for number, name in enumerate(TABS[language]):
        tab(fresh, language, number)
        over = fresh.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, name
        assert fresh.evaluate(NAMELESS) == [], name


def test_nothing_is_left_in_the_other_language(fresh: Page, language: str) -> None:
    assert fresh.evaluate("document.documentElement.lang")[:2] == language
    other = 1 - LANGUAGES.index(language)
    theirs = {texts[other] for texts in TEXTS.values() if texts[0] != texts[1]}
    theirs -= {texts[LANGUAGES.index(language)] for texts in TEXTS.values()}
    gradios = {"zh": {"Click to Upload", "Drop Audio Here", "Drop File Here"}, "en": {"点击上传"}}[language]
    seen: set[str] = set()
    for number in range(len(TABS[language])):
        tab(fresh, language, number)
        seen |= set(fresh.evaluate(SHOWN))
    assert seen & (theirs | gradios) == set()


def test_the_interface_speaks_both_languages(url: str, page: Page) -> None:
    tab(page, "en", 0)
    assert page.inner_text("#say") == "Speak"
    page.click("header a[lang=zh]")
    page.wait_for_selector("#say >> text=朗读")
    page.go_back()
    page.wait_for_selector("#say >> text=Speak")
    for accepted, language in (("zh-CN,zh;q=0.9,en;q=0.8", "zh"), ("en-GB", "en"), ("fr", "zh")):
        answer = httpx.get(url, headers={"Accept-Language": accepted})
        assert answer.headers["location"] == f"/page/{language}/"


def test_engines_are_shown_with_presets_controls_and_licences(fresh: Page, language: str) -> None:
    tab(fresh, language, 4)
    native = fresh.locator("#engines_list section", has_text="native").first.inner_text()
    parrot = fresh.locator("#engines_list section", has_text="parrot").first.inner_text()
    assert "CC-BY-SA-4.0" in native
    assert ("语速" if language == "zh" else "Speed") in native
    assert "0.5 – 2" in native
    assert ("就绪" if language == "zh" else "ready") in native
    assert "an octave higher" in parrot


def test_every_text_is_there_in_both_languages() -> None:
    assert set(HELP) == set(LANGUAGES)
    assert [key for key, texts in TEXTS.items() if not all(texts) or len(texts) != len(LANGUAGES)] == []
