"""Repetition-aware sampling of speech tokens, from uniforms that come in from outside.

Source: "VALL-E 2" (arXiv 2406.05370), as FunAudioLLM/CosyVoice has it since 2026-02: a rejected token cannot return.
"""

from __future__ import annotations

import numpy as np

TOP_P = 0.8
TOP_K = 25
WINDOW = 10  # last tokens that are looked at
TOLERANCE = 0.1  # share of the window that one token may take


def nucleus(log_probs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The likeliest tokens, until they hold `TOP_P` or are `TOP_K`: ids (N,) and probabilities."""
    probs = _softmax(log_probs)
    order = np.argsort(-probs, kind="stable")[:TOP_K]
    before = np.cumsum(probs[order], dtype=np.float32) - probs[order]
    kept = order[before < TOP_P]
    return kept, probs[kept]


def draw(probs: np.ndarray, uniform: float) -> int:
    """The first place at which the cumulative probability exceeds the uniform."""
    cumulated = np.cumsum(probs, dtype=np.float64)
    place = int(np.searchsorted(cumulated / cumulated[-1], uniform, side="right"))
    return min(place, len(probs) - 1)


def repetition_aware(log_probs: np.ndarray, said: list[int], uniforms: np.ndarray) -> int:
    """One token.

    Args:
        log_probs: (n_codes + 1,); -inf for what must not come.
        said: tokens of this utterance so far, without the prompt's.
        uniforms: (2,) in [0, 1): for the nucleus, and for a second draw where the first repeats itself.
    """
    kept, probs = nucleus(log_probs)
    token = int(kept[draw(probs, uniforms[0])])
    if said[-WINDOW:].count(token) < WINDOW * TOLERANCE:
        return token
    others = log_probs.copy()
    others[token] = -np.inf
    return draw(_softmax(others), uniforms[1])


def _softmax(log_probs: np.ndarray) -> np.ndarray:
    weights = np.exp(log_probs - log_probs.max())
    return np.asarray(weights / weights.sum())
