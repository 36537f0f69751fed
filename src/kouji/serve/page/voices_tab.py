"""The library: who can speak, a new voice with consent, an end to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from kouji.errors import InvalidInput, NotPermitted
from kouji.policy import Consent

from . import html
from .clip import WAVES, clip_input
from .form import voice_choices

if TYPE_CHECKING:
    from .desk import Desk
    from .words import Words


def build(desk: Desk, words: Words, engine: Any, voice: Any) -> Any:
    """The tab, within open Blocks; `engine` and `voice` are the choices of the first tab.

    Returns:
        (function, inputs, outputs) that bring the lists up to date.
    """
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            gr.Markdown(f"### {words['library']}")
            listed = gr.HTML(elem_id="voices", padding=False)
            heard = gr.Dropdown([], label=words["hear"], elem_id="hear")
            told_of, sound = _hearing(desk, words, heard)
            gr.Markdown(f"### {words['registered']}")
            chosen = gr.Dropdown([], label=words["choose"], elem_id="registered")
            with gr.Row():
                revoke = gr.Button(words["revoke"], elem_id="revoke", min_width=120, interactive=False)
                remove = gr.Button(words["remove"], variant="stop", elem_id="remove", min_width=100, interactive=False)
            told = gr.HTML("", elem_id="library_result", padding=False)
        with gr.Column(scale=2, min_width=300):
            add, given, said = _adding(desk, words)
    lists = [listed, heard, told_of, sound, chosen, voice]

    def current(engine: str) -> list[Any]:
        return [
            _table(desk, words),
            gr.update(choices=[row["id"] for row in desk.voices()], value=None),
            "",
            gr.update(value=None, visible=False),
            gr.update(choices=[name for name, _ in desk.registered()], value=None),
            gr.update(choices=voice_choices(desk, engine, words)),
        ]

    def again(happened: Any) -> None:
        happened.then(current, engine, lists, api_visibility="private", queue=False)

    chosen.change(
        lambda name: [gr.update(interactive=bool(name))] * 2, chosen, [revoke, remove], api_visibility="private",
        queue=False,
    )  # fmt: skip
    again(add.click(_add(desk, words), given, said, api_visibility="private", concurrency_limit=None))
    for button, question, action in (
        (revoke, "really_revoke", _ending(desk, words, "revoked")),
        (remove, "really_remove", _ending(desk, words, "removed")),
    ):
        ask = f"(name) => [name && confirm({words[question]!r}) ? name : null]"
        again(button.click(action, chosen, told, js=ask, api_visibility="private"))
    return current, engine, lists


def _hearing(desk: Desk, words: Words, heard: Any) -> tuple[Any, Any]:
    """What happens when a voice is chosen to be heard: it says hello. Returns where that is told, and the player."""
    sound = gr.Audio(
        label=words["result"], show_label=False, interactive=False, type="filepath", elem_id="hear_sound",
        visible=False, buttons=["download"], waveform_options=WAVES, autoplay=True,
    )  # fmt: skip
    told = gr.HTML("", elem_id="hear_result", padding=False)

    async def hear(name: str | None, visit: gr.Request) -> tuple[str, Any]:
        if not name:
            return "", gr.update(value=None, visible=False)
        try:
            take = await desk.preview(desk.enter(visit), name)
        except Exception as error:
            return html.problem(error, words), gr.update(value=None, visible=False)
        return "", gr.update(value=take.path, visible=True)

    heard.input(hear, heard, [told, sound], api_visibility="private", concurrency_limit=None)
    return told, sound


def _table(desk: Desk, words: Words) -> str:
    head = [words[key] for key in ("name", "language", "gender", "engine", "licence")]
    rows = [
        [row["id"], words.of(row["language"]), words.of(row["gender"]), row["engine"], row["licence"]]
        for row in desk.voices()
    ]
    return html.table(head, rows, "short")


def _adding(desk: Desk, words: Words) -> tuple[Any, list[Any], Any]:
    gr.Markdown(f"### {words['add']}")
    name = gr.Textbox(label=words["name"], elem_id="new_name", max_lines=1)
    clip, consent = clip_input(desk, words, "new")
    person = gr.Textbox(label=words["person"], elem_id="new_person", max_lines=1)
    statement = gr.Textbox(
        label=words["statement"], placeholder=words["statement_hint"], elem_id="new_statement", max_lines=3
    )
    ref_text = gr.Textbox(label=words["ref_text"], max_lines=2)
    with gr.Row():
        language = gr.Dropdown(
            [("", ""), *((words[code], code) for code in ("zh", "en", "ja", "ko", "yue"))], value="",
            label=words["language"], min_width=120,
        )  # fmt: skip
        description = gr.Textbox(label=words["description"], max_lines=1, min_width=160)
    add = gr.Button(words["add"], variant="primary", elem_id="add")
    said = gr.HTML("", elem_id="add_result", padding=False)
    return add, [name, clip, consent, person, statement, ref_text, language, description], said


def _add(desk: Desk, words: Words) -> Any:
    async def add(
        name: str, clip: str | None, consent: bool, person: str, statement: str, ref_text: str, language: str,
        description: str, visit: gr.Request,
    ) -> str:  # fmt: skip
        try:
            desk.enter(visit)
            if not clip:
                raise InvalidInput(words["no_clip"], words["clip"])
            if not consent:
                raise NotPermitted(words["needs_consent"], words["tick_consent"])
            about = {"transcript": ref_text, "language": language or "", "description": description}
            notes = await desk.register(name, clip, Consent(person, statement), about)
        except Exception as error:
            return html.problem(error, words)
        found = [note.partition(": ") for note in notes]  # "length: It has only …"
        minded = [f"{words.of(item)}{words['colon']}{words.told(message)}" for item, _, message in found]
        return html.done(f"{words['added']}{words['colon']}{name}", minded)

    return add


def _ending(desk: Desk, words: Words, what: str) -> Any:
    async def end(name: str | None, visit: gr.Request) -> str:
        if not name:
            return ""
        try:
            desk.enter(visit)
            await (desk.revoke if what == "revoked" else desk.remove)(name)
        except Exception as error:
            return html.problem(error, words)
        return html.done(f"{words[what]}{words['colon']}{name}")

    return end
