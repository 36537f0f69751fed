"""What every training of the recipe shares: settings, checkpoints that resume to the same numbers, a log."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from kouji.drafts import whole

from .blocks import Average

Parts = dict[str, nn.Module | torch.optim.Optimizer]


def step_rng(seed: int, step: int) -> np.random.Generator:
    """The randomness of one step, a function of the seed and the step alone: a resumed run repeats nothing."""
    return np.random.default_rng([seed, step])


def learning_rate(step: int, n_steps: int, peak: float, n_warmup: int = 200, decay: float = 0.3) -> float:
    """Linear warm-up, constant, and for the last `decay` of the steps linearly down to a fiftieth."""
    left = (n_steps - step) / max(1.0, decay * n_steps)
    return peak * min(1.0, (step + 1) / n_warmup, max(0.02, left))


class Checkpoint:
    """One file that holds everything needed to go on: modules, optimisers, averages, step."""

    def __init__(self, path: Path, parts: Parts) -> None:
        self.path, self.parts = path, parts

    def save(self, step: int, averages: dict[str, torch.Tensor]) -> None:
        """Write beside the old file, then put it in its place: a killed training loses nothing."""
        state = {name: part.state_dict() for name, part in self.parts.items()}
        with whole(self.path) as draft:
            torch.save({"step": step, "averages": averages, **state}, draft)

    def load(self, averages: dict[str, torch.Tensor]) -> int:
        """Restore all parts and return the step to go on from, 0 where there is no file."""
        if not self.path.exists():
            return 0
        state = torch.load(self.path, weights_only=True)
        for name, part in self.parts.items():
            if name in state:  # a discriminator joins late
                part.load_state_dict(state[name])
        for name, value in state["averages"].items():
            averages[name].copy_(value)
        return int(state["step"])


class Log:
    """Means of the losses, printed and appended to a JSON-lines file every so many steps."""

    def __init__(self, path: Path, every: int) -> None:
        self.path, self.every = path, every
        self.sums: dict[str, list[float]] = {}
        self.started = time.perf_counter()

    def add(self, step: int, n_steps: int, losses: Mapping[str, torch.Tensor | float]) -> dict[str, float] | None:
        """Note one step; the means where a line was written."""
        for name, value in losses.items():
            self.sums.setdefault(name, []).append(float(value))
        if (step + 1) % self.every and step + 1 < n_steps:
            return None
        means = {name: round(float(np.mean(values)), 5) for name, values in self.sums.items()}
        seconds = time.perf_counter() - self.started
        self.sums, self.started = {}, time.perf_counter()
        row = {"step": step + 1, "of": n_steps, "seconds": round(seconds, 2), **means}
        with self.path.open("a") as out:
            out.write(json.dumps(row) + "\n")
        return row


def run(
    learn: Callable[[int], Mapping[str, torch.Tensor | float]],
    n_steps: int,
    checkpoint: Checkpoint,
    average: Average,
    log: Log,
    save_every: int,
    report: Callable[[dict[str, float]], None],
    stop: int | None = None,
    is_grown: bool = False,
) -> None:
    """Learn step by step, from where the checkpoint stands.

    Args:
        learn: one step; returns its losses.
        n_steps: in all.
        checkpoint: of all that learns.
        average: of the model.
        log: of the losses.
        save_every: so many steps, and at the end.
        report: called with each line of the log.
        stop: step to stop at, to go on later; None: n_steps.
        is_grown: the model could do something before the first step, so that the average is slow from there on.
    """
    last = n_steps if stop is None else stop
    for step in range(checkpoint.load(average.values), last):
        losses = learn(step)
        average.update(n_steps if is_grown else step)
        row = log.add(step, n_steps, losses)
        if row is not None:
            report(row)
        if (step + 1) % save_every == 0 or step + 1 == last:
            checkpoint.save(step + 1, average.values)
