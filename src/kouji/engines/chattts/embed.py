"""Text ids and codes to rows of the GPT, and its hidden states to logits.

Official file: Embed.safetensors, whose heads are weight-normalised: folded once, when they are read.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from kouji.layers import checkpoint

from .config import N_Q, GPTConfig


class Embed(nn.Module):
    """Tables and heads."""

    def __init__(self, config: GPTConfig | None = None) -> None:
        super().__init__()
        config = config or GPTConfig()
        self.n_codes = config.n_codes
        self.emb_text = _table(config.n_text, config.dim)
        self.emb_code = _table(N_Q * config.n_codes, config.dim)
        self.head_text = nn.Linear(config.dim, config.n_text, bias=False)
        self.head_code = nn.Linear(config.dim, N_Q * config.n_codes, bias=False)

    def text(self, ids: Tensor) -> Tensor:
        """(...,) -> (..., dim)."""
        out: Tensor = self.emb_text(ids)
        return out

    def codes(self, codes: Tensor) -> Tensor:
        """(..., n_q) -> (..., dim): the sum over the streams."""
        streams = torch.arange(N_Q, device=codes.device) * self.n_codes
        out: Tensor = self.emb_code(codes + streams).sum(-2)
        return out

    def text_logits(self, hidden: Tensor) -> Tensor:
        """(B, dim) -> (B, n_text)."""
        out: Tensor = self.head_text(hidden)
        return out

    def code_logits(self, hidden: Tensor) -> Tensor:
        """(B, dim) -> (B, n_q, n_codes)."""
        logits: Tensor = self.head_code(hidden).unflatten(-1, (N_Q, self.n_codes))
        return logits


def _table(n: int, dim: int) -> nn.Embedding:
    """`nn.Embedding`, but nobody draws random numbers for it."""
    return nn.Embedding(n, dim, _weight=torch.empty(n, dim))


def folded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The published tensors -> those of `Embed`."""
    named: dict[str, Tensor] = {}
    for name, tensor in state.items():
        ours = checkpoint.renamed(name, checkpoint.PARAMETRIZED)
        assert ours is not None
        named[ours] = tensor.float()
    found = checkpoint.without_weight_norm(named)
    for table in ("emb_code", "head_code"):
        parts = [f"{table}.{stream}.weight" for stream in range(N_Q)]
        if all(part in found for part in parts):
            found[f"{table}.weight"] = torch.cat([found.pop(part) for part in parts])
    return found
