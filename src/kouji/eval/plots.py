"""Pictures for the report, as PNG bytes. matplotlib is loaded when the first one is drawn."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from kouji.audio.mel import log_mel

from . import pitch
from .figures import FIGURES, Row
from .measure import Reading
from .recordings import read
from .systems import RATE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Told apart by everybody's eyes (Okabe and Ito); people are always grey.
_COLOURS = {"recordings": "#777777", "espeak-ng": "#E69F00"}
_ENGINE_COLOUR = "#0072B2"


def available() -> bool:
    """Whether matplotlib is installed."""
    return importlib.util.find_spec("matplotlib") is not None


def bars(rows: Sequence[Row], figure: str) -> bytes:
    """One measure, all sets, a bar for each system. Empty where nobody has the measure."""
    sets = list(dict.fromkeys(row.set for row in rows if figure in row.figures))
    systems = list(dict.fromkeys(row.system for row in rows if figure in row.figures))
    if not sets:
        return b""
    page, axes = _page(max(4.0, 1.0 + 0.45 * len(sets) * len(systems)), 2.8)
    width = 0.8 / len(systems)
    for index, system in enumerate(systems):
        values = {row.set: row.figures[figure] for row in rows if row.system == system and figure in row.figures}
        places = [sets.index(name) + (index - (len(systems) - 1) / 2) * width for name in values]
        drawn = axes.bar(places, list(values.values()), width * 0.94, color=_colour(system), label=system)
        axes.bar_label(drawn, fmt=f"%.{FIGURES[figure].digits}f", fontsize=7, padding=1)
    axes.set_xticks(range(len(sets)), sets)
    axes.margins(y=0.15)
    axes.set_title(f"{FIGURES[figure].title}: {FIGURES[figure].meaning}", fontsize=9, loc="left")
    axes.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))  # beside, never over a bar
    return _png(page)


def f0_histogram(readings: Sequence[Reading]) -> bytes:
    """Where each system's voice lies on one set: share of voiced frames by F0."""
    page, axes = _page(5.2, 2.8)
    edges = 12 * np.log2(60) + np.arange(0, 12 * np.log2(600 / 60) + 0.5, 0.5)
    for reading in readings:
        f0 = np.concatenate([pitch.contour(clip, RATE) for clip in reading.clips])
        counts, _ = np.histogram(12 * np.log2(f0[f0 > 0]), edges)
        share = counts / max(counts.sum(), 1)
        axes.stairs(share, 2 ** (edges / 12), color=_colour(reading.system), label=reading.system, linewidth=1.5)
    axes.set_xscale("log")
    ticks = [75, 100, 150, 200, 300, 400, 600]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.minorticks_off()
    axes.set_xlabel("F0 (Hz)", fontsize=8)
    axes.set_title(f"{readings[0].set.name}: share of voiced frames", fontsize=9, loc="left")
    axes.legend(fontsize=7, frameon=False)
    return _png(page)


def durations(readings: Sequence[Reading]) -> bytes:
    """Length of each clip against that of the recording of the same text. Empty without recordings."""
    others = [reading for reading in readings if reading.system != "recordings"]
    pairs = {
        reading.system: [
            (pitch.spoken_duration(read(item.recording), RATE), pitch.spoken_duration(clip, RATE))
            for item, clip in zip(reading.items, reading.clips, strict=True)
            if item.recording is not None
        ]
        for reading in others
    }
    pairs = {system: points for system, points in pairs.items() if points}
    if not pairs:
        return b""
    page, axes = _page(3.6, 3.2)
    for system, points in pairs.items():
        axes.plot(*np.array(points).T, ".", color=_colour(system), label=system, markersize=4, alpha=0.7)
    longest = max(max(point) for points in pairs.values() for point in points)
    axes.plot([0, longest], [0, longest], color="#999999", linewidth=0.8)
    axes.set_xlabel("recording (s)", fontsize=8)
    axes.set_ylabel("spoken (s)", fontsize=8)
    axes.set_title(f"{readings[0].set.name}: length", fontsize=9, loc="left")
    axes.legend(fontsize=7, frameon=False)
    return _png(page)


def spectrogram(samples: np.ndarray, title: str) -> bytes:
    """Mel spectrogram with F0 over it."""
    page, axes = _page(max(2.6, min(9.0, 1.1 + 1.5 * len(samples) / RATE)), 2.0)
    mel, f0 = log_mel(samples), pitch.contour(samples, RATE)
    extent = (0.0, len(mel) * pitch.FRAME, 0.0, float(mel.shape[1]))
    axes.imshow(mel.T, origin="lower", aspect="auto", extent=extent, cmap="Greys", vmin=-9, vmax=0)
    axes.set_yticks([])
    axes.set_ylabel("mel, 0-12 kHz", fontsize=7)
    over = axes.twinx()
    over.plot(np.arange(len(f0)) * pitch.FRAME, np.where(f0 > 0, f0, np.nan), color="#D55E00", linewidth=1.4)
    over.set_yscale("log")
    over.set_ylim(60, 600)
    over.set_yticks([75, 150, 300, 600], ["75", "150", "300", "600 Hz"])
    over.minorticks_off()
    over.tick_params(labelsize=7)
    axes.set_title(title, fontsize=8, loc="left")
    return _png(page)


def _colour(system: str) -> str:
    return _COLOURS.get(system, _ENGINE_COLOUR)


def _page(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of that size in inches that no window and no global state knows of."""
    from matplotlib.figure import Figure

    page = Figure(figsize=(width, height), dpi=110, layout="constrained")
    axes = page.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7)
    return page, axes


def _png(page: Figure) -> bytes:
    out = BytesIO()
    page.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
