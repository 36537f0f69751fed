"""The first tab: a text, how it shall be said, and the takes beside one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from kouji.errors import NotPermitted
from kouji.types import EMOTIONS

from . import html
from .clip import clip_input
from .desk import Desk, data_url
from .words import HELP

if TYPE_CHECKING:
    from .words import Words

FORMATS = ("wav", "mp3", "flac", "opus")
FREE, SECONDS, RATIO = "free", "seconds", "ratio"
NONE, NAME, WEIGHTS, WORDS, CLIP = "none", "by_name", "by_weights", "by_words", "by_clip"
_TAKES = 20  # in the history of one visitor

Values = Mapping[Any, Any]


def engine_choices(desk: Desk) -> list[str]:
    """Engines that could speak."""
    return desk.service.usable()


def voice_choices(desk: Desk, engine: str, words: Words) -> list[tuple[str, str]]:
    """(what is shown, id) of the voices of an engine; the first leaves it to the language of the text."""
    rows = desk.voices(engine)
    return [(words["auto"], ""), *((_label(row, words), row["id"]) for row in rows)]


def _label(row: Mapping[str, Any], words: Words) -> str:
    about = " · ".join(words.of(row[key]) for key in ("language", "gender") if row[key])
    return f"{row['id']} ({about})" if about else str(row["id"])


def language_choices(desk: Desk, engine: str, words: Words) -> list[tuple[str, str]]:
    """(what is shown, code) of the languages of an engine."""
    return [(words["auto"], ""), *((words.of(code), code) for code in desk.service.host(engine).card.languages)]


@dataclass(frozen=True)
class Form:
    """The inputs of the tab."""

    text: Any
    engine: Any
    voice: Any
    language: Any
    clip: Any
    ref_text: Any
    consent: Any
    how: Any
    name: Any
    intensity: Any
    weights: tuple[Any, ...]
    description: Any
    emotion_clip: Any
    length: Any
    seconds: Any
    ratio: Any
    seed: Any
    speed: Any
    pitch: Any
    volume: Any
    format: Any

    @property
    def inputs(self) -> set[Any]:
        """All of them, as gradio takes them."""
        return {part for part in vars(self).values() if not isinstance(part, tuple)} | set(self.weights)

    def fields(self, values: Values, words: Words) -> dict[str, Any]:
        """What the visitor filled in, as a request of the house dialect; what stands at its default is left out.

        Raises:
            NotPermitted: a clip without the tick of consent.
        """
        found: dict[str, Any] = {
            "text": values[self.text] or "", "model": values[self.engine], "seed": int(values[self.seed] or 0),
            "response_format": values[self.format], "voice": values[self.voice] or None,
            "language": values[self.language] or None,
        }  # fmt: skip
        if values[self.clip]:
            if not values[self.consent]:
                raise NotPermitted(words["needs_consent"], words["tick_consent"])
            found |= {"ref_audio": data_url(values[self.clip]), "voice": None}
            found["ref_text"] = values[self.ref_text] or None
        for field, component, default in (
            ("speed", self.speed, 1.0), ("pitch", self.pitch, 0.0), ("volume", self.volume, 0.0),
        ):  # fmt: skip
            if values[component] not in (None, default):
                found[field] = values[component]
        if values[self.length] == SECONDS:
            found["duration"] = values[self.seconds]
        elif values[self.length] == RATIO:
            found["duration_ratio"] = values[self.ratio]
        emotion = self._emotion(values)
        return found | ({"emotion": emotion} if emotion else {})

    def _emotion(self, values: Values) -> dict[str, Any] | None:
        how = values[self.how]
        if how == WEIGHTS:
            return {"vector": [values[each] for each in self.weights]}
        ways: dict[str, dict[str, Any]] = {
            NAME: {"name": values[self.name]},
            WORDS: {"text": values[self.description] or ""},
            CLIP: {"audio": data_url(values[self.emotion_clip]) if values[self.emotion_clip] else None},
        }
        return {**ways[how], "alpha": values[self.intensity]} if how in ways else None


def build(desk: Desk, words: Words) -> tuple[Any, Any]:
    """The tab, within open Blocks. Returns its inputs for engine and voice, which other tabs refresh."""
    with gr.Row(equal_height=False):
        with gr.Column(scale=3, min_width=320):
            form, buttons = _form(desk, words)
        with gr.Column(scale=2, min_width=300):
            shown = gr.HTML(f'<div class="quiet">{words["no_sound"]}</div>', elem_id="result", padding=False)
            sound = gr.Audio(
                label=words["result"], interactive=False, type="filepath", elem_id="sound", visible=False,
                buttons=["download"],
            )  # fmt: skip
            with gr.Accordion(words["takes"], open=True, visible=False) as compare:
                players = [_player(words, name) for name in ("take_a", "take_b")]
    history = gr.State([])
    _wire(desk, words, form, buttons, (shown, sound, compare, history, players))
    return form.engine, form.voice


def _player(words: Words, name: str) -> tuple[Any, Any]:
    choice = gr.Dropdown([], label=words[name], interactive=True, elem_id=name)
    sound = gr.Audio(
        show_label=False, interactive=False, type="filepath", elem_id=f"{name}_sound", buttons=["download"]
    )
    return choice, sound


def _form(desk: Desk, words: Words) -> tuple[Form, tuple[Any, Any, Any]]:
    engines = engine_choices(desk)
    first = desk.service.settings.engine if desk.service.settings.engine in engines else (engines or [""])[0]
    text = gr.Textbox(label=words["text"], placeholder=words["text_hint"], lines=5, max_lines=16, elem_id="text")
    with gr.Row():
        language = gr.Dropdown(
            language_choices(desk, first, words), value="", label=words["language"], min_width=120, elem_id="language"
        )
        voice = gr.Dropdown(
            voice_choices(desk, first, words), value="", label=words["voice"], min_width=180, elem_id="voice"
        )
        engine = gr.Dropdown(engines, value=first, label=words["engine"], min_width=120, elem_id="engine")
    with gr.Row():
        say = gr.Button(words["say"], variant="primary", elem_id="say", min_width=120)
        plan = gr.Button(words["plan"], elem_id="plan", min_width=120)
        read = gr.Button(words["readings"], elem_id="readings", min_width=120)
    with gr.Accordion(words["reference"], open=False):
        clip, consent = clip_input(desk, words, "reference")
        ref_text = gr.Textbox(label=words["ref_text"], lines=1)
    how, name, intensity, weights, description, emotion_clip = _emotion(words)
    length, seconds, ratio = _length(words)
    with gr.Accordion(words["fine"], open=False), gr.Row():
        seed = gr.Number(0, label=words["seed"], precision=0, minimum=-1, min_width=140)
        speed = gr.Slider(0.5, 2.0, 1.0, step=0.05, label=words["speed"], min_width=200)
        pitch = gr.Slider(-12, 12, 0, step=0.5, label=words["pitch"], min_width=200)
        volume = gr.Slider(-24, 12, 0, step=1, label=words["volume"], min_width=200)
        format = gr.Dropdown(list(FORMATS), value="wav", label=words["format"], min_width=120)
    with gr.Accordion(words["help"], open=False):
        gr.Markdown(HELP[words.language], elem_classes="help")
    form = Form(
        text, engine, voice, language, clip, ref_text, consent, how, name, intensity, weights, description,
        emotion_clip, length, seconds, ratio, seed, speed, pitch, volume, format,
    )  # fmt: skip
    return form, (say, plan, read)


def _emotion(words: Words) -> tuple[Any, Any, Any, tuple[Any, ...], Any, Any]:
    with gr.Accordion(words["emotion"], open=False):
        how = gr.Radio(_pairs(words, (NONE, NAME, WEIGHTS, WORDS, CLIP)), value=NONE, label=words["how"])
        name = gr.Dropdown(_pairs(words, EMOTIONS), value=EMOTIONS[0], label=words["by_name"], visible=False)
        with gr.Row(visible=False) as sliders:
            weights = tuple(gr.Slider(0, 1, 0, step=0.05, label=words[each], min_width=200) for each in EMOTIONS)
        description = gr.Textbox(
            label=words["emotion_words"], placeholder=words["emotion_words_hint"], visible=False
        )
        clip = gr.Audio(
            label=words["emotion_clip"], sources=["upload", "microphone"], type="filepath", visible=False,
            buttons=["download"],
        )  # fmt: skip
        intensity = gr.Slider(0, 1, 1, step=0.05, label=words["intensity"], visible=False)

    def show(chosen: str) -> list[Any]:
        return [gr.update(visible=chosen == each) for each in (NAME, WEIGHTS, WORDS, CLIP)] + [
            gr.update(visible=chosen in (NAME, WORDS, CLIP))
        ]

    how.change(show, how, [name, sliders, description, clip, intensity], api_visibility="private", queue=False)
    return how, name, intensity, weights, description, clip


def _length(words: Words) -> tuple[Any, Any, Any]:
    with gr.Accordion(words["duration"], open=False):
        length = gr.Radio(_pairs(words, (FREE, SECONDS, RATIO)), value=FREE, label=words["how"])
        seconds = gr.Number(3.0, label=words["wanted_seconds"], minimum=0, step=0.1, visible=False)
        ratio = gr.Slider(0.5, 2.0, 1.0, step=0.01, label=words["wanted_ratio"], visible=False)

    def show(chosen: str) -> list[Any]:
        return [gr.update(visible=chosen == each) for each in (SECONDS, RATIO)]

    length.change(show, length, [seconds, ratio], api_visibility="private", queue=False)
    return length, seconds, ratio


def _pairs(words: Words, keys: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(words[key], key) for key in keys]


def _wire(
    desk: Desk, words: Words, form: Form, buttons: tuple[Any, Any, Any], out: tuple[Any, Any, Any, Any, list[Any]]
) -> None:
    """What the buttons do."""
    shown, sound, compare, history, players = out
    (choice_a, sound_a), (choice_b, sound_b) = players
    say, plan, read = buttons

    async def speak(values: Values, visit: gr.Request) -> dict[Any, Any]:
        try:
            take = await desk.say(desk.enter(visit), form.fields(values, words))
        except Exception as error:
            return {shown: html.problem(error)}
        number = int(values[history][-1][0].partition(" ")[0]) + 1 if values[history] else 1
        label = f"{number} · {take.voice} · {take.duration:.2f} s · {words['is_seed']} {take.seed}"
        takes = [*values[history], (label, take.path)][-_TAKES:]
        about = f"{words['made']}{words['colon']}{take.duration:.2f} s · {take.voice} · {words.of(take.language)} · "
        about += f"{words['is_seed']} {take.seed}{' · ' + words['ready_made'] if take.is_cached else ''}"
        names = [name for name, _ in takes]
        before = takes[-2][1] if len(takes) > 1 else None
        return {
            shown: html.done(about, take.notes),
            sound: gr.update(value=take.path, visible=True),
            history: takes,
            compare: gr.update(visible=len(takes) > 1),
            choice_a: gr.update(choices=names, value=names[-2] if before else None), sound_a: before,
            choice_b: gr.update(choices=names, value=label), sound_b: take.path,
        }  # fmt: skip

    async def foresee(values: Values, visit: gr.Request) -> str:
        try:
            found = await desk.plan(desk.enter(visit), form.fields(values, words))
        except Exception as error:
            return html.problem(error)
        low, high = found.feasible
        about = f"{words['natural']} {found.natural:.2f} s · {words['feasible']} {low:.2f} – {high:.2f} s"
        if found.target is not None:
            about += f" · {words['wanted']} {found.target:.2f} s"
        return html.done(about, [notice.message for notice in found.notices])

    async def pronounce(values: Values, visit: gr.Request) -> str:
        try:
            desk.enter(visit)
            lines = await desk.readings(values[form.text] or "", values[form.language] or None)
        except Exception as error:
            return html.problem(error)
        return html.readings(lines)

    outputs = [shown, sound, history, compare, choice_a, sound_a, choice_b, sound_b]
    say.click(speak, form.inputs | {history}, outputs, api_visibility="private", concurrency_limit=None)
    plan.click(foresee, form.inputs, shown, api_visibility="private", concurrency_limit=None)
    read.click(pronounce, form.inputs, shown, api_visibility="private", concurrency_limit=None)
    for choice, player in players:
        # Through gradio's queue: only there do the addresses of files know that the page is mounted below a path.
        choice.input(_sound_of, [choice, history], player, api_visibility="private", concurrency_limit=None)

    def other(engine: str) -> list[Any]:
        return [
            gr.update(choices=voice_choices(desk, engine, words), value=""),
            gr.update(choices=language_choices(desk, engine, words), value=""),
        ]

    form.engine.change(other, form.engine, [form.voice, form.language], api_visibility="private", queue=False)


def _sound_of(name: str, takes: list[tuple[str, str]]) -> str | None:
    """The file of a take: of this visitor's history alone, whatever the browser sends."""
    return dict(takes).get(name)
