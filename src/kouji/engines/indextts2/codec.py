"""Semantic features to codes and back to embeddings: the encoder half of MaskGCT's semantic codec.

    features (B, T, 1024) ─ConvNeXt─→ (B, T, 1024) ─nearest of 8192─→ codes (B, T), 50 per second ─→ (B, T, 1024)

Official file: amphion/MaskGCT, `semantic_codec/model.safetensors`.  The decoder half is never used.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers.linear import Linear


@dataclass(frozen=True)
class CodecConfig:
    """The published size."""

    n_codes: int = 8192
    code_dim: int = 8
    in_dim: int = 1024
    dim: int = 384
    n_units: int = 2048
    n_blocks: int = 12


class ConvNeXt(nn.Module):
    """Depthwise over 7 frames, norm, wider, GELU, back, scaled."""

    def __init__(self, dim: int, n_units: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.pwconv1 = Linear(dim, n_units)
        self.pwconv2 = Linear(n_units, dim)
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        h = self.norm(self.dwconv(x.transpose(1, 2)).transpose(1, 2))
        out: Tensor = x + self.gamma * self.pwconv2(F.gelu(self.pwconv1(h)))
        return out


class Backbone(nn.Module):
    """Convolution, ConvNeXt blocks, norm."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.embed = nn.Conv1d(config.in_dim, config.dim, 7, padding=3)
        self.norm = nn.LayerNorm(config.dim, eps=1e-6)
        self.convnext = nn.ModuleList(ConvNeXt(config.dim, config.n_units) for _ in range(config.n_blocks))
        self.final_layer_norm = nn.LayerNorm(config.dim, eps=1e-6)

    def forward(self, features: Tensor) -> Tensor:
        """(B, T, in_dim) -> (B, T, dim)."""
        x: Tensor = self.norm(self.embed(features.transpose(1, 2)).transpose(1, 2))
        for block in self.convnext:
            x = block(x)
        out: Tensor = self.final_layer_norm(x)
        return out


class Quantizer(nn.Module):
    """The nearest codebook row by angle."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.in_project = nn.Conv1d(config.in_dim, config.code_dim, 1)
        self.codebook = nn.Embedding(config.n_codes, config.code_dim)
        self.out_project = nn.Conv1d(config.code_dim, config.in_dim, 1)

    def encode(self, x: Tensor) -> Tensor:
        """(B, T, in_dim) -> codes (B, T)."""
        found = F.normalize(self.in_project(x.transpose(1, 2)).transpose(1, 2), dim=-1)
        return (found @ F.normalize(self.codebook.weight, dim=-1).T).argmax(-1)

    def embed(self, codes: Tensor) -> Tensor:
        """(B, T) -> (B, T, in_dim)."""
        rows = self.codebook(codes).transpose(1, 2)
        out: Tensor = self.out_project(rows).transpose(1, 2)
        return out


class SemanticCodec(nn.Module):
    """What of a sound is said, in 50 codes per second."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = nn.Sequential(Backbone(config), Linear(config.dim, config.in_dim))
        self.quantizer = Quantizer(config)

    def encode(self, features: Tensor) -> Tensor:
        """Normalised semantic features (B, T, in_dim) -> codes (B, T)."""
        return self.quantizer.encode(self.encoder(features))

    def embed(self, codes: Tensor) -> Tensor:
        """Codes (B, T) -> (B, T, in_dim)."""
        return self.quantizer.embed(codes)
