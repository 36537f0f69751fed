"""What the recogniser hears in training: words alone, words joined to sentences, sentences, each time distorted anew.

The corpus has thousands of Mandarin words by two women and twenty sentences by twenty others, so a recogniser
that only heard it as it is would know two voices and no connected speech. Everything here works on log-mels:

    recordings → tokens shortened or stretched, words joined → distorted (`distortion.py`)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from kouji.text.phonemes import PAUSES, is_vowel, segments, split_tone, to_segments

from .align import Alignment, Alignments, Features
from .distortion import distorted, moved

Row = Mapping[str, Any]  # of a feature store

STEP = 2  # frames of 10 ms per label
UNKNOWN = -1  # label of a frame that teaches nothing
N_TONES = 5  # Mandarin's; class 0 is the first tone
RARE = 30  # a phoneme said less often stands with its nearest relative
BAD_FIT = -7.0  # a token below this was probably not said


# ---- classes ------------------------------------------------------------------------------------


def classes(alignments: Mapping[str, Alignment]) -> dict[str, int]:
    """Phoneme (without digit) or pause -> class; 0 is silence. Rare phonemes share their nearest relative's."""
    counts: dict[str, int] = {}
    for alignment in alignments.values():
        for token in alignment.tokens:
            name = split_tone(token)[0]
            counts[name] = counts.get(name, 0) + 1
    spoken = sorted(name for name in counts if name not in PAUSES)
    common = [name for name in spoken if counts[name] >= RARE] or spoken
    index = {name: i + 1 for i, name in enumerate(common)}
    return dict.fromkeys(PAUSES, 0) | {name: index[nearest(name, common)] for name in spoken}


def nearest(phoneme: str, among: Sequence[str]) -> str:
    """The phoneme whose segments differ least in their features; of two vowels and consonants never the other."""
    if phoneme in among:
        return phoneme
    like = [name for name in among if is_vowel(name) == is_vowel(phoneme)] or list(among)
    return min(like, key=lambda name: (_distance(phoneme, name), name))


def _distance(first: str, second: str) -> float:
    """Mean difference of features along both, each stretched to the same length."""
    a, b = (np.array([segments()[s] for s in to_segments(p)]) for p in (first, second))
    n = 6
    a, b = (x[np.arange(n) * len(x) // n] for x in (a, b))
    return float(np.abs(a - b).sum() / n)


# ---- one example --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Example:
    """A stretch of speech and what is said in each of its frames."""

    mel: np.ndarray  # (T, 80) natural log
    f0: np.ndarray  # (T,) Hz, 0 unvoiced
    phonemes: np.ndarray  # (T,) class, UNKNOWN where doubtful
    tones: np.ndarray  # (T,) 0-4 in Mandarin finals, else UNKNOWN


@dataclass(frozen=True)
class _Tokens:
    """A recording's alignment as arrays."""

    durations: np.ndarray  # (n,) frames
    phonemes: np.ndarray  # (n,) class
    tones: np.ndarray  # (n,)


class Examples:
    """Draws examples of a corpus."""

    def __init__(self, store: Features, alignments: Alignments, leave_out: frozenset[str] = frozenset()) -> None:
        """`leave_out`: ids that are kept for development."""
        self.store = store
        rows = [
            row
            for row in store.rows
            if row["split"] == "train" and row["id"] in alignments.by_id and row["id"] not in alignments.worst
        ]
        self.classes = classes({row["id"]: alignments.by_id[row["id"]] for row in rows})
        self.rows = [row for row in rows if row["id"] not in leave_out]
        self._tokens = {row["id"]: self._of(row, alignments.by_id[row["id"]]) for row in self.rows}
        self._kinds: dict[str, list[Row]] = {}
        for row in self.rows:
            self._kinds.setdefault(_kind(row), []).append(row)
        self._by_speaker: dict[str, list[Row]] = {}
        for row in self._kinds.get("zh word", []) + self._kinds.get("zh syllable", []) + self._kinds.get("ja word", []):
            self._by_speaker.setdefault(row["speaker"], []).append(row)

    def _of(self, row: Row, alignment: Alignment) -> _Tokens:
        tones = [
            split_tone(token)[1] - 1 if row["language"] == "zh" and token not in PAUSES and token[-1].isdigit() else -1
            for token in alignment.tokens
        ]
        names = [self.classes[split_tone(token)[0]] for token in alignment.tokens]
        doubtful = np.array(alignment.fits) < BAD_FIT
        return _Tokens(
            np.array(alignment.durations),
            np.where(doubtful, UNKNOWN, names),
            np.where(doubtful, UNKNOWN, tones),
        )

    # -- batches

    def batch(self, rng: np.random.Generator, n_frames: int) -> list[Example]:
        """Distorted examples of about `n_frames` in all, either short (words) or long (sentences, joined words)."""
        kinds = _SHORT if rng.random() < SHORT_SHARE else _LONG
        kinds = {kind: weight for kind, weight in kinds.items() if self._available(kind)} or self._whatever()
        names, weights = list(kinds), np.array(list(kinds.values()))
        found: list[Example] = []
        longest = 0
        while not found or (len(found) + 1) * longest <= n_frames:
            example = self._draw(str(rng.choice(names, p=weights / weights.sum())), rng)
            found.append(distort(example, rng))
            longest = max(longest, len(example.mel))
        return found

    def _available(self, kind: str) -> bool:
        return kind.removesuffix(" joined") in self._kinds

    def _whatever(self) -> dict[str, float]:
        return {kind: float(len(rows)) for kind, rows in self._kinds.items()}

    def _draw(self, kind: str, rng: np.random.Generator) -> Example:
        rows = self._kinds[kind.removesuffix(" joined")]
        row = rows[rng.integers(len(rows))]
        if kind.endswith("joined"):
            return self._joined(row, rng)
        return self._part(row, rng)

    def _part(self, row: Row, rng: np.random.Generator) -> Example:
        """A recording, or of a long one up to LONGEST frames, at another speed."""
        tokens = self._tokens[row["id"]]
        ends = np.cumsum(tokens.durations)
        first, last = 0, len(ends)
        longest = LONGEST
        if row["unit"] in ("sentence", "page") and rng.random() < 0.5:
            longest = int(rng.integers(LONGEST // 4, LONGEST))  # other neighbours, so that no text is learnt by heart
        if ends[-1] > longest:
            first = int(rng.integers(0, np.searchsorted(ends, ends[-1] - longest // 2) + 1))
            last = max(first + 1, int(np.searchsorted(ends, ends[first] + longest - tokens.durations[first])))
        factors = np.full(last - first, rng.uniform(0.8, 1.25)) * rng.uniform(0.9, 1.1, last - first)
        return self._stretched(row, tokens, first, last, factors)

    def _joined(self, row: Row, rng: np.random.Generator) -> Example:
        """Words of one speaker, shortened and without the silence between them, as if it were a sentence."""
        rows = self._by_speaker[row["speaker"]]
        n_words = int(rng.integers(2, 9)) if row["unit"] == "word" else int(rng.integers(2, 7))
        rate, range_of_f0 = rng.uniform(0.5, 1.0), rng.uniform(0.6, 1.15)
        pieces = []
        for k in range(n_words):
            word = self._word(row if k == 0 else rows[rng.integers(len(rows))], rate, rng)
            shift = rng.normal(0, 1) - 0.4 * k * rng.random()  # semitones: declination, roughly
            pieces.append(replace(word, f0=moved(word.f0, range_of_f0, shift)))
            if sum(len(piece.mel) for piece in pieces) > LONGEST:
                break
        return _join(pieces)

    def _word(self, row: Row, rate: float, rng: np.random.Generator) -> Example:
        tokens = self._tokens[row["id"]]
        spoken = np.flatnonzero(tokens.phonemes != 0)
        first, last = int(spoken[0]), int(spoken[-1]) + 1
        factors = rate * rng.uniform(0.85, 1.18, len(tokens.durations))
        keep = rng.random(2) < 0.12  # the silence before, after
        first, last = (0 if keep[0] else first), (len(factors) if keep[1] else last)
        return self._stretched(row, tokens, first, last, factors[first:last])

    def _stretched(self, row: Row, tokens: _Tokens, first: int, last: int, factors: np.ndarray) -> Example:
        """Tokens first … last with their durations multiplied."""
        old = tokens.durations[first:last]
        new = np.maximum(np.round(old * factors), 1).astype(int)
        which = np.repeat(np.arange(last - first), new)
        within = np.arange(len(which)) - np.repeat(np.cumsum(new) - new, new)
        starts = np.cumsum(old) - old
        at = starts[which] + (within + 0.5) * (old / new)[which] - 0.5
        begin = int(tokens.durations[:first].sum())
        mel = self.store.mel(row)[begin : begin + int(old.sum())]
        f0 = self.store.f0(row)[begin : begin + int(old.sum())]
        at = np.clip(at, 0, len(mel) - 1)
        low = at.astype(int)
        high = np.minimum(low + 1, len(mel) - 1)
        part = (at - low).astype(np.float32)[:, None]
        return Example(
            mel[low] * (1 - part) + mel[high] * part,
            f0[np.round(at).astype(int)],
            tokens.phonemes[first:last][which],
            tokens.tones[first:last][which],
        )


LONGEST = 480  # frames
SHORT_SHARE = 0.35  # of the batches
_SHORT = {"zh word": 0.6, "zh syllable": 0.27, "ja word": 0.13}
_LONG = {
    "zh word joined": 0.36, "zh syllable joined": 0.12, "zh sentence": 0.15, "en sentence": 0.19, "en page": 0.12,
    "ja word joined": 0.06,
}  # fmt: skip


def _kind(row: Row) -> str:
    return f"{row['language']} {row['unit']}"


def distort(example: Example, rng: np.random.Generator) -> Example:
    """The same, said by somebody else somewhere else."""
    mel, f0 = distorted(example.mel, example.f0, rng)
    return replace(example, mel=mel, f0=f0)


def _join(pieces: Sequence[Example]) -> Example:
    mel = np.concatenate([piece.mel for piece in pieces])
    seam = np.cumsum([len(piece.mel) for piece in pieces])[:-1]
    before, after = mel[seam - 1], mel[seam].copy()
    mel[seam], mel[seam - 1] = 0.65 * after + 0.35 * before, 0.65 * before + 0.35 * after
    return Example(
        mel,
        np.concatenate([piece.f0 for piece in pieces]),
        np.concatenate([piece.phonemes for piece in pieces]),
        np.concatenate([piece.tones for piece in pieces]),
    )


