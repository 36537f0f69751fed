"""The hall: every request walks through here, from text to sound.

    Request -> policy.permit -> text.analyse -> [Utterance] -> control.delivered -> control.planned
            -> engine.synthesize -> control.closed -> audio.join -> audio.watermark -> Chunks -> Speech

A list of calls: what each of them does stands in its own room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from kouji import config, engines
from kouji.asked import check_controls, check_markup, check_seed, tag_notices
from kouji.control import (
    DurationPlan,
    Interpreter,
    Understood,
    closing,
    delivered,
    describe,
    label,
    planned,
    read_by,
    target,
    with_emotion,
)
from kouji.engines.contract import (
    CONVERSION,
    LONGEST_SOURCE,
    SPEAKERS,
    BuiltinVoice,
    Card,
    Conditioning,
    Device,
    Engine,
)
from kouji.errors import InvalidInput, UnknownName, UnsupportedControl
from kouji.policy import Gate, Permit
from kouji.types import Chunk, Notice, Request, Speech, Timing, Utterance

if TYPE_CHECKING:
    from kouji.audio.watermark import Payload
    from kouji.casting import Cast, Casting, EncodedSpeaker, Library
    from kouji.engines.contract import Converter
    from kouji.policy import Consent
    from kouji.policy.marking import Marking
    from kouji.text import Lexicon
    from kouji.voices.clips import ClipSource

_SPEAKER = (*SPEAKERS, "reference_text")  # controls that say whose voice it is
Progress = Callable[[int, int], None]  # (utterances said, utterances in all)
Said = Iterable[tuple[Iterable[Chunk], str | float | None]]  # the chunks of each utterance, and the pause after it


def load(
    engine: str | None = None,
    *,
    threads: int | None = None,
    lexicon: str | Path | None = None,
    models: str | Path | None = None,
    preset: str | None = None,
) -> Session:
    """Open an engine by name; what is not given comes from the settings (see `kouji config`).

    Args:
        engine: "native", or another that `kouji engines` lists.
        threads: processor threads, 1 to 64.
        lexicon: file of own pronunciations.
        models: folder of downloaded models.
        preset: one of the engine's, such as "fast"; by default its first.

    Raises:
        UnknownName: no such engine.
    """
    words, place = (None if path is None else str(path) for path in (lexicon, models))
    flags = config.load(engine=engine, threads=threads, lexicon=words, models=place, preset=preset)
    return Session(engines.card(flags.engine), flags)


def IndexTTS2(  # its name elsewhere
    model_path: str | Path = "checkpoints", *, threads: int | None = None, preset: str | None = None
) -> Session:
    """`load("indextts2")` from a folder of its official files.

    Raises:
        UnknownName: this kouji has no such engine.
        LicenceDenied: its terms do not allow this use, or were not accepted; see docs/licences.md.
        MissingWeights, BadCheckpoint: the folder is not what it should be.
    """
    settings = config.load(engine="indextts2", threads=threads, preset=preset)
    session = Session(engines.card("indextts2"), settings, folder=Path(model_path))
    session.open()
    return session


@dataclass(frozen=True)
class Stream(Iterator[Chunk]):
    """Chunks of a request as they are ready, and what is known of it from the start."""

    chunks: Iterator[Chunk]
    sample_rate: int  # Hz
    notices: tuple[Notice, ...]
    metadata: dict[str, object]  # what was made of a wanted duration stands in it once all chunks are there

    @property
    def tags(self) -> dict[str, str]:
        """What a file of it says of itself."""
        found = self.metadata["tags"]
        assert isinstance(found, dict)
        return found

    def __next__(self) -> Chunk:
        return next(self.chunks)


class Session:
    """One engine, open for any number of requests."""

    def __init__(
        self, card: Card, settings: config.Config | None = None, engine: Engine | None = None,
        folder: Path | None = None,
    ) -> None:  # fmt: skip
        """Open an engine by its card when it first speaks, or take one that is open.

        Args:
            card: of the engine.
            settings: of the house.
            engine: that is open; its own card has the licences of its weights.
            folder: of its files; by default where `kouji models` keeps them.
        """
        self.card = card
        self._settings = settings or config.Config()
        self._given, self._folder = engine, folder
        self._gate = Gate(self._settings)
        self.interpreter: Interpreter = self._understood  # what understands emotion_text for an engine that does not

    @property
    def voices(self) -> tuple[BuiltinVoice, ...]:
        """Who can speak."""
        return self.card.voices

    @property
    def sample_rate(self) -> int:
        """Of all sound from here, Hz."""
        return self.card.sample_rate

    def permit(self) -> Permit:
        """What the licences of the weights ask of this house; nothing is loaded before it is granted.

        Raises:
            LicenceDenied: they do not allow its use, or were not accepted; says what to do.
        """
        card = self._given.card if self._given else self.card
        return self._gate.permit(card.id, card.licences, engines.that_may)

    def open(self) -> None:
        """Load the engine now. (Raises as `engines.start` does, and `permit`.)"""
        assert self._engine

    @property
    def library(self) -> Library:
        """The registered voices: list, show, remove, revoke, protect …"""
        return self.casting.library

    def encode_speaker(
        self, clips: ClipSource | Sequence[ClipSource], reference_text: str = ""
    ) -> EncodedSpeaker:
        """Hear somebody's voice; nothing is stored.

        Args:
            clips: a path, bytes, (samples, sample rate), or a list of such: 3 to 30 seconds of one person.
            reference_text: what is said in them, where known.

        Raises:
            InvalidInput: the clip cannot be used; says why.
            NotPermitted: the voice is protected.
            UnsupportedControl: this engine cannot learn voices.
        """
        return self.casting.encode(clips, reference_text)

    def register_speaker(
        self, name: str, speaker: EncodedSpeaker, consent: Consent | None = None, **about: str
    ) -> None:
        """Give a voice a name to speak by.

        Args:
            name: to be given as `voice` or `speaker_id`.
            speaker: what `encode_speaker` returned.
            consent: of the person. With it the voice is stored, for every session; without it the voice lives in
                this object only, and is gone with it.
            about: language, gender, description, transcript; stored with the voice.

        Raises:
            AlreadyExists: the name is taken.
            NotPermitted: the consent has ended already, or the voice is protected.
            StoreFailed: it cannot be kept; nothing of it is.
        """
        self.casting.register(name, speaker, consent, **about)

    def synthesize(self, text: str, voice: str = "", language: str = "", seed: int = 0, **controls: object) -> Speech:
        """Say a text of any length. The same text, voice and seed give the same samples, always.

        Args:
            text: what to say, in one or several languages.
            voice: id of a voice, see `voices`; by default the engine's own for the language of the text.
            language: zh, en, ja, ko or yue; by default found out from the text.
            seed: 0 or more; another seed is another take.
            controls: what the engine's card lists, such as speed=1.1; or the same as one `config={...}`. Every engine
                has label="start" (end, both, tone): the sound says aloud that a machine made it. watermark=False and
                marks=False ask for a sound, or files of it, without their marks, where the settings let them.
                speaker_id is another word for voice; reference_audio (or speaker_reference) is a clip whose voice is
                taken: a path, bytes, or (samples, sample rate).

        Raises:
            UnknownName: no such voice, language or argument.
            NotPermitted: the consent to the voice has ended, or the voice is protected.
            LicenceDenied: the licence of the weights does not allow it, or was not accepted.
            UnsupportedControl: this engine cannot do that; names those that can.
            EmptyText: nothing in the text can be said.
        """
        return self.speak(self._request(text, voice, language, seed, controls))

    def synthesize_batch(
        self, texts: Sequence[str], voice: str = "", language: str = "", seed: int = 0, **controls: object
    ) -> list[Speech]:
        """`synthesize` for each text; the samples are those of each text alone."""
        return [self.synthesize(text, voice, language, seed, **controls) for text in texts]

    def stream(
        self, text: str, voice: str = "", language: str = "", seed: int = 0, **controls: object
    ) -> Stream:
        """`synthesize`, chunk by chunk as it is ready: one after the other they are the very same samples.

        Errors in what is asked are raised by this call, before any sound.
        """
        return self.start(self._request(text, voice, language, seed, controls))

    def convert(self, recording: ClipSource, voice: str = "", seed: int = 0, **asked: object) -> Speech:
        """Say a recording again with another voice: what is said stays, and when.

        Args:
            recording: a path, bytes, or (samples, sample rate): 0.5 s to 10 minutes of speech.
            voice: whose voice says it; or `speaker_id`, `reference_audio` with `reference_text`, as in `synthesize`.
            seed: 0 or more; another seed is another take.
            asked: see `voice`; and watermark, label, marks, as in `synthesize`. A label is a tone.

        Raises:
            UnsupportedControl: this engine cannot convert; names those that can.
            InvalidInput: the recording cannot be used, or nobody is named.
            UnknownName, NotPermitted, LicenceDenied: as `synthesize`.
        """
        from kouji.audio.join import collect

        stream = self.conversion(recording, voice, seed, **asked)
        samples, moments = collect(stream)
        return Speech(samples, stream.sample_rate, moments, stream.notices, stream.metadata)

    def conversion(self, recording: ClipSource, voice: str = "", seed: int = 0, **asked: object) -> Stream:
        """`convert`, chunk by chunk as it is ready. Errors in what is asked are raised by this call."""
        from kouji.control.clip import read_clip
        from kouji.policy.marking import marking_of

        permit = self.permit()
        if CONVERSION not in self.card.controls:
            raise UnsupportedControl(self.card.id, CONVERSION, engines.that_can(CONVERSION))
        request = self._request("", voice, "", seed, asked)
        for name in request.controls:
            if name not in _SPEAKER:
                raise UnknownName("argument", name, ["voice", "seed", *_SPEAKER])
        check_seed(seed)
        who = self.casting.cast(request.voice, "", request.controls)
        samples = read_clip(recording, self.sample_rate, LONGEST_SOURCE)
        metadata: dict[str, object] = {
            "engine": self.card.id, "voice": who.name, "seed": seed, "made": "conversion", **self._made_with(permit),
        }  # fmt: skip
        known = replace(request, controls={"recording": samples})
        marking = marking_of(known, metadata, permit, self._settings, self._gate)
        metadata |= marking.plain()
        chunks = self._converted(samples, who, seed, marking)
        return Stream(chunks, self.sample_rate, who.notices, metadata)

    def _converted(self, samples: np.ndarray, who: Cast, seed: int, marking: Marking) -> Iterator[Chunk]:
        from kouji.audio.join import join
        from kouji.audio.watermark import marked

        rng = np.random.default_rng([seed, 0])
        made = cast("Converter", self._engine).convert(samples, who.conditioning(), rng)
        before = [] if marking.label == "none" else self._tone()
        sound = join([*before, (made, None)], self.sample_rate)
        yield from marked(sound, self.sample_rate, marking.watermark) if marking.watermark else sound

    def _tone(self) -> Said:
        from kouji.audio.morse import beeps

        return [([Chunk(beeps(label.TONE, self.sample_rate))], label.PAUSE)]

    def plan(
        self, text: str, voice: str = "", language: str = "", seed: int = 0, **controls: object
    ) -> DurationPlan:
        """How long it would take, what lengths are feasible, and where a wanted one would come from; says nothing.

        (Arguments and errors as of `synthesize`.)

        Raises:
            UnsupportedControl: the engine cannot tell.
        """
        plan = self._plan(self._request(text, voice, language, seed, controls))
        return plan.duration or self._duration(plan.utterances, plan.voice, None, plan.lead)

    def speak(self, request: Request, progress: Progress | None = None) -> Speech:
        """Say a whole request, telling `progress` after every utterance. (Raises as `synthesize` does.)"""
        from kouji.audio.join import collect

        stream = self.start(request, progress)
        samples, moments = collect(stream)
        notices = stream.notices + closing.notices(stream.metadata)
        return Speech(samples, stream.sample_rate, moments, notices, stream.metadata)

    def start(self, request: Request, progress: Progress | None = None) -> Stream:
        """Check a request, then say it as the chunks are asked for. (Raises as `synthesize` does.)"""
        from kouji.policy.marking import marking_of

        plan = self._plan(request)
        metadata = plan.metadata(self.card) | self._made_with(plan.permit)
        marking = marking_of(request, metadata, plan.permit, self._settings, self._gate)
        metadata |= marking.plain()
        before, after = self._labels(request, plan, marking.label)
        chunks = self._chunks(plan, progress, metadata, before, after, marking.watermark)
        return Stream(chunks, self.sample_rate, plan.notices, metadata)

    def _made_with(self, permit: Permit) -> dict[str, object]:
        """What the metadata of every sound tell of the engine."""
        told: dict[str, object] = {"attribution": permit.attribution} if permit.attribution else {}
        if self.card.presets:
            told["preset"] = self._settings.preset or self.card.presets[0].name
        return told

    def _labels(self, request: Request, plan: _Plan, where: str) -> tuple[Said, Said]:
        """What is heard before and after, by the very voice that speaks; beeps where it cannot say it."""
        if where == "none":
            return [], []
        text, language = label.spoken(plan.language, self.card.languages)
        if where == "tone" or not text:
            return self._tone(), []
        who = {name: value for name, value in request.controls.items() if name in (*_SPEAKER, "denoise")}
        said = self._plan(Request(text, request.voice, language, request.seed, who))
        first = self._utterances(said, None, {}) if where in ("start", "both") else []
        last = self._utterances(said, None, {}) if where in ("end", "both") else []
        return first, last

    @cached_property
    def _engine(self) -> Engine:
        if self._given:
            return self._given
        self.permit()
        settings = self._settings
        device = Device(settings.device, settings.precision)
        if self._folder:
            return engines.start_from(self.card, self._folder, settings.threads, settings.preset, device)
        return engines.start(self.card, settings.threads, config.models_folder(settings), settings.preset, device)

    def _understood(self, description: str) -> Understood:
        """By the engine's own reader of descriptions, where its weights are at hand, else by Kouji's."""
        reader = getattr(self._engine, "reader", None)
        return read_by(reader, description) if reader else describe(description)

    @cached_property
    def casting(self) -> Casting:
        """Whose voices this engine can speak with."""
        from kouji.casting import Casting

        return Casting(self.card, lambda: self._engine, self._settings)

    @cached_property
    def _lexicon(self) -> Lexicon | None:
        from kouji.text import Lexicon

        return Lexicon.read(self._settings.lexicon) if self._settings.lexicon else None

    def _request(
        self, text: str, voice: str, language: str, seed: int, controls: dict[str, object]
    ) -> Request:
        nested = controls.pop("config", {})
        if not isinstance(nested, Mapping):
            raise InvalidInput(f"config={nested!r} is no mapping.", 'Give config={"speed": 1.1}.')
        settings, asked = self._settings, {**nested, **controls}
        said, are_marked = asked.pop("label", ""), asked.pop("marks", True)
        if not isinstance(said, str) or not isinstance(are_marked, bool):
            raise InvalidInput("label is a word, marks is true or false.", 'Give label="start", or marks=False.')
        if not voice and not any(name in SPEAKERS for name in asked):
            voice = settings.voice
        marked = asked.pop("watermark", None)
        if not (marked is None or isinstance(marked, bool)):
            raise InvalidInput(f"watermark={marked!r} is not possible.", "Give True or False.")
        return Request(text, voice, language or settings.language, seed, asked, marked, said, are_marked)

    def _plan(self, request: Request) -> _Plan:
        """Check all that can be checked before any sound is made."""
        from kouji.text import analyse

        card, permit = self.card, self.permit()
        if request.language and request.language not in card.languages:
            raise UnknownName("language", request.language, card.languages)
        check_seed(request.seed)
        check_controls(card, request.controls)
        wanted, others = target.asked(request.controls), target.without(request.controls)
        said = analyse(request.text, request.language or None, self._lexicon, known_tags=card.spans)
        for utterance in said.utterances:
            check_markup(card, utterance)
        language = request.language or _main_language(said.utterances)
        named = {str(each.controls["voice"]): None for each in said.utterances if "voice" in each.controls}
        voice = self.casting.cast(request.voice, language, request.controls, tuple(named))
        able, interpret = card.controls, self.interpreter
        felt, manner = with_emotion(said.utterances, request.controls, card.sample_rate, able, interpret)
        utterances = tuple(delivered(utterance, others) for utterance in felt)
        notices = said.notices + tag_notices(card, said.utterances) + voice.notices + manner.notices
        plan = _Plan(utterances, notices, voice, language, request.seed, said.lead, manner.metadata, permit)
        if wanted is None and not target.scopes(utterances):
            return plan
        duration = self._duration(utterances, voice, wanted, said.lead)
        utterances = duration.delivered(utterances)
        return replace(plan, utterances=utterances, notices=notices + duration.notices, duration=duration)

    def _duration(
        self, utterances: Sequence[Utterance], voice: Cast, wanted: target.Target | None, lead: float
    ) -> DurationPlan:
        if wanted is None and "duration" not in self.card.controls:
            raise UnsupportedControl(self.card.id, "duration", engines.that_can("duration"))

        def timing(utterance: Utterance) -> Timing:
            return self._engine.timing(utterance, voice.says(utterance))

        return planned(utterances, timing, wanted, self.sample_rate, self.card.token_rate, lead)

    def _chunks(
        self, plan: _Plan, progress: Progress | None, metadata: dict[str, object], before: Said, after: Said,
        mark: Payload | None,
    ) -> Iterator[Chunk]:
        from kouji.audio.join import join
        from kouji.audio.watermark import marked

        lead = 0.0 if plan.duration and plan.duration.lead else plan.lead  # the planned chunks bring it along
        said = chain(before, self._utterances(plan, progress, metadata), after)
        sound = join(said, self.sample_rate, lead)
        return marked(sound, self.sample_rate, mark) if mark else sound

    def _utterances(
        self, plan: _Plan, progress: Progress | None, metadata: dict[str, object]
    ) -> Iterator[tuple[Iterable[Chunk], str | float | None]]:
        from kouji.audio.cues import with_cues

        keeper = closing.Timekeeper(plan.duration, self.sample_rate, metadata) if plan.duration else None
        for n_said, utterance in enumerate(plan.utterances):
            if progress:
                progress(n_said, len(plan.utterances))
            say = partial(self._say, utterance, plan.voice.says(utterance), plan.seed)
            pause: str | float | None = utterance.units[-1].pause if utterance.pause is None else utterance.pause
            row = plan.duration.utterances[n_said] if plan.duration else None
            if keeper is None or row is None or row.n_samples is None:
                yield with_cues(say(), utterance, self.sample_rate, plan.lead), pause
                continue
            chunks = keeper.timed(say, row)
            if row.n_pause is not None:
                utterance, pause = replace(utterance, pause=None), None
            yield with_cues(chunks, utterance, self.sample_rate, plan.lead), pause
        if progress:
            progress(len(plan.utterances), len(plan.utterances))

    def _say(
        self, utterance: Utterance, conditioning: Conditioning, seed: int, duration: float | None = None, round: int = 0
    ) -> Iterator[Chunk]:
        """One utterance, or one more try at it with another duration."""
        from kouji.audio.denoise import denoised
        from kouji.audio.level import amplify

        if duration is not None:
            utterance = replace(utterance, delivery=replace(utterance.delivery, duration=duration))
        # Its own generator: what is said before or beside an utterance cannot change its sound.
        rng = np.random.default_rng([seed, utterance.index, *([round] if round else [])])
        said = self._engine.synthesize(utterance, conditioning, rng)
        return amplify(denoised(said, self.sample_rate, utterance.delivery.denoise), utterance.delivery.volume)


@dataclass(frozen=True)
class _Plan:
    """A request that can be carried out, to the last name."""

    utterances: tuple[Utterance, ...]
    notices: tuple[Notice, ...]
    voice: Cast
    language: str
    seed: int
    lead: float  # seconds of silence before the first utterance
    understood: Mapping[str, object]  # of the emotion, where one is asked for
    permit: Permit
    duration: DurationPlan | None = None  # None: nothing is asked of the length

    def metadata(self, card: Card) -> dict[str, object]:
        """What made the sound: enough to make it again."""
        made: dict[str, object] = {
            "engine": card.id, "voice": self.voice.name, "language": self.language, "seed": self.seed,
            **self.understood,
        }  # fmt: skip
        return made if self.duration is None else made | {"duration": self.duration.plain()}


def _main_language(utterances: Sequence[Utterance]) -> str:
    """The language of most units; the first of equals."""
    languages = [unit.language for utterance in utterances for unit in utterance.units]
    return max(dict.fromkeys(languages), key=languages.count)
