"""Codes and what the GPT thought of them to one condition per mel frame.

    latent (B, N, 1280) ─projection─→ (B, N, 1024) + code embedding ─┐
                                          nearest, to any n_frames   ┴→ convolutions ─→ (B, n_frames, 512)

Official file: s2mel.pth, `gpt_layer.*` and `length_regulator.*`.  The number of frames is free: this is where a
duration is met to the frame.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from kouji.layers.linear import Linear


@dataclass(frozen=True)
class RegulatorConfig:
    """The published size."""

    in_dim: int = 1024
    dim: int = 512
    n_convolutions: int = 4


def latent_projection(gpt_dim: int = 1280, dim: int = 1024) -> nn.Sequential:
    """Three maps in a row without anything between them, as they were trained (official name: gpt_layer)."""
    return nn.Sequential(Linear(gpt_dim, 256), Linear(256, 128), Linear(128, dim))


def natural_frames(n_codes: int) -> int:
    """Mel frames of so many codes at the official pace.

    Codes come at 50 Hz, frames at 22050 / 256 = 86.13 Hz: 1.7227 per code. The release multiplies by 1.72 and
    truncates; the exact ratio would make speech 0.15 % slower and break parity.
    """
    return n_codes * 172 // 100


class LengthRegulator(nn.Module):
    """Stretch, then smooth."""

    def __init__(self, config: RegulatorConfig) -> None:
        super().__init__()
        self.config = config
        self.content_in_proj = Linear(config.in_dim, config.dim)
        layers: list[nn.Module] = []
        for _ in range(config.n_convolutions):
            layers += [nn.Conv1d(config.dim, config.dim, 3, padding=1), nn.GroupNorm(1, config.dim), nn.Mish()]
        self.model = nn.Sequential(*layers, nn.Conv1d(config.dim, config.dim, 1))

    def forward(self, x: Tensor, n_frames: int) -> Tensor:
        """(B, N, in_dim) -> (B, n_frames, dim)."""
        n = x.shape[1]
        source = torch.arange(n_frames, device=x.device) * n // n_frames
        stretched = self.content_in_proj(x)[:, source]
        out: Tensor = self.model(stretched.transpose(1, 2)).transpose(1, 2)
        return out
