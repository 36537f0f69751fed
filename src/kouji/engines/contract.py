"""What every engine offers: a card that can be read without its weights, and four verbs.

An engine knows `types errors text audio layers runtime` and nothing above: the voice it speaks with and the
randomness it uses are handed to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from kouji.errors import InvalidInput, UnknownName
from kouji.terms import Licence as Licence
from kouji.terms import Terms as Terms
from kouji.types import Chunk, Timing, Utterance

# Argument of `synthesize` -> the control that an engine needs for it. What a card lists, its engine obeys;
# what it does not list is refused (UnsupportedControl), never ignored.
CONTROLS = {
    "speed": "speed",
    "pitch": "pitch",
    "volume": "volume",
    "denoise": "denoise",
    "duration": "duration",
    "duration_ratio": "duration",
    "duration_control": "duration",
    "n_tokens": "duration.tokens",
    "mode": "duration",
    "emotion": "emotion.vector",
    "intensity": "emotion.vector",
    "emotion_text": "emotion.text",
    "emotion_reference": "emotion.reference",
    "emotion_reference_text": "emotion.transcript",
    "emotion_mode": "emotion.vector",
    "reference_audio": "voice.reference",
    "reference_text": "voice.reference",
    "speaker_reference": "voice.reference",
    "speaker_id": "voice.reference",
    "sampling": "sampling",
    "interval_silence": "segments",
    "max_pieces": "segments",
    "text_split_method": "segments.cut",
    "emotion_matrix": "emotion.matrix",
    "duration_slot": "duration.slot",
    "refine": "refine",
    "homophones": "homophones",
    "normalize": "normalize",
    "pronunciation": "pronunciation",
}
# What an engine has instead, from which we make the rest: words are read by kouji.control where it has only numbers,
# and numbers are put into words where it reads only those.
INSTEAD = {"emotion.text": "emotion.vector", "emotion.vector": "emotion.text"}
# Those of them that say whose voice it is.
SPEAKERS = ("speaker_id", "reference_audio", "speaker_reference")


@dataclass(frozen=True)
class BuiltinVoice:
    """A voice that comes with an engine. It may speak every language of its engine."""

    id: str  # "female_1"
    name: str  # for people: "Female 1 (Mandarin)"
    language: str  # zh | en | ja | ko | yue: the one it grew up with
    gender: str  # "female" | "male" | ""
    licence: str  # SPDX, e.g. "CC-BY-SA-4.0"


@dataclass(frozen=True)
class VoicesByRule:
    """Voices that an engine makes from their name, more than a list can hold."""

    pattern: str  # regular expression of the whole name
    hint: str  # what such names look like: the end of "Give …"


def number(name: str, value: object, low: float, high: float) -> float:
    """The value, where it is a number from low to high.

    Raises:
        InvalidInput: names the range.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise InvalidInput(f"{name}={value!r} is not possible.", f"Give {low} to {high}.")
    return value


def sampling_of(
    asked: object, ranges: Mapping[str, tuple[float, float]], usual: float, others: Sequence[str] = ()
) -> dict[str, Any]:
    """What the argument `sampling` says, by name.

    Args:
        asked: the argument.
        ranges: what an engine knows -> the lowest and the highest; whole numbers where it ends in an int.
        usual: its temperature, for the hint.
        others: what it knows besides, and checks by itself.

    Raises:
        InvalidInput: no mapping, or a value that cannot be.
        UnknownName: no such way of sampling.
    """
    if not isinstance(asked, Mapping):
        raise InvalidInput(f"sampling={asked!r} is no mapping.", f'Give sampling={{"temperature": {usual}}}.')
    for name in asked:
        if name not in ranges and name not in others:
            raise UnknownName("way of sampling", str(name), sorted([*ranges, *others]))
    checked = {name: number(f"sampling.{name}", asked[name], *ranges[name]) for name in asked if name in ranges}
    return {**asked, **{name: type(ranges[name][1])(value) for name, value in checked.items()}}


@dataclass(frozen=True)
class Control:
    """One thing that an engine can be asked for."""

    meaning: str  # one line
    low: float | None = None  # a number below this is refused; None where the value is no number
    high: float | None = None
    parts: tuple[str, ...] = ()  # of a mapping: what may stand in it; (): the engine says

    def check(self, argument: str, value: object) -> None:
        """Refuse a value that is outside the range.

        Raises:
            InvalidInput: names the range.
        """
        if self.low is None or self.high is None:
            return
        try:
            number(argument, value, self.low, self.high)
        except InvalidInput as error:
            error.param = argument
            raise


_TAG = re.compile(r"\[(\s*[A-Za-z]\w*\s*)\]")

# The hall does it to the finished sound, so that every engine may list it.
VOLUME = Control("Loudness in dB; peaks are bent, never clipped.", -24.0, 12.0)
# Likewise, to each utterance before the pauses around it are made.
DENOISE = Control("Noise suppression after synthesis: 0 is off, 1 takes 15 dB of hiss away.", 0.0, 1.0)

# The front end reads the text of every engine, which may list what it understands of that.
PRONUNCIATION = Control("How words are said, in this request: a map of words to pronunciations.")
AS_WRITTEN = Control('"off": the text is said as it is written; numbers and signs in it are refused.')


@dataclass(frozen=True)
class WeightFile:
    """A file that the engine needs before it can speak."""

    path: str  # relative to the engine's folder of weights
    size: int = 0  # bytes; 0: as the hub says
    sha256: str = ""  # "": as the hub says
    optional: bool = False  # the engine speaks without it, but cannot do all
    origin: str = ""  # "owner/name:path" on Hugging Face, where it is not in the engine's own repository


@dataclass(frozen=True)
class Preset:
    """One way to run an engine: exactly as published, or faster at a cost that was measured."""

    name: str  # "exact" | "fast" | …
    summary: str  # one line: what is done differently


@dataclass(frozen=True)
class Device:
    """Where an engine's networks run. Engines whose card lists more than the processor take one, as `device=`."""

    name: str = ""  # "cpu" | "cuda" | "tensorrt" | "mps"; "": the engine's own choice
    precision: str = ""  # "float32" | "float16" | "bfloat16"; "": float32

    @property
    def is_plain(self) -> bool:
        """Whether every engine can do that."""
        return self.name in ("", "cpu") and self.precision in ("", "float32")


@dataclass(frozen=True)
class Card:
    """Everything about an engine that can be known without starting it."""

    id: str
    summary: str  # one line
    factory: str  # "package.module:Class", called with n_threads=, folder=, preset=; imported only when it is to speak
    sample_rate: int  # Hz
    languages: tuple[str, ...]
    licences: tuple[Licence, ...]
    voices: tuple[BuiltinVoice, ...]  # the first of a language is its default, the first of all the last resort
    controls: Mapping[str, Control] = field(default_factory=dict)
    files: tuple[WeightFile, ...] = ()
    hubs: Mapping[str, str] = field(default_factory=dict)  # "huggingface" | "modelscope" -> repository
    presets: tuple[Preset, ...] = ()  # the first is the default
    converter: str = ""  # "package.module:function": official folder -> files for ONNX Runtime, see `kouji models`
    batch: int = 1  # requests that it says together in less time than one by one, to the same samples
    token_rate: float = 0.0  # of its own tokens a second of sound, for cards with `duration.tokens`
    devices: tuple[str, ...] = ("cpu",)  # where it can run
    named: VoicesByRule | None = None  # voices beyond the list
    retired: tuple[str, ...] = ()  # pickles of older layouts, which are told from a folder that lacks files
    spans: tuple[str, ...] = ()  # tags around words, such as "strong" of <strong>…</strong>, that it reads itself
    published: Mapping[str, str] = field(default_factory=dict)  # what a publisher calls a voice -> its id
    tags: tuple[str, ...] = ()  # that it obeys in square brackets within a text, such as "laugh"

    def makes_voice(self, name: str) -> bool:
        """Whether it is the name of a voice beyond the list, by rule."""
        return self.named is not None and re.fullmatch(self.named.pattern, name) is not None

    def has_voice(self, name: str) -> bool:
        """Whether `Engine.builtin` knows it."""
        return self.makes_voice(name) or any(voice.id == name for voice in self.voices)

    def id_of(self, name: str) -> str:
        """The id of the voice that its publisher calls so; any other name as it is."""
        return self.published.get(name, name)

    def unknown_tags(self, text: str) -> list[str]:
        """Words in square brackets that look like tags, in a text for an engine that has some."""
        found = dict.fromkeys(_TAG.findall(text)) if self.tags else {}
        return [tag for tag in found if tag not in self.tags]

    def voice(self, name: str) -> BuiltinVoice:
        """The built-in voice of that id.

        Raises:
            UnknownName: there is none; names the nearest.
        """
        for voice in self.voices:
            if voice.id == name:
                return voice
        raise UnknownName("voice", name, [voice.id for voice in self.voices])

    def default_voice(self, language: str) -> BuiltinVoice:
        """Who speaks when nobody was named.

        Raises:
            InvalidInput: the engine has no voices of its own.
        """
        if not self.voices:
            others = f"Give {self.named.hint}, or" if self.named else "Give"
            hint = f"{others} a recording to speak like: reference_audio."
            raise InvalidInput(f"The engine {self.id!r} has no voice of its own.", hint)
        return next((voice for voice in self.voices if voice.language == language), self.voices[0])


@dataclass(frozen=True)
class Conditioning:
    """All that an engine keeps of a voice, ready to use and to be stored."""

    engine: str  # id of the engine that made it: no other can read it
    arrays: Mapping[str, np.ndarray]


CONVERSION = "voice.conversion"  # the control of engines that are `Converter`s
LONGEST_SOURCE = 600.0  # seconds of a recording that is said again with another voice


class Converter(Protocol):
    """What an engine can do beside, whose card has the control `CONVERSION`."""

    def convert(self, samples: np.ndarray, conditioning: Conditioning, rng: np.random.Generator) -> Iterator[Chunk]:
        """Say a recording again with another voice: what is said stays, and when.

        Args:
            samples: (n_samples,) float32 in [-1, 1] at the card's sample rate.
            conditioning: of the voice that is to say it.
            rng: all randomness.
        """
        ...


class Checker(Protocol):
    """What an engine can do beside: tell what it cannot say before any sound of the request is made."""

    def check(self, utterance: Utterance) -> None:
        """Refuse an utterance. Called for each of a request, so it should take no more than a millisecond or two.

        Raises:
            InvalidInput: what in it cannot be said.
        """
        ...


class Engine(Protocol):
    """A speaking engine. It keeps no state of a request between calls."""

    card: Card

    def __init__(self, n_threads: int = 1, folder: Path | None = None, preset: str = "") -> None:
        """Load the weights.

        Args:
            n_threads: processor threads.
            folder: with the card's files, checked; None where the card has none.
            preset: one of the card's; "": the first.
        """
        ...

    def builtin(self, name: str) -> Conditioning:
        """The conditioning of one of the card's voices."""
        ...

    def condition(self, clips: Sequence[np.ndarray], transcript: str | None) -> Conditioning:
        """Learn a voice: slow, cacheable.

        Args:
            clips: each (n_samples,) float32 in [-1, 1] at the card's sample rate, of one speaker.
            transcript: what is said in them, where known.
        """
        ...

    def timing(self, utterance: Utterance, conditioning: Conditioning) -> Timing:
        """How long the utterance takes as its delivery asks (but for its duration), before it is said.

        An engine that cannot know it exactly gives its best estimate. `parts` and `quiet` are of the length that the
        delivery asks for, its duration included. Only asked of cards with `duration` or `duration.tokens`.
        """
        ...

    def synthesize(
        self, utterance: Utterance, conditioning: Conditioning, rng: np.random.Generator
    ) -> Iterator[Chunk]:
        """Say one utterance as its delivery asks, in chunks as they are ready. All randomness comes from `rng`."""
        ...
