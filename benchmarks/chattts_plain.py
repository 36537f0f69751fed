"""ChatTTS's GPT as one would write it down in torch: the baseline of `benchmarks/chattts.py`.

Separate maps for query, key and value, a cache that is put together again at every step, heads whose weight norm is
computed at every step: what the official code does with its library's Llama.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kouji.engines.chattts import networks
from kouji.engines.chattts.config import N_Q
from kouji.engines.chattts.torch_stages import TorchStages
from kouji.layers import checkpoint


class PlainSpeaking:
    """See stages.Speaking."""

    def __init__(self, w: dict[str, Tensor], n_heads: int, rows: Tensor) -> None:
        self._w, self._n_heads, self._n = w, n_heads, 0
        self._past: list[tuple[Tensor, Tensor] | None] = [None] * sum("q_proj" in name for name in w)
        self.hidden = self._next(rows)

    def say(self, rows: np.ndarray) -> None:
        """Go on with one row each."""
        with torch.inference_mode():
            self.hidden = self._next(torch.from_numpy(rows)[:, None])

    def _next(self, x: Tensor) -> np.ndarray:
        n, dim = x.shape[1:]
        head = dim // self._n_heads
        speeds = 1.0 / 10000 ** (torch.arange(0, head, 2).float() / head)
        angles = torch.arange(self._n, self._n + n).float()[:, None] * speeds
        cosines, sines = torch.cat([angles, angles], -1).cos(), torch.cat([angles, angles], -1).sin()
        for layer, past in enumerate(self._past):
            h = self._norm(x, f"layers.{layer}.input_layernorm")
            q, k, v = (
                self._linear(h, f"layers.{layer}.self_attn.{name}_proj").view(1, n, self._n_heads, head).transpose(1, 2)
                for name in "qkv"
            )
            q, k = (y * cosines + torch.cat([-y[..., head // 2 :], y[..., : head // 2]], -1) * sines for y in (q, k))
            if past is not None:
                k, v = torch.cat([past[0], k], 2), torch.cat([past[1], v], 2)
            self._past[layer] = (k, v)
            heard = F.scaled_dot_product_attention(q, k, v, is_causal=n > 1).transpose(1, 2).reshape(1, n, dim)
            x = x + self._linear(heard, f"layers.{layer}.self_attn.o_proj")
            h = self._norm(x, f"layers.{layer}.post_attention_layernorm")
            gate, up = (self._linear(h, f"layers.{layer}.mlp.{name}_proj") for name in ("gate", "up"))
            x = x + self._linear(F.silu(gate) * up, f"layers.{layer}.mlp.down_proj")
        self._n += n
        found: np.ndarray = self._norm(x, "norm")[:, -1].numpy()
        return found

    def _linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self._w[f"{name}.weight"])

    def _norm(self, x: Tensor, name: str) -> Tensor:
        return self._w[f"{name}.weight"] * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class PlainStages(TorchStages):
    """See stages.Stages; the decoders and the vocoder are those of `exact`."""

    _w: dict[str, Tensor]
    _heads: dict[str, Tensor]

    @classmethod
    def from_folder(cls, folder: Path, n_threads: int) -> PlainStages:
        """Read the official files."""
        made = super().from_folder(folder, n_threads)
        assert isinstance(made, cls)
        made._w = checkpoint.read(folder / networks.FILES["gpt"])
        made._heads = checkpoint.read(folder / networks.FILES["embed"])
        return made

    @torch.inference_mode()
    def begin(self, rows: np.ndarray, mask: np.ndarray) -> PlainSpeaking:  # type: ignore[override]
        """One text at a time."""
        assert mask.all()
        return PlainSpeaking(self._w, 12, torch.from_numpy(rows))

    @torch.inference_mode()
    def text_logits(self, hidden: np.ndarray) -> np.ndarray:
        """See stages.Stages."""
        found: np.ndarray = F.linear(torch.from_numpy(hidden), self._normed("head_text")).numpy()
        return found

    @torch.inference_mode()
    def code_logits(self, hidden: np.ndarray) -> np.ndarray:
        """See stages.Stages."""
        x = torch.from_numpy(hidden)
        found: np.ndarray = torch.stack(
            [F.linear(x, self._normed(f"head_code.{stream}")) for stream in range(N_Q)], 1
        ).numpy()
        return found

    def _normed(self, name: str) -> Tensor:
        base = f"{name}.parametrizations.weight.original"
        return torch._weight_norm(self._heads[f"{base}1"], self._heads[f"{base}0"], 0)
