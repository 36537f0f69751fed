"""Figures and pictures that tell a good alignment from a collapsed one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
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


def plot_durations(alignments: Iterable[Alignment], rows: Iterable[Mapping[str, Any]], picture: Path) -> None:
    """A histogram of phoneme durations per language: two humps or a spike at the left mean trouble."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    language_of = {row["id"]: row["language"] for row in rows}
    frames: dict[str, list[int]] = defaultdict(list)
    for alignment in alignments:
        frames[language_of[alignment.id]] += [n for _, n in phoneme_durations([alignment])]
    figure = Figure(figsize=(4 * len(frames), 3), layout="constrained")
    FigureCanvasAgg(figure)
    for place, (language, values) in enumerate(sorted(frames.items())):
        axes = figure.add_subplot(1, len(frames), place + 1)
        axes.hist(values, bins=[n - 0.5 for n in range(62)])
        axes.set_title(f"{language}: {len(values)} phonemes", fontsize=9)
        axes.set_xlabel("frames of 10 ms")
    figure.savefig(picture, dpi=110)


def plot_alignment(mel: np.ndarray, f0: np.ndarray, alignment: Alignment, picture: Path) -> None:
    """Spectrogram of one recording, its boundaries, and its F0 (dots, 0-500 Hz over the height)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(max(6, len(mel) / 25), 3), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(np.maximum(mel, -6).T, origin="lower", aspect="auto", cmap="magma", interpolation="nearest")
    axes.plot(np.where(f0 > 0, f0 / 500 * mel.shape[1], np.nan), ".", color="cyan", markersize=2)
    starts = np.cumsum((0, *alignment.durations[:-1]))
    for start, token in zip(starts, alignment.tokens, strict=True):
        axes.axvline(start - 0.5, color="white", linewidth=0.8)
        axes.text(start, mel.shape[1] - 6, token, color="lime", fontsize=8)
    axes.set_title(alignment.id, fontsize=8, loc="left")
    figure.savefig(picture, dpi=90)
