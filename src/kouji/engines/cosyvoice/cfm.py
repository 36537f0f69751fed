"""The flow solved: from noise to mel along a velocity field, ten Euler steps, with guidance.

Numpy alone: the field is a stage that comes from torch or from ONNX Runtime.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

N_STEPS = 10
GUIDANCE = 0.7  # 0 would be none

# x (B, 80, T), mu (B, 80, T), time (B,), speaker (B, 80), cond (B, 80, T) -> velocity (B, 80, T)
Velocity = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Conditions:
    """What the flow is told."""

    mu: np.ndarray  # (80, T) what is said
    speaker: np.ndarray  # (80,)
    cond: np.ndarray  # (80, T) mel of the prompt, then zeros


def cosine_schedule(n_steps: int = N_STEPS) -> np.ndarray:
    """(n_steps + 1,) float32 times from 0 to 1, closer together at first."""
    angles = np.linspace(0, 1, n_steps + 1, dtype=np.float32) * np.float32(np.pi / 2)
    return np.asarray(1 - np.cos(angles), np.float32)


def solve(
    velocity: Velocity, noise: np.ndarray, told: Conditions, times: np.ndarray, guided: np.ndarray | None = None
) -> np.ndarray:
    """Follow the flow.

    Args:
        velocity: the field.
        noise: (80, T) standard normal.
        told: the conditions.
        times: (n_steps + 1,) ascending, see `cosine_schedule`.
        guided: (n_steps,) bool: the steps that are guided, which cost twice as much; None: all.

    Returns:
        (80, T) mel.
    """
    mu, speaker, cond = (np.stack([each, np.zeros_like(each)]) for each in (told.mu, told.speaker, told.cond))
    x, time = noise.astype(np.float32), times[0]
    for step in range(len(times) - 1):
        n_rows = 2 if guided is None or guided[step] else 1
        rows = np.broadcast_to(x, (n_rows, *x.shape))
        field = velocity(rows, mu[:n_rows], np.full(n_rows, time, np.float32), speaker[:n_rows], cond[:n_rows])
        towards = field[0] if n_rows == 1 else np.float32(1 + GUIDANCE) * field[0] - np.float32(GUIDANCE) * field[1]
        pace = times[step + 1] - time
        x = x + pace * towards
        time = time + pace
    return x
