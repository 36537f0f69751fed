"""Letter to sound for words that nothing else knows: a joint n-gram model, in numpy.

Every letter says a chunk of zero to three ARPABET symbols ("x" -> K S); a letter with its chunk is a *pair*. The model
is the probability of a pair given up to five pairs that follow it in the word (Kneser-Ney). It works from the end of
the word to its beginning, because stress and long vowels hang on the ending: 7 % fewer wrong phonemes than the other
way round. A word is read by the most probable row of pairs that spells it. Trained on CMUdict by `kouji.train.g2p_en`; `data/en_letters.npz` holds, for each length of
n-gram, its sorted keys and two bytes: log probability and back-off weight, both in steps of -1/20.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np

FILE = Path(__file__).parents[1] / "data" / "en_letters.npz"
ALPHABET = "'abcdefghijklmnopqrstuvwxyz"
BITS = 10  # per pair in a key of 64 bits: at most 1023 pairs, n-grams of at most 6
STEP = 0.05  # nats per unit of the stored logarithms
BEAM = 12
LONGEST = 40  # letters; longer words are read in pieces
START, END = 0, 1  # pairs that stand for the edges of a word; START is where reading begins, behind the last letter


@dataclass(frozen=True)
class Grams:
    """The n-grams of one length."""

    keys: np.ndarray  # (N,) uint64, ascending; the last pair in the lowest bits
    scores: np.ndarray  # (N,) float32, log probability of the last pair after the others
    backoffs: np.ndarray  # (N,) float32, added where a longer n-gram is not found

    def find(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Position of each key, and whether it is there."""
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return places, self.keys[places] == keys


class LetterModel:
    """`pairs` names each pair as "letter chunk"; `grams[n]` are the n-grams of length n + 1."""

    def __init__(self, pairs: list[str], grams: list[Grams]) -> None:
        self.pairs = pairs
        self.grams = grams
        self.choices = {
            letter: np.array([i for i, pair in enumerate(pairs) if pair[:1] == letter], np.uint64)
            for letter in ALPHABET
        }

    def read(self, word: str, beam: int = BEAM) -> str:
        """ARPABET of a word in letters of ALPHABET; "" if it has none."""
        histories = np.zeros(1, np.uint64)
        totals = np.zeros(1, np.float32)
        paths: list[list[int]] = [[]]
        for letter in [*reversed(word), ""]:
            choices = self.choices[letter] if letter else np.array([END], np.uint64)
            scores = totals[:, None] + self.score(histories, choices)
            best = np.argsort(-scores, axis=None, kind="stable")[:beam]
            rows, columns = np.unravel_index(best, scores.shape)
            totals = scores[rows, columns]
            histories = self._shift(histories[rows], choices[columns])
            paths = [[*paths[row], int(choices[column])] for row, column in zip(rows, columns, strict=True)]
        said = [" ".join(filter(None, (self.pairs[i][2:] for i in path[-2::-1]))) for path in paths]
        return next((s for s in said if any(c in "12" for c in s)), said[0])  # a word has a stressed vowel

    def score(self, histories: np.ndarray, choices: np.ndarray) -> np.ndarray:
        """Log probability of each choice (M,) after each history (B,), packed keys: (B, M)."""
        pairs = np.broadcast_to(choices, (len(histories), len(choices))).ravel()
        return self.score_each(np.repeat(histories, len(choices)), pairs).reshape(len(histories), -1)

    def score_each(self, histories: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        """Log probability of a pair (N,) after its history (N,), that is before the pairs already read: (N,)."""
        result = np.zeros(len(pairs), np.float32)
        missing = np.ones(len(pairs), bool)
        for n in range(len(self.grams) - 1, -1, -1):
            contexts = histories & _mask(n)
            places, found = self.grams[n].find(self._shift(contexts, pairs))
            result += np.where(missing & found, self.grams[n].scores[places], 0)
            missing &= ~found
            if n:
                places, known = self.grams[n - 1].find(contexts)
                result += np.where(missing & known, self.grams[n - 1].backoffs[places], 0)
        result[missing] -= 20
        return result

    def _shift(self, histories: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        keys: np.ndarray = (histories << np.uint64(BITS) | pairs) & _mask(len(self.grams))
        return keys


def _mask(n: int) -> np.uint64:
    return np.uint64((1 << (BITS * n)) - 1)


def save(path: Path, pairs: list[str], grams: list[Grams]) -> None:
    """Write a model: keys as differences, byte by byte, because most of their bytes are then zero."""
    arrays = {"pairs": np.frombuffer("\n".join(pairs).encode("ascii"), np.uint8)}
    for n, gram in enumerate(grams, 1):
        steps = np.diff(gram.keys, prepend=np.uint64(0)).astype("<u8")
        arrays[f"keys{n}"] = np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 8).T)
        arrays[f"scores{n}"] = _packed(gram.scores)
        arrays[f"backoffs{n}"] = _packed(gram.backoffs)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]


def _packed(logarithms: np.ndarray) -> np.ndarray:
    return np.clip(np.round(-logarithms / STEP), 0, 255).astype(np.uint8)


def load(path: Path) -> LetterModel:
    """Read what `save` wrote."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    grams = []
    for n in range(1, sum(name.startswith("keys") for name in arrays) + 1):
        steps = np.ascontiguousarray(arrays[f"keys{n}"].T).view("<u8").ravel()
        scores, backoffs = (arrays[f"{kind}{n}"].astype(np.float32) * -STEP for kind in ("scores", "backoffs"))
        grams.append(Grams(np.cumsum(steps, dtype=np.uint64), scores, backoffs))
    return LetterModel(bytes(arrays["pairs"]).decode("ascii").split("\n"), grams)


@cache
def model() -> LetterModel:
    """The model that ships with the package."""
    return load(FILE)


@lru_cache(maxsize=5_000)
def by_letters(word: str) -> str:
    """ARPABET of a lower-case word; very long ones are read in pieces."""
    word = "".join(c for c in word if c in ALPHABET)
    pieces = [word[i : i + LONGEST] for i in range(0, len(word), LONGEST)]
    return " ".join(said for piece in pieces if (said := model().read(piece)))
