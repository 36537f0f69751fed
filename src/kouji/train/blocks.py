"""Layers that the acoustic model and the vocoder are both made of."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class ConvNeXt(nn.Module):
    """Depthwise convolution along time, then a two-layer network per frame, added to the input.

    Source: Z. Liu et al., "A ConvNet for the 2020s" (2022), in one dimension. With `d_condition` the
    normalisation's scale and shift come from a conditioning vector (adaptive layer norm).
    """

    def __init__(
        self, dim: int, d_inner: int, kernel_size: int = 7, dilation: int = 1, d_condition: int = 0, scale: float = 0.2
    ) -> None:
        super().__init__()
        self.conv = nn.Conv1d(
            dim, dim, kernel_size, padding=dilation * (kernel_size // 2), dilation=dilation, groups=dim
        )
        self.norm = nn.LayerNorm(dim, eps=1e-5, elementwise_affine=d_condition == 0)
        self.condition = nn.Linear(d_condition, 2 * dim) if d_condition else None
        if self.condition is not None:
            nn.init.zeros_(self.condition.weight)
            nn.init.zeros_(self.condition.bias)
        self.up = nn.Linear(dim, d_inner)
        self.down = nn.Linear(d_inner, dim)
        self.scale = nn.Parameter(torch.full((dim,), scale))

    def forward(self, x: Tensor, mask: Tensor | None = None, condition: Tensor | None = None) -> Tensor:
        """x (B, T, dim), mask (B, T, 1) 1 where there is sound, condition (B, d_condition) -> (B, T, dim)."""
        hidden = x if mask is None else x * mask
        hidden = self.norm(self.conv(hidden.transpose(1, 2)).transpose(1, 2))
        if self.condition is not None and condition is not None:
            gain, shift = self.condition(condition).unsqueeze(1).chunk(2, dim=-1)
            hidden = hidden * (1 + gain) + shift
        out: Tensor = x + self.scale * self.down(functional.gelu(self.up(hidden)))
        return out


class SpectrumDiscriminator(nn.Module):
    """Judges a picture (B, n_channels, F, T) by strided 2-D convolutions; returns scores and its inner features."""

    def __init__(self, n_channels: int, widths: tuple[int, ...], strides: tuple[tuple[int, int], ...]) -> None:
        super().__init__()
        layers, n_in = [], n_channels
        for width, stride in zip(widths, strides, strict=True):
            layers.append(nn.utils.parametrizations.weight_norm(nn.Conv2d(n_in, width, (5, 3), stride, padding=(2, 1))))
            n_in = width
        self.layers = nn.ModuleList(layers)
        self.score = nn.utils.parametrizations.weight_norm(nn.Conv2d(n_in, 1, 3, padding=1))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """(B, n_channels, F, T) -> scores (B, 1, F', T'), features of each layer."""
        features = []
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), 0.1)
            features.append(x)
        return self.score(x), features


def adversarial_loss(scores: list[Tensor]) -> Tensor:
    """What the generator wants: every score 1 (least squares)."""
    return torch.stack([((1 - s.float()) ** 2).mean() for s in scores]).mean()


def discriminator_loss(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """What the discriminators want: 1 for recordings, 0 for ours (least squares)."""
    pairs = zip(real, fake, strict=True)
    return torch.stack([((1 - r.float()) ** 2).mean() + (f.float() ** 2).mean() for r, f in pairs]).mean()


def feature_loss(real: list[Tensor], fake: list[Tensor]) -> Tensor:
    """Distance of the discriminators' inner features, each relative to the size of the real one."""
    pairs = zip(real, fake, strict=True)
    return torch.stack(
        [(r.detach().float() - f.float()).abs().mean() / (r.detach().float().abs().mean() + 1e-3) for r, f in pairs]
    ).mean()


class Average:
    """Exponential moving average of a module's parameters: what is exported."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.module, self.decay = module, decay
        self.values = {name: p.detach().clone() for name, p in module.named_parameters()}

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Move towards the present parameters; faster in the first steps."""
        decay = min(self.decay, (1 + step) / (10 + step))
        names, parameters = zip(*self.module.named_parameters(), strict=True)
        torch._foreach_lerp_([self.values[n] for n in names], [p.detach() for p in parameters], 1 - decay)
