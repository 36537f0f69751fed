"""The stages on ONNX Runtime: what runs on a plain CPU, without torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kouji.runtime.converted import checked, tables
from kouji.runtime.onnx import Cached, Graph

from .config import N_Q
from .gfsq import GROUPS, Projections

GROWTH = 256  # positions by which a cache grows


class OnnxSpeaking:
    """See stages.Speaking. Each text has a cache of its own: none waits for another, and none needs padding."""

    def __init__(self, graph: Graph, n_layers: int, n_heads: int, rows: np.ndarray, mask: np.ndarray) -> None:
        names = [f"{kind}{layer}" for layer in range(n_layers) for kind in ("key", "value")]
        shape = (1, n_heads, 0, rows.shape[2] // n_heads)
        self._caches = [Cached(graph, names, shape) for _ in rows]
        self._n_rows = [0] * len(rows)
        prompts = [row[there] for row, there in zip(rows, mask, strict=True)]
        self.hidden = np.stack([self._next(number, prompt) for number, prompt in enumerate(prompts)])

    def say(self, rows: np.ndarray) -> None:
        """Go on with one row each, (B, dim)."""
        self.hidden = np.stack([self._next(number, row[None]) for number, row in enumerate(rows)])

    def _next(self, number: int, rows: np.ndarray) -> np.ndarray:
        self._n_rows[number] += len(rows)
        n_rows, cache = self._n_rows[number], self._caches[number]
        cache.grow(-(-n_rows // GROWTH) * GROWTH)
        (hidden,) = cache(
            x=np.ascontiguousarray(rows[None], np.float32), last=np.array([n_rows - 1], np.int32),
            total=np.array([n_rows], np.int32),
        )  # fmt: skip
        return np.array(hidden.reshape(-1))


class OnnxStages:
    """See stages.Stages."""

    def __init__(self, folder: Path, n_threads: int) -> None:
        files = checked(folder)["files"]
        self._graphs = {
            Path(name).stem: Graph(str(folder / name), n_threads) for name in files if name.endswith(".onnx")
        }
        self._text = np.load(folder / "emb_text.npy", mmap_mode="r")
        self._codes = np.load(folder / "emb_code.npy").reshape(N_Q, -1, self._text.shape[1])
        small = tables(folder)
        self._n_layers, self._n_heads = int(small["n_layers"]), int(small["n_heads"])
        parts = ("into", "into_bias", "out", "out_bias")
        self.groups = [Projections(*(small[f"{part}{number}"] for part in parts)) for number in range(GROUPS)]

    def text_rows(self, ids: np.ndarray) -> np.ndarray:
        """See Stages, as for all that follow."""
        return np.array(self._text[ids])

    def code_rows(self, codes: np.ndarray) -> np.ndarray:
        return np.asarray(self._codes[np.arange(N_Q), codes].sum(-2), np.float32)

    def begin(self, rows: np.ndarray, mask: np.ndarray) -> OnnxSpeaking:
        return OnnxSpeaking(self._graphs["gpt"], self._n_layers, self._n_heads, rows, mask)

    def text_logits(self, hidden: np.ndarray) -> np.ndarray:
        (logits,) = self._graphs["head_text"](hidden=hidden)
        return logits

    def code_logits(self, hidden: np.ndarray) -> np.ndarray:
        (logits,) = self._graphs["head_code"](hidden=hidden)
        return logits.reshape(len(hidden), N_Q, -1)

    def hidden_to_mel(self, hidden: np.ndarray) -> np.ndarray:
        return self._mel("decoder", hidden)

    def features_to_mel(self, features: np.ndarray) -> np.ndarray:
        return self._mel("dvae", features.T)

    def draw(self, mel: np.ndarray) -> np.ndarray:
        (drawn,) = self._graphs["vocoder"](mel=np.ascontiguousarray(mel.T)[None])
        return np.asarray(drawn[0])

    def encode(self, mel: np.ndarray) -> np.ndarray:
        (features,) = self._graphs["encoder"](mel=np.ascontiguousarray(mel.T)[None])
        return np.ascontiguousarray(features[0].T)

    def _mel(self, name: str, steps: np.ndarray) -> np.ndarray:
        (mel,) = self._graphs[name](steps=np.ascontiguousarray(steps, np.float32)[None])
        return np.ascontiguousarray(mel[0].T)
