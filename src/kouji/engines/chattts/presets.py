"""Ways to run the model, as data. Measured with `python benchmarks/chattts.py`, see docs/engines/chattts.md."""

from __future__ import annotations

from dataclasses import dataclass

from .gfsq import RULES, USUAL, Rule


@dataclass(frozen=True)
class Streaming:
    """How an utterance is cut while it is being said. In steps; 46.875 are a second."""

    around: int  # that are decoded on either side of what is given out
    first_hop: int = 12
    hop: int = 48  # hops grow from the first to this


@dataclass(frozen=True)
class Levers:
    """What a preset is made of."""

    summary: str
    streaming: Streaming
    int8: bool = False  # the files of `kouji models convert --int8`, where there are converted files
    through_codes: bool = False  # sound from the codes, instead of from the GPT's hidden states
    rule: Rule = USUAL  # of the quantiser


# All that both decoders and the vocoder see of a frame: 75 + 29 mel frames on either side.
EVERYTHING = Streaming(52)

PRESETS = {
    "exact": Levers("32-bit weights; what is streamed is what would be made in one piece", EVERYTHING),
    "fast": Levers(
        "eight-bit weights where converted; the first sound after half a second of steps", Streaming(24), int8=True
    ),
    "codes": Levers("as exact, but the sound comes from the codes", EVERYTHING, through_codes=True),
    "codes-1.26": Levers(
        "as codes, with the quantiser of vector-quantize-pytorch from 1.26 on, which a new official install has",
        EVERYTHING, through_codes=True, rule=RULES["1.26"],
    ),
}  # fmt: skip
