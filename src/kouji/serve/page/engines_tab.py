"""Engines, what each of them can do, and under which licences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import gradio as gr

from kouji.engines.licences import licences

from . import html

if TYPE_CHECKING:
    from kouji.engines.contract import Card, Control

    from .desk import Desk
    from .words import Words


def build(desk: Desk, words: Words) -> None:
    """The tab, within open Blocks."""
    found = licences(desk.service.settings)
    rows: Sequence[Mapping[str, Any]] = found["licences"]
    usable = desk.service.usable()
    cards = [desk.service.host(name).card for name in desk.service.known()]
    parts = [
        _engine(card, card.id in usable, [row for row in rows if row["engine"] == card.id], words)
        + "".join(html.barred(words.told(row["reason"]), words.told(row["hint"])) for row in found["engines"]
                  if row["engine"] == card.id and not row["allowed"])
        for card in cards
    ]  # fmt: skip
    parts.append(_house([row for row in rows if not row["engine"]], words))
    sections = "".join(f"<section>{part}</section>" for part in parts)
    gr.HTML(f'<div class="engines">{sections}</div>', elem_id="engines_list", padding=False)
    gr.Markdown(f"### {words['credits']}")
    parts_of: dict[str, list[str]] = {}  # several engines of a family have one text
    for part, text in found["attribution"].items():
        parts_of.setdefault(text, []).append(words.of(part))
    for text, names in parts_of.items():
        if text:
            with gr.Accordion(words["comma"].join(names), open=False):
                gr.Markdown(text, elem_classes="help")


def _engine(card: Card, is_ready: bool, rows: Sequence[Mapping[str, Any]], words: Words) -> str:
    """One engine as people read it: state, what it does, how it can be run and asked, its licences."""
    state = html.badge("done" if is_ready else "", words["ready" if is_ready else "not_ready"])
    get = "" if is_ready else f"<p>{escape(words['how_to_get'])} <code>kouji models pull {escape(card.id)}</code></p>"
    by_rule = f"{words['voice_by_rule']}{words['colon']}{words.told(card.named.hint)}" if card.named else ""
    voices = "; ".join(filter(None, [", ".join(voice.id for voice in card.voices), by_rule])) or words["no_voices"]
    facts = [
        (words["languages"], words["comma"].join(words.of(code) for code in card.languages)),
        (words["voice"], voices), (words["rate"], f"{card.sample_rate} Hz"),
    ]  # fmt: skip
    presets = html.terms([(each.name, words.told(each.summary)) for each in card.presets])
    folded = html.fold(f"{words['presets']} ({len(card.presets)})", presets) if card.presets else ""
    controls = [[words.of(name), _range(each), words.told(each.meaning)] for name, each in card.controls.items()]
    return (
        f"<h3>{escape(card.id)} {state}</h3><p>{escape(words.told(card.summary))}</p>{get}"
        f"{html.terms(facts)}{folded}"
        + html.fold(
            f"{words['controls']} ({len(controls)})",
            html.table([words["control"], words["range"], words["meaning"]], controls, "ranges"),
        )
        + html.fold(f"{words['licences']} ({len(rows)})", _licences(rows, words))
    )


def _house(rows: Sequence[Mapping[str, Any]], words: Words) -> str:
    return f"<h3>{escape(words['house'])}</h3>{_licences(rows, words)}"


def _licences(rows: Sequence[Mapping[str, Any]], words: Words) -> str:
    head = [words[key] for key in ("part", "licence", "uses", "credits")]
    return html.table(
        head,
        [
            [words.of(row["part"]), row["name"], words["comma"].join(map(words.of, row["uses"])), row["credits"]]
            for row in rows
        ],
    )


def _range(control: Control) -> str:
    return "" if control.low is None or control.high is None else f"{control.low:g} – {control.high:g}"
