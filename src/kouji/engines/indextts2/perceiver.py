"""A context of any length to a fixed number of latents, by cross attention.

    context (B, T, context_dim) ─proj─→ (B, T, dim);  latents (n_latents, dim) look at it twice ─→ (B, n_latents, dim)

Official file: gpt.pth, `perceiver_encoder.*` and `emo_perceiver_encoder.*`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers.linear import Linear

HEAD_DIM = 64


class CrossAttention(nn.Module):
    """Latents ask; latents and context answer."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q = Linear(dim, n_heads * HEAD_DIM, bias=False)
        self.to_kv = Linear(dim, 2 * n_heads * HEAD_DIM, bias=False)
        self.to_out = Linear(n_heads * HEAD_DIM, dim, bias=False)

    def forward(self, latents: Tensor, context: Tensor) -> Tensor:
        """(B, n_latents, dim), (B, T, dim) -> (B, n_latents, dim)."""
        k, v = self.to_kv(torch.cat([latents, context], 1)).chunk(2, -1)
        q, k, v = (x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for x in (self.to_q(latents), k, v))
        seen = F.scaled_dot_product_attention(q, k, v)
        out: Tensor = self.to_out(seen.transpose(1, 2).flatten(2))
        return out


class GatedGelu(nn.Module):
    """The second half of the channels gates the first."""

    def forward(self, x: Tensor) -> Tensor:
        """(..., 2 n) -> (..., n)."""
        value, gate = x.chunk(2, -1)
        return F.gelu(gate) * value


class RMSNorm(nn.Module):
    """Every vector at the same length."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.scale = dim**0.5
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim) -> (..., dim)."""
        out: Tensor = F.normalize(x, dim=-1) * self.scale * self.gamma
        return out


class Perceiver(nn.Module):
    """Two rounds of cross attention and gated feed-forward."""

    def __init__(self, dim: int, context_dim: int, n_latents: int, n_heads: int, mult: int, depth: int = 2) -> None:
        super().__init__()
        inner = int(dim * mult * 2 / 3)
        self.latents = nn.Parameter(torch.zeros(n_latents, dim))
        self.proj_context = Linear(context_dim, dim)
        self.layers = nn.ModuleList(
            nn.ModuleList(
                [
                    CrossAttention(dim, n_heads),
                    nn.Sequential(Linear(dim, 2 * inner), GatedGelu(), Linear(inner, dim)),
                ]
            )
            for _ in range(depth)
        )
        self.norm = RMSNorm(dim)

    def forward(self, context: Tensor) -> Tensor:
        """(B, T, context_dim) -> (B, n_latents, dim)."""
        context = self.proj_context(context)
        latents = self.latents.expand(len(context), -1, -1)
        for layer in self.layers:
            assert isinstance(layer, nn.ModuleList)
            latents = latents + layer[0](latents, context)
            latents = latents + layer[1](latents)
        out: Tensor = self.norm(latents)
        return out
