"""Logits to codes: the most likely, or drawn; one sequence, or several beams that compete.

All randomness is Gumbel noise that the caller hands in: the largest of log p + noise is a draw from p, the k largest
are k draws without replacement.  Order and habits are those of the release (transformers 4.52).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

FAKE_PROMPT = 1  # the id that the release puts where the prompt stands; so code 1 is penalised from the start
NEVER = -np.inf

Noise = Callable[[int], np.ndarray]  # number of classes -> (n,) Gumbel noise; called once per step
Step = Callable[[np.ndarray, int, np.ndarray], np.ndarray]
"""(B,) last codes, how many codes there are after the start, (B,) the beam each continues -> (B, n_codes) logits."""


@dataclass(frozen=True)
class Sampling:
    """How a code is chosen. The defaults are those of the release."""

    is_drawn: bool = True  # False: the most likely
    temperature: float = 0.8
    top_k: int = 30  # 0: all
    top_p: float = 0.8
    repetition_penalty: float = 10.0
    n_beams: int = 3
    length_penalty: float = 0.0


@dataclass(frozen=True)
class Limits:
    """Where a sequence may and must end."""

    start: int
    stop: int
    longest: int  # codes, the stop included
    shortest: int = 0  # codes before a stop is allowed
    never: tuple[int, ...] = ()  # codes that are no sound; the release draws them at times, and fails

    def applied(self, scores: np.ndarray, length: int) -> None:
        """Take from scores (n_codes,) what may not follow `length` codes."""
        scores[list(self.never)] = NEVER
        if length < self.shortest:
            scores[self.stop] = NEVER


def generate(step: Step, sampling: Sampling, limits: Limits, noise: Noise) -> np.ndarray:
    """Codes (N,) without start and stop."""
    if sampling.n_beams == 1:
        return _one(step, sampling, limits, noise)
    return _beams(step, sampling, limits, noise)


def _one(step: Step, sampling: Sampling, limits: Limits, noise: Noise) -> np.ndarray:
    history = [FAKE_PROMPT, limits.start]
    while len(history) - 2 < limits.longest:
        logits = step(np.array(history[-1:]), len(history) - 2, np.zeros(1, np.int64))[0].astype(np.float32)
        scores = _penalised(logits, history, sampling.repetition_penalty)
        limits.applied(scores, len(history) - 2)
        if sampling.is_drawn:
            scores = _log_softmax(_narrowed(scores, sampling, 1)) + noise(len(scores))
        code = int(scores.argmax())
        if code == limits.stop:
            break
        history.append(code)
    return np.array(history[2:], np.int64)


def _beams(step: Step, sampling: Sampling, limits: Limits, noise: Noise) -> np.ndarray:
    """Beam search; see `_Finished` for when it ends."""
    n = sampling.n_beams
    histories = [[FAKE_PROMPT, limits.start] for _ in range(n)]
    totals = np.array([0.0] + [-1e9] * (n - 1), np.float32)
    sources = np.arange(n)
    finished = _Finished(n, sampling.length_penalty)
    for length in range(limits.longest):
        last = np.array([history[-1] for history in histories])
        logits = step(last, length, sources).astype(np.float32)
        scores = np.stack([_log_softmax(row) for row in logits])
        for row, history in zip(scores, histories, strict=True):
            row[:] = _penalised(row, history, sampling.repetition_penalty)
            limits.applied(row, length)
            if sampling.is_drawn:
                row[:] = _narrowed(row, sampling, 2)
        scores += totals[:, None]
        ranked = _candidates(scores.reshape(-1), 2 * n, noise if sampling.is_drawn else None)
        n_codes = scores.shape[1]
        going: list[tuple[int, int, float]] = []  # beam, code, score
        for rank, flat in enumerate(ranked):
            beam, code, score = int(flat) // n_codes, int(flat) % n_codes, float(scores.reshape(-1)[flat])
            if code != limits.stop:
                going.append((beam, code, score))
            elif rank < n:
                finished.add(histories[beam][2:], score, length + 1)
            if len(going) == n:
                break
        if finished.is_done(float(scores.reshape(-1)[ranked].max()), length + 1):
            return finished.best()
        sources = np.array([beam for beam, _, _ in going])
        histories = [[*histories[beam], code] for beam, code, _ in going]
        totals = np.array([score for _, _, score in going], np.float32)
    for history, total in zip(histories, totals, strict=True):
        finished.add(history[2:], float(total), limits.longest)
    return finished.best()


class _Finished:
    """The best sequences that came to a stop."""

    def __init__(self, size: int, length_penalty: float) -> None:
        self._size, self._length_penalty = size, length_penalty
        self._kept: list[tuple[float, list[int]]] = []

    def add(self, codes: list[int], total: float, length: int) -> None:
        """Keep a sequence of `length` codes, its stop included, while it is among the best."""
        score = total / length**self._length_penalty
        if len(self._kept) < self._size or score > min(self._kept)[0]:
            self._kept.append((score, codes))
            if len(self._kept) > self._size:
                self._kept.remove(min(self._kept, key=lambda kept: kept[0]))

    def is_done(self, best: float, length: int) -> bool:
        """Whether nothing that is still going can become better than the worst that is kept."""
        full = len(self._kept) >= self._size
        return full and min(self._kept)[0] >= best / length**self._length_penalty

    def best(self) -> np.ndarray:
        """Codes (N,)."""
        return np.array(max(self._kept, key=lambda kept: kept[0])[1], np.int64)


def _candidates(scores: np.ndarray, n: int, noise: Noise | None) -> np.ndarray:
    """The n best of the scores, or n that are drawn; best first."""
    keys = scores if noise is None else _log_softmax(scores) + noise(len(scores))
    found = np.argpartition(-keys, n)[:n]
    order = np.argsort(-scores[found], kind="stable")
    ranked: np.ndarray = found[order]
    return ranked


def _penalised(scores: np.ndarray, history: list[int], penalty: float) -> np.ndarray:
    """What was there before becomes less likely."""
    scores = scores.copy()
    if penalty != 1:
        seen = np.unique(history)
        scores[seen] = np.where(scores[seen] < 0, scores[seen] * penalty, scores[seen] / penalty)
    return scores


def _narrowed(scores: np.ndarray, sampling: Sampling, n_kept: int) -> np.ndarray:
    """Temperature, then the top k, then the likeliest that together make p; at least `n_kept` remain."""
    scores = scores / np.float32(sampling.temperature)
    if sampling.top_k > 0:
        k = min(max(sampling.top_k, n_kept), len(scores))
        scores[scores < np.partition(scores, -k)[-k]] = NEVER
    if sampling.top_p < 1:
        # Only what top-k left has any probability; sorting the rest would change nothing.
        alive = np.flatnonzero(scores > NEVER)
        ascending = alive[np.argsort(scores[alive], kind="stable")]
        total = np.cumsum(np.exp(_log_softmax(scores[ascending])))
        dropped = total <= 1 - sampling.top_p
        dropped[-n_kept:] = False
        scores[ascending[dropped]] = NEVER
    return scores


def _log_softmax(scores: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        shifted = scores - scores.max()
        result: np.ndarray = shifted - np.log(np.exp(shifted).sum())
    return result
