"""Ways to run the model, as data. Measured with `python benchmarks/gptsovits.py`, see docs/engines/gptsovits.md."""

from __future__ import annotations

from dataclasses import dataclass

from .config import MOST_PROMPT


@dataclass(frozen=True)
class Streaming:
    """How a sentence is cut while it is being said."""

    first: int = 12  # codes of the first chunk; 25 are a second
    most: int = 50  # of later ones: they double from the first until they reach this
    overlap: int = 4  # codes that two chunks share


@dataclass(frozen=True)
class Levers:
    """What a preset is made of."""

    summary: str
    int8: bool = False  # the files of `kouji models convert --int8`, where there are converted files
    streaming: Streaming | None = None  # None: a sentence is rendered in one piece
    n_timesteps: int = 32  # of the flow of v4
    n_prompt: int = MOST_PROMPT  # mel frames of the recording before it, 100 a second


PRESETS = {
    "exact": Levers("as published: 32-bit weights, each sentence in one piece"),
    "fast": Levers(
        "the first network and v4's flow in eight bits where converted, 8 steps of that flow", int8=True, n_timesteps=8
    ),
    "stream": Levers("as exact, in chunks that overlap", streaming=Streaming()),
    "fast-stream": Levers(
        "as fast, in chunks, the first after half a second of speech; v4: 4 steps, 2 seconds of the recording",
        int8=True,
        streaming=Streaming(),
        n_timesteps=4,
        n_prompt=200,
    ),
}
