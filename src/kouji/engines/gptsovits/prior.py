"""Semantic codes and phones to what is said, frame by frame: the text side of SoVITS. Official names (`enc_p`)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from .attention import Encoder, MultiHeadAttention
from .config import DIM_STYLE, SoVITSConfig

DIM_CODE = 768  # of the table of codes
DIM_MIX, N_MIX_HEADS = 512, 4  # of the attention between frames and phones, whatever the rest's size


class MRTE(nn.Module):
    """Frames look at phones, and hear whose style they are in."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.cross_attention = MultiHeadAttention(DIM_MIX, N_MIX_HEADS)
        self.c_pre = nn.Conv1d(dim, DIM_MIX, 1)
        self.text_pre = nn.Conv1d(dim, DIM_MIX, 1)
        self.c_post = nn.Conv1d(DIM_MIX, dim, 1)

    def forward(self, y: Tensor, text: Tensor, style: Tensor) -> Tensor:
        """y (B, dim, T), text (B, dim, L), style (B, 512, 1) -> (B, dim, T)."""
        frames = self.c_pre(y)
        out: Tensor = self.c_post(self.cross_attention(frames, self.text_pre(text)) + frames + style)
        return out


class Prior(nn.Module):
    """Three encoders around the mix of both. `proj` is None in v4, whose flow starts elsewhere."""

    def __init__(self, config: SoVITSConfig, has_latent: bool = True) -> None:
        super().__init__()
        assert DIM_MIX == DIM_STYLE

        def encoder(n_layers: int) -> Encoder:
            return Encoder(config.dim, config.dim_ff, config.n_heads, n_layers, config.kernel)

        self.ssl_proj = nn.Conv1d(DIM_CODE, config.dim, 1)
        self.encoder_ssl = encoder(config.n_layers // 2)
        self.encoder_text = encoder(config.n_layers)
        self.text_embedding = nn.Embedding(config.n_phones, config.dim)
        self.mrte = MRTE(config.dim)
        self.encoder2 = encoder(config.n_layers // 2)
        if has_latent:
            self.proj = nn.Conv1d(config.dim, 2 * config.dim_latent, 1)

    def forward(self, quantized: Tensor, phones: Tensor, style: Tensor) -> Tensor:
        """Vectors of codes (B, 768, T), phones (B, L), style (B, 512, 1) -> frames (B, dim, 2 T), 50 a second."""
        y = self.encoder_ssl(self.ssl_proj(F.interpolate(quantized, scale_factor=2, mode="nearest")))
        text = self.encoder_text(self.text_embedding(phones).transpose(1, 2))
        out: Tensor = self.encoder2(self.mrte(y, text, style))
        return out

    def latent(self, y: Tensor) -> tuple[Tensor, Tensor]:
        """Frames (B, dim, T) -> mean and log of the deviation, (B, dim_latent, T) each."""
        mean, log_deviation = self.proj(y).chunk(2, 1)
        return mean, log_deviation
