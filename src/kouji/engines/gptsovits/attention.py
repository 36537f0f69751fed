"""Attention that knows how far apart two places are, and the encoder built of it.

Source: VITS (arXiv 2106.06103), attentions.py; relative positions after Shaw et al. (arXiv 1803.02155). Official names.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

WINDOW = 4  # frames to either side whose distance is told apart


class LayerNorm(nn.Module):
    """Over the channels of (B, dim, T)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))
        self.beta = nn.Parameter(torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim, T) -> the same."""
        return F.layer_norm(x.transpose(1, 2), self.gamma.shape, self.gamma, self.beta, 1e-5).transpose(1, 2)


class MultiHeadAttention(nn.Module):
    """From one sequence to another, or within one with relative positions, which all heads share."""

    def __init__(self, dim: int, n_heads: int, window: int = 0) -> None:
        super().__init__()
        self.n_heads, self.window = n_heads, window
        self.conv_q, self.conv_k, self.conv_v, self.conv_o = (nn.Conv1d(dim, dim, 1) for _ in range(4))
        if window:
            self.emb_rel_k = nn.Parameter(torch.zeros(1, 2 * window + 1, dim // n_heads))
            self.emb_rel_v = nn.Parameter(torch.zeros(1, 2 * window + 1, dim // n_heads))

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        """x (B, dim, T), other (B, dim, S) -> (B, dim, T)."""
        q, k, v = (
            conv(given).unflatten(1, (self.n_heads, -1)).transpose(2, 3)
            for conv, given in ((self.conv_q, x), (self.conv_k, other), (self.conv_v, other))
        )  # (B, n_heads, T or S, head_dim)
        q = q * q.shape[-1] ** -0.5
        scores = q @ k.transpose(2, 3)
        if self.window:
            scores = scores + _by_place(q @ self.emb_rel_k[0].T, scores.shape[-1])
        weights = scores.softmax(-1)
        seen = weights @ v
        if self.window:
            seen = seen + _by_distance(weights, self.window) @ self.emb_rel_v[0]
        out: Tensor = self.conv_o(seen.transpose(2, 3).flatten(1, 2))
        return out


def _distances(n: int, window: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """For each place and each distance -window … window: the other place (n, 2 * window + 1), and whether it exists."""
    others = torch.arange(n, device=device)[:, None] + torch.arange(-window, window + 1, device=device)
    return others.clamp(0, n - 1), (others >= 0) & (others < n)


def _by_place(by_distance: Tensor, n: int) -> Tensor:
    """(B, n_heads, n, 2 * window + 1) of distances -> (B, n_heads, n, n) of places, 0 where they are further."""
    window = by_distance.shape[-1] // 2
    others, exist = _distances(n, window, by_distance.device)
    spread = by_distance.new_zeros(*by_distance.shape[:-1], n)
    return spread.scatter_add(3, others.expand(by_distance.shape), by_distance * exist)


def _by_distance(by_place: Tensor, window: int) -> Tensor:
    """The other way round: (B, n_heads, n, n) -> (B, n_heads, n, 2 * window + 1)."""
    others, exist = _distances(by_place.shape[-1], window, by_place.device)
    return by_place.gather(3, others.expand(*by_place.shape[:2], *others.shape)) * exist


class FeedForward(nn.Module):
    """Two convolutions with a ReLU between them."""

    def __init__(self, dim: int, dim_ff: int, kernel: int) -> None:
        super().__init__()
        self.conv_1 = nn.Conv1d(dim, dim_ff, kernel, padding=kernel // 2)
        self.conv_2 = nn.Conv1d(dim_ff, dim, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim, T) -> the same."""
        out: Tensor = self.conv_2(torch.relu(self.conv_1(x)))
        return out


class Encoder(nn.Module):
    """Attention, norm, feed-forward, norm; so many times."""

    def __init__(self, dim: int, dim_ff: int, n_heads: int, n_layers: int, kernel: int) -> None:
        super().__init__()
        self.attn_layers = nn.ModuleList(MultiHeadAttention(dim, n_heads, WINDOW) for _ in range(n_layers))
        self.norm_layers_1 = nn.ModuleList(LayerNorm(dim) for _ in range(n_layers))
        self.ffn_layers = nn.ModuleList(FeedForward(dim, dim_ff, kernel) for _ in range(n_layers))
        self.norm_layers_2 = nn.ModuleList(LayerNorm(dim) for _ in range(n_layers))

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim, T) -> the same."""
        parts = zip(self.attn_layers, self.norm_layers_1, self.ffn_layers, self.norm_layers_2, strict=True)
        for attention, first, feed_forward, second in parts:
            x = first(x + attention(x, x))
            x = second(x + feed_forward(x))
        return x
