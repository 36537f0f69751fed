"""Logits to one code, by the release's own rules; the randomness comes in from outside.

Source: AR/models/utils.py of RVC-Boss/GPT-SoVITS (MIT).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .config import N_CODES


@dataclass(frozen=True)
class Sampling:
    """How a code is drawn. The defaults are those of the release's HTTP interface."""

    is_drawn: bool = True  # False: the most likely
    temperature: float = 1.0
    top_k: int = 15  # 0: all
    top_p: float = 1.0
    repetition_penalty: float = 1.35


def penalised(logits: np.ndarray, before: Sequence[int], penalty: float) -> np.ndarray:
    """Logits (n,) with every code that came before, the prompt's among them, made less likely once."""
    scores = logits.astype(np.float32)
    seen = np.zeros(max(len(scores), N_CODES + 1), bool)
    seen[np.asarray(before, np.int64)] = True
    return np.where(seen[: len(scores)], np.where(scores < 0, scores * penalty, scores / penalty), scores)


def probabilities(scores: np.ndarray, sampling: Sampling) -> np.ndarray:
    """Penalised logits (n,) -> (n,), zero for what is ruled out.

    Of the most likely codes those are kept that together stay within `top_p`: the one that crosses it is not.
    """
    scores = scores.copy()
    if sampling.top_p < 1:
        order = np.argsort(-scores, kind="stable")
        beyond = np.cumsum(_softmax(scores[order])) > sampling.top_p
        beyond[0] = False
        scores[order[beyond]] = -np.inf
    scores /= np.float32(max(sampling.temperature, 1e-5))
    if 0 < sampling.top_k < len(scores):
        scores[scores < np.partition(scores, -sampling.top_k)[-sampling.top_k]] = -np.inf
    return _softmax(scores)


def draw(probs: np.ndarray, exponential: np.ndarray) -> int:
    """One code: the largest of p / q, where q (n,) is drawn from the exponential distribution."""
    return int(np.argmax(probs / exponential[: len(probs)]))


def _softmax(scores: np.ndarray) -> np.ndarray:
    weights = np.exp(scores - scores.max())
    return np.asarray(weights / weights.sum(), np.float32)
