"""Mel to samples: BigVGAN v2 (22 kHz, 80 bands, 256 samples per frame).

    mel (B, 80, T) ─→ six stages of transposed convolutions and periodic activations ─→ samples (B, 256 T)

Official file: nvidia/bigvgan_v2_22khz_80band_256x, `bigvgan_generator.pt` (MIT), weight norm folded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .wavenet import Conv1d

N_TAPS = 12  # of the filters around each activation


@dataclass(frozen=True)
class BigVGANConfig:
    """The published size."""

    n_mels: int = 80
    width: int = 1536  # channels before the first stage; each stage halves them
    rates: tuple[int, ...] = (4, 4, 2, 2, 2, 2)
    rate_kernels: tuple[int, ...] = (8, 8, 4, 4, 4, 4)
    kernels: tuple[int, ...] = (3, 7, 11)
    dilations: tuple[int, ...] = (1, 3, 5)


class SnakeBeta(nn.Module):
    """x + sin(a x)^2 / b, with a and b learned per channel as logarithms."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(n_channels))
        self.beta = nn.Parameter(torch.zeros(n_channels))

    def forward(self, x: Tensor, out: Tensor) -> None:
        """(B, C, T) -> into `out` (B, C, T)."""
        torch.mul(x, self.alpha.exp().to(x.dtype)[:, None], out=out)
        scale = (1 / (self.beta.exp() + 1e-9)).to(x.dtype)[:, None]
        torch.addcmul(x, out.sin_().square_(), scale, out=out)


class Activation(nn.Module):
    """SnakeBeta at twice the rate, so that what it adds above the band is filtered away."""

    def __init__(self, n_channels: int) -> None:
        super().__init__()
        self.act = SnakeBeta(n_channels)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, C, T)."""
        B, n_channels, T = x.shape
        taps = low_pass().to(x).expand(n_channels, 1, -1)
        before, after = N_TAPS // 2 - 1, N_TAPS // 2
        padded = F.pad(x, (before, before), mode="replicate")
        fine = F.conv_transpose1d(padded, 2 * taps, stride=2, groups=n_channels)[..., 15:-15]
        # The same values beyond the ends, written where they belong instead of copied there.
        padded = x.new_empty(B, n_channels, before + 2 * T + after)
        self.act(fine, padded[..., before:-after])
        padded[..., :before] = padded[..., before : before + 1]
        padded[..., -after:] = padded[..., -after - 1 : -after]
        return F.conv1d(padded, taps, stride=2, groups=n_channels)


class Resblock(nn.Module):
    """Three pairs of dilated and plain convolutions, each after a periodic activation."""

    def __init__(self, n_channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            Conv1d(n_channels, n_channels, kernel, dilation=d, padding=d * (kernel // 2)) for d in dilations
        )
        self.convs2 = nn.ModuleList(Conv1d(n_channels, n_channels, kernel, padding=kernel // 2) for _ in dilations)
        self.activations = nn.ModuleList(Activation(n_channels) for _ in range(2 * len(dilations)))

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, T) -> (B, C, T)."""
        for i, (first, second) in enumerate(zip(self.convs1, self.convs2, strict=True)):
            h = first(self.activations[2 * i](x))
            x = x + second(self.activations[2 * i + 1](h))
        return x


class ConvTranspose1d(nn.ConvTranspose1d):
    """`nn.ConvTranspose1d`; float32 in and out also where the weights are bfloat16."""

    def forward(self, x: Tensor, output_size: list[int] | None = None) -> Tensor:
        """(B, in_channels, T) -> (B, out_channels, rate * T)."""
        return super().forward(x.to(self.weight.dtype), output_size).to(x.dtype)


class BigVGAN(nn.Module):
    """The vocoder."""

    def __init__(self, config: BigVGANConfig) -> None:
        super().__init__()
        self.config = config
        self.conv_pre = Conv1d(config.n_mels, config.width, 7, padding=3)
        self.ups = nn.ModuleList()
        self.resblocks = nn.ModuleList()
        width = config.width
        for rate, kernel in zip(config.rates, config.rate_kernels, strict=True):
            up = ConvTranspose1d(width, width // 2, kernel, rate, padding=(kernel - rate) // 2)
            self.ups.append(nn.ModuleList([up]))
            width //= 2
            self.resblocks.extend(Resblock(width, k, config.dilations) for k in config.kernels)
        self.activation_post = Activation(width)
        self.conv_post = Conv1d(width, 1, 7, padding=3, bias=False)

    @property
    def hop_length(self) -> int:
        """Samples per frame."""
        return math.prod(self.config.rates)

    def forward(self, mel: Tensor) -> Tensor:
        """Natural-log mel (B, n_mels, T) -> samples (B, hop_length * T) in [-1, 1]."""
        x = self.conv_pre(mel)
        n_kernels = len(self.config.kernels)
        for i, up in enumerate(self.ups):
            assert isinstance(up, nn.ModuleList)
            x = up[0](x)
            blocks = self.resblocks[i * n_kernels : (i + 1) * n_kernels]
            x = torch.stack([block(x) for block in blocks]).sum(0) / n_kernels
        samples: Tensor = self.conv_post(self.activation_post(x))[:, 0].clamp(-1, 1)
        return samples


@cache
def low_pass() -> Tensor:
    """(12,) Kaiser-windowed sinc that lets the lower half of the band through, sum 1.

    Source: alias_free_torch of BigVGAN: cutoff 0.25, half-width 0.3.
    """
    attenuation = 2.285 * (N_TAPS // 2 - 1) * math.pi * (4 * 0.3) + 7.95
    window = torch.kaiser_window(N_TAPS, periodic=False, beta=0.1102 * (attenuation - 8.7))
    offsets = torch.arange(-(N_TAPS // 2), N_TAPS // 2) + 0.5
    taps = 2 * 0.25 * window * torch.sinc(2 * 0.25 * offsets)
    return taps / taps.sum()
