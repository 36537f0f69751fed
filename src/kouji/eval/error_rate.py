"""Error rates: how many of the words, syllables or phonemes that were to be said were not heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


def edits(reference: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest units to replace, insert or leave out to turn one into the other (Levenshtein)."""
    codes: dict[str, int] = {}
    first = np.array([codes.setdefault(unit, len(codes)) for unit in reference], int)
    second = [codes.setdefault(unit, len(codes)) for unit in heard]
    columns = np.arange(len(first) + 1)
    row = columns.copy()
    for unit in second:
        # Replace or insert first; leaving out runs along the row and is a running minimum.
        best = np.minimum(row[1:] + 1, row[:-1] + (first != unit))
        row = np.minimum.accumulate(np.concatenate([[row[0] + 1], best]) - columns) + columns
    return int(row[-1])


@dataclass(frozen=True)
class ErrorRate:
    """Errors of several clips."""

    n_errors: tuple[int, ...]  # per clip
    n_units: tuple[int, ...]  # per clip, of the reference
    heard: tuple[str, ...] = ()  # per clip, as written by the listener

    @property
    def pooled(self) -> float:
        """All errors over all units, in percent; may exceed 100 where much is inserted."""
        return 100 * sum(self.n_errors) / max(sum(self.n_units), 1)


def error_rate(references: Iterable[Sequence[str]], heard: Iterable[Sequence[str]], separator: str = " ") -> ErrorRate:
    """Count the errors of several clips, unit by unit.

    Raises:
        ValueError: not as many references as clips.
    """
    pairs = list(zip(references, heard, strict=True))
    return ErrorRate(
        n_errors=tuple(edits(wanted, got) for wanted, got in pairs),
        n_units=tuple(len(wanted) for wanted, _ in pairs),
        heard=tuple(separator.join(got) for _, got in pairs),
    )
