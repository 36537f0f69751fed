"""How long each segment is: in codes that are asked of the GPT, in frames of the regulator, in samples at the end.

A duration is met by the sample: the regulator stretches codes over any number of frames, and the last frame is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kouji.errors import InvalidInput
from kouji.types import Delivery, Timing, Utterance

from .config import CODE_RATE, HOP_LENGTH, SAMPLE_RATE
from .regulator import natural_frames

SYLLABLE_RATE = 4.5  # per second, of a reader nobody has listened to
STRETCH = (0.5, 2.0)  # what the regulator is let do
PLEASANT = (0.8, 1.25)  # what it does without a trace; beyond, other codes are drawn first
PER_CODE = SAMPLE_RATE // CODE_RATE  # 441 samples
PAUSES = {",": 0.25, "_": 0.12}  # seconds within an utterance


@dataclass(frozen=True)
class Target:
    """What one segment should come to."""

    n_samples: int | None  # None: as it comes
    speed: float = 1.0
    n_codes: int | None = None  # exactly so many

    @property
    def ideal_codes(self) -> int | None:
        """Codes of that length at the natural pace."""
        return None if self.n_samples is None else max(1, round(self.n_samples / PER_CODE))

    def frames(self, n_codes: int) -> int:
        """Mel frames for so many codes."""
        if self.n_samples is None:
            return max(1, round(natural_frames(n_codes) / self.speed))
        return -(-self.n_samples // HOP_LENGTH)

    def strain(self, n_codes: int) -> float:
        """How far so many codes are from what is pleasant: 0 within, else the logarithm of the factor beyond."""
        if self.n_samples is None or self.n_codes is not None:
            return 0.0
        factor = self.n_samples / (max(n_codes, 1) * PER_CODE)
        return max(0.0, float(np.log(factor / PLEASANT[1])), float(np.log(PLEASANT[0] / factor)))


def targets(delivery: Delivery, sizes: Sequence[int], n_pause: int) -> list[Target]:
    """One target per segment.

    Args:
        delivery: speed, duration or number of codes.
        sizes: pieces per segment; a length is shared out by them.
        n_pause: samples of silence between segments.

    Raises:
        InvalidInput: the pauses alone are longer than what is asked for.
    """
    if delivery.n_tokens is not None:
        shares = shared(delivery.n_tokens, sizes)
        if min(shares) < 1:
            raise InvalidInput(f"{delivery.n_tokens} tokens are too few for this text.", "Ask for more.")
        return [Target(n * PER_CODE, n_codes=n) for n in shares]
    if delivery.duration is None:
        return [Target(None, delivery.speed) for _ in sizes]
    n_samples = round(delivery.duration * SAMPLE_RATE) - n_pause * (len(sizes) - 1)
    parts = shared(max(n_samples, 0), sizes)
    if min(parts) < HOP_LENGTH:
        raise InvalidInput(f"{delivery.duration:.2f} s are too short for this text.", "Ask for more.")
    return [Target(n) for n in parts]


def settled(guessed: Sequence[Target], n_codes: Sequence[int]) -> list[Target]:
    """The targets, once it is known how many codes each segment came to: one factor for all of them.

    Raises:
        InvalidInput: the factor is beyond what the regulator can do.
    """
    if any(target.n_samples is None or target.n_codes is not None for target in guessed):
        return list(guessed)
    whole = sum(target.n_samples or 0 for target in guessed)
    natural = [natural_frames(n) for n in n_codes]
    factor = whole / HOP_LENGTH / sum(natural)
    if not STRETCH[0] <= factor <= STRETCH[1]:
        seconds = sum(natural) * HOP_LENGTH / SAMPLE_RATE
        raise InvalidInput(
            f"What takes {seconds:.2f} s cannot be said in {whole / SAMPLE_RATE:.2f} s.",
            f"Ask for {seconds * STRETCH[0]:.2f} to {seconds * STRETCH[1]:.2f} s, or another seed.",
        )
    return [Target(n) for n in shared(whole, natural)]


def shared(whole: int, sizes: Sequence[int]) -> list[int]:
    """Whole numbers in proportion to `sizes` that sum to `whole`."""
    ends = np.round(np.cumsum(sizes) * whole / sum(sizes)).astype(int)
    return [int(n) for n in np.diff(ends, prepend=0)]


def estimated(utterance: Utterance, pace: float) -> Timing:
    """How long it takes, judged by its syllables; nobody knows before the codes are drawn.

    Args:
        utterance: its units are counted.
        pace: syllables per second of the voice; 0: unknown.
    """
    n_syllables = sum(_syllables(unit.phonemes) for unit in utterance.units)
    pauses = sum(PAUSES.get(unit.pause, 0.0) for unit in utterance.units[:-1])
    natural = (n_syllables / (pace or SYLLABLE_RATE) + pauses) / utterance.delivery.speed
    natural = max(natural, 0.3)
    return Timing(natural, natural * STRETCH[0], natural * STRETCH[1])


def syllables(utterance: Utterance) -> int:
    """Of all units."""
    return sum(_syllables(unit.phonemes) for unit in utterance.units)


def _syllables(phonemes: Sequence[str]) -> int:
    """Each has one phoneme with a digit: tone, stress or pitch."""
    return max(1, sum(phoneme[-1:].isdigit() for phoneme in phonemes))
