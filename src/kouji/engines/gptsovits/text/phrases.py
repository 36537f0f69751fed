"""Chinese and Japanese in short phrases: BudouX (Apache-2.0) adds up scores of what stands around each border."""

from __future__ import annotations

from functools import cache

from .tables import table

_FEATURES = {  # name -> where it begins and ends, seen from the border
    "UW1": (-3, -2), "UW2": (-2, -1), "UW3": (-1, 0), "UW4": (0, 1), "UW5": (1, 2), "UW6": (2, 3),
    "BW1": (-2, 0), "BW2": (-1, 1), "BW3": (0, 2),
    "TW1": (-3, 0), "TW2": (-2, 1), "TW3": (-1, 2), "TW4": (0, 3),
}  # fmt: skip


@cache
def _scores(language: str) -> tuple[float, list[tuple[int, int, dict[str, int]]]]:
    model: dict[str, dict[str, int]] = table("phrases")[language]
    base = -sum(sum(scores.values()) for scores in model.values()) * 0.5
    return base, [(*_FEATURES[name], scores) for name, scores in model.items()]


def phrases(text: str, language: str) -> list[str]:
    """The text in phrases; joined they are the text.

    Args:
        text: one line.
        language: "zh" | "ja".
    """
    base, features = _scores(language)
    found = [text[:1]]
    for at in range(1, len(text)):
        score = base
        for start, end, scores in features:
            if at + start >= 0 and at + end <= len(text):
                score += scores.get(text[at + start : at + end], 0)
        if score > 0:
            found.append(text[at])
        else:
            found[-1] += text[at]
    return found
