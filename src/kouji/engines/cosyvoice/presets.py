"""Ways to run the model, as data: what each lever is set to, and by how much it was found to change the sound.

Measured with `python benchmarks/cosyvoice.py`, see docs/engines/cosyvoice.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Streaming:
    """How an utterance is cut while it is being said."""

    first_hop: int  # tokens of the first chunk; 50 are a second
    hop: int  # tokens of later ones: hops double from the first until they reach this
    overlap: int = 20  # tokens that two chunks share
    hamming: bool = False  # upstream's windows, which sum to 1.08 where two chunks meet; otherwise they sum to 1


@dataclass(frozen=True)
class Levers:
    """What a preset is made of."""

    summary: str
    n_steps: int = 10  # of the flow
    n_guided: int | None = None  # the last so many steps are guided; None: all
    prompt_seconds: float | None = None  # of the prompt that the flow hears; None: all of it
    int8: bool = False  # the files of `kouji models convert --int8`, where there are converted files
    streaming: Streaming | None = None  # None: an utterance is rendered in one piece
    end_mark: bool = True  # behind an instruction, as in all releases the model was published with
    prompt_at_24k: bool = False  # the prompt's mel from sound at 24 kHz through the bands of 22.05: a slip upstream


PRESETS = {
    "exact": Levers("as published: 32-bit weights, ten guided steps, each utterance in one piece"),
    "fast": Levers(
        "eight-bit weights where converted, fewer steps, guidance late, a shorter prompt for the flow",
        n_steps=5, n_guided=3, prompt_seconds=2.5, int8=True,
    ),
    "stream": Levers("as exact, in chunks of two seconds that overlap", streaming=Streaming(100, 100)),
    "fast-stream": Levers(
        "faster still, the first chunk after a third of a second of speech",
        n_steps=4, n_guided=2, prompt_seconds=1.5, int8=True, streaming=Streaming(18, 100),
    ),
    "upstream": Levers(
        "as the newest upstream code does it, slips included", end_mark=False, prompt_at_24k=True,
    ),
    "upstream-stream": Levers(
        "as upstream, in chunks, with its windows", end_mark=False, prompt_at_24k=True,
        streaming=Streaming(100, 100, hamming=True),
    ),
}  # fmt: skip
