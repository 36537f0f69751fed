"""A recording said again with another voice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from kouji import engines
from kouji.asked import check_controls, check_seed
from kouji.control.label import PAUSE
from kouji.engines.contract import CONVERSION, LONGEST_SOURCE
from kouji.errors import UnknownName, UnsupportedControl
from kouji.types import Chunk, Delivery, Request

from .saying import SPEAKER, finished, joined, tones
from .stream import Stream

if TYPE_CHECKING:
    from kouji.casting import Cast
    from kouji.engines.contract import Converter
    from kouji.policy.marking import Marking
    from kouji.voices.clips import ClipSource

    from .opened import Opened

DELIVERED = ("denoise", "volume")  # controls that are the hall's own, and need no words
_ASKED = (*SPEAKER, *DELIVERED)


def converted(opened: Opened, request: Request, recording: ClipSource) -> Stream:
    """A recording in the voice of a request, made as its chunks are asked for. (Raises as `Session.convert` says.)"""
    from kouji.control.clip import read_clip
    from kouji.policy.marking import marking_of

    card, permit = opened.card, opened.permit()
    if CONVERSION not in card.controls:
        raise UnsupportedControl(card.id, CONVERSION, engines.that_can(CONVERSION))
    for name in request.controls:
        if name not in _ASKED:
            raise UnknownName("argument", name, ["voice", "seed", "label", "marks", "watermark", *_ASKED])
    check_seed(request.seed)
    asked = {name: request.controls[name] for name in DELIVERED if name in request.controls}
    check_controls(card, asked)
    who = opened.casting.cast(request.voice, "", request.controls)
    samples = read_clip(recording, card.sample_rate, LONGEST_SOURCE)
    metadata: dict[str, object] = {
        "engine": card.id, "voice": who.name, "seed": request.seed, "made": "conversion", **opened.made_with(permit),
    }  # fmt: skip
    known = replace(request, controls={**asked, "recording": samples})
    marking = marking_of(known, metadata, permit, opened.settings, opened.gate)
    metadata |= marking.plain()
    delivery = replace(Delivery(), **asked)  # type: ignore[arg-type]  # numbers: the card has checked them
    chunks = _sound(opened, samples, who, request.seed, delivery, marking)
    return Stream(chunks, card.sample_rate, who.notices, metadata)


def _sound(
    opened: Opened, samples: np.ndarray, who: Cast, seed: int, delivery: Delivery, marking: Marking
) -> Iterator[Chunk]:
    rng = np.random.default_rng([seed, 0])
    made = cast("Converter", opened.engine).convert(samples, who.conditioning(), rng)
    before, after = tones(opened, marking.label)
    said = [*before, (finished(made, opened.sample_rate, delivery), PAUSE if after else None), *after]
    yield from joined(opened, said, 0.0, marking.watermark)
