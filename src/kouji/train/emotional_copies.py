"""Copies of recordings with an emotion laid over them by rule, labelled: what the emotion encoder learns from.

    a few seconds of one speaker ─→ neutral, and each emotion at a random strength ─→ mel, F0, label

No emotional speech under a free licence exists. Pitch is moved within the samples (pitch-synchronous overlap-add),
brightness and tempo on the mel. Every measure strays from its rule as people do, so that no single one decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kouji.audio.corpus import write_rows
from kouji.audio.mel import N_MELS, log_mel
from kouji.engines.native import expression as acting
from kouji.engines.native import source
from kouji.types import EMOTIONS

from .copies import shift_pitch
from .features import Row, Store

LENGTH = 300  # frames of a piece: 3 s
SHORTEST = 150  # of what is left of a recording
STRENGTHS = (0.35, 1.2)  # of what actors do
STRAY = acting.Expression(0.8, 1.0, 0.03, 0.0, 0.8, 0.6)  # standard deviations of a copy around its rule
PIECES_OF_SPEAKER = {"train": 24, "held_out": 10}  # at most: many speakers count for more than many pieces


@dataclass(frozen=True)
class Piece:
    """Three seconds of one speaker, of one recording or of several in a row."""

    rows: tuple[Row, ...]
    start: int  # frame of the first row
    speaker: str
    split: str


def make(store: Store, folder: Path, seed: int = 0, pieces: int | None = None) -> Path:
    """Store copies of all speakers; nothing is done where they are there already.

    Args:
        store: samples and F0 of the recordings.
        folder: for mel.npy (N, 80), f0.npy (N,) and index.jsonl (first, n_frames, speaker, split, emotion, strength).
        seed: of the choice and of the straying.
        pieces: of a speaker, at most; by default PIECES_OF_SPEAKER.
    """
    if (folder / "index.jsonl").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 53])
    mels, f0s, rows, first = [], [], [], 0
    for number, piece in enumerate(_pieces(store, rng, pieces)):
        samples, f0 = _sound(store, piece)
        if (f0 > 0).sum() < 20:
            continue
        for emotion in ("neutral", *EMOTIONS):
            strength = float(rng.uniform(*STRENGTHS)) if emotion != "neutral" else 0.0
            mel, pitch = emotional(samples, f0, _strayed(emotion, strength, rng))
            rows.append({
                "first": first, "n_frames": len(mel), "piece": number, "speaker": piece.speaker, "split": piece.split,
                "emotion": emotion, "strength": strength,
            })  # fmt: skip
            mels.append(mel.astype(np.float16))
            f0s.append(pitch.astype(np.float32))
            first += len(mel)
    np.save(folder / "mel.npy", np.concatenate([*mels, np.zeros((0, N_MELS), np.float16)]))
    np.save(folder / "f0.npy", np.concatenate([*f0s, np.zeros(0, np.float32)]))
    write_rows(folder / "index.jsonl", rows)
    return folder


def emotional(samples: np.ndarray, f0: np.ndarray, change: acting.Expression) -> tuple[np.ndarray, np.ndarray]:
    """Mel (T', 80) and F0 (T',) of samples (T * 240,) with F0 (T,), in another manner."""
    log_f0 = np.log(source.fill(f0))
    wanted = acting.melody(log_f0, (f0 > 0).astype(np.float32), change, tonal=False)
    mel = log_mel(shift_pitch(samples, f0, np.exp(wanted - log_f0)))[: len(f0)]
    mel = mel + change.tilt * acting.DECIBEL * acting.rise()
    at = np.arange(0, len(mel) - 1, 1 / change.duration_ratio)
    low = at.astype(int)
    part = (at - low)[:, None]
    stretched = mel[low] * (1 - part) + mel[low + 1] * part
    nearest = np.round(at).astype(int)
    return stretched, np.where(f0[nearest] > 0, np.exp(np.interp(at, np.arange(len(wanted)), wanted)), 0)


def _strayed(emotion: str, strength: float, rng: np.random.Generator) -> acting.Expression:
    rule = acting.HUMAN[emotion] * strength if emotion != "neutral" else acting.Expression()
    stray = [float(rng.normal()) * deviation for deviation in STRAY.values]
    return rule + acting.Expression(*stray)


def _pieces(store: Store, rng: np.random.Generator, most: int | None) -> Iterator[Piece]:
    """Windows of long recordings; short ones of the same speaker in a row."""
    by_speaker: dict[tuple[str, str], list[Row]] = {}
    for row in store.rows:
        if "original" not in row:
            by_speaker.setdefault((row["speaker"], row["split"]), []).append(row)
    trained = {speaker for speaker, split in by_speaker if split == "train"}
    for (speaker, split), rows in by_speaker.items():
        if split == "held_out" and speaker in trained:
            continue  # a speaker that is known is no test
        found = list(_cut([rows[i] for i in rng.permutation(len(rows))], speaker, split))
        yield from found[: most or PIECES_OF_SPEAKER[split]]


def _cut(rows: list[Row], speaker: str, split: str) -> Iterator[Piece]:
    run: list[Row] = []
    for row in rows[:1000]:
        if row["n_frames"] >= SHORTEST:
            for start in range(0, row["n_frames"] - SHORTEST + 1, LENGTH):
                yield Piece((row,), start, speaker, split)
            continue
        run.append(row)
        if sum(each["n_frames"] for each in run) >= LENGTH:
            yield Piece(tuple(run), 0, speaker, split)
            run = []


def _sound(store: Store, piece: Piece) -> tuple[np.ndarray, np.ndarray]:
    samples = np.concatenate([store.samples(row) for row in piece.rows])
    f0 = np.concatenate([store.f0(row) for row in piece.rows])
    frames = slice(piece.start, min(piece.start + LENGTH, len(f0)))
    return samples[frames.start * 240 : frames.stop * 240], f0[frames]
