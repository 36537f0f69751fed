"""Parity cases: what the official modules computed, on weights that are made by rule.

Cases are found by listing a folder, never by a list in the code, so that others with other weights can be run:

    KOUJI_PARITY=DIR KOUJI_PARITY_SALT=N pytest -k "cosyvoice and parity"

A case is a `.npz` of inputs and expected outputs; what lies beside it (`manifest.json`, `config.json`, NAME.json,
lists of tensors) says on which sizes and weights. Anything below a folder `full` has the official size and runs
with `-m full`.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from . import rule_weights

_HERE = Path(__file__).parents[2] / "parity"
ROOT = Path(os.environ.get("KOUJI_PARITY", _HERE))
SALT = int(os.environ.get("KOUJI_PARITY_SALT", "0"))


@dataclass(frozen=True)
class Case:
    """One `.npz` below the root."""

    path: Path

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT).with_suffix(""))

    @property
    def name(self) -> str:
        return self.path.stem

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """Inputs and expected outputs."""
        with np.load(self.path) as file:
            return dict(file)

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def json(self, name: str = "") -> Any:
        """A JSON file beside the case; "": the one of the same name."""
        return json.loads((self.path.parent / (name or f"{self.name}.json")).read_text("utf-8"))

    def weights(self, tensors: str) -> dict[str, np.ndarray]:
        """A checkpoint by rule, from a list of tensors beside the case."""
        return checkpoint(self.path.parent / tensors)

    def noise(self, name: str, shape: tuple[int, ...]) -> np.ndarray:
        """Standard normal float32 by rule; uniform in [0, 1) where the name ends in "/phase"."""
        rng = np.random.Generator(np.random.PCG64(zlib.crc32(f"noise:{name}".encode()) + SALT))
        if name.endswith("/phase"):
            return rng.random(shape, dtype=np.float32)
        return rng.standard_normal(shape, dtype=np.float32)


def cases(*patterns: str) -> list[Any]:
    """The cases whose path below the root, without its ending, fits one of the patterns: "cosyvoice/*/flow_*".

    For `pytest.mark.parametrize`; cases of the official size are marked `full`.
    """
    found = sorted({path for pattern in patterns for path in ROOT.glob(f"{pattern}.npz")})
    assert found or ROOT != _HERE, f"no case fits {patterns}"
    return [
        pytest.param(case, id=f"parity-{case}", marks=[pytest.mark.full] if "full" in path.parts else [])
        for path in found
        for case in [Case(path)]
    ]


def thinned(array: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Of every axis each n-th number, so that as many are left as a case holds."""
    for axis, (n, n_kept) in enumerate(zip(array.shape, shape, strict=True)):
        step = next(step for step in range(1, n + 1) if -(-n // step) == n_kept)
        array = array.take(np.arange(0, n, step), axis)
    return array


@lru_cache(maxsize=4)
def checkpoint(tensors_json: Path) -> dict[str, np.ndarray]:
    """Every tensor of a list by rule; the last few are kept, do not write to them."""
    return rule_weights.checkpoint(tensors_json, SALT)
