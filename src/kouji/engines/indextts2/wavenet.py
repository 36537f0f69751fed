"""The head of the flow's estimator: a WaveNet that mends what a transformer does frame by frame.

    (B, T, dim), one condition per layer ─→ 8 gated convolutions of 5 frames ─→ (B, T, dim)

Official file: s2mel.pth, `cfm.estimator.wavenet.*`, weight norm folded.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kouji.layers.linear import product

from .tiles import N_TAPS, TiledConv1d


class Conv1d(nn.Conv1d):
    """`nn.Conv1d` whose weights may be bfloat16; what comes out has the precision of what went in."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, in_channels, T) -> (B, out_channels, T'), in the precision of x."""
        return super().forward(x.to(self.weight.dtype)).to(x.dtype)


class Pointwise(Conv1d):
    """A convolution of one frame, which is a product of matrices and as such twice as fast on a CPU."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, in_channels) -> (B, T, out_channels), in the precision of x."""
        return product(x.to(self.weight.dtype), self.weight[..., 0], self.bias).to(x.dtype)


class Framewise(Conv1d):
    """A convolution of frames one after the other in memory."""

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, in_channels) -> (B, T', out_channels), in the precision of x."""
        return super().forward(x.transpose(1, 2)).transpose(1, 2)


class WaveNet(nn.Module):
    """Gated convolutions; each layer adds to the sum that is the answer."""

    def __init__(self, dim: int, n_layers: int, kernel: int) -> None:
        super().__init__()
        self.dim, self.n_layers, self.padding = dim, n_layers, kernel // 2
        self.reach = n_layers * self.padding  # frames to either side that a frame depends on
        self.cond_layer = nn.Conv1d(dim, 2 * dim * n_layers, 1)
        self.in_layers = nn.ModuleList(Framewise(dim, 2 * dim, kernel) for _ in range(n_layers))
        self.res_skip_layers = nn.ModuleList(
            Pointwise(dim, 2 * dim if i < n_layers - 1 else dim, 1) for i in range(n_layers)
        )

    def conditions(self, time: Tensor) -> Tensor:
        """Time embeddings (n, dim) -> what each layer adds, (n, n_layers, 2 dim)."""
        out: Tensor = self.cond_layer(time[..., None])[..., 0].unflatten(1, (self.n_layers, -1))
        return out

    def tile(self) -> None:
        """From now on with fewer multiplications, where the size is the published one; float32 on a CPU only."""
        convs = [conv for conv in self.in_layers if isinstance(conv, Framewise)]
        if all(conv.kernel_size == (N_TAPS,) for conv in convs):
            pairs = [(conv.weight, conv.bias) for conv in convs]
            self.in_layers = nn.ModuleList(TiledConv1d(weight, bias) for weight, bias in pairs if bias is not None)

    def forward(self, x: Tensor, conditions: Tensor) -> Tensor:
        """(B, T, dim), (n_layers, 2 dim) -> (B, T, dim)."""
        total = torch.zeros_like(x)
        for i in range(self.n_layers):
            h = self.in_layers[i](_mirrored(x, self.padding))
            h += conditions[i]
            gated = h[..., : self.dim].tanh().mul_(h[..., self.dim :].sigmoid())
            out = self.res_skip_layers[i](gated)
            if i < self.n_layers - 1:
                x = x + out[..., : self.dim]
                total += out[..., self.dim :]
            else:
                total += out
        return total


def _mirrored(x: Tensor, n: int) -> Tensor:
    """(B, T, C) -> (B, n + T + n, C), continued by reflection."""
    return torch.cat([x[:, 1 : n + 1].flip(1), x, x[:, -n - 1 : -1].flip(1)], 1)
