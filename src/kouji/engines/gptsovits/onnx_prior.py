"""Codes to frames on ONNX Runtime, in all versions."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kouji.runtime.onnx import Graph

WINDOW = 4  # see attention.WINDOW, which would bring torch along


class OnnxPrior:
    """The text side of the second network."""

    def __init__(self, folder: Path, n_threads: int, small: dict[str, np.ndarray]) -> None:
        self._prior, self._small = Graph(str(folder / "prior.onnx"), n_threads), small

    def frames(self, codes: np.ndarray, phones: np.ndarray, style: np.ndarray) -> np.ndarray:
        """See stages.Decoder."""
        small = self._small
        rows = np.repeat(small["codes"][codes], 2, axis=0)
        if "ge_to512" in small:
            style = np.asarray(small["ge_to512"] @ style + small["ge_to512_bias"], np.float32)
        places, exists = near(len(rows))
        phone_places, phone_exists = near(len(phones))
        (frames,) = self._prior(
            codes=rows[None], phones=small["phones"][phones][None], style=style[None, None], frame_places=places,
            frame_exists=exists, phone_places=phone_places, phone_exists=phone_exists,
        )  # fmt: skip
        return np.ascontiguousarray(frames[0].T)


def near(n: int) -> tuple[np.ndarray, np.ndarray]:
    """For each of n places those at distances -4 … 4, (n, 9), and 1 where they exist, (1, 1, n, 9)."""
    others = np.arange(n)[:, None] + np.arange(-WINDOW, WINDOW + 1)
    exists = ((others >= 0) & (others < n)).astype(np.float32)
    return np.clip(others, 0, n - 1).astype(np.int64), exists[None, None]
