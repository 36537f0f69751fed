"""One evaluation: the engine, the people of the corpus and a baseline read the same texts to the same judges."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kouji.audio.corpus import held_out

from .cost import Cost, cost
from .figures import Row
from .foreign import Foreign, speak_foreign
from .measure import Judges, Reading, measure
from .recordings import read
from .repeatability import same_again
from .results import Results
from .sets import VOICES, TextSet, read_corpus
from .systems import Engine, MissingBaseline, Recordings, System, baseline

if TYPE_CHECKING:
    from kouji.speak import Session

MAX_CLIPS_OF_A_PERSON = 60  # held-out clips that describe a voice: more change nothing


def evaluate(
    sets: Sequence[TextSet],
    judges: Judges,
    session: Session | None = None,
    corpus: Path | None = None,
    compare_with: str = "espeak-ng",
    with_cost: bool = True,
) -> tuple[Results, list[Reading]]:
    """Let everybody read everything, and judge it.

    Args:
        sets: see `text_sets`.
        judges: who listens, and what they remember.
        session: the engine; None judges recordings and baseline alone.
        corpus: folder of the recordings, for the similarity of voices; None where there are none.
        compare_with: "espeak-ng" or "none"; a program that is not installed gets a row that says so.
        with_cost: whether to measure time and memory too, in processes of their own.

    Returns:
        All figures, and the clips they were taken of.

    Raises:
        UnknownName: no such baseline.
        InvalidInput: a recording of the corpus cannot be read.
    """
    engine = None if session is None else Engine(session)
    systems: list[System] = [Recordings(), *([engine] if engine else [])]
    missing = ""
    try:
        other = baseline(compare_with)
        systems += [other] if other else []
    except MissingBaseline as problem:
        missing = problem.message
    readings = [measure(system, texts, judges) for texts in sets for system in systems if _concerns(system, texts)]
    rows = [reading.row for reading in readings]
    if missing:
        rows += [Row(compare_with, texts.name, "", 0, {}, (missing,)) for texts in sets]
    results = Results(
        engine.name if engine else "",
        tuple(rows),
        _cost(engine, judges) if engine and with_cost else None,
        _foreign(engine, corpus, sets, judges) if engine and corpus else (),
        _same_again(engine, judges) if engine else {},
        about(corpus),
    )
    return results, readings


def about(corpus: Path | None) -> dict[str, str]:
    """When and where this was measured, with which versions of the judges."""
    packages = {}
    for package in ("kouji", "numpy", "onnxruntime", "pocketsphinx", "speechmos"):
        try:
            packages[package] = version(package)
        except PackageNotFoundError:
            packages[package] = "from source" if package == "kouji" else "not installed"
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{platform.system()} {platform.machine()}, {_processor()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "corpus": "held-out recordings" if corpus else "none",
        **packages,
    }


def _concerns(system: System, texts: TextSet) -> bool:
    """People have no row for texts that nobody recorded."""
    return not isinstance(system, Recordings) or any(item.recording for item in texts.items)


def _foreign(engine: Engine, corpus: Path, sets: Sequence[TextSet], judges: Judges) -> tuple[Foreign, ...]:
    judges.progress(f"{engine.name} speaks other languages", 0, 1)
    people: dict[str, list[np.ndarray]] = {}
    for recording in read_corpus(corpus):
        clips = people.setdefault(recording.speaker, []) if recording.speaker in VOICES else None
        if clips is not None and held_out(recording) and len(clips) < MAX_CLIPS_OF_A_PERSON:
            clips.append(read(recording))
    spoken = [language for language in ("zh", "en", "ja") if language in {texts.language for texts in sets}]
    return tuple(speak_foreign(engine, {name: clips for name, clips in people.items() if clips}, spoken))


def _same_again(engine: Engine, judges: Judges) -> dict[str, bool]:
    judges.progress(f"{engine.name} repeats itself", 0, 1)
    return same_again(engine.session)


def _cost(engine: Engine, judges: Judges) -> Cost:
    judges.progress(f"{engine.name} is timed", 0, 1)
    languages = engine.session.card.languages
    return cost(engine.name, "zh" if "zh" in languages else languages[0])


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
