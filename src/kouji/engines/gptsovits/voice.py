"""What is kept of a voice, or of a clip whose manner is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kouji.engines.contract import Conditioning

from .config import DIM_BERT


@dataclass(frozen=True)
class Prompt:
    """What the first network goes on from: a clip's codes, and what is said in it."""

    codes: np.ndarray  # (T,) int64
    phones: np.ndarray  # (L,) int64
    features: np.ndarray  # (1024, L)

    @classmethod
    def none(cls) -> Prompt:
        """Nothing: it starts from the text alone."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((DIM_BERT, 0), np.float32))


@dataclass(frozen=True)
class Voice:
    """A voice as it is kept."""

    style: np.ndarray  # (dim_style,) timbre
    prompt: Prompt
    mel: np.ndarray  # (100, T) of the clip, for v4; (100, 0) where none is needed

    def arrays(self) -> Mapping[str, np.ndarray]:
        """By name, to be stored."""
        prompt = self.prompt
        return {
            "style": self.style, "codes": prompt.codes, "phones": prompt.phones, "features": prompt.features,
            "mel": self.mel,
        }  # fmt: skip

    @classmethod
    def of(cls, conditioning: Conditioning) -> Voice:
        """From what is stored."""
        a = conditioning.arrays
        return cls(a["style"], Prompt(a["codes"], a["phones"], a["features"]), a["mel"])
