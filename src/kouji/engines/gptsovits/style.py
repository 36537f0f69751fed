"""A spectrogram to the style it is spoken in: one vector. Official names (`ref_enc`).

Source: StyleSpeech (arXiv 2106.03153), as GPT-SoVITS has it.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

N_BINS = 704  # of the 1025 of a spectrogram, from below: up to 11 kHz
DIM, N_HEADS, KERNEL = 128, 2, 5


class _Projection(nn.Module):
    """The official file keeps each linear map within a module of its own."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.fc = nn.Linear(n_in, n_out)

    def forward(self, x: Tensor) -> Tensor:
        """(..., n_in) -> (..., n_out)."""
        out: Tensor = self.fc(x)
        return out


class _Gated(nn.Module):
    """One convolution of twice the width, half of which opens the other."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.ModuleDict({"conv": nn.Conv1d(DIM, 2 * DIM, KERNEL, padding=KERNEL // 2)})

    def forward(self, x: Tensor) -> Tensor:
        """(B, DIM, T) -> the same."""
        wave, gate = self.conv1["conv"](x).chunk(2, 1)
        out: Tensor = x + wave * torch.sigmoid(gate)
        return out


class _Attention(nn.Module):
    """Over time. Its scores are divided by the root of all heads' width together, as in the release."""

    def __init__(self) -> None:
        super().__init__()
        self.w_qs, self.w_ks, self.w_vs, self.fc = (nn.Linear(DIM, DIM) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, DIM) -> the same."""
        q, k, v = (map_(x).unflatten(-1, (N_HEADS, -1)).transpose(1, 2) for map_ in (self.w_qs, self.w_ks, self.w_vs))
        seen = F.scaled_dot_product_attention(q, k, v, scale=DIM**-0.5)
        out: Tensor = x + self.fc(seen.transpose(1, 2).flatten(2))
        return out


class StyleEncoder(nn.Module):
    """Frames by themselves, frames among their neighbours, frames among all; the mean."""

    def __init__(self, dim_style: int) -> None:
        super().__init__()
        self.spectral = nn.Sequential(
            OrderedDict(
                {"0": _Projection(N_BINS, DIM), "1": nn.Mish(), "3": _Projection(DIM, DIM), "4": nn.Mish()}
            )  # 2 and 5 of the official file are dropout
        )
        self.temporal = nn.Sequential(_Gated(), _Gated())
        self.slf_attn = _Attention()
        self.fc = _Projection(DIM, dim_style)

    def forward(self, spectrogram: Tensor) -> Tensor:
        """Linear magnitudes (B, 1025, T) -> (B, dim_style, 1)."""
        x = self.spectral(spectrogram[:, :N_BINS].transpose(1, 2))
        x = self.temporal(x.transpose(1, 2)).transpose(1, 2)
        out: Tensor = self.fc(self.slf_attn(x)).mean(1)
        return out[..., None]
