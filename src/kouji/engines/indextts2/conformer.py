"""Features of a clip to context for the perceiver: the Conformer of WeNet as IndexTTS 2 uses it.

    features (B, T, 1024) ─conv2d, stride 2─→ (B, T', dim) ─blocks─→ (B, T', dim),  T' = (T - 1) // 2

Official file: gpt.pth, `conditioning_encoder.*` and `emo_conditioning_encoder.*`.  Two habits of the original are
kept: positions enter without a relative shift, and no frame is ever masked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers.linear import Linear

AT_ONCE = 64  # frames: the planes of 15 seconds at once would take a gigabyte


@dataclass(frozen=True)
class ConformerConfig:
    """The published size of the speaker's encoder; the emotion's has 4 blocks, 4 heads and 1024 units."""

    dim: int = 512
    n_units: int = 2048  # width of the feed-forward
    n_heads: int = 8
    n_blocks: int = 6
    in_dim: int = 1024  # of the semantic features


class Subsampling(nn.Module):
    """Every second frame, with what stood around it."""

    def __init__(self, in_dim: int, dim: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, dim, 3, stride=2), nn.ReLU())
        self.out = nn.Sequential(Linear(dim * ((in_dim - 1) // 2), dim))
        self.scale = math.sqrt(dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, in_dim) -> (B, (T - 1) // 2, dim)."""
        n = (x.shape[1] - 1) // 2
        starts = range(0, n, AT_ONCE)
        return torch.cat([self._some(x[:, 2 * start : 2 * min(start + AT_ONCE, n) + 1]) for start in starts], 1)

    def _some(self, x: Tensor) -> Tensor:
        planes: Tensor = self.conv(x[:, None])
        out: Tensor = self.out(planes.transpose(1, 2).flatten(2)) * self.scale
        return out


class Attention(nn.Module):
    """Attention with position scores that depend on where the key stands, not on how far away it is."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.linear_q = Linear(dim, dim)
        self.linear_k = Linear(dim, dim)
        self.linear_v = Linear(dim, dim)
        self.linear_out = Linear(dim, dim)
        self.linear_pos = Linear(dim, dim, bias=False)
        self.pos_bias_u = nn.Parameter(torch.zeros(n_heads, dim // n_heads))
        self.pos_bias_v = nn.Parameter(torch.zeros(n_heads, dim // n_heads))

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """(B, T, dim), (1, T, dim) -> (B, T, dim)."""
        q = self._heads(self.linear_q(x))
        k = self._heads(self.linear_k(x))
        v = self._heads(self.linear_v(x))
        p = self._heads(self.linear_pos(positions))
        by_content = (q + self.pos_bias_u[:, None]) @ k.transpose(2, 3)
        by_position = (q + self.pos_bias_v[:, None]) @ p.transpose(2, 3)
        weights = ((by_content + by_position) / math.sqrt(q.shape[-1])).softmax(-1)
        out: Tensor = self.linear_out((weights @ v).transpose(1, 2).flatten(2))
        return out

    def _heads(self, x: Tensor) -> Tensor:
        heads: Tensor = x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
        return heads


class Convolution(nn.Module):
    """Gated pointwise, depthwise over 15 frames, pointwise."""

    def __init__(self, dim: int, kernel: int = 15) -> None:
        super().__init__()
        self.pointwise_conv1 = nn.Conv1d(dim, 2 * dim, 1)
        self.depthwise_conv = nn.Conv1d(dim, dim, kernel, padding=kernel // 2, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.pointwise_conv2 = nn.Conv1d(dim, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        h = self.depthwise_conv(F.glu(self.pointwise_conv1(x.transpose(1, 2)), 1))
        h = F.silu(self.norm(h.transpose(1, 2)))
        out: Tensor = self.pointwise_conv2(h.transpose(1, 2)).transpose(1, 2)
        return out


class FeedForward(nn.Module):
    """Wider, SiLU, back."""

    def __init__(self, dim: int, n_units: int) -> None:
        super().__init__()
        self.w_1 = Linear(dim, n_units)
        self.w_2 = Linear(n_units, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        out: Tensor = self.w_2(F.silu(self.w_1(x)))
        return out


class Block(nn.Module):
    """Attention, convolution, feed-forward, each with its norm before it and its residual around it."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.self_attn = Attention(config.dim, config.n_heads)
        self.feed_forward = FeedForward(config.dim, config.n_units)
        self.conv_module = Convolution(config.dim)
        self.norm_ff = nn.LayerNorm(config.dim)
        self.norm_mha = nn.LayerNorm(config.dim)
        self.norm_conv = nn.LayerNorm(config.dim)
        self.norm_final = nn.LayerNorm(config.dim)

    def forward(self, x: Tensor, positions: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        x = x + self.self_attn(self.norm_mha(x), positions)
        x = x + self.conv_module(self.norm_conv(x))
        x = x + self.feed_forward(self.norm_ff(x))
        out: Tensor = self.norm_final(x)
        return out


class Conformer(nn.Module):
    """Subsampling, blocks, norm."""

    def __init__(self, config: ConformerConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = Subsampling(config.in_dim, config.dim)
        self.encoders = nn.ModuleList(Block(config) for _ in range(config.n_blocks))
        self.after_norm = nn.LayerNorm(config.dim)

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, in_dim), T >= 3 -> (B, (T - 1) // 2, dim)."""
        x = self.embed(features)
        positions = sinusoids(x.shape[1], self.config.dim).to(x)
        for block in self.encoders:
            x = block(x, positions)
        out: Tensor = self.after_norm(x)
        return out


def sinusoids(n_rows: int, dim: int) -> Tensor:
    """(1, n_rows, dim): sine and cosine in turn, base 10000."""
    rates = torch.exp(torch.arange(0, dim, 2).float() * -(math.log(10000.0) / dim))
    angles = torch.arange(n_rows).float()[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[None]
