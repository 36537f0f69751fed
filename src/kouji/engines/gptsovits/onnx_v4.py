"""The second network of v4 on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kouji.errors import BadCheckpoint
from kouji.runtime.onnx import Graph

from .config import MOST, N_MELS_V4, STEPS
from .onnx_prior import OnnxPrior


class OnnxDecoderV4:
    """See stages.DecoderV4."""

    def __init__(self, folder: Path, n_threads: int, small: dict[str, np.ndarray]) -> None:
        self._prior = OnnxPrior(folder, n_threads, small)
        self._features, self._told, self._field, self._vocoder = (
            Graph(str(folder / f"{name}.onnx"), n_threads) for name in ("features", "told", "field", "vocoder")
        )
        self._moments = {int(name.removeprefix("moments")): small[name] for name in small if name.startswith("moments")}
        if not {*STEPS} <= {*self._moments}:
            raise BadCheckpoint(f"{folder} was converted by an earlier version of Kouji.", "Convert again.")
        self._places = waves(MOST, int(small["dim_text"]))
        angles = np.arange(MOST)[:, None] * small["rates"]
        self._cos, self._sin = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)

    def frames(self, codes: np.ndarray, phones: np.ndarray, style: np.ndarray) -> np.ndarray:
        """See DecoderV4, as for what follows."""
        return self._prior.frames(codes, phones, style)

    def bridge(self, frames: np.ndarray, style: np.ndarray) -> np.ndarray:
        (found,) = self._features(frames=np.ascontiguousarray(frames)[None], style=style[None, :, None])
        return np.asarray(found[0])

    def flow(self, noise: np.ndarray, features: np.ndarray, prompt: np.ndarray, n_timesteps: int) -> np.ndarray:
        n_prompt, n = prompt.shape[1], features.shape[1]
        known, x = (np.zeros((1, n, N_MELS_V4), np.float32) for _ in range(2))
        known[0, :n_prompt], x[0, n_prompt:] = prompt.T, noise.T
        told = np.ascontiguousarray(features)[None]
        (rows,) = self._told(features=told, places=self._places[None, :n], prompt=known)
        for moment in self._moments[n_timesteps]:
            (velocity,) = self._field(
                x=x, rows=rows, moment=moment, cos=self._cos[:n], sin=self._sin[:n], n_prompt=np.array([n_prompt])
            )
            x[:, n_prompt:] += velocity / np.float32(n_timesteps)
        return np.ascontiguousarray(x[0, n_prompt:].T)

    def sound(self, mel: np.ndarray) -> np.ndarray:
        (samples,) = self._vocoder(mel=np.ascontiguousarray(mel)[None])
        return np.asarray(samples[0, 0])


def waves(n: int, dim: int) -> np.ndarray:
    """(n, dim) of places before the text blocks: all cosines, then all sines; see dit._Text."""
    angles = np.arange(n)[:, None] * 10000.0 ** (-np.arange(0, dim, 2) / dim)
    return np.concatenate([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
