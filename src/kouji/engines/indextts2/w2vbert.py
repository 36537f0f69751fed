"""Filterbank features to semantic features: w2v-BERT 2.0 up to its 17th layer.

    features (B, T, 160), about 50 per second ─→ hidden states (B, T, 1024)

Official file: facebook/w2v-bert-2.0, `model.safetensors` (MIT).  IndexTTS 2 reads the output of layer 17 of 24; the
seven above it are never built.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers.linear import Linear

N_LAYERS = 17  # whose output IndexTTS 2 was trained on


@dataclass(frozen=True)
class W2vBertConfig:
    """The published size."""

    in_dim: int = 160  # two frames of 80 bands
    dim: int = 1024
    n_units: int = 4096
    n_heads: int = 16
    left: int = 64  # keys further back than this share one position
    right: int = 8
    kernel: int = 31


class FeatureProjection(nn.Module):
    """Filterbank frames at the width of the encoder."""

    def __init__(self, config: W2vBertConfig) -> None:
        super().__init__()
        self.layer_norm = nn.LayerNorm(config.in_dim)
        self.projection = Linear(config.in_dim, config.dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, in_dim) -> (B, T, dim)."""
        out: Tensor = self.projection(self.layer_norm(x))
        return out


class FeedForward(nn.Module):
    """Wider, SiLU, back."""

    def __init__(self, config: W2vBertConfig) -> None:
        super().__init__()
        self.intermediate_dense = Linear(config.dim, config.n_units)
        self.output_dense = Linear(config.n_units, config.dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        out: Tensor = self.output_dense(F.silu(self.intermediate_dense(x)))
        return out


class Attention(nn.Module):
    """Attention with a learned key per distance."""

    def __init__(self, config: W2vBertConfig) -> None:
        super().__init__()
        self.n_heads, self.left, self.right = config.n_heads, config.left, config.right
        self.linear_q = Linear(config.dim, config.dim)
        self.linear_k = Linear(config.dim, config.dim)
        self.linear_v = Linear(config.dim, config.dim)
        self.linear_out = Linear(config.dim, config.dim)
        self.distance_embedding = nn.Embedding(config.left + config.right + 1, config.dim // config.n_heads)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, dim), (B, T) True = may be seen -> (B, T, dim)."""
        q, k, v = (
            layer(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for layer in (self.linear_q, self.linear_k, self.linear_v)
        )
        where = torch.arange(x.shape[1], device=x.device)
        distance = (where[None] - where[:, None]).clamp(-self.left, self.right) + self.left
        by_distance = q @ self.distance_embedding.weight.T  # (B, H, T, left + right + 1)
        scores = q @ k.transpose(2, 3) + by_distance.gather(3, distance.expand(*by_distance.shape[:2], -1, -1))
        scores = scores / math.sqrt(q.shape[-1])
        scores = scores + torch.zeros_like(mask, dtype=x.dtype).masked_fill(~mask, torch.finfo(x.dtype).min)[
            :, None, None
        ]
        out: Tensor = self.linear_out((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        return out


class Convolution(nn.Module):
    """Gated pointwise, causal depthwise, pointwise."""

    def __init__(self, config: W2vBertConfig) -> None:
        super().__init__()
        dim = config.dim
        self.n_before = config.kernel - 1
        self.layer_norm = nn.LayerNorm(dim)
        self.pointwise_conv1 = nn.Conv1d(dim, 2 * dim, 1, bias=False)
        self.depthwise_conv = nn.Conv1d(dim, dim, config.kernel, groups=dim, bias=False)
        self.depthwise_layer_norm = nn.LayerNorm(dim)
        self.pointwise_conv2 = nn.Conv1d(dim, dim, 1, bias=False)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, dim), (B, T) -> (B, T, dim)."""
        h = self.layer_norm(x).masked_fill(~mask[..., None], 0.0).transpose(1, 2)
        h = self.depthwise_conv(F.pad(F.glu(self.pointwise_conv1(h), 1), (self.n_before, 0)))
        h = F.silu(self.depthwise_layer_norm(h.transpose(1, 2)))
        out: Tensor = self.pointwise_conv2(h.transpose(1, 2)).transpose(1, 2)
        return out


class Layer(nn.Module):
    """Half a feed-forward, attention, convolution, half a feed-forward, norm."""

    def __init__(self, config: W2vBertConfig) -> None:
        super().__init__()
        self.ffn1_layer_norm = nn.LayerNorm(config.dim)
        self.ffn1 = FeedForward(config)
        self.self_attn_layer_norm = nn.LayerNorm(config.dim)
        self.self_attn = Attention(config)
        self.conv_module = Convolution(config)
        self.ffn2_layer_norm = nn.LayerNorm(config.dim)
        self.ffn2 = FeedForward(config)
        self.final_layer_norm = nn.LayerNorm(config.dim)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        x = x + self.ffn1(self.ffn1_layer_norm(x)) * 0.5
        x = x + self.self_attn(self.self_attn_layer_norm(x), mask)
        x = x + self.conv_module(x, mask)
        x = x + self.ffn2(self.ffn2_layer_norm(x)) * 0.5
        out: Tensor = self.final_layer_norm(x)
        return out


class Encoder(nn.Module):
    """The layers."""

    def __init__(self, config: W2vBertConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(config) for _ in range(N_LAYERS))


class W2vBert(nn.Module):
    """The lower 17 layers of w2v-BERT 2.0."""

    def __init__(self, config: W2vBertConfig) -> None:
        super().__init__()
        self.config = config
        self.feature_projection = FeatureProjection(config)
        self.encoder = Encoder(config)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """(B, T, in_dim), (B, T) True = may be seen -> (B, T, dim), the output of layer 17."""
        x: Tensor = self.feature_projection(features).masked_fill(~mask[..., None], 0.0)
        for layer in self.encoder.layers:
            x = layer(x, mask)
        return x
