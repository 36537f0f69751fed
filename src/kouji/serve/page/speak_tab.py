"""The first tab: a text, how it shall be said, and the takes beside one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from . import form as fields
from . import html
from .clip import WAVES
from .form import FREE, Form, Main, Values

if TYPE_CHECKING:
    from .desk import Desk, Take
    from .words import Words

_TAKES = 20  # in the history of one visitor
_SHOWN = 24  # characters of a take's text in its name


@dataclass(frozen=True)
class _Heard:
    """Where the sound goes: what is told, the last take, and two takes side by side."""

    told: Any
    sound: Any
    compare: Any
    history: Any  # [(label, path)]
    players: tuple[tuple[Any, Any], tuple[Any, Any]]

    @property
    def outputs(self) -> list[Any]:
        """What a new take changes."""
        return [self.told, self.sound, self.compare, self.history, *self.players[0], *self.players[1]]

    def changed_by(self, take: Take, before: list[tuple[str, str]], words: Words) -> dict[Any, Any]:
        """The updates after a take; `before` is the history until now."""
        number = int(before[-1][0].partition(" ")[0]) + 1 if before else 1
        voice = words["from_clip"] if take.voice.startswith("clip:") else take.voice
        # What is last may be cut off on a narrow screen.
        label = f"{number} · {take.duration:.2f} s · {_short(take.text)} · {voice} · {words['is_seed']} {take.seed}"
        takes = [*before, (label, take.path)][-_TAKES:]
        about = f"{words['made']} · {words['take']} {number}{words['colon']}{take.duration:.2f} s"
        about += f" · {voice} · {words.of(take.language)} · {words['is_seed']} {take.seed}"
        about += f" · {words['ready_made']}" if take.is_cached else ""
        names = [name for name, _ in takes]
        (choice_a, sound_a), (choice_b, sound_b) = self.players
        earlier = takes[-2] if len(takes) > 1 else (None, None)
        return {
            self.told: html.done(about, [words.told(note) for note in take.notes]),
            self.sound: gr.update(value=take.path, visible=True),
            self.history: takes,
            self.compare: gr.update(visible=len(takes) > 1),
            choice_a: gr.update(choices=names, value=earlier[0]), sound_a: earlier[1],
            choice_b: gr.update(choices=names, value=label), sound_b: take.path,
        }  # fmt: skip


def build(desk: Desk, words: Words) -> tuple[Any, Any]:
    """The tab, within open Blocks. Returns its inputs for engine and voice, which other tabs refresh."""
    with gr.Row(equal_height=False, elem_classes="speak"):
        with gr.Column(min_width=300, elem_classes="main"):
            main = fields.main(desk, words)
        with gr.Column(min_width=300, elem_classes="heard"):
            told = gr.HTML(html.quiet(words["no_sound"]), elem_id="result", padding=False)
            sound = gr.Audio(
                label=words["result"], interactive=False, type="filepath", elem_id="sound", visible=False,
                buttons=["download"], waveform_options=WAVES,
            )  # fmt: skip
            with gr.Accordion(words["takes"], open=True, visible=False) as compare:
                players = _player(words, "take_a"), _player(words, "take_b")
        with gr.Column(min_width=300, elem_classes="more"):
            form = fields.build(desk, words, main)
    _wire(desk, words, form, main, _Heard(told, sound, compare, gr.State([]), players))
    return form.engine, form.voice


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"


def _player(words: Words, name: str) -> tuple[Any, Any]:
    choice = gr.Dropdown([], label=words[name], interactive=True, elem_id=name)
    sound = gr.Audio(
        label=words[name], show_label=False, interactive=False, type="filepath", elem_id=f"{name}_sound",
        buttons=["download"], waveform_options=WAVES,
    )  # fmt: skip
    return choice, sound


def _wire(desk: Desk, words: Words, form: Form, main: Main, heard: _Heard) -> None:
    """What the buttons do."""

    async def speak(values: Values, visit: gr.Request) -> dict[Any, Any]:
        try:
            take = await desk.say(desk.enter(visit), form.fields(values, words))
        except Exception as error:
            return {heard.told: html.problem(error, words)}
        return heard.changed_by(take, values[heard.history], words)

    async def foresee(values: Values, visit: gr.Request) -> str:
        try:
            found = await desk.plan(desk.enter(visit), form.fields(values, words))
        except Exception as error:
            return html.problem(error, words)
        low, high = found.feasible
        about = f"{words['natural']} {found.natural:.2f} s · {words['feasible']} {low:.2f} – {high:.2f} s"
        if found.target is not None:
            about += f" · {words['wanted']} {found.target:.2f} s"
        return html.done(about, [words.told(notice.message) for notice in found.notices])

    async def pronounce(values: Values, visit: gr.Request) -> str:
        try:
            desk.enter(visit)
            lines = await desk.readings(values[form.text] or "", values[form.language] or None)
        except Exception as error:
            return html.problem(error, words)
        return html.readings(lines)

    usual: dict[str, Any] = {"api_visibility": "private", "concurrency_limit": None}
    main.say.click(speak, form.inputs | {heard.history}, heard.outputs, **usual)
    main.plan.click(foresee, form.inputs, heard.told, **usual)
    main.read.click(pronounce, form.inputs, heard.told, **usual)
    for choice, player in heard.players:
        # Through gradio's queue: only there do the addresses of files know that the page is mounted below a path.
        choice.input(_sound_of, [choice, heard.history], player, **usual)
    _show_reach(desk, words, form)


def _show_reach(desk: Desk, words: Words, form: Form) -> None:
    """Below the field for a length stands what lengths are feasible, as soon as somebody wants one."""

    async def reach(values: Values, visit: gr.Request) -> tuple[Any, Any]:
        if values[form.length] == FREE:
            return gr.skip(), gr.skip()
        if not (values[form.text] or "").strip():
            return (gr.update(info=words["text_first"]),) * 2
        asked = {name: value for name, value in form.fields(values, words).items() if not name.startswith("duration")}
        try:
            found = await desk.plan(desk.enter(visit), asked)
        except Exception as error:
            return (gr.update(info=html.sentence(error, words)),) * 2
        low, high = found.feasible
        told = f"{words['feasible']} {{:.2f}} – {{:.2f}}{{}} · {words['natural']} {found.natural:.2f} s"
        ratios = low / found.natural, high / found.natural
        return gr.update(info=told.format(low, high, " s")), gr.update(info=told.format(*ratios, " ×"))

    gr.on(
        [form.length.change, form.text.blur, form.voice.change, form.language.change, form.speed.release],
        reach, form.inputs, [form.seconds, form.ratio], api_visibility="private", concurrency_limit=None,
        show_progress="hidden",
    )  # fmt: skip


def _sound_of(name: str, takes: list[tuple[str, str]]) -> str | None:
    """The file of a take: of this visitor's history alone, whatever the browser sends."""
    return dict(takes).get(name)
