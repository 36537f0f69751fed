"""The library: a voice is registered with consent, speaks, and goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .conftest import DATA, PATIENCE, playwright, shows, tab

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_each_voice_can_be_heard(page: Page) -> None:
    tab(page, "en", 1)
    page.click("#hear input")
    page.get_by_role("option", name="english_2").click()
    page.wait_for_selector("#hear_sound a[download]")
    first = page.get_attribute("#hear_sound a[download]", "href")
    page.click("#hear input")
    page.get_by_role("option", name="cantonese_1").click()
    page.wait_for_function(
        "first => document.querySelector('#hear_sound a[download]')?.href != first", arg=first
    )
    playwright.expect(page.locator("#hear_result")).to_have_text("", timeout=PATIENCE)


def test_a_voice_is_registered_with_consent_speaks_and_goes(page: Page) -> None:
    tab(page, "en", 1)
    page.fill("#new_name textarea, #new_name input", "museum")
    page.set_input_files("#new_clip input[type=file]", DATA / "english_male.flac")
    page.wait_for_selector("#new_verdict .verdict")
    shows(page, "#new_verdict", "The clip: mind this")  # it is a little short
    page.fill("#new_person textarea, #new_person input", "A reader")
    page.fill("#new_statement textarea", "for the tests of this program")
    page.click("#add")
    page.wait_for_selector("#add_result .problem >> text=consent")
    page.check("#new_consent input")
    page.click("#add")
    page.wait_for_selector("#add_result .done >> text=museum")
    page.wait_for_selector("#voices td >> text=museum")
    page.on("dialog", lambda dialog: dialog.accept())
    assert page.is_disabled("#remove")  # nothing is chosen
    page.click("#registered input")
    page.get_by_role("option", name="museum").click()
    page.wait_for_selector("#remove:enabled")
    page.click("#remove")
    page.wait_for_selector("#library_result .done >> text=museum")
    page.wait_for_selector("#voices td >> text=museum", state="detached")
