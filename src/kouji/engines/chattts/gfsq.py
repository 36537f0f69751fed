"""The quantiser: four streams of codes, each one of 625, by rounding.

The channels are two groups; each is projected to four axes and rounded twice, the second time what the first left
over, four times finer. Nothing here is learnt but the projections.

Source: grouped residual finite scalar quantisation of lucidrains/vector-quantize-pytorch (MIT). Its arithmetic changed
between releases and the official code names none, so that one code means different sounds; the weights were trained
with the first rule (up to 1.18.0), which is the usual one here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GROUPS, DEPTH = 2, 2
LEVELS = (5, 5, 5, 5)
N_CODES = 625
HALF = 2  # levels on either side of the middle
_PLACES = 5 ** np.arange(len(LEVELS))


@dataclass(frozen=True)
class Rule:
    """How one line of releases of the library rounds."""

    finer: float = 0.25  # scale of the second rounding
    bounded_first: bool = True  # the input is bent into the range before anything is rounded
    clamped: bool = False  # bent by a softer curve, levels by floor


# Releases of the library: up to 1.18.0, 1.18.5 to 1.25, from 1.26.
RULES = {"1.18.0": Rule(), "1.18.5": Rule(bounded_first=False), "1.26": Rule(0.2, False, True)}
USUAL = RULES["1.18.0"]
SOFT = 1.25


@dataclass(frozen=True)
class Projections:
    """The linear maps of one group."""

    into: np.ndarray  # (4, dim)
    into_bias: np.ndarray  # (4,)
    out: np.ndarray  # (dim, 4)
    out_bias: np.ndarray  # (dim,)


def encode(features: np.ndarray, groups: Sequence[Projections], rule: Rule = USUAL) -> np.ndarray:
    """Features (dim, T) -> codes (4, T) int64: first group coarse and fine, then the second."""
    codes = []
    for part, group in zip(np.split(features, GROUPS), groups, strict=True):
        rest = (part.T @ group.into.T + group.into_bias).astype(np.float32)
        if rule.bounded_first:
            rest = _bent(rest)
        elif rule.clamped:
            rest = np.tanh(rest / np.float32(SOFT)) * np.float32(SOFT)
        for depth in range(DEPTH):
            scale = np.float32(rule.finer**depth)
            rounded = _rounded(rest / scale, rule)
            codes.append(((HALF * rounded + HALF).astype(np.int64) * _PLACES).sum(1))
            rest = rest - rounded * scale
    return np.stack(codes)


def decode(codes: np.ndarray, groups: Sequence[Projections], rule: Rule = USUAL) -> np.ndarray:
    """Codes (4, T) -> features (dim, T)."""
    features = []
    for streams, group in zip(np.split(codes, GROUPS), groups, strict=True):
        point = sum(_point(stream) * np.float32(rule.finer**depth) for depth, stream in enumerate(streams))
        features.append((point @ group.out.T + group.out_bias).T)
    return np.concatenate(features).astype(np.float32)


def _point(codes: np.ndarray) -> np.ndarray:
    """Codes (T,) -> (T, 4) from -1 to 1."""
    levels = codes[:, None] // _PLACES % LEVELS
    return np.asarray((levels - HALF) / HALF, np.float32)


def _bent(z: np.ndarray) -> np.ndarray:
    return np.asarray(np.tanh(z) * np.float32(HALF * (1 + 1e-3)), np.float32)


def _rounded(z: np.ndarray, rule: Rule) -> np.ndarray:
    """To the nearest of -1, -0.5, 0, 0.5, 1."""
    if rule.clamped:
        share = (np.clip(z, -1, 1) + 1) / 2
        return np.asarray((np.floor(share * (LEVELS[0] - 1) + 0.5) - HALF) / HALF, np.float32)
    return np.asarray(np.round(_bent(z)) / HALF, np.float32)
