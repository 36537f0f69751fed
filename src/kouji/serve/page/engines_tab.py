"""Engines, what each of them can do, and under which licences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from kouji.engines.licences import licences

from . import html

if TYPE_CHECKING:
    from .desk import Desk
    from .words import Words


def build(desk: Desk, words: Words) -> None:
    """The tab, within open Blocks."""
    gr.HTML(_table(desk, words), elem_id="engines_table", padding=False)
    gr.Markdown(words["how_to_get"])
    gr.Markdown(f"### {words['licences']}")
    head = [words[key] for key in ("engine", "part", "licence", "credits")]
    found = licences(desk.service.settings)
    gr.HTML(
        html.table(head, [[row[key] for key in ("engine", "part", "name", "credits")] for row in found["licences"]]),
        padding=False,
    )
    for part, text in found["attribution"].items():
        if text:
            with gr.Accordion(f"{words['credits']}{words['colon']}{part}", open=False):
                gr.Markdown(text, elem_classes="help")


def _table(desk: Desk, words: Words) -> str:
    usable = desk.service.usable()
    rows = []
    for name in desk.service.known():
        card = desk.service.host(name).card
        state = words["ready" if name in usable else "not_ready"]
        spoken = ", ".join(words.of(code) for code in card.languages)
        controls = ", ".join(card.controls)
        rows.append([name, state, card.summary, spoken, f"{card.sample_rate} Hz", controls])
    head = [words[key] for key in ("engine", "state", "summary", "languages", "rate", "controls")]
    return html.table(head, rows)
