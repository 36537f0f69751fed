"""The training corpus: a manifest of recordings, and their samples.

A corpus is a folder with `manifest.jsonl` (one recording per line: id, path, start, dur, text, language,
speaker, unit, …) beside the sound files it names. Several recordings may share one file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import soundfile

SAMPLE_RATE = 24000  # Hz; a corpus at another rate is refused

# The ten AISHELL-3 utterances with the smallest names, each of another speaker.
_HELD_OUT_AISHELL3 = frozenset(
    "SSB00050112 SSB00090181 SSB00110401 SSB00120415 SSB00160485 "
    "SSB00180170 SSB00330433 SSB00380324 SSB00430378 SSB00570140".split()
)
# LibriSpeech test-other: ten clips each of five women and five men, for questions of timbre.
_HELD_OUT_READERS = frozenset(
    "en_ls1688_m en_ls1998_f en_ls2033_m en_ls2414_m en_ls2609_m "
    "en_ls3005_m en_ls3080_f en_ls3331_f en_ls367_f en_ls533_f".split()
)
# Of CMU ARCTIC every prompt from b0400 on (142 texts), of the stories three (49 pages), of LJ Speech all.
_HELD_OUT_ID = re.compile(r"en-kathleen-arctic_b0[45]|en-asp-(?:0201|0262|0294)-|en-lj-")
# Words: one in so many, by the checksum of the text, so that the choice survives a longer or reordered corpus.
_ONE_WORD_IN = {"cmn_yue_tan_f": 70, "ja_tofugu_f": 80, "ja_tofugu_m": 20}  # 126, 65 and 57 words


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
    return [_recording(folder, row) for row in read_rows(folder / "manifest.jsonl")]


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Objects as JSON lines, put in their place when all are written."""
    new = path.with_name(path.name + ".new")
    new.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    new.replace(path)


def held_out(recording: Recording) -> bool:
    """Whether a recording is kept for evaluation: no training, early stopping or tuning may look at it.

    The choice depends on the recording alone, and every repetition of a held-out text by the same speaker is
    held out with it. Recordings of an unknown corpus are all for training.
    """
    if recording.id.removeprefix("cmn-aishell3-") in _HELD_OUT_AISHELL3 or recording.speaker in _HELD_OUT_READERS:
        return True
    if _HELD_OUT_ID.match(recording.id):
        return True
    one_in = _ONE_WORD_IN.get(recording.speaker)
    return one_in is not None and crc32((recording.text or "").encode()) % one_in == 0


def _recording(folder: Path, row: Mapping[str, Any]) -> Recording:
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
    samples: np.ndarray
    samples, sample_rate = soundfile.read(path, dtype="float32")
    if sample_rate != SAMPLE_RATE or samples.ndim != 1:
        raise ValueError(f"{path} must be mono at {SAMPLE_RATE} Hz.")
    return samples
