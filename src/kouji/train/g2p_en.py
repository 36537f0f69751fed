"""How the English lexicon is packed, and how the model for unknown words is trained on it.

    python -m kouji.train.g2p_en lexicon cmudict.dict  # writes src/kouji/text/data/en_lexicon.z, 5 s
    python -m kouji.train.g2p_en letters cmudict.dict  # writes src/kouji/text/data/en_letters.npz, 20 min of one core

CMUdict (github.com/cmusphinx/cmudict, `cmudict.dict`) is the only source; `data/en_extra.txt` holds our own additions
and corrections, which win. Every twentieth word (by checksum) is never trained on; the errors are measured on these.
Same dictionary, same seed, same machine: same file.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn

from kouji.text.en import letters, lexicon

EXTRA = lexicon.FILE.with_name("en_extra.txt")
LONGEST_CHUNK = 3  # ARPABET symbols that one letter may say
RAREST_CHUNK = 5  # a chunk seen less often is no class of its own; its words are left out
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


def align(pairs: list[tuple[str, list[str]]], rounds: int = 6) -> list[list[str] | None]:
    """Give each letter of each word the chunk of symbols that it says, by Viterbi training from a flat start.

    Args:
        pairs: word, ARPABET symbols.

    Returns:
        For each pair one chunk ("K S", "" for a silent letter) per letter, or None where there are too many sounds.
    """
    costs: dict[tuple[str, str], float] = {}
    aligned: list[list[str] | None] = []
    for _ in range(rounds):
        aligned = [_viterbi(word, symbols, costs) for word, symbols in pairs]
        counts = Counter(
            (letter, chunk)
            for (word, _), chunks in zip(pairs, aligned, strict=True)
            if chunks is not None
            for letter, chunk in zip(word, chunks, strict=True)
        )
        totals = Counter[str]()
        for (letter, _), n in counts.items():
            totals[letter] += n
        costs = {key: math.log(totals[key[0]] / n) for key, n in counts.items()}
    return aligned


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


class LetterNetwork(nn.Module):
    """The torch side of `kouji.text.en.letters.LetterModel`; parameters have the same names."""

    def __init__(self, n_chunks: int, hidden: int = 144, decoder: int = 224) -> None:
        super().__init__()
        self.letter = nn.Embedding(len(letters.ALPHABET) + 1, 48)
        self.encoder = nn.GRU(48, hidden, batch_first=True, bidirectional=True)
        self.chunk = nn.Embedding(n_chunks + 1, 32)  # the last stands for the start of the word
        self.decoder = nn.GRU(2 * hidden + 32, decoder, batch_first=True)
        self.output = nn.Linear(decoder, n_chunks)
        self.dropout = nn.Dropout(0.2)

    def forward(self, word: Tensor, previous: Tensor) -> Tensor:
        """(B, T) letters, (B, T) the chunk before each -> (B, T, n_chunks) logits."""
        encoded, _ = self.encoder(self.dropout(self.letter(word)))
        states, _ = self.decoder(self.dropout(torch.cat([encoded, self.chunk(previous)], dim=2)))
        return self.output(self.dropout(states))


@dataclass
class Data:
    """Aligned words, by length, and the words that are kept back."""

    chunks: list[str]
    by_length: dict[int, tuple[np.ndarray, np.ndarray]]  # n_letters -> (N, n_letters) letters, chunks
    held_out: dict[str, list[str]]


def prepare(dictionary: Path) -> Data:
    """Split, align, and count the chunks."""
    entries = {
        word: said
        for word, said in read_dictionary(dictionary).items()
        if re.fullmatch(r"[a-z][a-z']*", word) and 2 <= len(word) <= 24
    }
    held_out = {word: said for word, said in entries.items() if crc32(word.encode()) % 20 == 0}
    pairs = [(word, s.split()) for word, said in entries.items() if word not in held_out for s in said]
    aligned = align(pairs)
    counts = Counter(chunk for chunks in aligned if chunks for chunk in chunks)
    chunks = sorted(chunk for chunk, n in counts.items() if n >= RAREST_CHUNK)
    index = {chunk: i for i, chunk in enumerate(chunks)}
    rows: dict[int, list[tuple[list[int], list[int]]]] = {}
    for (word, _), said in zip(pairs, aligned, strict=True):
        if said and all(chunk in index for chunk in said):
            row = ([letters.ALPHABET.index(c) + 1 for c in word], [index[chunk] for chunk in said])
            rows.setdefault(len(word), []).append(row)
    by_length = {n: (np.array([r[0] for r in rs]), np.array([r[1] for r in rs])) for n, rs in sorted(rows.items())}
    return Data(chunks, by_length, held_out)


def batches(data: Data, size: int, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
    """One pass in random order; the words of a batch have one length, so that nothing is padded."""
    parts = []
    for n, (words, _) in data.by_length.items():
        order = rng.permutation(len(words))
        parts += [(n, order[i : i + size]) for i in range(0, len(order), size)]
    for k in rng.permutation(len(parts)):
        n, rows = parts[k]
        words, chunks = data.by_length[n]
        yield torch.from_numpy(words[rows]), torch.from_numpy(chunks[rows])


def train(data: Data, epochs: int, seed: int = 0, batch: int = 192, rate: float = 2e-3) -> LetterNetwork:
    """AdamW, cosine, label smoothing 0.05; returns the average of the last weights (EMA 0.999)."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = LetterNetwork(len(data.chunks))
    ema = torch.optim.swa_utils.get_ema_multi_avg_fn(0.999)
    average = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=ema)
    optimizer = torch.optim.AdamW(network.parameters(), lr=rate, weight_decay=0.01)
    n_steps = epochs * sum(math.ceil(len(words) / batch) for words, _ in data.by_length.values())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=n_steps, pct_start=0.05)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    for epoch in range(epochs):
        began, losses = time.monotonic(), []
        for words, chunks in batches(data, batch, rng):
            start = torch.full((len(words), 1), len(data.chunks))
            logits = network(words, torch.cat([start, chunks[:, :-1]], dim=1))
            loss = loss_of(logits.flatten(0, 1), chunks.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            average.update_parameters(network)
            losses.append(loss.item())
        log.info("epoch %d: loss %.4f, %.0f s", epoch + 1, np.mean(losses), time.monotonic() - began)
    return average.module


def export(network: LetterNetwork, chunks: list[str], path: Path) -> None:
    """Write the int8 weights that the numpy side reads."""
    weights = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    classes = np.frombuffer("\n".join(chunks).encode("ascii"), np.uint8)
    np.savez_compressed(path, chunks=classes, **letters.quantize(weights))


# ---- errors -------------------------------------------------------------------------------------


def edit_distance(first: list[str], second: list[str]) -> int:
    """Insertions, deletions and substitutions between two rows of symbols."""
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        previous, row[0] = row[0], i
        for j, b in enumerate(second, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (a != b))
    return row[-1]


def measure(held_out: dict[str, list[str]], limit: int | None = None) -> dict[str, float]:
    """Word and phoneme error (%) of the shipped model against the nearest pronunciation, with and without stress."""
    letters.model.cache_clear()
    model = letters.model()
    errors: Counter[str] = Counter()
    words = sorted(held_out)[:limit]
    for word in words:
        said = model.decode(word)
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
    parser.add_argument("--epochs", type=int, default=14)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if arguments.what == "lexicon":
        build_lexicon(arguments.dictionary)
        return
    torch.set_num_threads(1)
    data = prepare(arguments.dictionary)
    log.info("%d chunks, %d words kept back", len(data.chunks), len(data.held_out))
    if arguments.what == "letters":
        export(train(data, arguments.epochs), data.chunks, letters.FILE)
    log.info("%s", json.dumps(measure(data.held_out)))


if __name__ == "__main__":
    main()
