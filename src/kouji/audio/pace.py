"""How people change their pace: pauses give most, then the ends of phrases, then vowels, consonants least.

Source of the order: F. Goldman-Eisler, "Psycholinguistics" (1968): rate varies by pausing first; D. H. Klatt,
"Linguistic uses of segmental duration in English", JASA 59 (1976): phrase-final lengthening, and consonants that can
be shortened little. The figures are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from kouji.types import Unit

# Seconds that people take for a unit of text: 4.7 syllables, 12 phonemes a second.
PER_SYLLABLE, PER_PHONEME, PER_PAUSE = 0.21, 0.083, 0.3
# Kind of sound -> how its length follows the pace: exp(ELASTICITY * s), s > 0 slower, s < 0 faster.
ELASTICITY = {
    "edges": 4.0,  # silence before the first and after the last sound
    "pauses": 4.0,  # between phrases and sentences
    "boundaries": 1.5,  # the last vowel of a phrase
    "vowels": 1.0,
    "consonants": 0.1,
}
LONGEST_PAUSE = 3.0  # seconds; a longer one is taken for the end


def natural(units: Iterable[Unit], per_syllable: float = PER_SYLLABLE) -> float:
    """Seconds that people take over a text, roughly, for those who decide while they speak."""
    return sum(
        (per_syllable if unit.language in ("zh", "yue") else PER_PHONEME * len(unit.phonemes))
        + (PER_PAUSE if unit.pause else 0)
        for unit in units
    )


def solve(length: Callable[[float], float], total: float) -> float:
    """The slowness at which a length that grows with it comes to `total`; the nearest end where none does."""
    low, high = -20.0, 20.0
    for _ in range(60):  # 40 / 2^60: far below a sample of an hour
        middle = (low + high) / 2
        low, high = (middle, high) if length(middle) < total else (low, middle)
    return (low + high) / 2


def shaped(
    natural: np.ndarray, elasticity: np.ndarray, total: int, lowest: np.ndarray, highest: np.ndarray
) -> np.ndarray:
    """Whole lengths that add up to `total`, or to the nearest that the limits allow.

    Args:
        natural: (N,) lengths at the natural pace, above 0.
        elasticity: (N,) of each, see ELASTICITY.
        total: wanted.
        lowest: (N,) whole numbers, none below 1.
        highest: (N,) whole numbers.

    Returns:
        (N,) int64.
    """
    total = int(np.clip(total, lowest.sum(), highest.sum()))

    def lengths(slowness: float) -> np.ndarray:
        bounded: np.ndarray = np.clip(natural * np.exp(elasticity * slowness), lowest, highest)
        return bounded

    exact = lengths(solve(lambda slowness: float(lengths(slowness).sum()), total))
    # Boundaries are rounded, not lengths: no sound moves by more than half a unit.
    edges = np.floor(np.cumsum(exact) + 0.5).astype(np.int64)
    edges[-1] = total
    whole = np.diff(edges, prepend=0)
    for _ in range(len(whole)):  # rounding may cross a limit by one: the sound with most room makes it good
        wrong = np.flatnonzero((whole < lowest) | (whole > highest))
        if len(wrong) == 0:
            break
        step = 1 if whole[wrong[0]] < lowest[wrong[0]] else -1
        room = whole - lowest if step > 0 else highest - whole
        whole[wrong[0]] += step
        whole[room.argmax()] -= step
    return whole
