"""Features of a whole corpus, computed once: samples, log-mel and F0 on one clock of 10 ms.

    corpus folder -> samples.npy (N * 240,) int16 · mel.npy (N, 80) float16 · f0.npy (N,) float32 · index.jsonl

N is the number of frames of all recordings, one after the other; frame t of a recording is centred on
its sample 240 t. The arrays are read through memory maps, so that several trainings share one copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from functools import cached_property
from multiprocessing import Pool
from pathlib import Path
from typing import Any

import numpy as np

from kouji.audio import f0, mel
from kouji.audio.corpus import Recording, held_out, read_rows, read_samples, write_rows

Row = Mapping[str, Any]  # one line of index.jsonl: id, first, n_frames, and the fields of the recording


class Store:
    """The features on disk."""

    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError where `extract` has not finished."""
        self.rows: list[Row] = [{**row, "part": 0} for row in read_rows(folder / "index.jsonl")]
        self._samples = [np.load(folder / "samples.npy", mmap_mode="r")]
        self._mel = [np.load(folder / "mel.npy", mmap_mode="r")]
        self._f0 = [np.load(folder / "f0.npy", mmap_mode="r")]

    def joined(self, other: Store) -> Store:
        """Both as one; the ids must differ."""
        both = copy(self)
        both.rows = self.rows + [{**row, "part": row["part"] + len(self._mel)} for row in other.rows]
        both._samples, both._mel, both._f0 = (
            ours + theirs
            for ours, theirs in ((self._samples, other._samples), (self._mel, other._mel), (self._f0, other._f0))
        )
        return both

    @cached_property
    def by_id(self) -> dict[str, Row]:
        """Rows by their id."""
        return {row["id"]: row for row in self.rows}

    def mel(self, row: Row, start: int = 0, stop: int | None = None) -> np.ndarray:
        """(T, 80) float32 log-mel of frames start … stop."""
        return np.asarray(self._mel[row["part"]][_frames(row, start, stop)], np.float32)

    def f0(self, row: Row, start: int = 0, stop: int | None = None) -> np.ndarray:
        """(T,) float32 Hz, 0 where unvoiced."""
        return np.asarray(self._f0[row["part"]][_frames(row, start, stop)])

    def samples(self, row: Row, start: int = 0, stop: int | None = None) -> np.ndarray:
        """(T * 240,) float32 in [-1, 1]; the first sample is the centre of frame `start`."""
        frames = _frames(row, start, stop)
        part = self._samples[row["part"]][frames.start * mel.HOP_LENGTH : frames.stop * mel.HOP_LENGTH]
        return np.asarray(part, np.float32) / 32768


def _frames(row: Row, start: int, stop: int | None) -> slice:
    stop = row["n_frames"] if stop is None else min(stop, row["n_frames"])
    return slice(row["first"] + start, row["first"] + stop)


def extract(recordings: list[Recording], folder: Path, n_workers: int = 2) -> Store:
    """Compute and store the features of all recordings; nothing is done where they are there already."""
    if (folder / "index.jsonl").exists():
        return Store(folder)
    folder.mkdir(parents=True, exist_ok=True)
    sizes = [mel.n_frames(round(r.duration * mel.SAMPLE_RATE)) for r in recordings]
    total = sum(sizes)
    samples = _create(folder / "samples.npy", np.int16, (total * mel.HOP_LENGTH,))
    mels = _create(folder / "mel.npy", np.float16, (total, mel.N_MELS))
    f0s = _create(folder / "f0.npy", np.float32, (total,))
    rows, first = [], 0
    with Pool(n_workers) as pool:
        for recording, size, found in zip(recordings, sizes, pool.imap(_features, recordings, 32), strict=True):
            pcm, log_mel, pitch = found
            count = min(size, len(pitch))  # the last recording of a file may end a few samples early
            at = slice(first, first + count)
            mels[at], f0s[at] = log_mel[:count], pitch[:count]
            samples[first * mel.HOP_LENGTH : first * mel.HOP_LENGTH + len(pcm)] = pcm[: count * mel.HOP_LENGTH]
            rows.append(_row(recording, first, count))
            first += count
    _track_again(rows, samples, f0s)
    for array in (samples, mels, f0s):
        array.flush()
    write_rows(folder / "index.jsonl", rows)
    return Store(folder)


def _track_again(rows: list[Row], samples: np.ndarray, f0s: np.ndarray) -> None:
    """Where a recording has F0 outside its speaker's range, track it within."""
    by_speaker: dict[str, list[Row]] = {}
    for row in rows:
        by_speaker.setdefault(row["speaker"], []).append(row)
    for own in by_speaker.values():
        frames = [slice(row["first"], row["first"] + row["n_frames"]) for row in own]
        low, high = f0.voice_range(np.concatenate([f0s[at] for at in frames]))
        for at in frames:
            voiced = f0s[at][f0s[at] > 0]
            if len(voiced) and (voiced.min() < low or voiced.max() > high):
                pcm = samples[at.start * mel.HOP_LENGTH : at.stop * mel.HOP_LENGTH]
                f0s[at] = f0.track(pcm.astype(np.float32) / 32768, low, high)[: at.stop - at.start]


def _row(recording: Recording, first: int, count: int) -> Row:
    return {
        "id": recording.id,
        "first": first,
        "n_frames": count,
        "text": recording.text,
        "reading": recording.reading,
        "language": recording.language,
        "speaker": recording.speaker,
        "unit": recording.unit,
        "bandwidth": recording.bandwidth,
        "split": "held_out" if held_out(recording) else "train",
    }


def _create(path: Path, dtype: type, shape: tuple[int, ...]) -> np.memmap:
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)


def _features(recording: Recording) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    samples = read_samples(recording)
    return np.round(np.clip(samples, -1, 0.9999) * 32768).astype(np.int16), mel.log_mel(samples), f0.track(samples)
