"""Logits to probabilities to draws, in the order of the official release.

    temperature → repetition penalty → nucleus → the k best → no end yet → softmax → a draw for each row
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

WINDOW = 16  # last tokens of a row that are looked at
KEPT = 3  # tokens that no filter takes away
LIKELY = 1024  # tokens of a large vocabulary among which the nucleus is looked for first


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn."""

    temperature: float = 0.3
    top_p: float | None = 0.7  # None: no nucleus
    top_k: int | None = 20  # None: all
    repetition_penalty: float = 1.05  # 1: none


CODES = Sampling()
TEXT = Sampling(temperature=0.7, repetition_penalty=1.0)


def probabilities(
    logits: np.ndarray, said: np.ndarray, sampling: Sampling, end: int | None = None
) -> np.ndarray:
    """What is drawn from.

    Args:
        logits: (rows, n) float32.
        said: (rows, n_said) the tokens that each row has had, without any prompt.
        sampling: how.
        end: a token that must not come.

    Returns:
        (rows, n) float32; each row sums to 1.
    """
    scores = logits.astype(np.float32) / np.float32(sampling.temperature)
    if sampling.repetition_penalty != 1:
        scores = _penalised(scores, said[:, -WINDOW:], sampling.repetition_penalty)
    if sampling.top_p is not None:
        scores = _nucleus(scores, sampling.top_p)
    if sampling.top_k is not None:
        kept = min(max(sampling.top_k, KEPT), scores.shape[1])
        least = np.partition(scores, -kept, axis=1)[:, -kept, None]
        scores = np.where(scores < least, -np.inf, scores)
    if end is not None:
        scores[:, end] = -np.inf
    return softmax(scores)


def softmax(scores: np.ndarray) -> np.ndarray:
    """(rows, n) -> probabilities."""
    weights = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(weights / weights.sum(1, keepdims=True), np.float32)


def drawn(probs: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """Probabilities (rows, n), uniforms (rows,) in [0, 1) -> (rows,) int64: where the cumulated share passes them."""
    cumulated = np.cumsum(probs, 1, dtype=np.float64)
    places = (cumulated <= uniforms[:, None] * cumulated[:, -1:]).sum(1)
    return np.asarray(np.minimum(places, probs.shape[1] - 1), np.int64)


def _penalised(scores: np.ndarray, said: np.ndarray, penalty: float) -> np.ndarray:
    """The penalty to the power of how often a token was there lately."""
    rows = np.arange(len(scores))
    counts = np.zeros(scores.shape, np.float32)
    for column in said.T:
        counts[rows, column] += 1
    alpha = np.power(np.float32(penalty), counts)
    return np.where(scores < 0, scores * alpha, scores / alpha)


def _nucleus(scores: np.ndarray, top_p: float) -> np.ndarray:
    """Without the unlikeliest tokens, as long as they hold no more than 1 - top_p together."""
    probs, gone_at = softmax(scores), np.float32(1 - top_p)
    order = np.argpartition(scores, -LIKELY, 1)[:, -LIKELY:] if scores.shape[1] > LIKELY else None
    if order is None or (probs.sum(1) - np.take_along_axis(probs, order, 1).sum(1) > gone_at).any():
        order = np.broadcast_to(np.arange(scores.shape[1]), scores.shape)
    # Only the likely ones are put in order; what the others hold together is known.
    ascending = np.take_along_axis(order, np.argsort(np.take_along_axis(scores, order, 1), 1, kind="stable"), 1)
    held = np.take_along_axis(probs, ascending, 1)
    others = 1 - held.sum(1, keepdims=True) if held.shape[1] < scores.shape[1] else np.float32(0)
    stays = others + np.cumsum(held, 1, dtype=np.float32) > gone_at
    stays[:, -KEPT:] = True
    rows, columns = np.nonzero(stays)
    kept = np.full_like(scores, -np.inf)
    kept[rows, ascending[rows, columns]] = scores[rows, ascending[rows, columns]]
    return kept
