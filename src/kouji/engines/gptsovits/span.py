"""How long it will take: an estimate before it is said, and how a wanted length is shared out and met."""

from __future__ import annotations

from dataclasses import dataclass

from kouji.audio import pace
from kouji.audio.fitting import shared
from kouji.errors import InvalidInput
from kouji.types import Delivery, Timing, Utterance

from .config import TOKEN_RATE
from .script import Piece
from .voice import Prompt

LEAST = 0.3  # seconds of one piece that can be asked for


def estimated(utterance: Utterance, prompt: Prompt, n_phones: int, n_pauses: int, interval: float) -> Timing:
    """From the pace of the prompt, or of people at large."""
    if len(prompt.phones):
        natural = n_phones * len(prompt.codes) / len(prompt.phones) / TOKEN_RATE
    else:
        natural = pace.natural(utterance.units)
    return Timing.estimated(natural / utterance.delivery.speed + n_pauses * interval)


@dataclass(frozen=True)
class Target:
    """What is wanted of one piece."""

    n_samples: int | None = None
    n_codes: int | None = None  # exactly
    about: int | None = None  # codes that would take about the wanted time


def targets(delivery: Delivery, pieces: list[Piece], n_pause: int, sample_rate: int) -> list[Target]:
    """A wanted length shared out by phones; pauses of n_pause samples lie between the pieces.

    Raises:
        InvalidInput: there is no time for so many pieces.
    """
    weights = [len(piece.phones) for piece in pieces]
    if delivery.n_tokens is not None:
        return [Target(n_codes=n) for n in shared(delivery.n_tokens, weights)]
    if delivery.duration is None:
        return [Target()] * len(pieces)
    n_samples = round(delivery.duration * sample_rate) - n_pause * (len(pieces) - 1)
    if n_samples < LEAST * sample_rate * len(pieces):
        hint = "Ask for more, or for fewer pieces (text_split_method, interval_silence)."
        raise InvalidInput(f"{delivery.duration:.2f} s are too short for {len(pieces)} pieces.", hint)
    found = []
    for n in shared(n_samples, weights):
        found.append(Target(n, about=max(1, round(n / sample_rate * TOKEN_RATE * delivery.speed))))
    return found
