"""CosyVoice's networks in torch as one would write them down: the baseline of benchmarks/cosyvoice.py.

What depends on positions alone is computed again for every token and all distances, and the cache of keys and values
is joined anew at every step. All else is the engine's own torch code.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kouji.engines.cosyvoice.encoder import Encoder, KVCache
from kouji.engines.cosyvoice.torch_stages import TorchSpeaking, TorchStages


class JoinedCache(KVCache):
    """Keys and values, joined with the new ones."""

    def extended(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """See KVCache."""
        old = self._pairs[layer]
        pair = (key, value) if old is None else (torch.cat([old[0], key], 2), torch.cat([old[1], value], 2))
        self._pairs[layer] = pair
        return pair


class PlainSpeaking(TorchSpeaking):
    """One row at a time, with the whole table of positions each time."""

    def __init__(self, lm: Any, rows: Tensor) -> None:
        self._narrowed = nullcontext
        self._lm, self._cache = lm, JoinedCache(lm.config.lm.n_layers)
        self.log_probs = self._next(rows)

    def _next(self, rows: Tensor) -> np.ndarray:
        n_keys = self._cache.n_rows + len(rows)
        encoder: Encoder = self._lm.llm
        with torch.inference_mode():
            distances = torch.arange(n_keys - 1, -n_keys, -1)
            encoder._tables = [layer.self_attn.positions(distances) for layer in encoder.encoders]  # type: ignore[operator,union-attr]
            return super()._next(rows)


class PlainStages(TorchStages):
    """See stages.Stages."""

    @torch.inference_mode()
    def begin(self, text: np.ndarray, speaker: np.ndarray | None, prompt: np.ndarray) -> PlainSpeaking:
        """See Stages."""
        who = None if speaker is None else self._tensor(speaker)
        return PlainSpeaking(self._lm, self._lm.rows(self._tensor(text), who, self._tensor(prompt)))
