"""Request -> plan: all that can be checked and decided before any sound is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kouji import engines
from kouji.asked import check_controls, check_markup, check_seed, tag_notices
from kouji.control import DurationPlan, delivered, planned, target, with_emotion, wording
from kouji.engines.contract import Card
from kouji.errors import UnknownName, UnsupportedControl
from kouji.policy import Permit
from kouji.types import Notice, Request, Timing, Utterance

if TYPE_CHECKING:
    from kouji.casting import Cast

    from .opened import Opened


@dataclass(frozen=True)
class Plan:
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


def plan_of(opened: Opened, request: Request) -> Plan:
    """Check a request against the engine's card, its licence and its voices. (Raises as `Session.synthesize` says.)"""
    from kouji.text import analyse

    card, permit = opened.card, opened.permit()
    if request.language and request.language not in card.languages:
        raise UnknownName("language", request.language, card.languages)
    check_seed(request.seed)
    asked = wording.plain(request.controls)
    check_controls(card, asked)
    wanted, others = target.asked(asked), wording.without(target.without(asked))
    said = analyse(
        request.text, request.language or None, wording.lexicon_of(asked, opened.lexicon),
        known_tags=(*card.spans, *card.tags), as_written="normalize" in asked,
    )  # fmt: skip
    for utterance in said.utterances:
        check_markup(card, utterance)
    language = request.language or _main_language(said.utterances)
    named = {str(each.controls["voice"]): None for each in said.utterances if "voice" in each.controls}
    voice = opened.casting.cast(request.voice, language, request.controls, tuple(named))
    able, interpret = card.controls, opened.interpreter
    felt, manner = with_emotion(said.utterances, request.controls, card.sample_rate, able, interpret)
    utterances = tuple(delivered(utterance, others) for utterance in felt)
    _check(opened, utterances)
    notices = said.notices + tag_notices(card, said.utterances) + voice.notices + manner.notices
    plan = Plan(utterances, notices, voice, language, request.seed, said.lead, manner.metadata, permit)
    if wanted is None and not target.scopes(utterances):
        return plan
    duration = _duration(opened, plan, wanted)
    utterances = duration.delivered(utterances)
    return replace(plan, utterances=utterances, notices=notices + duration.notices, duration=duration)


def duration_of(opened: Opened, request: Request) -> DurationPlan:
    """How long a request would take, whether or not it asks for a length. (Raises as `Session.plan` says.)"""
    plan = plan_of(opened, request)
    return plan.duration or _duration(opened, plan, None)


def _duration(opened: Opened, plan: Plan, wanted: target.Target | None) -> DurationPlan:
    card = opened.card
    if wanted is None and "duration" not in card.controls:
        raise UnsupportedControl(card.id, "duration", engines.that_can("duration"))

    def timing(utterance: Utterance) -> Timing:
        return opened.engine.timing(utterance, plan.voice.says(utterance))

    return planned(plan.utterances, timing, wanted, card.sample_rate, card.token_rate, plan.lead)


def _check(opened: Opened, utterances: Sequence[Utterance]) -> None:
    """What the engine itself refuses is told here, and not when half of a text has been said."""
    if check := getattr(opened.engine, "check", None):
        for utterance in utterances:
            check(utterance)


def _main_language(utterances: Sequence[Utterance]) -> str:
    """The language of most units; the first of equals."""
    languages = [unit.language for utterance in utterances for unit in utterance.units]
    return max(dict.fromkeys(languages), key=languages.count)
