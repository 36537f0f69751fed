"""Gated convolutions that hear the style in every layer, and the flow built of them. Official names.

Source: VITS (arXiv 2106.06103), modules.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class WaveNet(nn.Module):
    """So many layers of kernel 5; all skips together come out."""

    def __init__(self, dim: int, n_layers: int, dim_style: int, kernel: int = 5) -> None:
        super().__init__()
        self.dim = dim
        self.in_layers = nn.ModuleList(nn.Conv1d(dim, 2 * dim, kernel, padding=kernel // 2) for _ in range(n_layers))
        self.res_skip_layers = nn.ModuleList(
            nn.Conv1d(dim, 2 * dim if layer < n_layers - 1 else dim, 1) for layer in range(n_layers)
        )
        self.cond_layer = nn.Conv1d(dim_style, 2 * dim * n_layers, 1)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        """x (B, dim, T), style (B, dim_style, 1) -> (B, dim, T)."""
        told = self.cond_layer(style).chunk(len(self.in_layers), 1)
        skips = torch.zeros_like(x)
        for convolve, split, of_style in zip(self.in_layers, self.res_skip_layers, told, strict=True):
            wave, gate = (convolve(x) + of_style).chunk(2, 1)
            out = split(torch.tanh(wave) * torch.sigmoid(gate))
            if out.shape[1] > self.dim:
                x = x + out[:, : self.dim]
                out = out[:, self.dim :]
            skips = skips + out
        return skips


class Coupling(nn.Module):
    """One half of the channels says by how much the other is shifted."""

    def __init__(self, dim_latent: int, dim: int, n_layers: int, dim_style: int) -> None:
        super().__init__()
        self.pre = nn.Conv1d(dim_latent // 2, dim, 1)
        self.enc = WaveNet(dim, n_layers, dim_style)
        self.post = nn.Conv1d(dim, dim_latent // 2, 1)

    def shift(self, half: Tensor, style: Tensor) -> Tensor:
        """(B, dim_latent / 2, T) -> the same."""
        out: Tensor = self.post(self.enc(self.pre(half), style))
        return out


class Flow(nn.Module):
    """Four couplings, the channels turned round after each. In the official file every other number is such a turn."""

    def __init__(self, dim_latent: int, dim: int, dim_style: int, n_flows: int = 4, n_layers: int = 4) -> None:
        super().__init__()
        self.flows = nn.ModuleDict(
            {str(2 * number): Coupling(dim_latent, dim, n_layers, dim_style) for number in range(n_flows)}
        )

    def inverse(self, z: Tensor, style: Tensor) -> Tensor:
        """From the prior to the generator: z (B, dim_latent, T), style (B, dim_style, 1)."""
        for coupling in reversed(list(self.flows.values())):
            assert isinstance(coupling, Coupling)
            known, other = z.flip(1).chunk(2, 1)
            z = torch.cat([known, other - coupling.shift(known, style)], 1)
        return z
