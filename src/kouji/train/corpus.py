"""The training corpus: a manifest of recordings, and their samples.

A corpus is a folder with `manifest.jsonl` (one recording per line: id, path, start, dur, text, language,
speaker, unit, …) beside the sound files it names. Several recordings may share one file.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile

SAMPLE_RATE = 24000  # Hz; a corpus at another rate is refused


@dataclass(frozen=True)
class Recording:
    """One utterance of one speaker."""

    id: str
    path: Path  # sound file
    start: float  # seconds into the file
    duration: float  # seconds
    text: str | None  # what is said; None where nobody wrote it down
    reading: str | None  # pinyin with tone numbers, or kana, where the source has it
    language: str
    speaker: str
    unit: str  # "sentence" | "page" | "word" | "syllable"
    emotion: str
    licence: str
    source: str
    bandwidth: float  # Hz, the highest frequency that the source can hold


def read_manifest(folder: Path) -> list[Recording]:
    """All recordings of a corpus, in the order of its manifest."""
    return [_recording(folder, json.loads(line)) for line in (folder / "manifest.jsonl").open()]


def _recording(folder: Path, row: dict) -> Recording:
    return Recording(
        id=row["id"],
        path=folder / row["path"],
        start=row["start"],
        duration=row["dur"],
        text=row["text"],
        reading=row.get("pinyin") or row.get("kana"),
        language=row["language"],
        speaker=row["speaker"],
        unit=row["unit"],
        emotion=row["emotion"],
        licence=row["licence"],
        source=row["source"],
        bandwidth=min(row["sr_orig"], SAMPLE_RATE) / 2,
    )


def read_samples(recording: Recording) -> np.ndarray:
    """(n_samples,) float32 in [-1, 1] at 24 kHz.

    Raises:
        ValueError: the file is not mono at 24 kHz.
    """
    # Seeking in Ogg/Opus decodes from the nearest page; whole files are kept because neighbours are read in turn.
    start = round(recording.start * SAMPLE_RATE)
    return _read_file(recording.path)[start : start + round(recording.duration * SAMPLE_RATE)]


@lru_cache(maxsize=2)
def _read_file(path: Path) -> np.ndarray:
    samples, sample_rate = soundfile.read(path, dtype="float32")
    if sample_rate != SAMPLE_RATE or samples.ndim != 1:
        raise ValueError(f"{path} must be mono at {SAMPLE_RATE} Hz.")
    return samples
