"""What the engine is built from: functions of numpy arrays, each backed by torch or by ONNX Runtime.

The same parity cases check both kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from .gfsq import Projections


class Speaking(Protocol):
    """The GPT within one or several utterances."""

    hidden: np.ndarray  # (B, dim) float32 of the last position, from which the next token is told

    def say(self, rows: np.ndarray) -> None:
        """Go on with one row each, (B, dim)."""
        ...


class Stages(Protocol):
    """All networks of one model."""

    @property
    def groups(self) -> Sequence[Projections]:
        """Of the quantiser."""
        ...

    def text_rows(self, ids: np.ndarray) -> np.ndarray:
        """Text ids (...,) int64 -> (..., dim)."""
        ...

    def code_rows(self, codes: np.ndarray) -> np.ndarray:
        """Codes (..., n_q) int64 -> (..., dim)."""
        ...

    def begin(self, rows: np.ndarray, mask: np.ndarray) -> Speaking:
        """Prompts (B, T, dim), and (B, T) True where there is no padding; all padding is on the left."""
        ...

    def text_logits(self, hidden: np.ndarray) -> np.ndarray:
        """(B, dim) -> (B, n_text)."""
        ...

    def code_logits(self, hidden: np.ndarray) -> np.ndarray:
        """(B, dim) -> (B, n_q, n_codes)."""
        ...

    def hidden_to_mel(self, hidden: np.ndarray) -> np.ndarray:
        """(N, dim) -> log-mel (n_mels, 2 N)."""
        ...

    def features_to_mel(self, features: np.ndarray) -> np.ndarray:
        """What codes stand for (dim_codes, N) -> log-mel (n_mels, 2 N)."""
        ...

    def draw(self, mel: np.ndarray) -> np.ndarray:
        """Log-mel (n_mels, T) -> log-magnitudes and phases (T, 2 * 513), see vocos.py."""
        ...

    def encode(self, mel: np.ndarray) -> np.ndarray:
        """Log-mel (n_mels, T) -> what is to be quantised (dim_codes, T // 2)."""
        ...
