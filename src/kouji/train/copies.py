"""Copies of recordings at another pitch with the vocal tract left as it is: more voices for the decoder to tell apart.

On-the-fly disguises (`disguise.Disguise`) move pitch and formants together. Real people differ in both
independently, a low-voiced woman being no slowed-down soprano, so some recordings are also stored with their pitch
moved alone, by pitch-synchronous overlap-add. Source: E. Moulines, F. Charpentier, "Pitch-synchronous waveform
processing techniques …", Speech Communication 9 (1990).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kouji.audio.corpus import write_rows
from kouji.audio.f0 import track, voice_range
from kouji.audio.mel import HOP_LENGTH, N_MELS, SAMPLE_RATE, log_mel
from kouji.engines.native import source

from .features import Row, Store

UNVOICED_PERIOD = 120  # samples between marks where there is no pitch: 5 ms
FACTORS = {  # speaker -> pitch factors of its copies
    "cmn_yue_tan_f": (0.5, 0.6, 0.7, 0.82, 1.2),
    "cmn_chen_wang": (0.55, 0.7, 0.85),
    "en_kathleen_f": (0.7, 1.2, 1.4, 1.6),
    "en_darshan_soni_m": (1.25, 1.5, 1.8, 2.1),
    "ja_tofugu_f": (0.5, 0.6, 0.75),
    "ja_tofugu_m": (1.3, 1.6, 2.0),
}
MINUTES = 4.0  # per speaker and factor


def make(store: Store, folder: Path, seed: int = 0, minutes: float = MINUTES) -> Store:
    """Store copies of random training recordings; nothing is done where they are there already.

    A copy's id is its original's with "~factor" after it, and so is its speaker; durations are its original's.
    """
    if (folder / "index.jsonl").exists():
        return Store(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([seed, 91])
    chosen = list(_choose(store, rng, minutes))
    total = sum(row["n_frames"] for row, _ in chosen)
    create = np.lib.format.open_memmap
    mels = create(folder / "mel.npy", mode="w+", dtype=np.float16, shape=(total, N_MELS))
    f0s = create(folder / "f0.npy", mode="w+", dtype=np.float32, shape=(total,))
    np.save(folder / "samples.npy", np.zeros(0, np.int16))  # the vocoder learns from people, not from copies
    rows, first = [], 0
    for row, factor in chosen:
        n_frames = row["n_frames"]
        samples = shift_pitch(store.samples(row), store.f0(row), factor)
        mels[first : first + n_frames] = log_mel(samples)[:n_frames]
        low, high = voice_range(store.f0(row))
        f0s[first : first + n_frames] = track(samples, max(60.0, low * factor), min(600.0, high * factor))[:n_frames]
        name = {key: f"{row[key]}~{factor}" for key in ("id", "speaker")}
        rows.append({**row, **name, "original": row["id"], "first": first})
        first += n_frames
    write_rows(folder / "index.jsonl", rows)
    return Store(folder)


def _choose(store: Store, rng: np.random.Generator, minutes: float) -> list[tuple[Row, float]]:
    found = []
    for speaker, factors in FACTORS.items():
        rows = [row for row in store.rows if row["speaker"] == speaker and row["split"] == "train"]
        for factor in factors:
            left = minutes * 6000
            for index in rng.permutation(len(rows)):
                if left <= 0:
                    break
                found.append((rows[index], factor))
                left -= rows[index]["n_frames"]
    return found


def shift_pitch(samples: np.ndarray, f0: np.ndarray, factor: float | np.ndarray) -> np.ndarray:
    """The same speech at `factor` times its pitch, as long as before, formants where they were.

    Args:
        samples: (T * 240,) float32 at 24 kHz.
        f0: (T,) Hz, 0 unvoiced.
        factor: 0.4 to 2.5, one for all or (T,).
    """
    at = np.arange(len(samples)) / HOP_LENGTH
    hertz = np.interp(at, np.arange(len(f0)), source.fill(f0))
    voiced = np.interp(at, np.arange(len(f0)), (f0 > 0).astype(float)) > 0.5
    factors = np.interp(at, np.arange(len(f0)), np.broadcast_to(factor, f0.shape))
    plain = SAMPLE_RATE / UNVOICED_PERIOD
    heard = _marks(np.where(voiced, hertz, plain))
    wanted = _marks(np.where(voiced, hertz * factors, plain))
    if len(heard) < 2:
        return samples
    nearest = np.clip(np.searchsorted(heard, wanted), 1, len(heard) - 1)
    nearest -= (wanted - heard[nearest - 1]) < (heard[nearest] - wanted)
    out, weight = np.zeros(len(samples) + 4000, np.float32), np.full(len(samples) + 4000, 1e-3, np.float32)
    padded = np.pad(samples, 2000)
    for mark, origin in zip(wanted, heard[nearest], strict=True):
        half = round(SAMPLE_RATE / hertz[origin]) if voiced[origin] else UNVOICED_PERIOD
        window = np.hanning(2 * half + 1)[:-1].astype(np.float32)
        piece = slice(mark + 2000 - half, mark + 2000 + half)
        out[piece] += padded[origin + 2000 - half : origin + 2000 + half] * window
        weight[piece] += window
    # Where grains overlap more than once they are averaged; where they leave gaps, the gaps are the lower pitch.
    return (out / np.maximum(weight, 1.0))[2000 : 2000 + len(samples)]


def _marks(hertz: np.ndarray) -> np.ndarray:
    """Samples at which a cycle of the given frequency (n_samples,) begins."""
    cycles = np.floor(np.cumsum(hertz / SAMPLE_RATE))
    return np.flatnonzero(np.diff(cycles, prepend=0.0) > 0)
