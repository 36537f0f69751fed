"""Sizes and weights of a parity case as networks; inputs by rule."""

from __future__ import annotations

import zlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kouji.engines.gptsovits.container import Container
from kouji.engines.gptsovits.sovits import SoVITS
from kouji.engines.gptsovits.t2s import T2S
from kouji.layers import checkpoint
from kouji_parity import SALT, Case
from kouji_parity import checkpoint as by_rule


def size(case: Case) -> str:
    """tiny | full."""
    return case.path.parent.parent.name


def version(case: Case) -> str:
    """v2 | v2Pro | …, of a folder sovits_v2."""
    return case.path.parent.name.removeprefix("sovits_")


def noise(name: str, shape: tuple[int, ...], dist: str = "normal") -> np.ndarray:
    """Standard normal, or exponential, float32 by rule."""
    rng = np.random.Generator(np.random.PCG64(zlib.crc32(f"noise:{name}".encode()) + SALT))
    drawn = rng.standard_exponential if dist == "exp" else rng.standard_normal
    return drawn(shape, dtype=np.float32)


def tensor(case: Case, name: str) -> Tensor:
    return torch.from_numpy(case[name])


def official(folder: Path, rename: checkpoint.Rename) -> dict[str, Tensor]:
    """A checkpoint by rule under our names, as `checkpoint.read` would give it."""
    named = ((checkpoint.renamed(name, rename), array) for name, array in by_rule(folder / "tensors.json").items())
    return {name: torch.from_numpy(array) for name, array in named if name is not None}


def container(folder: Path, config: dict[str, Any], version: str) -> Container:
    """A checkpoint by rule as if it had been read from a file."""
    tensors = {name: torch.from_numpy(array) for name, array in by_rule(folder / "tensors.json").items()}
    return Container(folder / "by_rule.pth", version, tensors, config)


@lru_cache(maxsize=1)
def sovits(case: Case) -> SoVITS:
    return SoVITS.from_container(container(case.path.parent, case.json("config.json"), version(case)))


@lru_cache(maxsize=1)
def t2s(case: Case) -> T2S:
    return T2S.from_container(container(case.path.parent, case.json("config.json"), ""))
