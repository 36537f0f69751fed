"""The hall: every request walks through here, from text to sound.

    Request -> text.analyse -> [Utterance] -> control.delivered -> engine.synthesize -> audio.join -> Chunks -> Speech

A list of calls: what each of them does stands in its own room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kouji import config, engines
from kouji.control import delivered
from kouji.engines.contract import CONTROLS, BuiltinVoice, Card, Conditioning, Engine
from kouji.errors import InvalidInput, UnknownName, UnsupportedControl
from kouji.types import Chunk, Notice, Request, Speech, Utterance

if TYPE_CHECKING:
    from kouji.text import Lexicon

Progress = Callable[[int, int], None]  # (utterances said, utterances in all)


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


@dataclass(frozen=True)
class Stream(Iterator[Chunk]):
    """Chunks of a request as they are ready, and what is known of it from the start."""

    chunks: Iterator[Chunk]
    sample_rate: int  # Hz
    notices: tuple[Notice, ...]
    metadata: dict[str, object]

    def __next__(self) -> Chunk:
        return next(self.chunks)


class Session:
    """One engine, open for any number of requests."""

    def __init__(self, card: Card, settings: config.Config | None = None, engine: Engine | None = None) -> None:
        """Open an engine by its card when it first speaks, or take one that is open."""
        self.card = card
        self._settings = settings or config.Config()
        self._conditionings: dict[str, Conditioning] = {}
        self._given = engine

    @property
    def voices(self) -> tuple[BuiltinVoice, ...]:
        """Who can speak."""
        return self.card.voices

    @property
    def sample_rate(self) -> int:
        """Of all sound from here, Hz."""
        return self.card.sample_rate

    def synthesize(self, text: str, voice: str = "", language: str = "", seed: int = 0, **controls: object) -> Speech:
        """Say a text of any length. The same text, voice and seed give the same samples, always.

        Args:
            text: what to say, in one or several languages.
            voice: id of a voice, see `voices`; by default the engine's own for the language of the text.
            language: zh, en, ja, ko or yue; by default found out from the text.
            seed: 0 or more; another seed is another take.
            controls: what the engine's card lists, such as speed=1.1; or the same as one `config={...}`.

        Raises:
            UnknownName: no such voice, language or argument.
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

    def speak(self, request: Request, progress: Progress | None = None) -> Speech:
        """Say a whole request, telling `progress` after every utterance. (Raises as `synthesize` does.)"""
        from kouji.audio.join import collect

        stream = self.start(request, progress)
        samples, marks = collect(stream)
        return Speech(samples, stream.sample_rate, marks, stream.notices, stream.metadata)

    def start(self, request: Request, progress: Progress | None = None) -> Stream:
        """Check a request, then say it as the chunks are asked for. (Raises as `synthesize` does.)"""
        plan = self._plan(request)
        return Stream(self._chunks(plan, progress), self.sample_rate, plan.notices, plan.metadata(self.card))

    @cached_property
    def _engine(self) -> Engine:
        if self._given:
            return self._given
        settings = self._settings
        return engines.start(self.card, settings.threads, config.models_folder(settings), settings.preset)

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
        settings = self._settings
        return Request(
            text, voice or settings.voice, language or settings.language, seed, {**nested, **controls}
        )

    def _plan(self, request: Request) -> _Plan:
        """Check all that can be checked before any sound is made."""
        from kouji.text import analyse

        card = self.card
        if request.language and request.language not in card.languages:
            raise UnknownName("language", request.language, card.languages)
        if request.voice:
            card.voice(request.voice)
        if isinstance(request.seed, bool) or not isinstance(request.seed, int) or request.seed < 0:
            raise InvalidInput(f"seed={request.seed!r} is not possible.", "Give a whole number from 0.")
        check_controls(card, request.controls)
        said = analyse(request.text, request.language or None, self._lexicon)
        language = request.language or _main_language(said.utterances)
        return _Plan(
            tuple(delivered(utterance, request.controls) for utterance in said.utterances),
            said.notices,
            request.voice or card.default_voice(language).id,
            language,
            request.seed,
        )

    def _chunks(self, plan: _Plan, progress: Progress | None) -> Iterator[Chunk]:
        from kouji.audio.join import join

        return join(self._utterances(plan, progress), self.sample_rate)

    def _utterances(self, plan: _Plan, progress: Progress | None) -> Iterator[tuple[Iterator[Chunk], str]]:
        conditioning = self._conditioning(plan.voice)
        for n_said, utterance in enumerate(plan.utterances):
            if progress:
                progress(n_said, len(plan.utterances))
            # Its own generator: what is said before or beside an utterance cannot change its sound.
            rng = np.random.default_rng([plan.seed, utterance.index])
            yield self._engine.synthesize(utterance, conditioning, rng), utterance.units[-1].pause
        if progress:
            progress(len(plan.utterances), len(plan.utterances))

    def _conditioning(self, voice: str) -> Conditioning:
        if voice not in self._conditionings:
            self._conditionings[voice] = self._engine.builtin(voice)
        return self._conditionings[voice]


@dataclass(frozen=True)
class _Plan:
    """A request that can be carried out, to the last name."""

    utterances: tuple[Utterance, ...]
    notices: tuple[Notice, ...]
    voice: str
    language: str
    seed: int

    def metadata(self, card: Card) -> dict[str, object]:
        """What made the sound: enough to make it again."""
        return {"engine": card.id, "voice": self.voice, "language": self.language, "seed": self.seed}


def check_controls(card: Card, controls: Mapping[str, object]) -> None:
    """Refuse what the engine would have to ignore.

    Raises:
        UnknownName: no engine has such an argument.
        UnsupportedControl: others have it, this one does not.
        InvalidInput: the value is outside the range on the card.
    """
    for name, value in controls.items():
        if name not in CONTROLS:
            known = [field.name for field in fields(Request) if field.name != "controls"]
            raise UnknownName("argument", name, [*known, *CONTROLS])
        control = card.controls.get(CONTROLS[name])
        if control is None:
            raise UnsupportedControl(card.id, name, engines.that_can(CONTROLS[name]))
        control.check(name, value)


def _main_language(utterances: Sequence[Utterance]) -> str:
    """The language of most units; the first of equals."""
    languages = [unit.language for utterance in utterances for unit in utterance.units]
    return max(dict.fromkeys(languages), key=languages.count)
