"""Word segmentation: the likeliest cut of a run of characters into words of the lexicon (unigram model)."""

from __future__ import annotations

from .lexicon import MAX_WORD, lexicon

_UNKNOWN = 24.0  # bits, a character that is no word of its own


def segment(run: str) -> list[str]:
    """Words of a run of characters; joined they are the run."""
    if not run:
        return []
    table = lexicon()
    words, frequencies, costs = table.words, table.frequencies, table.cost
    size = len(run)
    best = [0.0] * (size + 1)  # best[i]: cost of run[i:]
    length = [1] * (size + 1)
    for i in range(size - 1, -1, -1):
        row = words.get(run[i])
        best[i] = best[i + 1] + (_UNKNOWN if row is None else costs[frequencies[row]])
        for n in range(2, min(MAX_WORD, size - i) + 1):
            row = words.get(run[i : i + n])
            if row is not None:
                cost = best[i + n] + costs[frequencies[row]]
                if cost < best[i]:
                    best[i], length[i] = cost, n
    cut, i = [], 0
    while i < size:
        cut.append(run[i : i + length[i]])
        i += length[i]
    return cut
