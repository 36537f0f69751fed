"""The report: report.json for programs, index.html for people, one file with everything in it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np

from kouji.errors import OutputFailed

from . import plots
from .bars import MEASURED_ELSEWHERE, Verdict, judge
from .figures import FIGURES, Row, shown
from .measure import Reading
from .results import Results
from .systems import RATE

N_EXAMPLES = 2  # a set
_COMPARED = ("word_error", "syllable_error", "phoneme_error", "ovrl", "p808", "similarity", "duration_ratio")
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #222 }
h1 { font-size: 1.5rem } h2 { font-size: 1.15rem; margin-top: 2.2rem } p, li { max-width: 50rem }
table { border-collapse: collapse; font-size: .82rem; display: block; overflow-x: auto }
th, td { padding: .2rem .5rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap }
th:first-child, td:first-child, td.text, th.text { text-align: left; white-space: normal }
.passed { color: #00694b } .failed { color: #b3261e; font-weight: 600 } .open { color: #777 }
img { max-width: 100%; vertical-align: top } figure { margin: .4rem 0 1rem } audio { height: 2rem }
"""


def write_report(folder: Path, results: Results, readings: Sequence[Reading]) -> Path:
    """Write report.json and index.html.

    Returns:
        The path of the page.

    Raises:
        OutputFailed: the folder cannot be written.
    """
    check_folder(folder)
    try:
        text = json.dumps(as_data(results), ensure_ascii=False, indent=1, allow_nan=False)
        (folder / "report.json").write_text(text, encoding="utf-8")
        page = folder / "index.html"
        page.write_text(html(results, readings), encoding="utf-8")
    except OSError as problem:
        raise OutputFailed(f"The report cannot be written to {folder}: {problem.strerror}.") from problem
    return page


def check_folder(folder: Path) -> None:
    """Make the folder, so that an hour of measuring does not end at a closed door.

    Raises:
        OutputFailed: that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".kouji"
        probe.touch()
        probe.unlink()
    except OSError as problem:
        message = f"The report cannot be written to {folder}: {problem.strerror}."
        raise OutputFailed(message, "Give another folder with -o.") from problem


def as_data(results: Results) -> dict[str, object]:
    """What stands in report.json."""
    return {
        "engine": results.engine,
        "about": results.about,
        "bars": [asdict(verdict) for verdict in judge(results)],
        "rows": [_finite(asdict(row)) for row in results.rows],
        "cost": results.cost.as_row if results.cost else None,
        "voices": [asdict(each) | {"own_language": each.own_language} for each in results.foreign],
        "same_again": results.same_again,
    }


def html(results: Results, readings: Sequence[Reading]) -> str:
    """The page, pictures and sounds inside."""
    name = results.engine or "recordings"
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>kouji eval: {escape(name)}</title>",
        f"<meta name=viewport content='width=device-width'><style>{_STYLE}</style>",
        f"<h1>How good is {escape(name)}?</h1>",
        f"<p>{escape(' · '.join(f'{key} {value}' for key, value in results.about.items()))}</p>",
    ]
    if results.engine:
        parts += ["<h2>Bars</h2>", _bars(judge(results)), f"<p>Not measured here: {escape(MEASURED_ELSEWHERE)}.</p>"]
    parts += ["<h2>Figures</h2>", _figures(results.rows), _notes(results.rows), _explanations(results.rows)]
    parts += _whole(results)
    if plots.available():
        parts += ["<h2>Side by side</h2>", *_comparisons(results.rows)]
        parts += ["<h2>Melody and length</h2>", *_distributions(readings)]
        parts += ["<h2>Examples</h2>", *_examples(readings)]
    else:
        parts.append("<p>No pictures: matplotlib is not installed (pip install 'kouji[eval]').</p>")
    return "\n".join(parts)


def _bars(verdicts: Iterable[Verdict]) -> str:
    words = {True: "passed", False: "failed", None: "open"}
    rows = [[v.bar, v.asked, v.figure, f"<span class={words[v.passed]}>{words[v.passed]}</span>"] for v in verdicts]
    escaped = [[*map(escape, row[:3]), row[3]] for row in rows]
    return _table(["bar", "asked", "figure", ""], escaped, "text")


def _figures(rows: Sequence[Row]) -> str:
    used = [name for name in FIGURES if any(name in row.figures for row in rows)]
    heading = ["set", "who", "voice", "clips", *(FIGURES[name].title for name in used)]
    body = [
        [row.set, row.system, row.voice, str(row.n_clips), *(shown(name, row.get(name)) for name in used)]
        for row in rows
    ]
    return _table(heading, [[escape(cell) for cell in line] for line in body])


def _notes(rows: Iterable[Row]) -> str:
    notes = dict.fromkeys(f"{row.system}, {note}" for row in rows for note in row.notes)
    return "".join(f"<p class=open>{escape(note)}</p>" for note in notes)


def _explanations(rows: Sequence[Row]) -> str:
    used = [figure for name, figure in FIGURES.items() if any(name in row.figures for row in rows)]
    return "<p>" + "<br>".join(f"<b>{escape(f.title)}</b>: {escape(f.meaning)}" for f in used) + "</p>"


def _whole(results: Results) -> list[str]:
    parts = []
    if results.cost:
        c = results.cost
        parts.append("<h2>Time and memory</h2>")
        parts.append(
            f"<p>Real-time factor {c.rtf:.3f} in processor time, {c.rtf_wall:.3f} by the clock, for {c.duration:.1f} s "
            f"of speech on one thread. From process start to file written {c.start:.2f} s ({c.start_cpu:.2f} s of "
            f"processor time), at most {c.peak_memory:.0f} MB. Weights {c.weights:.1f} MB.</p>"
        )
    if results.foreign:
        people = list(results.foreign[0].similarity)
        body = [
            [escape(f"{each.voice}, {each.language}"), *(_mark(each.similarity[p], p == each.speaker) for p in people)]
            for each in results.foreign
        ]
        parts += ["<h2>Whose voice, in which language</h2>", _table(["voice, language", *map(escape, people)], body)]
        parts.append(
            "<p>Cosine to the held-out clips of each person; the person that the voice learnt from in bold.</p>"
        )
    return parts


def _mark(value: float, own: bool) -> str:
    return f"<b>{value:.2f}</b>" if own else f"{value:.2f}"


def _comparisons(rows: Sequence[Row]) -> list[str]:
    return [_image(plots.bars(rows, figure)) for figure in _COMPARED]


def _distributions(readings: Sequence[Reading]) -> list[str]:
    parts = []
    for group in _by_set(readings):
        if group[0].set.speaker:
            parts += [_image(plots.f0_histogram(group)), _image(plots.durations(group))]
    return parts


def _examples(readings: Sequence[Reading]) -> list[str]:
    parts = []
    for group in _by_set(readings):
        for item in group[0].set.items[:N_EXAMPLES]:
            parts.append(f"<h3>{escape(item.text)}</h3>")
            for reading in group:
                if item in reading.items:
                    clip = reading.clips[reading.items.index(item)]
                    picture = _image(plots.spectrogram(clip, f"{reading.system}, {reading.set.name}"))
                    parts.append(f"<figure>{picture}<br>{_sound(clip)}</figure>")
    return parts


def _by_set(readings: Sequence[Reading]) -> list[list[Reading]]:
    groups: dict[str, list[Reading]] = {}
    for reading in readings:
        if reading.clips:
            groups.setdefault(reading.set.name, []).append(reading)
    return list(groups.values())


def _image(png: bytes) -> str:
    return f'<img alt="" src="data:image/png;base64,{b64encode(png).decode()}">' if png else ""


def _sound(samples: np.ndarray) -> str:
    from kouji.audio.files import write

    out = BytesIO()
    write(out, samples, RATE, "mp3")
    return f'<audio controls preload=none src="data:audio/mpeg;base64,{b64encode(out.getvalue()).decode()}"></audio>'


def _table(heading: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    cell = f" class={kind}" if kind else ""
    top = "".join(f"<th{cell}>{each}</th>" for each in heading)
    body = "".join("<tr>" + "".join(f"<td{cell}>{each}</td>" for each in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"


def _finite(row: dict[str, object]) -> dict[str, object]:
    """JSON has no infinity; a figure that is none is left out."""
    figures = row["figures"]
    assert isinstance(figures, dict)
    return row | {"figures": {name: value for name, value in figures.items() if np.isfinite(value)}}
