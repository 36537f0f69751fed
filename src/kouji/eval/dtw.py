"""Dynamic time warping: which frame of one clip corresponds to which of another."""

from __future__ import annotations

import numpy as np


def align(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cheapest way through both at once, by Euclidean distance.

    Args:
        first: (T_1, dim), T_1 > 0.
        second: (T_2, dim), T_2 > 0.

    Returns:
        Two index arrays of equal length, each rising by 0 or 1 from 0 to its last frame.
    """
    squares = np.square(first).sum(1)[:, None] + np.square(second).sum(1) - 2 * first @ second.T
    distance = np.sqrt(np.maximum(squares, 0))
    return _trace(_total(distance))


def _total(distance: np.ndarray) -> np.ndarray:
    """(T_1, T_2) cost of the cheapest way from the start to each pair, both included."""
    total = np.empty_like(distance)
    total[0] = np.cumsum(distance[0])
    for i in range(1, len(distance)):
        # Enter row i at some column, straight or diagonally, then run along it: a running minimum
        # of (cost at entry - cost of the row up to there), so that no inner loop is needed.
        above = np.minimum(total[i - 1], np.concatenate([[np.inf], total[i - 1, :-1]]))
        run = np.cumsum(distance[i])
        before = np.concatenate([[0.0], run[:-1]])
        total[i] = run + np.minimum.accumulate(above - before)
    return total


def _trace(total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    i, j = total.shape[0] - 1, total.shape[1] - 1
    path = [(i, j)]
    while i or j:
        steps = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
        i, j = min((s for s in steps if min(s) >= 0), key=lambda s: total[s])
        path.append((i, j))
    rows, columns = np.array(path[::-1]).T
    return rows, columns
