"""Figures that tell a good alignment from a collapsed one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kouji.text.phonemes import split_tone

from .chains import n_states_of

if TYPE_CHECKING:
    from .align import Alignment

PERCENTILES = (5, 25, 50, 75, 95)


def report(alignments: Iterable[Alignment], rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Per language: number of recordings, percentiles of phoneme durations in frames, the share of phonemes at
    their minimum and which those are mostly, and the share of frames that are pauses.
    """
    by_language: dict[str, list[Alignment]] = defaultdict(list)
    language_of = {row["id"]: row["language"] for row in rows}
    for alignment in alignments:
        by_language[language_of[alignment.id]].append(alignment)
    return {"languages": {language: _figures(language, found) for language, found in sorted(by_language.items())}}


def _figures(language: str, alignments: Sequence[Alignment]) -> dict[str, Any]:
    durations = phoneme_durations(alignments)
    frames = [n for _, n in durations]
    shortest = Counter(name for name, n in durations if n <= n_states_of(language, name))
    total = sum(sum(alignment.durations) for alignment in alignments)
    return {
        "recordings": len(alignments),
        "percentiles_5_25_50_75_95": [int(q) for q in np.percentile(frames, PERCENTILES)],
        "at_minimum": round(sum(shortest.values()) / len(frames), 4),
        "at_minimum_mostly": dict(shortest.most_common(8)),
        "pauses": round(1 - sum(frames) / total, 4),
    }


def phoneme_durations(alignments: Iterable[Alignment]) -> list[tuple[str, int]]:
    """Phonemes without digit and their frames; pauses left out."""
    return [
        (split_tone(token)[0], frames)
        for alignment in alignments
        for token, frames, source in zip(alignment.tokens, alignment.durations, alignment.source, strict=True)
        if source >= 0
    ]


def table(figures: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["language  recordings  frames at 5/25/50/75/95 %  at minimum  pauses"]
    for language, row in figures["languages"].items():
        percentiles = "/".join(map(str, row["percentiles_5_25_50_75_95"]))
        lines.append(
            f"{language:8}  {row['recordings']:10}  {percentiles:>25}  {row['at_minimum']:9.1%}  {row['pauses']:6.1%}"
        )
    return "\n".join(lines)
