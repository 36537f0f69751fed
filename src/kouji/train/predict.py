"""The acoustic model's mels of recordings it was trained on, frame by frame: what the vocoder will meet in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from kouji.audio.corpus import read_rows, write_rows
from kouji.audio.mel import N_MELS

from .acoustic import Acoustic
from .acoustic_batches import collate
from .acoustic_training import speak
from .examples import Examples
from .features import Row

CHUNK = 16  # recordings of like length at a time


class Predicted:
    """Mels on disk, read as those of a feature store are."""

    def __init__(self, folder: Path) -> None:
        """Raises FileNotFoundError where `predict` has not finished."""
        self.by_id: dict[str, Row] = {row["id"]: row for row in read_rows(folder / "index.jsonl")}
        self._mel = np.load(folder / "mel.npy", mmap_mode="r")

    def mel(self, row: Row, start: int = 0, stop: int | None = None) -> np.ndarray:
        """(T, 80) float32 log-mel of frames start … stop."""
        stop = row["n_frames"] if stop is None else min(stop, row["n_frames"])
        return np.asarray(self._mel[row["first"] + start : row["first"] + stop], np.float32)


def predict(
    model: Acoustic, examples: Examples, styles: Sequence[str], folder: Path, report: Callable[[str], None]
) -> Predicted:
    """Speak every recording of the styles with its own durations, F0 and energies, in its speaker's usual voice."""
    rows = sorted((row for style in styles for row in examples.rows[style]), key=lambda row: row["n_frames"])
    folder.mkdir(parents=True, exist_ok=True)
    total = sum(row["n_frames"] for row in rows)
    mels = np.lib.format.open_memmap(folder / "mel.npy", mode="w+", dtype=np.float16, shape=(total, N_MELS))
    rng = np.random.default_rng(0)
    index, first = [], 0
    for start in range(0, len(rows), CHUNK):
        chunk = [examples.example(row) for row in rows[start : start + CHUNK]]
        batch = collate(chunk, [examples.reference(example, rng, 300) for example in chunk])
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            spoken = speak(model, batch, None)
        for row, mel in zip(rows[start : start + CHUNK], spoken.mel.float().numpy(), strict=True):
            mels[first : first + row["n_frames"]] = mel[: row["n_frames"]]
            index.append({"id": row["id"], "first": first, "n_frames": row["n_frames"]})
            first += row["n_frames"]
        if start // CHUNK % 100 == 0:
            report(f"predicted {start} of {len(rows)}")
    mels.flush()
    write_rows(folder / "index.jsonl", index)
    return Predicted(folder)
