"""A recording said again with another voice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from kouji import engines
from kouji.asked import check_seed
from kouji.engines.contract import CONVERSION, LONGEST_SOURCE
from kouji.errors import UnknownName, UnsupportedControl
from kouji.types import Chunk, Request

from .saying import SPEAKER, joined, tone
from .stream import Stream

if TYPE_CHECKING:
    from kouji.casting import Cast
    from kouji.engines.contract import Converter
    from kouji.policy.marking import Marking
    from kouji.voices.clips import ClipSource

    from .opened import Opened


def converted(opened: Opened, request: Request, recording: ClipSource) -> Stream:
    """A recording in the voice of a request, made as its chunks are asked for. (Raises as `Session.convert` says.)"""
    from kouji.control.clip import read_clip
    from kouji.policy.marking import marking_of

    card, permit = opened.card, opened.permit()
    if CONVERSION not in card.controls:
        raise UnsupportedControl(card.id, CONVERSION, engines.that_can(CONVERSION))
    for name in request.controls:
        if name not in SPEAKER:
            raise UnknownName("argument", name, ["voice", "seed", *SPEAKER])
    check_seed(request.seed)
    who = opened.casting.cast(request.voice, "", request.controls)
    samples = read_clip(recording, card.sample_rate, LONGEST_SOURCE)
    metadata: dict[str, object] = {
        "engine": card.id, "voice": who.name, "seed": request.seed, "made": "conversion", **opened.made_with(permit),
    }  # fmt: skip
    known = replace(request, controls={"recording": samples})
    marking = marking_of(known, metadata, permit, opened.settings, opened.gate)
    metadata |= marking.plain()
    return Stream(_sound(opened, samples, who, request.seed, marking), card.sample_rate, who.notices, metadata)


def _sound(opened: Opened, samples: np.ndarray, who: Cast, seed: int, marking: Marking) -> Iterator[Chunk]:
    rng = np.random.default_rng([seed, 0])
    made = cast("Converter", opened.engine).convert(samples, who.conditioning(), rng)
    before = [] if marking.label == "none" else tone(opened)
    yield from joined(opened, [*before, (made, None)], 0.0, marking.watermark)
