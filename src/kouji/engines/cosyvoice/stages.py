"""What the engine is built from: functions of numpy arrays, each backed by torch or by ONNX Runtime.

The same parity cases check both kinds.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Speaking(Protocol):
    """The language model within one utterance."""

    log_probs: np.ndarray  # (n_codes + 1,) of the next token; the last id is the end of speech

    def say(self, token: int) -> None:
        """Go on with this token."""
        ...


class Stages(Protocol):
    """All networks of one model."""

    def encode_text(self, ids: np.ndarray) -> np.ndarray:
        """(T_text,) int64 -> (T_text, dim)."""
        ...

    def begin(self, text: np.ndarray, speaker: np.ndarray | None, prompt: np.ndarray) -> Speaking:
        """Encoded text (T_text, dim), speaker (192,) or None, codes of the prompt (T_prompt,) int64."""
        ...

    def speaker(self, embedding: np.ndarray) -> np.ndarray:
        """(192,) -> (80,) as the flow takes it."""
        ...

    def encode_codes(self, codes: np.ndarray) -> np.ndarray:
        """(T,) int64, the prompt's first -> (T, 80)."""
        ...

    def regulate(self, rows: np.ndarray, n_prompt: int, n_prompt_frames: int, n_new_frames: int) -> np.ndarray:
        """Encoded codes (T, 80) -> mu (80, T1 + T2)."""
        ...

    def velocity(
        self, x: np.ndarray, mu: np.ndarray, time: np.ndarray, speaker: np.ndarray, cond: np.ndarray
    ) -> np.ndarray:
        """See cfm.Velocity."""
        ...

    def f0(self, mel: np.ndarray) -> np.ndarray:
        """(80, T) -> (T,) Hz."""
        ...

    def mix(self, waves: np.ndarray) -> np.ndarray:
        """Harmonics (n_samples, 9) -> source (n_samples,)."""
        ...

    def decode(self, mel: np.ndarray, source: np.ndarray) -> np.ndarray:
        """mel (80, T), source (256 T,) -> samples (256 T,)."""
        ...
