"""What the front ends give: a stretch of one language and its phonemes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Segment:
    """A stretch of a text in one language."""

    language: str  # zh | en | ja | ko | yue
    normalised: str  # what is said of it
    phones: tuple[str, ...]
    word2ph: tuple[int, ...] = ()  # zh, yue: how many phones each character of `normalised` has; else ()
    lost: str = ""  # characters that have no sound here: pictures, letters of other scripts
