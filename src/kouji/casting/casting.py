"""Whose voice one engine speaks with: built in, registered, known to this session alone, or heard in a clip."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from kouji import config, engines
from kouji.audio.resample import resample
from kouji.engines.contract import SPEAKERS, Card, Conditioning, Engine
from kouji.errors import AlreadyExists, InvalidInput, UnknownName, UnsupportedControl
from kouji.policy import Consent
from kouji.text import analyse
from kouji.types import Notice, Utterance
from kouji.voices.clips import ClipSource, read_clips
from kouji.voices.clone import Sample, check_transcript
from kouji.voices.conditioning import Key, arrays_as_bytes
from kouji.voices.voice import Voice, checked_name

from .heard import Heard
from .library import Library

_TRANSCRIPT = "reference_text"
_CONTROL = "voice.reference"
_N_HEARD = 16  # clips whose voice stays in memory
# What a voice says that is to be kept and that nobody recorded: about five seconds.
_INTRODUCTION = "今天天气很好，我们一起去公园散步，那里有很多好看的花。"


@dataclass(frozen=True)
class Cast:
    """Who speaks in one request."""

    name: str  # as the answer's metadata tell it
    conditioning: Callable[[], Conditioning]  # learnt when the first sound is made, or known already
    notices: tuple[Notice, ...] = ()
    others: Mapping[str, Cast] = field(default_factory=dict)  # whom the markup names

    def says(self, utterance: Utterance) -> Conditioning:
        """With whose voice an utterance is said: of whom the markup names, else this one's."""
        named = utterance.controls.get("voice")
        return (self if named is None else self.others[str(named)]).conditioning()


@dataclass(frozen=True)
class EncodedSpeaker:
    """A voice that was heard, or made by rule, ready to be registered. Nothing of it is stored."""

    sample: Sample | None = field(repr=False)  # None: nobody recorded it
    conditioning: Conditioning = field(repr=False)
    transcript: str = ""
    made_of: str = field(default="", repr=False)  # the name by which the engine makes it, such as a speaker as text

    @property
    def embedding(self) -> np.ndarray:
        """(256,) float32 of length 1, of no engine; see kouji.audio.speaker.

        Raises:
            InvalidInput: nobody has heard the voice yet.
        """
        if self.sample is None:
            raise InvalidInput("Nobody has heard this voice yet.", "Let it say something, and encode that.")
        return self.sample.embedding


class Casting:
    """The voices that one engine can speak with."""

    def __init__(self, card: Card, engine: Callable[[], Engine], settings: config.Config) -> None:
        """Nothing is opened yet; `engine` gives the engine once it is needed."""
        self._card, self._engine, self._settings = card, engine, settings
        self._builtin: dict[str, Conditioning] = {}
        self._of_session: dict[str, EncodedSpeaker] = {}
        # Clips that nobody consented to keep: never on disk.
        self._heard = Heard[EncodedSpeaker](_N_HEARD)

    @cached_property
    def library(self) -> Library:
        """The registered voices."""
        reserved = {name for card in engines.cards() for name in (*(each.id for each in card.voices), *card.published)}
        return Library(self._settings, sorted(reserved))

    def cast(
        self, voice: str, language: str, controls: Mapping[str, object], named: Sequence[str] = ()
    ) -> Cast:
        """Who speaks, checked to the last permission before any sound is made.

        Args:
            voice: a name; "": the engine's own for the language, unless `controls` name somebody.
            language: of the text.
            controls: of the request.
            named: voices that the markup asks for beside.

        Raises:
            UnknownName: no such voice.
            InvalidInput: the voice is given twice, or the clip cannot be used.
            NotPermitted: consent has ended, or the voice is protected.
            UnsupportedControl: this engine cannot learn voices.
        """
        cast = self._main(voice, language, controls)
        return replace(cast, others={name: self._of_name(name) for name in named})

    def _main(self, voice: str, language: str, controls: Mapping[str, object]) -> Cast:
        given = {key: controls[key] for key in SPEAKERS if key in controls}
        if len(given) + bool(voice) > 1:
            names = ", ".join(["voice"] * bool(voice) + list(given))
            raise InvalidInput(f"The voice is given more than once: {names}.", "Give one of them.")
        transcript = controls.get(_TRANSCRIPT, "")
        if not isinstance(transcript, str):
            raise InvalidInput(f"{_TRANSCRIPT}={transcript!r} is no text.", "Give what is said in the clip.")
        name = voice or given.pop("speaker_id", "")
        for clip in given.values():
            return self._of_clip(clip, transcript)
        if transcript:
            raise InvalidInput(f"{_TRANSCRIPT} is given without a clip.", "Give reference_audio too.")
        if not isinstance(name, str):
            raise InvalidInput(f"speaker_id={name!r} is no name.", "Give the name of a registered voice.")
        return self._of_name(name or self._card.default_voice(language).id)

    def encode(self, clips: ClipSource | Sequence[ClipSource], transcript: str = "") -> EncodedSpeaker:
        """Hear a voice, or make one by its name, where the engine does that. (Raises as `cast`.)"""
        if made := self._made(clips):
            return EncodedSpeaker(None, self._builtin_conditioning(made), made_of=made)
        self._check_can_learn()
        read = read_clips(clips)

        def hear() -> EncodedSpeaker:
            sample = self.library.prepare(read)
            check_transcript(sample, transcript)
            pieces = [(each.samples, each.sample_rate) for each in sample.references]
            arrays = self._learn(pieces, transcript)
            return EncodedSpeaker(sample, Conditioning(self._card.id, arrays), transcript)

        speaker = self._heard.get((*(clip.digest for clip in read), transcript), hear)
        assert speaker.sample is not None  # it was heard
        self.library.admit(speaker.sample, self._card.id)  # each time: who is protected may have changed
        return speaker

    def register(self, name: str, speaker: EncodedSpeaker, consent: Consent | None, **about: str) -> None:
        """Give a voice a name: with consent for good, without it in this object alone.

        Raises:
            AlreadyExists: a voice has the name.
            InvalidInput, NotPermitted, StoreFailed: as Library.register.
        """
        if not isinstance(speaker, EncodedSpeaker):
            raise InvalidInput(f"A {type(speaker).__name__} is no speaker.", "Give what encode_speaker returns.")
        if consent is not None and not isinstance(consent, Consent):
            hint = 'Give kouji.Consent("Zhang San", "for the audio guide of the museum").'
            raise InvalidInput(f"consent={consent!r} is no consent.", hint)
        name = checked_name(name)
        if name in self._of_session:
            raise AlreadyExists("voice", name)
        if consent is not None:
            self._keep(name, speaker, consent, **about)
        elif self._card.has_voice(name):
            raise AlreadyExists("built-in voice", name)
        elif speaker.conditioning.engine != self._card.id:
            raise InvalidInput(
                f"The speaker was encoded for {speaker.conditioning.engine!r}.", f"Encode it with {self._card.id!r}."
            )
        else:
            self._of_session[name] = speaker

    def add(
        self, name: str, clips: ClipSource | Sequence[ClipSource], consent: Consent, **about: str
    ) -> tuple[Voice, Sample]:
        """Register a voice and let the engine learn it at once. (Raises as Library.register.)"""
        if made := self._made(clips):
            return self._keep(name, self.encode(made), consent, **about)
        sample = self.library.prepare(read_clips(clips), name)
        check_transcript(sample, about.get("transcript", ""))
        voice = self.library.register(name, sample, consent, **about)
        if _CONTROL in self._card.controls:
            try:
                self.learn(voice)
            except InvalidInput:
                self.library.remove(name)
                raise
        return voice, sample

    def _made(self, clips: ClipSource | Sequence[ClipSource]) -> str:
        """The name by which the engine makes a voice, where that was given instead of a clip; "" otherwise."""
        given = clips[0] if isinstance(clips, list) and len(clips) == 1 else clips
        name = str(given) if isinstance(given, str | Path) else ""
        return name if self._card.makes_voice(name) else ""

    def _keep(self, name: str, speaker: EncodedSpeaker, consent: Consent, **about: str) -> tuple[Voice, Sample]:
        """Register for good. A voice that nobody recorded says a sentence first: that is what others hear of it."""
        sample, transcript = speaker.sample, speaker.transcript
        if sample is None:
            sample, transcript = self._introduced(speaker.conditioning), _INTRODUCTION
            about = {**about, "transcript": transcript, "description": about.get("description") or speaker.made_of}
        about.setdefault("transcript", transcript)
        voice = self.library.register(name, sample, consent, **about)
        if speaker.sample is None:
            self.library.conditionings.put(self._key(voice), arrays_as_bytes(speaker.conditioning.arrays))
        return voice, sample

    def _introduced(self, conditioning: Conditioning) -> Sample:
        (utterance,) = analyse(_INTRODUCTION).utterances
        chunks = self._engine().synthesize(utterance, conditioning, np.random.default_rng(0))
        samples = np.concatenate([chunk.samples for chunk in chunks])
        return self.library.prepare(read_clips((samples, self._card.sample_rate)))

    def learn(self, voice: Voice) -> Conditioning:
        """What the engine knows of a registered voice: from memory, from disk, or learnt now."""
        arrays = self.library.conditionings.get(
            self._key(voice), lambda: self._learn(self.library.references(voice), voice.transcript)
        )
        return Conditioning(self._card.id, arrays)

    def export(self, name: str) -> bytes:
        """A registered voice as one file, with what this engine has learnt of it. (Raises as Library.export.)"""
        voice = self.library.get(name).voice
        learnt = {}
        if _CONTROL in self._card.controls:
            learnt = {self._card.id: (self._key(voice).weights, arrays_as_bytes(self.learn(voice).arrays))}
        return self.library.export(name, learnt)

    def import_(self, data: bytes, name: str = "", trusted: bool = False) -> Voice:
        """Keep a voice that was exported elsewhere. (Raises as Library.import_.)

        Args:
            data: the file.
            name: another name than it had.
            trusted: take over what engines have learnt too, which nobody can check against the clips.
        """
        voice, learnt = self.library.import_(data, name)
        if trusted:
            for engine, (weights, arrays) in learnt.items():
                key = Key(engine, weights, tuple(clip.blob for clip in voice.clips), voice.transcript)
                try:
                    self.library.conditionings.put(key, arrays)
                except ValueError as error:
                    raise InvalidInput(
                        f"What {engine} has learnt cannot be read: {error}", "Import it untrusted."
                    ) from error
        return voice

    def _of_name(self, name: str) -> Cast:
        name = self._card.id_of(name)
        if self._card.has_voice(name):
            return Cast(_shown(name), lambda: self._builtin_conditioning(name))
        if name in self._of_session:
            return Cast(name, lambda: self._of_session[name].conditioning)
        for card in engines.cards():  # a built-in name of another engine cannot be registered either
            if any(name == voice.id for voice in card.voices):
                unknown = UnknownName("voice", name, [voice.id for voice in self._card.voices])
                unknown.hint = f"It is one of the engine {card.id!r}, and {self._card.id!r} speaks."
                raise unknown
        voice = self.library.use(name, self._card.id, [voice.id for voice in self._card.voices])
        self._check_can_learn()
        return Cast(name, lambda: self.learn(voice))

    def _of_clip(self, clip: object, transcript: str) -> Cast:
        speaker = self.encode(clip, transcript)  # type: ignore[arg-type]  # which checks it
        if speaker.sample is None:
            return Cast(_shown(str(clip)), lambda: speaker.conditioning)
        found = [finding for findings in speaker.sample.findings for finding in findings if finding.verdict != "ok"]
        notices = [Notice(f"clip_{each.item}", f"The clip, {each.item}: {each.message}") for each in found]
        name = f"clip:{speaker.sample.digests[0][:12]}"
        return Cast(name, lambda: speaker.conditioning, tuple(notices))

    def _builtin_conditioning(self, name: str) -> Conditioning:
        if name not in self._builtin:
            self._builtin[name] = self._engine().builtin(name)
        return self._builtin[name]

    def _learn(self, clips: Sequence[tuple[np.ndarray, int]], transcript: str) -> Mapping[str, np.ndarray]:
        rate = self._card.sample_rate
        return self._engine().condition([resample(*clip, rate) for clip in clips], transcript or None).arrays

    def _key(self, voice: Voice) -> Key:
        clips = tuple(clip.blob for clip in voice.clips)
        return Key(self._card.id, _digest(self._engine()), clips, voice.transcript)

    def _check_can_learn(self) -> None:
        if _CONTROL not in self._card.controls:
            raise UnsupportedControl(self._card.id, "reference_audio", engines.that_can(_CONTROL))


def _shown(name: str) -> str:
    """A name as the answer's metadata tell it: one that holds a whole voice is cut short."""
    return name if len(name) <= 64 else f"{name[:8]}…{hashlib.sha256(name.encode()).hexdigest()[:12]}"


def _digest(engine: Engine) -> str:
    """Of the weights: the engine's own word, else the sums on its card; "" where neither is known."""
    if digest := getattr(engine, "digest", ""):
        return str(digest)
    sums = [file.sha256 for file in engine.card.files]
    return hashlib.sha256("".join(sums).encode()).hexdigest() if sums and all(sums) else ""
