"""GPT-SoVITS as one would write it down: keys and values joined anew for every code, everything in torch and float32.

The baseline of benchmarks/gptsovits.py; it draws the same codes as the engine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from kouji.engines.gptsovits import loading, places, torch_stages, weights
from kouji.engines.gptsovits.t2s import T2S


class PlainSentence:
    """See kouji.engines.gptsovits.stages.Begun."""

    def __init__(self, t2s: T2S, rows: Tensor, mask: Tensor, n_prompt: int) -> None:
        self._t2s, self._position = t2s, n_prompt
        self._past: list[tuple[Tensor, Tensor]] = []
        self.logits = self._next(rows, mask)

    def say(self, code: int) -> None:
        """Go on with this code."""
        row = self._t2s.audio(torch.tensor([code]), torch.tensor([self._position]))
        self.logits = self._next(row[None], None)
        self._position += 1

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
        logits: np.ndarray = self._t2s.head(x[0, -1]).numpy()
        return logits


class PlainSide:
    """See kouji.runtime.together.Side; one after the other."""

    def __init__(self) -> None:
        self._sentences: list[PlainSentence] = []

    def join(self, begun: PlainSentence, n_rows: int) -> None:
        """See Side, as for what follows."""
        self._sentences.append(begun)

    def leave(self, place: int) -> None:
        self._sentences[place] = self._sentences[-1]
        self._sentences.pop()

    def step(self, codes: np.ndarray) -> np.ndarray:
        for sentence, code in zip(self._sentences, codes, strict=True):
            sentence.say(int(code))
        return np.stack([sentence.logits for sentence in self._sentences])


class PlainReader:
    """See kouji.engines.gptsovits.stages.Reader."""

    n_places = 16

    def __init__(self, t2s: T2S) -> None:
        self._t2s = t2s

    @torch.inference_mode()
    def begin(self, given: tuple[np.ndarray, np.ndarray], prompt: np.ndarray) -> PlainSentence:
        """One sentence."""
        text = self._t2s.text(*map(torch.from_numpy, given))
        rows = torch.cat([text, self._t2s.audio(torch.from_numpy(prompt), torch.arange(len(prompt)))])[None]
        mask = torch.ones(rows.shape[1], rows.shape[1], dtype=torch.bool).tril()
        mask[: len(text), : len(text)] = True
        return PlainSentence(self._t2s, rows, mask, len(prompt))

    def side(self) -> PlainSide:
        """Without any sharing."""
        return PlainSide()


def parts(folder: Path, version: str, n_threads: int) -> loading.Parts:
    """All that speaks and reads."""
    torch.set_num_threads(n_threads)
    t2s, sovits = weights.pair(places.s1(folder, version), places.s2(folder, version), version, folder)
    ears = torch_stages.TorchEars(sovits, folder, places.s2(folder, version))
    meaning = torch_stages.TorchMeaning(folder, n_threads)
    return loading.Parts(PlainReader(t2s), torch_stages.TorchDecoder(sovits), ears, meaning)
