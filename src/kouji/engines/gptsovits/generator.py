"""Frames to samples: HiFi-GAN (arXiv 2010.05646) that hears the style once, at its beginning. """

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .config import GeneratorConfig

SLOPE, LAST_SLOPE = 0.1, 0.01  # of the leaky ReLUs


class ResBlock(nn.Module):
    """Pairs of convolutions, the first of each dilated, around which the signal goes straight on."""

    def __init__(self, dim: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(dim, dim, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2)
            for dilation in dilations
        )
        self.convs2 = nn.ModuleList(nn.Conv1d(dim, dim, kernel, padding=(kernel - 1) // 2) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim, T) -> the same."""
        for first, second in zip(self.convs1, self.convs2, strict=True):
            x = x + second(F.leaky_relu(first(F.leaky_relu(x, SLOPE)), SLOPE))
        return x


class Generator(nn.Module):
    """The vocoder of v2 to v2ProPlus, and without a style that of v4."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        widths = [config.width >> number for number in range(len(config.rates) + 1)]
        self.conv_pre = nn.Conv1d(config.n_in, config.width, 7, padding=3)
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(wide, narrow, kernel, rate, padding=(kernel - rate) // 2)
            for wide, narrow, kernel, rate in zip(widths, widths[1:], config.kernels, config.rates, strict=False)
        )
        self.resblocks = nn.ModuleList(
            ResBlock(narrow, kernel, dilations)
            for narrow in widths[1:]
            for kernel, dilations in zip(config.block_kernels, config.block_dilations, strict=True)
        )
        self.conv_post = nn.Conv1d(widths[-1], 1, 7, padding=3, bias=config.has_last_bias)
        if config.dim_style:
            self.cond = nn.Conv1d(config.dim_style, config.width, 1)

    def forward(self, z: Tensor, style: Tensor | None = None) -> Tensor:
        """z (B, n_in, T), style (B, dim_style, 1) -> (B, 1, T times all rates)."""
        x = self.conv_pre(z)
        if style is not None:
            x = x + self.cond(style)
        n = len(self.config.block_kernels)
        for number, up in enumerate(self.ups):
            x = up(F.leaky_relu(x, SLOPE))
            total = self.resblocks[n * number](x)
            for block in self.resblocks[n * number + 1 : n * (number + 1)]:
                total = total + block(x)
            x = total / n
        return torch.tanh(self.conv_post(F.leaky_relu(x, LAST_SLOPE)))
