"""How the English lexicon is packed, and how the model for unknown words is trained on it.

    python -m kouji.train.g2p_en lexicon cmudict.dict  # writes src/kouji/text/data/en_lexicon.z, 5 s
    python -m kouji.train.g2p_en letters cmudict.dict  # writes src/kouji/text/data/en_letters.npz, 1 min

CMUdict (github.com/cmusphinx/cmudict, `cmudict.dict`) is the only source; `data/en_extra.txt` holds our own additions
and corrections, which win. Every twentieth word (by checksum) is never trained on; the errors are measured on these.
Same dictionary: same file.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from kouji.text.en import letters, lexicon

EXTRA = lexicon.FILE.with_name("en_extra.txt")
LONGEST_CHUNK = 3  # ARPABET symbols that one letter may say
RAREST_PAIR = 5  # words with a pair of letter and chunk that is seen less often are left out
LEAST_GAIN = 1.0  # nats; n-grams that add less to the log probability of the training words are not stored
_WORD = re.compile(r"[a-z0-9'.\-]+")
log = logging.getLogger(__name__)

# ---- lexicon ------------------------------------------------------------------------------------


def read_dictionary(path: Path) -> dict[str, list[str]]:
    """word -> pronunciations, in the order of the file; `word(2)` is a second pronunciation, # begins a comment."""
    entries: dict[str, list[str]] = {}
    for line in path.read_text("utf-8").splitlines():
        head, _, said = line.split("#")[0].strip().partition(" ")
        word = re.sub(r"\(\d+\)$", "", head)
        if said and _WORD.fullmatch(word):
            spoken = entries.setdefault(word, [])
            if said.strip() not in spoken:
                spoken.append(" ".join(said.split()))
    return entries


def merge(dictionary: dict[str, list[str]], extra: dict[str, list[str]]) -> dict[str, list[str]]:
    """The dictionary with our pronunciations in front of its own."""
    merged = {word: list(said) for word, said in dictionary.items()}
    for word, said in extra.items():
        merged[word] = said + [other for other in merged.get(word, []) if other not in said]
    return merged


def build_lexicon(dictionary: Path) -> None:
    """Write the packed lexicon."""
    lexicon.FILE.write_bytes(lexicon.pack(merge(read_dictionary(dictionary), read_dictionary(EXTRA))))


# ---- alignment: which letter says what ----------------------------------------------------------


def align(pairs: list[tuple[str, list[str]]], rounds: int = 6, part: int = 6) -> list[list[str] | None]:
    """Give each letter of each word the chunk of symbols that it says, by Viterbi training from a flat start.

    The costs are learnt on every `part`-th word (all of a small dictionary); the last round is over all words.

    Args:
        pairs: word, ARPABET symbols.

    Returns:
        For each pair one chunk ("K S", "" for a silent letter) per letter, or None where there are too many sounds.
    """
    costs: dict[tuple[str, str], float] = {}
    some = pairs[::part] if len(pairs) > 10_000 else pairs
    for _ in range(rounds):
        aligned = [_viterbi(word, symbols, costs) for word, symbols in some]
        counts = Counter(
            (letter, chunk)
            for (word, _), chunks in zip(some, aligned, strict=True)
            if chunks is not None
            for letter, chunk in zip(word, chunks, strict=True)
        )
        totals = Counter[str]()
        for (letter, _), n in counts.items():
            totals[letter] += n
        costs = {key: math.log(totals[key[0]] / n) for key, n in counts.items()}
    return [_viterbi(word, symbols, costs) for word, symbols in pairs]


_FLAT = (3.0, 1.0, 4.0, 8.0)  # first costs of chunks of 0, 1, 2, 3 symbols
_UNSEEN = 12.0
_VOWELS = frozenset("aeiouy")


def _viterbi(word: str, symbols: list[str], costs: dict[tuple[str, str], float]) -> list[str] | None:
    n, m = len(word), len(symbols)
    if m > n * LONGEST_CHUNK:
        return None
    best = [[math.inf] * (m + 1) for _ in range(n + 1)]
    size = [[0] * (m + 1) for _ in range(n + 1)]
    best[0][0] = 0.0
    for i, letter in enumerate(word):
        for j in range(max(0, m - (n - i) * LONGEST_CHUNK), min(m, i * LONGEST_CHUNK) + 1):
            so_far = best[i][j]
            if so_far == math.inf:
                continue
            for k in range(min(LONGEST_CHUNK, m - j) + 1):
                chunk = symbols[j : j + k]
                if costs:
                    cost = costs.get((letter, " ".join(chunk)), _UNSEEN + 3 * k)
                else:
                    cost = _FLAT[k] + 2 * any((s[-1] in "012") != (letter in _VOWELS) for s in chunk)
                if so_far + cost < best[i + 1][j + k]:
                    best[i + 1][j + k] = so_far + cost
                    size[i + 1][j + k] = k
    if best[n][m] == math.inf:
        return None
    chunks, j = [], m
    for i in range(n, 0, -1):
        k = size[i][j]
        chunks.append(" ".join(symbols[j - k : j]))
        j -= k
    return chunks[::-1]


# ---- model --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Data:
    """Aligned words as rows of pairs, and the words that are kept back."""

    pairs: list[str]  # "letter chunk"; the first two are the edges of a word
    rows: list[list[int]]
    held_out: dict[str, list[str]]


def prepare(dictionary: Path) -> Data:
    """Split, align, and number the pairs of letter and chunk."""
    entries = {
        word: said
        for word, said in read_dictionary(dictionary).items()
        if re.fullmatch(r"[a-z][a-z']*", word) and 2 <= len(word) <= 24
    }
    held_out = {word: said for word, said in entries.items() if crc32(word.encode()) % 20 == 0}
    words = [(word, s.split()) for word, said in entries.items() if word not in held_out for s in said]
    aligned = align(words)
    rows = [
        [f"{letter} {chunk}" for letter, chunk in zip(word, chunks, strict=True)]
        for (word, _), chunks in zip(words, aligned, strict=True)
        if chunks is not None
    ]
    counts = Counter(pair for row in rows for pair in row)
    usual = [pair for pair, n in counts.most_common((1 << letters.BITS) - 2) if n >= RAREST_PAIR]
    pairs = ["", "", *sorted(usual)]
    index = {pair: i for i, pair in enumerate(pairs) if pair}
    return Data(pairs, [[index[p] for p in row] for row in rows if all(p in index for p in row)], held_out)


def train(rows: list[list[int]], order: int = 6, least_gain: float = LEAST_GAIN) -> list[letters.Grams]:
    """Interpolated Kneser-Ney with one discount per length, then without the n-grams that change little.

    Source: Kneser and Ney 1995; Seymore and Rosenfeld 1996 for the pruning (count times what the n-gram adds to the
    log probability); Bisani and Ney 2008 for joint models of letters and sounds.
    """
    raw = _counts(rows, order)
    counted = [_continuations(raw, n) for n in range(order - 1)] + [raw[-1]]
    _, gains = _smoothed(counted, [np.ones(len(keys), bool) for keys, _ in counted])
    kept: list[np.ndarray] = []
    contexts = np.zeros(0, np.uint64)
    for n in range(order - 1, -1, -1):
        keys = counted[n][0]
        kept.insert(0, (gains[n] >= least_gain) | np.isin(keys, contexts) | (n < 2))
        contexts = np.unique(keys[kept[0]] >> np.uint64(letters.BITS))
    return _smoothed(counted, kept)[0]


def _smoothed(
    counted: list[tuple[np.ndarray, np.ndarray]], kept: list[np.ndarray]
) -> tuple[list[letters.Grams], list[np.ndarray]]:
    """The model of the n-grams that are kept, and what each adds to the log probability of the training words."""
    grams: list[letters.Grams] = []
    gains: list[np.ndarray] = []
    for n, (keys, counts) in enumerate(counted):
        contexts, context = np.unique(keys >> np.uint64(letters.BITS), return_inverse=True)
        mass = np.maximum(counts - _discount(counts), 0) / np.bincount(context, counts)[context]
        left = np.maximum(1 - np.bincount(context, np.where(kept[n], mass, 0)), 1e-6)
        lower = left[context] * _lower(grams, keys, n)
        scores = np.log(mass + lower)
        gains.append(counts * (scores - np.log(lower)))
        if n:
            places, known = grams[-1].find(contexts)
            grams[-1].backoffs[places[known]] = np.log(left[known])
        n_kept = np.count_nonzero(kept[n])
        grams.append(letters.Grams(keys[kept[n]], scores[kept[n]].astype(np.float32), np.zeros(n_kept, np.float32)))
    return grams, gains


def _counts(rows: list[list[int]], order: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Keys and counts of all n-grams up to `order`, from the end of each word (START) to its beginning (END)."""
    found: list[list[int]] = [[] for _ in range(order)]
    for row in rows:
        history = letters.START
        for pair in (*reversed(row), letters.END):
            history = (history << letters.BITS | pair) & ((1 << (letters.BITS * order)) - 1)
            for n in range(order):
                found[n].append(history & ((1 << (letters.BITS * (n + 1))) - 1))
    return [_unique(np.array(keys, np.uint64)) for keys in found]


def _unique(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unique, counts = np.unique(keys, return_counts=True)
    return unique, counts.astype(np.float64)


def _continuations(raw: list[tuple[np.ndarray, np.ndarray]], n: int) -> tuple[np.ndarray, np.ndarray]:
    """After how many different pairs an n-gram was seen; at the edge of a word, how often."""
    keys, counts = raw[n]
    longer = raw[n + 1][0] & np.uint64((1 << (letters.BITS * (n + 1))) - 1)
    _, different = np.unique(longer, return_counts=True)
    first = keys >> np.uint64(letters.BITS * n) == letters.START
    counts = np.where(first, counts, different)
    return np.concatenate([[np.uint64(0)], keys]), np.concatenate([[0.0], counts])  # START alone is only a context


def _discount(counts: np.ndarray) -> float:
    """The usual estimate n1 / (n1 + 2 n2)."""
    once, twice = np.count_nonzero(counts == 1), np.count_nonzero(counts == 2)
    return once / (once + 2 * twice) if once else 0.5


def _lower(grams: list[letters.Grams], keys: np.ndarray, n: int) -> np.ndarray:
    """Probability of each key's last pair after a context that is one pair shorter."""
    if not n:
        return np.full(len(keys), 1 / len(keys))
    model = letters.LetterModel([], grams)
    last = keys & np.uint64((1 << letters.BITS) - 1)
    probabilities: np.ndarray = np.exp(model.score_each(keys >> np.uint64(letters.BITS), last))
    return probabilities


# ---- errors -------------------------------------------------------------------------------------


def edit_distance(first: list[str], second: list[str]) -> int:
    """Insertions, deletions and substitutions between two rows of symbols."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def measure(model: letters.LetterModel, held_out: dict[str, list[str]], limit: int | None = None) -> dict[str, float]:
    """Word and phoneme error (%) of a model against the nearest pronunciation, with and without stress."""
    errors: Counter[str] = Counter()
    words = sorted(held_out)[:limit]
    for word in words:
        said = model.read(word)
        for kind, plain in (("", False), (" without stress", True)):
            best = min(
                (edit_distance(_symbols(said, plain), _symbols(other, plain)), len(other.split()))
                for other in held_out[word]
            )
            errors["word error" + kind] += best[0] > 0
            errors["phoneme error" + kind] += best[0]
            errors["phonemes" + kind] += best[1]
    return {
        f"{unit} error{kind}": round(100 * errors[f"{unit} error{kind}"] / total, 2)
        for kind in ("", " without stress")
        for unit, total in (("word", len(words)), ("phoneme", errors["phonemes" + kind]))
    }


def _symbols(said: str, plain: bool) -> list[str]:
    return (re.sub(r"\d", "", said) if plain else said).split()


def main() -> None:
    """The commands of the module's first lines."""
    parser = argparse.ArgumentParser(description="English lexicon and letter-to-sound model")
    parser.add_argument("what", choices=["lexicon", "letters", "measure"])
    parser.add_argument("dictionary", type=Path, help="cmudict.dict")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if arguments.what == "lexicon":
        build_lexicon(arguments.dictionary)
        return
    data = prepare(arguments.dictionary)
    log.info("%d pairs, %d words, %d kept back", len(data.pairs), len(data.rows), len(data.held_out))
    if arguments.what == "letters":
        letters.save(letters.FILE, data.pairs, train(data.rows))
        letters.model.cache_clear()
    log.info("%s", json.dumps(measure(letters.model(), data.held_out)))


if __name__ == "__main__":
    main()
