"""What the first tab asks for: its fields, what they stand for in a request, and which of them an engine obeys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from kouji.errors import InvalidInput, NotPermitted
from kouji.types import EMOTIONS

from . import able, html
from .clip import WAVES, clip_input
from .desk import Desk, data_url
from .words import HELP

if TYPE_CHECKING:
    from kouji.engines.contract import Card

    from .words import Words

FORMATS = ("wav", "mp3", "flac", "opus", "m4a")
FREE, SECONDS, RATIO = "free", "seconds", "ratio"
NONE, NAME, WEIGHTS, WORDS, CLIP = "none", "by_name", "by_weights", "by_words", "by_clip"
_WAYS = {NAME: "emotion", WEIGHTS: "emotion", WORDS: "emotion_text", CLIP: "emotion_reference"}  # -> argument
SAMPLING = ("temperature", "top_p", "top_k", "repetition_penalty")

Values = Mapping[Any, Any]


def engine_choices(desk: Desk) -> list[str]:
    """Engines that could speak."""
    return desk.service.usable()


def first_engine(desk: Desk) -> str:
    """The one that a form begins with: of the settings, where it could speak."""
    engines, wanted = engine_choices(desk), desk.service.settings.engine
    return wanted if wanted in engines else next(iter(engines), wanted)


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
    why_no_clip: Any
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
    denoise: Any
    format: Any
    preset: Any
    about_sampling: Any
    sampling: tuple[Any, ...]  # as SAMPLING

    @property
    def inputs(self) -> set[Any]:
        """All of them, as gradio takes them."""
        told = ("why_no_clip", "about_sampling")
        single = {part for name, part in vars(self).items() if not isinstance(part, tuple) and name not in told}
        return single | set(self.weights) | set(self.sampling)

    def fields(self, values: Values, words: Words) -> dict[str, Any]:
        """What the visitor filled in, as a request of the house dialect; what stands at its default is left out.

        Raises:
            InvalidInput: an emotion from a clip that is not there.
            NotPermitted: a clip without the tick of consent.
        """
        found: dict[str, Any] = {
            "text": values[self.text] or "", "model": values[self.engine], "seed": int(values[self.seed] or 0),
            "response_format": values[self.format], "voice": values[self.voice] or None,
            "language": values[self.language] or None, "preset": values[self.preset] or None,
        }  # fmt: skip
        if values[self.clip]:
            if not values[self.consent]:
                raise NotPermitted(words["needs_consent"], words["tick_consent"])
            found |= {"ref_audio": data_url(values[self.clip]), "voice": None}
            found["ref_text"] = values[self.ref_text] or None
        for field, component, default in (
            ("speed", self.speed, 1.0), ("pitch", self.pitch, 0.0), ("volume", self.volume, 0.0),
            ("denoise", self.denoise, 0.0),
        ):  # fmt: skip
            if values[component] not in (None, default):
                found[field] = values[component]
        if values[self.length] == SECONDS:
            found["duration"] = values[self.seconds]
        elif values[self.length] == RATIO:
            found["duration_ratio"] = values[self.ratio]
        asked = {name: (values[each] or "").strip() for name, each in zip(SAMPLING, self.sampling, strict=True)}
        if sampling := {name: text for name, text in asked.items() if text}:
            found["sampling"] = sampling  # as text: the request says what is no number
        emotion = self._emotion(values, words)
        return found | ({"emotion": emotion} if emotion else {})

    def _emotion(self, values: Values, words: Words) -> dict[str, Any] | None:
        how = values[self.how]
        if how == CLIP and not values[self.emotion_clip]:
            raise InvalidInput(words["no_clip"], words["emotion_clip_first"])
        if how == WEIGHTS:
            return {"vector": [values[each] for each in self.weights]}
        ways: dict[str, dict[str, Any]] = {
            NAME: {"name": values[self.name]},
            WORDS: {"text": values[self.description] or ""},
        }
        if how == CLIP:
            ways[CLIP] = {"audio": data_url(values[self.emotion_clip])}
        return {**ways[how], "alpha": values[self.intensity]} if how in ways else None

    def of_engine(self, desk: Desk, engine: str, words: Words) -> dict[Any, Any]:
        """Updates of all fields that depend on the engine."""
        card = desk.service.host(engine).card
        clip = able.reason(card, "reference_audio", words)
        no_sampling = able.reason(card, "sampling", words)
        return {
            self.voice: gr.update(
                choices=voice_choices(desk, engine, words), value="", allow_custom_value=card.named is not None,
                info=f"{words['voice_by_rule']}{words['colon']}{words.told(card.named.hint)}" if card.named else "",
            ),
            self.language: gr.update(choices=language_choices(desk, engine, words), value=""),
            self.speed: able.slider(card, "speed", words, 1.0, 0.5, 2.0),
            self.pitch: able.slider(card, "pitch", words, 0.0, -12.0, 12.0),
            self.volume: able.slider(card, "volume", words, 0.0, -24.0, 12.0),
            self.denoise: able.slider(card, "denoise", words, 0.0, 0.0, 1.0),
            self.length: able.field(card, "duration", words, value=FREE),
            self.how: _ways(card, words),
            self.preset: able.presets(card, words),
            **dict.fromkeys(self.sampling, gr.update(interactive=not no_sampling, value="")),
            self.about_sampling: gr.update(value=html.quiet(no_sampling or words["empty_is_usual"])),
            self.clip: gr.update(visible=not clip, value=None),
            self.why_no_clip: gr.update(value=html.quiet(clip) if clip else "", visible=bool(clip)),
        }


def _ways(card: Card, words: Words) -> Any:
    """An update of the ways to give an emotion: those that the engine has."""
    open_ways = [way for way, argument in _WAYS.items() if able.control_of(card, argument)]
    lacking = {way: able.reason(card, argument, words) for way, argument in _WAYS.items() if way not in open_ways}
    info = next(iter(lacking.values()), None) if not open_ways else " · ".join(
        f"{words[way]}{words['colon']}{why}" for way, why in lacking.items()
    )  # fmt: skip
    choices = _pairs(words, (NONE, *open_ways))
    return gr.update(choices=choices, value=NONE, interactive=bool(open_ways), info=info or "")


@dataclass(frozen=True)
class Main:
    """What everybody needs: the text, who says it, and the buttons."""

    text: Any
    language: Any
    voice: Any
    engine: Any
    say: Any
    plan: Any
    read: Any


def main(desk: Desk, words: Words) -> Main:
    """Those fields, within open Blocks."""
    text = gr.Textbox(label=words["text"], placeholder=words["text_hint"], lines=5, max_lines=16, elem_id="text")
    with gr.Row(elem_classes="even"):
        language = gr.Dropdown([], label=words["language"], min_width=140, elem_id="language")
        voice = gr.Dropdown([], label=words["voice"], min_width=180, elem_id="voice")
        engine = gr.Dropdown(
            engine_choices(desk), value=first_engine(desk), label=words["engine"], min_width=120, elem_id="engine"
        )
    with gr.Row():
        say = gr.Button(words["say"], variant="primary", elem_id="say", min_width=140)
        plan = gr.Button(words["plan"], elem_id="plan", min_width=140)
        read = gr.Button(words["readings"], elem_id="readings", min_width=140)
    return Main(text, language, voice, engine, say, plan, read)


def build(desk: Desk, words: Words, main: Main) -> Form:
    """The other fields, within open Blocks; those that an engine lacks are grey from the start."""
    with gr.Accordion(words["reference"], open=False):
        why_no_clip = gr.HTML("", padding=False, visible=False)
        clip, consent = clip_input(desk, words, "reference")
        ref_text = gr.Textbox(label=words["ref_text"], lines=1)
    how, name, intensity, weights, description, emotion_clip = _emotion(words)
    length, seconds, ratio = _length(words)
    with gr.Accordion(words["fine"], open=False), gr.Row(elem_classes="even wide"):
        seed = gr.Number(0, label=words["seed"], precision=0, minimum=-1, min_width=140, elem_id="seed")
        format = gr.Dropdown(list(FORMATS), value="wav", label=words["format"], min_width=140)
        speed = gr.Slider(0.5, 2.0, 1.0, step=0.05, label=words["speed"], min_width=200, elem_id="speed")
        pitch = gr.Slider(-12, 12, 0, step=0.5, label=words["pitch"], min_width=200, elem_id="pitch")
        volume = gr.Slider(-24, 12, 0, step=1, label=words["volume"], min_width=200, elem_id="volume")
        denoise = gr.Slider(0, 1, 0, step=0.1, label=words["denoise"], min_width=200, elem_id="denoise")
    preset, about_sampling, sampling = _engine_fields(words)
    with gr.Accordion(words["help"], open=False, elem_id="help"):
        gr.Markdown(HELP[words.language], elem_classes="help")
    form = Form(
        main.text, main.engine, main.voice, main.language, clip, ref_text, consent, why_no_clip, how, name, intensity,
        weights, description, emotion_clip, length, seconds, ratio, seed, speed, pitch, volume, denoise, format, preset,
        about_sampling, sampling,
    )  # fmt: skip
    usual = form.of_engine(desk, first_engine(desk), words)
    for component, change in usual.items():
        able.apply(component, change)
    main.engine.change(
        lambda chosen: form.of_engine(desk, chosen, words), main.engine, list(usual), api_visibility="private",
        queue=False,
    )  # fmt: skip
    return form


def _engine_fields(words: Words) -> tuple[Any, Any, tuple[Any, ...]]:
    with gr.Accordion(words["of_engine"], open=False):
        preset = gr.Dropdown([], label=words["preset"], elem_id="preset")
        about_sampling = gr.HTML("", elem_id="about_sampling", padding=False)
        with gr.Row():
            sampling = tuple(
                # No field for numbers: gradio's sends 0 where it is empty.
                gr.Textbox("", label=words[name], placeholder=words["usual"], max_lines=1, min_width=140, elem_id=name)
                for name in SAMPLING
            )
    return preset, about_sampling, sampling


def _emotion(words: Words) -> tuple[Any, Any, Any, tuple[Any, ...], Any, Any]:
    with gr.Accordion(words["emotion"], open=False):
        how = gr.Radio([], value=NONE, label=words["how"], elem_id="how")
        name = gr.Dropdown(_pairs(words, EMOTIONS), value=EMOTIONS[0], label=words["emotion"], visible=False)
        with gr.Row(visible=False, elem_classes="even wide") as sliders:
            weights = tuple(
                gr.Slider(0, 1, 0, step=0.05, label=words[each], min_width=200, elem_id=f"emotion_{each}")
                for each in EMOTIONS
            )
        description = gr.Textbox(
            label=words["emotion_words"], placeholder=words["emotion_words_hint"], visible=False,
            elem_id="emotion_words",
        )  # fmt: skip
        clip = gr.Audio(
            label=words["emotion_clip"], sources=["upload", "microphone"], type="filepath", visible=False,
            buttons=["download"], waveform_options=WAVES, elem_id="emotion_clip",
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
        length = gr.Radio(_pairs(words, (FREE, SECONDS, RATIO)), value=FREE, label=words["how"], elem_id="length")
        seconds = gr.Number(
            3.0, label=words["wanted_seconds"], minimum=0, step=0.1, visible=False, elem_id="seconds"
        )
        ratio = gr.Slider(0.5, 2.0, 1.0, step=0.01, label=words["wanted_ratio"], visible=False, elem_id="ratio")

    def show(chosen: str) -> list[Any]:
        return [gr.update(visible=chosen == each) for each in (SECONDS, RATIO)]

    length.change(show, length, [seconds, ratio], api_visibility="private", queue=False)
    return length, seconds, ratio


def _pairs(words: Words, keys: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(words[key], key) for key in keys]
