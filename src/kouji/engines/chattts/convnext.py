"""A stack of one-dimensional ConvNeXt blocks: the body of the encoder, of both decoders and of the vocoder."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kouji.layers.linear import Linear

from .config import StackConfig

KERNEL, DILATION = 7, 2  # of the stack's depth-wise convolutions; the vocoder's are not dilated
EPS = 1e-6


class Block(nn.Module):
    """x + scale * MLP(norm(depth-wise convolution of x)), on (B, T, dim)."""

    def __init__(self, dim: int, dim_ff: int, dilation: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(
            dim, dim, KERNEL, padding=dilation * (KERNEL // 2), dilation=dilation, groups=dim
        )
        self.norm = nn.LayerNorm(dim, eps=EPS)
        self.pwconv1 = Linear(dim, dim_ff)
        self.pwconv2 = Linear(dim_ff, dim)
        self.scale = nn.Parameter(torch.empty(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        h = self.norm(self.dwconv(x.transpose(1, 2)).transpose(1, 2))
        out: Tensor = x + self.scale * self.pwconv2(F.gelu(self.pwconv1(h)))
        return out


class Stack(nn.Module):
    """Two convolutions through a bottleneck, blocks, a linear map."""

    def __init__(self, config: StackConfig) -> None:
        super().__init__()
        self.conv_in = nn.Sequential(
            nn.Conv1d(config.dim_in, config.dim_bottleneck, 3, padding=1),
            nn.GELU(),
            nn.Conv1d(config.dim_bottleneck, config.dim, 3, padding=1),
        )
        self.decoder_block = nn.ModuleList(
            Block(config.dim, 4 * config.dim, DILATION) for _ in range(config.n_layers)
        )
        self.conv_out = nn.Conv1d(config.dim, config.dim_out, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim_in, T) -> (B, dim_out, T)."""
        x = self.conv_in(x).transpose(1, 2)
        for block in self.decoder_block:
            x = block(x)
        out: Tensor = self.conv_out(x.transpose(1, 2))
        return out
