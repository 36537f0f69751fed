"""Plan -> stream: the utterances one after the other, the label that is heard, the mark in the sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from kouji.control import closing, label
from kouji.engines.contract import SPEAKERS, Conditioning
from kouji.types import Chunk, Delivery, Request, Utterance

from .planning import Plan, plan_of
from .stream import Progress, Said, Stream

if TYPE_CHECKING:
    from kouji.audio.watermark import Payload

    from .opened import Opened

SPEAKER = (*SPEAKERS, "reference_text")  # controls that say whose voice it is


def started(opened: Opened, request: Request, progress: Progress | None = None) -> Stream:
    """A request that is checked, and said as its chunks are asked for. (Raises as `Session.synthesize` says.)"""
    from kouji.policy.marking import marking_of

    plan = plan_of(opened, request)
    metadata = plan.metadata(opened.card) | opened.made_with(plan.permit)
    marking = marking_of(request, metadata, plan.permit, opened.settings, opened.gate)
    metadata |= marking.plain()
    before, after = _labels(opened, request, plan, marking.label)
    said = chain(before, _utterances(opened, plan, progress, metadata), after)
    lead = 0.0 if plan.duration and plan.duration.lead else plan.lead  # the planned chunks bring it along
    return Stream(joined(opened, said, lead, marking.watermark), opened.sample_rate, plan.notices, metadata)


def joined(opened: Opened, said: Said, lead: float, mark: Payload | None) -> Iterator[Chunk]:
    """What is said as one sound, with its mark."""
    from kouji.audio.join import join
    from kouji.audio.watermark import marked

    sound = join(said, opened.sample_rate, lead)
    return marked(sound, opened.sample_rate, mark) if mark else sound


def tones(opened: Opened, where: str) -> tuple[Said, Said]:
    """The label without words, before and after a sound: at its start unless it is wanted at the end."""
    from kouji.audio.morse import beeps

    tone = [([Chunk(beeps(label.TONE, opened.sample_rate))], label.PAUSE)]
    return ([] if where in ("none", "end") else tone), (tone if where in ("end", "both") else [])


def _labels(opened: Opened, request: Request, plan: Plan, where: str) -> tuple[Said, Said]:
    """What is heard before and after, by the very voice that speaks; beeps where it cannot say it."""
    if where == "none":
        return [], []
    text, language = label.spoken(plan.language, opened.card.languages)
    if where == "tone" or not text:
        return tones(opened, where)
    who = {name: value for name, value in request.controls.items() if name in (*SPEAKER, "denoise")}
    said = plan_of(opened, Request(text, request.voice, language, request.seed, who))
    first = _utterances(opened, said, None, {}) if where in ("start", "both") else []
    last = _utterances(opened, said, None, {}) if where in ("end", "both") else []
    return first, last


def _utterances(
    opened: Opened, plan: Plan, progress: Progress | None, metadata: dict[str, object]
) -> Iterator[tuple[Iterable[Chunk], str | float | None]]:
    from kouji.audio.cues import with_cues

    sample_rate = opened.sample_rate
    keeper = closing.Timekeeper(plan.duration, sample_rate, metadata) if plan.duration else None
    for n_said, utterance in enumerate(plan.utterances):
        if progress:
            progress(n_said, len(plan.utterances))
        say = partial(_say, opened, utterance, plan.voice.says(utterance), plan.seed)
        pause: str | float | None = utterance.units[-1].pause if utterance.pause is None else utterance.pause
        row = plan.duration.utterances[n_said] if plan.duration else None
        if keeper is None or row is None or row.n_samples is None:
            yield with_cues(say(), utterance, sample_rate, plan.lead), pause
            continue
        chunks = keeper.timed(say, row)
        if row.n_pause is not None:
            utterance, pause = replace(utterance, pause=None), None
        yield with_cues(chunks, utterance, sample_rate, plan.lead), pause
    if progress:
        progress(len(plan.utterances), len(plan.utterances))


def _say(
    opened: Opened, utterance: Utterance, conditioning: Conditioning, seed: int, duration: float | None = None,
    round: int = 0,
) -> Iterator[Chunk]:  # fmt: skip
    """One utterance, or one more try at it with another duration."""
    if duration is not None:
        utterance = replace(utterance, delivery=replace(utterance.delivery, duration=duration))
    # Its own generator: what is said before or beside an utterance cannot change its sound.
    rng = np.random.default_rng([seed, utterance.index, *([round] if round else [])])
    said = opened.engine.synthesize(utterance, conditioning, rng)
    return finished(said, opened.sample_rate, utterance.delivery)


def finished(chunks: Iterable[Chunk], sample_rate: int, delivery: Delivery) -> Iterator[Chunk]:
    """What an engine made, with less noise and as loud as the delivery asks."""
    from kouji.audio.denoise import denoised
    from kouji.audio.level import amplify

    return amplify(denoised(chunks, sample_rate, delivery.denoise), delivery.volume)
