"""Hidden Markov models of phonemes: which stretch of sound is which phoneme, learnt from nothing but their order.

A *state* is a mixture of diagonal Gaussians over feature vectors. An utterance is a *chain* of states from left to
right; a state lasts one frame or more, and a chain may have stretches that can be jumped over (optional silence).
`best_path` finds the likeliest timing, `Statistics` collects what the states heard on it, and that makes
the next model. The frame loops are compiled by numba; everything is deterministic and runs on one thread.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

Prepared = tuple[np.ndarray, np.ndarray, np.ndarray]  # means, half inverse variances, constants


@dataclass(frozen=True)
class Chain:
    """The states of one utterance, in order."""

    states: np.ndarray  # (n_positions,) int32, which Gaussian mixture
    jump: np.ndarray  # (n_positions,) int32, an earlier position that may be followed by this one; -1 none
    first: np.ndarray  # (n_starts,) int32, positions where the utterance may begin
    last: np.ndarray  # (n_ends,) int32, positions where it may end


@dataclass(frozen=True)
class Mixtures:
    """All states: n_components weighted Gaussians each."""

    means: np.ndarray  # (n_states, n_components, n_features) float32
    variances: np.ndarray  # the same shape
    log_weights: np.ndarray  # (n_states, n_components) float32
    log_stay: np.ndarray  # (n_states,) float32, log probability that the state goes on for another frame

    @property
    def log_leave(self) -> np.ndarray:
        """(n_states,) log probability that the next frame belongs to the next state."""
        log_leave: np.ndarray = np.log1p(-np.exp(self.log_stay))
        return log_leave.astype(np.float32)

    def prepared(self) -> Prepared:
        """What `log_likelihoods` works with."""
        half_inverse = (0.5 / self.variances).astype(np.float32)
        constants = self.log_weights - 0.5 * np.log(2 * np.pi * self.variances).sum(-1)
        return self.means, half_inverse, constants.astype(np.float32)

    def split(self, rng: np.random.Generator, offset: float = 0.3) -> Mixtures:
        """Twice the components: each becomes two, moved apart by `offset` standard deviations to a random side."""
        side = rng.choice([-1.0, 1.0], size=self.means.shape).astype(np.float32)
        step = offset * np.sqrt(self.variances) * side
        twice = [np.concatenate(pair, axis=1) for pair in
                 ((self.means - step, self.means + step), (self.variances, self.variances))]  # fmt: skip
        weights = np.concatenate([self.log_weights, self.log_weights], axis=1) - np.float32(np.log(2))
        return Mixtures(twice[0].astype(np.float32), twice[1], weights.astype(np.float32), self.log_stay)


class Statistics:
    """What every component of every state heard: count, sum and sum of squares of its frames."""

    def __init__(self, n_states: int, n_components: int, n_features: int) -> None:
        self.counts = np.zeros((n_states, n_components))
        self.sums = np.zeros((n_states, n_components, n_features))
        self.squares = np.zeros((n_states, n_components, n_features))
        self.visits = np.zeros(n_states)  # how often the state was entered

    def add(self, x: np.ndarray, states: np.ndarray, components: np.ndarray) -> None:
        """Frames x (T, n_features) that belong to `states` and their `components`, both (T,) int32."""
        _accumulate(x, states, components, self.counts, self.sums, self.squares, self.visits)

    def mixtures(self, previous: Mixtures | None, floor: np.ndarray, min_count: float = 10) -> Mixtures:
        """The model of these statistics; components that heard under `min_count` frames keep the previous one.

        Args:
            previous: the model to fall back to; None stands for one Gaussian over all frames.
            floor: (n_features,) least variance; it keeps a rare state from becoming a needle.
        """
        n = np.maximum(self.counts, 1)[..., None]
        means = self.sums / n
        variances = np.maximum(self.squares / n - means**2, floor)
        rare = self.counts < min_count
        if previous is None:
            total = max(self.counts.sum(), 1)
            overall = self.sums.sum((0, 1)) / total
            means[rare] = overall
            variances[rare] = np.maximum(self.squares.sum((0, 1)) / total - overall**2, floor)
        else:
            means[rare], variances[rare] = previous.means[rare], previous.variances[rare]
        weights = (self.counts + 1) / (self.counts + 1).sum(1, keepdims=True)
        frames_per_visit = (self.counts.sum(1) + 2) / (self.visits + 1)
        stay = np.clip(1 - 1 / np.maximum(frames_per_visit, 1.05), 0.05, 0.98)
        return Mixtures(*(a.astype(np.float32) for a in (means, variances, np.log(weights), np.log(stay))))


def best_path(
    x: np.ndarray, chain: Chain, model: Mixtures, prepared: Prepared, scale: float
) -> tuple[np.ndarray, np.ndarray] | None:
    """The likeliest way through a chain.

    Args:
        x: (T, n_features) float32.
        prepared: `model.prepared()`, made once for many chains.
        scale: weight of the sound against the transition probabilities; below 1 because neighbouring frames
            say much the same thing.

    Returns:
        Position in the chain (T,) int32 and log likelihood (T,) float32 of each frame; None if it is too short.
    """
    unique, local = np.unique(chain.states, return_inverse=True)
    likelihoods = log_likelihoods(x, unique.astype(np.int32), *prepared)
    path = _viterbi(likelihoods, local.astype(np.int32), chain.jump, chain.first, chain.last,
                    model.log_stay[chain.states], model.log_leave[chain.states], np.float32(scale))  # fmt: skip
    if path[0] < 0:
        return None
    return path, likelihoods[np.arange(len(x)), local[path]]


def best_likelihoods(x: np.ndarray, prepared: Prepared) -> np.ndarray:
    """(T,) float32: log likelihood of each frame in whichever state explains it best."""
    means, half_inverse, constants = (a.reshape(-1, a.shape[-1]) if a.ndim == 3 else a.ravel() for a in prepared)
    # (x - m)² h, multiplied out, is two matrix products: far faster than a loop when all states are asked for.
    constants = constants - (means**2 * half_inverse).sum(1)
    likelihoods: np.ndarray = x @ (2 * means * half_inverse).T - x**2 @ half_inverse.T + constants
    best: np.ndarray = likelihoods.max(1)
    return best


@numba.njit(cache=True, nogil=True, fastmath=True)
def log_likelihoods(  # pragma: no cover - compiled
    x: np.ndarray, states: np.ndarray, means: np.ndarray, half_inverse: np.ndarray, constants: np.ndarray
) -> np.ndarray:
    """(T, len(states)) float32: log likelihood of each frame in each state, by its best component."""
    n_frames, n_features = x.shape
    out = np.empty((n_frames, len(states)), np.float32)
    for j in range(len(states)):
        state = states[j]
        for t in range(n_frames):
            best = np.float32(-1e30)
            for m in range(means.shape[1]):
                total = np.float32(0)
                for d in range(n_features):
                    difference = x[t, d] - means[state, m, d]
                    total += difference * difference * half_inverse[state, m, d]
                best = max(best, constants[state, m] - total)
            out[t, j] = best
    return out


@numba.njit(cache=True, nogil=True)
def best_components(  # pragma: no cover - compiled
    x: np.ndarray, states: np.ndarray, means: np.ndarray, half_inverse: np.ndarray, constants: np.ndarray
) -> np.ndarray:
    """(T,) int32: the likeliest component of the given state of each frame."""
    out = np.zeros(len(x), np.int32)
    for t in range(len(x)):
        best = np.float32(-1e30)
        for m in range(means.shape[1]):
            total = constants[states[t], m]
            for d in range(x.shape[1]):
                difference = x[t, d] - means[states[t], m, d]
                total -= difference * difference * half_inverse[states[t], m, d]
            if total > best:
                best = total
                out[t] = m
    return out


@numba.njit(cache=True, nogil=True)
def _viterbi(  # pragma: no cover - compiled
    likelihoods: np.ndarray, local: np.ndarray, jump: np.ndarray, first: np.ndarray, last: np.ndarray,
    log_stay: np.ndarray, log_leave: np.ndarray, scale: np.float32,
) -> np.ndarray:  # fmt: skip
    n_frames, n = len(likelihoods), len(local)
    came_from = np.zeros((n_frames, n), np.uint8)  # 0 stayed, 1 next, 2 jumped
    score = np.full(n, np.float32(-1e30))
    new = np.empty(n, np.float32)
    for p in first:
        score[p] = scale * likelihoods[0, local[p]]
    for t in range(1, n_frames):
        for p in range(n):
            best, way = score[p] + log_stay[p], 0
            if p > 0 and score[p - 1] + log_leave[p - 1] > best:
                best, way = score[p - 1] + log_leave[p - 1], 1
            if jump[p] >= 0 and score[jump[p]] + log_leave[jump[p]] > best:
                best, way = score[jump[p]] + log_leave[jump[p]], 2
            new[p] = best + scale * likelihoods[t, local[p]]
            came_from[t, p] = way
        score, new = new, score
    path = np.full(n_frames, -1, np.int32)
    p = last[0]
    for q in last:
        if score[q] > score[p]:
            p = q
    if score[p] < -1e29:
        return path
    for t in range(n_frames - 1, -1, -1):
        path[t] = p
        if came_from[t, p] == 1:
            p = p - 1
        elif came_from[t, p] == 2:
            p = jump[p]
    return path


@numba.njit(cache=True, nogil=True)
def _accumulate(  # pragma: no cover - compiled
    x: np.ndarray, states: np.ndarray, components: np.ndarray,
    counts: np.ndarray, sums: np.ndarray, squares: np.ndarray, visits: np.ndarray,
) -> None:  # fmt: skip
    for t in range(len(x)):
        s, m = states[t], components[t]
        counts[s, m] += 1
        if t == 0 or states[t - 1] != s:
            visits[s] += 1
        for d in range(x.shape[1]):
            sums[s, m, d] += x[t, d]
            squares[s, m, d] += x[t, d] * x[t, d]
