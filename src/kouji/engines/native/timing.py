"""How long each phoneme lasts: whole frames of 10 ms, shaped toward a tempo or an exact length.

A change of pace is no uniform stretch: pauses give most, then the ends of phrases, vowels, and consonants least
(`kouji.audio.pace`). At the natural pace the predicted durations stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kouji.audio import pace
from kouji.audio.mel import HOP_LENGTH, SAMPLE_RATE
from kouji.text.phonemes import PAUSES, is_vowel, split_tone
from kouji.types import Delivery, Timing

FRAME = HOP_LENGTH / SAMPLE_RATE  # seconds
EDGE = 5  # frames of silence before the first sound; the pause after the last one is the join's business
CLOSING = 12  # frames of silence after the last sound
LONGEST_TOKEN = 150  # frames
DECAY = 0.04  # seconds of quiet beside the frames of silence at the two ends: closures, breath; less in a hissing voice

# Kind -> frames below which nothing of it is heard, and how many times its natural length at most.
# A burst takes two frames, a vowel three periods of a low voice; a pause may vanish.
_LOWEST = {"edges": 2, "pauses": 1, "boundaries": 4, "vowels": 3, "consonants": 2}
_HIGHEST = {"edges": 1.0, "pauses": 6.0, "boundaries": 3.5, "vowels": 3.0, "consonants": 2.0}


def natural(mean: np.ndarray) -> np.ndarray:
    """Predicted mean frames (N,) -> whole frames whose sums stay with them; silence at the ends is kept short."""
    mean = np.minimum(mean, LONGEST_TOKEN)
    mean[0], mean[-1] = EDGE, CLOSING
    edges = np.round(np.cumsum(mean)).astype(np.int64)
    durations = np.diff(edges, prepend=0)
    durations[durations < 1] = 1
    return durations


def asked(frames: np.ndarray, names: Sequence[str], delivery: Delivery, tempo: float) -> np.ndarray:
    """Natural frames (N,) -> those of the delivery: its tokens, else its duration, else a tempo (2 is twice as fast).

    Where a length is out of reach it is the nearest that is not; `reach` tells which are.
    """
    if delivery.n_tokens is not None:
        total = delivery.n_tokens
    elif delivery.duration is not None:
        total = round(delivery.duration / FRAME)
    elif tempo != 1:
        total = round(int(frames.sum()) / tempo)
    else:
        return frames
    kinds = kinds_of(names)
    return pace.shaped(frames, np.array([pace.ELASTICITY[kind] for kind in kinds]), total, *_limits(frames, kinds))


def respread(x: np.ndarray, frames: np.ndarray, durations: np.ndarray) -> np.ndarray:
    """Values of each frame, said at the natural pace, at another: each token keeps its course over its new frames.

    Understood better than networks that are asked for lengths which few of their recordings had: a Mandarin sentence
    at 0.8 times its length loses 2 points of toned syllables instead of 4 (`benchmarks/duration.py`).

    Args:
        x: (T, …) float32, T the sum of `frames`.
        frames: (N,) of each token in `x`.
        durations: (N,) wanted.

    Returns:
        (sum of durations, …) float32; what lies between two frames is interpolated.
    """
    starts, token = np.cumsum(frames) - frames, np.repeat(np.arange(len(durations)), durations)
    within = np.arange(len(token)) - (np.cumsum(durations) - durations)[token]
    last = frames[token] - 1
    at = np.clip((within + 0.5) / durations[token] * frames[token] - 0.5, 0, last)
    low = np.floor(at).astype(np.int64)
    part = (at - low).astype(np.float32).reshape(-1, *[1] * (x.ndim - 1))
    first, second = starts[token] + low, starts[token] + np.minimum(low + 1, last)
    spread: np.ndarray = x[first] * (1 - part) + x[second] * part
    return spread


def reach(frames: np.ndarray, names: Sequence[str], delivery: Delivery, tempo: float) -> Timing:
    """What can be had of an utterance; `parts` and `quiet` are of the length that the delivery asks for."""
    kinds = kinds_of(names)
    lowest, highest = _limits(frames, kinds)
    at_tempo = asked(frames, names, Delivery(), tempo)
    shaped = asked(frames, names, delivery, tempo)
    parts = {kind: FRAME * int(shaped[kinds == kind].sum()) for kind in pace.ELASTICITY}
    return Timing(
        FRAME * int(at_tempo.sum()), FRAME * int(lowest.sum()), FRAME * int(highest.sum()), parts,
        parts["edges"] + DECAY,
    )  # fmt: skip


def kinds_of(names: Sequence[str]) -> np.ndarray:
    """(N,) the kind of each token, see `pace.ELASTICITY`."""
    kinds, ends_phrase = [], False
    for name in reversed(names):
        if name in PAUSES:
            kinds.append("pauses")
            ends_phrase = True
        elif is_vowel(split_tone(name)[0]):
            kinds.append("boundaries" if ends_phrase else "vowels")
            ends_phrase = False
        else:
            kinds.append("consonants")
    kinds[0] = kinds[-1] = "edges"
    return np.array(kinds[::-1])


def _limits(frames: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    lowest = np.minimum(frames, [_LOWEST[kind] for kind in kinds])
    highest = np.minimum(np.ceil(frames * [_HIGHEST[kind] for kind in kinds]), 2 * LONGEST_TOKEN).astype(np.int64)
    return lowest, np.maximum(highest, frames)
