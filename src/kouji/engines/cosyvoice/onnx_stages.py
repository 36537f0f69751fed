"""The stages on ONNX Runtime: what runs on a plain CPU, without torch."""

from __future__ import annotations

import math
from pathlib import Path
from threading import Lock

import numpy as np

from kouji.runtime import converted
from kouji.runtime.onnx import Cached, Graph

from .config import N_MELS, n_frames
from .render import resized_rows

START, TASK = 0, 1  # rows of llm_embedding
EDGE = 20  # tokens, see flow.EDGE
GROWTH = 256  # rows by which caches and tables grow
KEPT = 3  # tables of so many capacities; one of 512 rows takes 29 MB


def sinusoids(distances: np.ndarray, dim: int) -> np.ndarray:
    """See encoder.sinusoids."""
    angles = distances[:, None] * np.exp(np.arange(0, dim, 2) * -(math.log(10000.0) / dim))
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(len(distances), dim).astype(np.float32)


class Tables:
    """p of all distances, layer by layer, as far as an utterance has needed them; grown under way, then kept."""

    def __init__(self, weights: np.ndarray, n_heads: int) -> None:
        self._weights, self._n_heads = weights, n_heads  # (n_layers, dim, dim), with the scale of the scores
        self.n_layers, self.dim_head = len(weights), weights.shape[1] // n_heads
        self._ascending = np.zeros((len(weights), 0, weights.shape[1]), np.float32)
        self._of: dict[int, list[np.ndarray]] = {}  # the last few capacities: requests of several lengths take turns
        self._lock = Lock()

    def descending(self, capacity: int) -> list[np.ndarray]:
        """Per layer (n_heads, dim_head, capacity), distances from capacity - 1 down to 0."""
        with self._lock:
            if capacity not in self._of:
                if len(self._of) == KEPT:
                    del self._of[next(iter(self._of))]
                self._of[capacity] = self._made(capacity)
            return self._of[capacity]

    def _made(self, capacity: int) -> list[np.ndarray]:
        known = self._ascending.shape[1]
        if known < capacity:
            wave = sinusoids(np.arange(known, capacity), self._weights.shape[2])
            new = np.stack([wave @ weight.T for weight in self._weights])
            self._ascending = np.concatenate([self._ascending, new], 1)
        turned = self._ascending[:, :capacity][:, ::-1]
        heads = turned.reshape(*turned.shape[:2], self._n_heads, -1).transpose(0, 2, 3, 1)
        return list(np.ascontiguousarray(heads))


class OnnxSpeaking:
    """See stages.Speaking."""

    def __init__(self, graph: Graph, tables: Tables, embedding: np.ndarray, rows: np.ndarray, n_heads: int) -> None:
        self._tables, self._embedding = tables, embedding
        names = [f"{kind}{layer}" for layer in range(tables.n_layers) for kind in ("key", "value")]
        self._cached = Cached(graph, names, (1, n_heads, 0, tables.dim_head))
        self._n_rows = 0
        self.log_probs = self._next(rows)

    def say(self, token: int) -> None:
        """Go on with this token."""
        self.log_probs = self._next(self._embedding[token : token + 1])

    def _next(self, rows: np.ndarray) -> np.ndarray:
        self._n_rows += len(rows)
        capacity = -(-self._n_rows // GROWTH) * GROWTH
        if self._cached.grow(capacity):
            tables = self._tables.descending(capacity)
            self._cached.fix(**{f"table{layer}": table for layer, table in enumerate(tables)})
        (logits,) = self._cached(
            x=np.ascontiguousarray(rows[None]), last=np.array([self._n_rows - 1], np.int32),
            total=np.array([self._n_rows], np.int32),
        )  # fmt: skip
        shifted = logits.reshape(-1) - logits.max()
        return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)


class OnnxStages:
    """See stages.Stages."""

    def __init__(self, folder: Path, n_threads: int, device: str = "cpu") -> None:
        files = converted.checked(folder)["files"]
        graphs, tables = ([Path(name) for name in files if name.endswith(ending)] for ending in (".onnx", ".npy"))
        self._graphs = {path.stem: Graph(str(folder / path), n_threads, device=device) for path in graphs}
        self._tables = {path.stem: np.load(folder / path, mmap_mode="r") for path in tables}
        self._small = converted.tables(folder)
        if "positions" in self._tables:
            self._distances = Tables(self._tables["positions"], int(self._small["n_heads"]))

    def encode_text(self, ids: np.ndarray) -> np.ndarray:
        """See Stages, as for all that follow."""
        return self._encoded("text", self._tables["text_embedding"][ids], int(self._small["text_dim"]))

    def begin(self, text: np.ndarray, speaker: np.ndarray | None, prompt: np.ndarray) -> OnnxSpeaking:
        start, task = self._small["rows"][START], self._small["rows"][TASK]
        who = [] if speaker is None else [self._projected("lm_speaker", speaker)]
        embedding = self._tables["speech_embedding"]
        rows = np.concatenate([np.stack([start, *who]), text, task[None], embedding[prompt]])
        return OnnxSpeaking(self._graphs["lm"], self._distances, embedding, rows, int(self._small["n_heads"]))

    def speaker(self, embedding: np.ndarray) -> np.ndarray:
        return self._projected("flow_speaker", embedding)

    def encode_codes(self, codes: np.ndarray) -> np.ndarray:
        rows = self._tables["code_embedding"][np.maximum(codes, 0)]
        return self._encoded("codes", rows, int(self._small["flow_dim"]))

    def regulate(self, rows: np.ndarray, n_prompt: int, n_prompt_frames: int, n_new_frames: int) -> np.ndarray:
        prompt, new = rows[:n_prompt], rows[n_prompt:]
        edge = n_frames(EDGE)
        if len(new) > 2 * EDGE and n_new_frames > 2 * edge:
            middle = resized_rows(new[EDGE:-EDGE], n_new_frames - 2 * edge)
            frames = [resized_rows(new[:EDGE], edge), middle, resized_rows(new[-EDGE:], edge)]
        else:
            frames = [resized_rows(new, n_new_frames)]
        (mu,) = self._graphs["regulator"](frames=np.concatenate([resized_rows(prompt, n_prompt_frames), *frames])[None])
        return np.ascontiguousarray(mu[0].T)

    def velocity(
        self, x: np.ndarray, mu: np.ndarray, time: np.ndarray, speaker: np.ndarray, cond: np.ndarray
    ) -> np.ndarray:
        repeated = np.broadcast_to(speaker[:, :, None], x.shape)
        rows = np.concatenate([x, mu, repeated, cond], 1).transpose(0, 2, 1)
        (field,) = self._graphs["unet"](x=np.ascontiguousarray(rows), time=_time_sinusoids(time))
        return np.ascontiguousarray(field.transpose(0, 2, 1))

    def f0(self, mel: np.ndarray) -> np.ndarray:
        (found,) = self._graphs["f0"](mel=np.ascontiguousarray(mel)[None])
        return np.asarray(found[0])

    def mix(self, waves: np.ndarray) -> np.ndarray:
        return np.asarray(np.tanh(waves @ self._small["mixer"][0] + self._small["mixer_bias"]), np.float32)

    def decode(self, mel: np.ndarray, source: np.ndarray) -> np.ndarray:
        (samples,) = self._graphs["vocoder"](mel=np.ascontiguousarray(mel)[None], source=source[None, None])
        return np.asarray(samples[0])

    def _encoded(self, name: str, rows: np.ndarray, dim: int) -> np.ndarray:
        distances = np.arange(len(rows) - 1, -len(rows), -1)
        (encoded,) = self._graphs[name](x=np.ascontiguousarray(rows)[None], sinusoids=sinusoids(distances, dim))
        return np.asarray(encoded[0])

    def _projected(self, name: str, embedding: np.ndarray) -> np.ndarray:
        direction = embedding / max(float(np.linalg.norm(embedding)), 1e-12)
        return np.asarray(self._small[name] @ direction + self._small[f"{name}_bias"], np.float32)


def _time_sinusoids(time: np.ndarray) -> np.ndarray:
    """(B,) -> (B, 320), see unet.UNet.embed_time."""
    half = 2 * N_MELS
    angles = 1000 * time[:, None] * np.exp(np.arange(half) * -(math.log(10000.0) / (half - 1))).astype(np.float32)
    return np.concatenate([np.sin(angles), np.cos(angles)], -1).astype(np.float32)
