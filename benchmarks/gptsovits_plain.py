"""GPT-SoVITS as one would write it down: keys and values joined anew for every code, everything in torch and float32.

The baseline of benchmarks/gptsovits.py; it draws the same codes as the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from kouji.engines.gptsovits import loading, places, torch_stages, weights
from kouji.engines.gptsovits.t2s import T2S


class PlainSpeaking:
    """See kouji.engines.gptsovits.stages.Speaking; one sentence."""

    def __init__(self, t2s: T2S, rows: Tensor, mask: Tensor, n_prompt: int) -> None:
        self._t2s, self._position = t2s, n_prompt
        self._past: list[tuple[Tensor, Tensor]] = []
        self.logits = self._next(rows, mask)

    def say(self, codes: np.ndarray) -> None:
        """Go on with this code."""
        self.logits = self._next(self._t2s.audio(torch.from_numpy(codes)[:, None], self._position), None)
        self._position += 1

    def keep(self, rows: np.ndarray) -> None:
        """There is one."""

    @torch.inference_mode()
    def _next(self, x: Tensor, mask: Tensor | None) -> np.ndarray:
        now: list[tuple[Tensor, Tensor]] = []
        for number, layer in enumerate(self._t2s.layers):
            each: Any = layer
            q, k, v = each.qkv(x).chunk(3, -1)
            if self._past:
                k, v = torch.cat([self._past[number][0], k], 1), torch.cat([self._past[number][1], v], 1)
            now.append((k, v))
            q, k, v = (t.unflatten(-1, (each.n_heads, -1)).transpose(1, 2) for t in (q, k, v))
            heard = F.scaled_dot_product_attention(q, k, v, mask)
            x = each.norm1(x + each.out(heard.transpose(1, 2).flatten(2)))
            x = each.norm2(x + each.linear2(torch.relu(each.linear1(x))))
        self._past = now
        logits: np.ndarray = self._t2s.head(x[:, -1]).numpy()
        return logits


class PlainReader:
    """See kouji.engines.gptsovits.stages.Reader."""

    def __init__(self, t2s: T2S) -> None:
        self._t2s = t2s

    @torch.inference_mode()
    def begin(self, texts: Sequence[tuple[np.ndarray, np.ndarray]], prompt: np.ndarray) -> PlainSpeaking:
        """One sentence."""
        ((phones, features),) = texts
        text = self._t2s.text(torch.from_numpy(phones), torch.from_numpy(features))
        rows = torch.cat([text, self._t2s.audio(torch.from_numpy(prompt))])[None]
        mask = torch.ones(rows.shape[1], rows.shape[1], dtype=torch.bool).tril()
        mask[: len(text), : len(text)] = True
        return PlainSpeaking(self._t2s, rows, mask, len(prompt))


def parts(folder: Path, version: str, n_threads: int) -> loading.Parts:
    """All that speaks and reads."""
    torch.set_num_threads(n_threads)
    t2s, sovits = weights.pair(places.s1(folder, version), places.s2(folder, version), version, folder)
    ears = torch_stages.TorchEars(sovits, folder, places.s2(folder, version))
    meaning = torch_stages.TorchMeaning(folder, n_threads)
    return loading.Parts(PlainReader(t2s), torch_stages.TorchDecoder(sovits), ears, meaning)
