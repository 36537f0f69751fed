"""Mel and codes, mel and hidden states: the two networks that know what a step of the GPT sounds like.

    DVAE     samples → log-mel → encoder → gfsq.py → codes (4, N)
             codes (4, N) → gfsq.py → features (1024, N) → decoder → log-mel (100, 2 N)
    Decoder  hidden states (768, N) → log-mel (100, 2 N)

Official files: DVAE.safetensors, Decoder.safetensors.  Parity: tests/engines/chattts/test_parity.py.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from kouji.layers import checkpoint

from .config import N_MELS, DVAEConfig, StackConfig
from .convnext import Stack
from .gfsq import GROUPS, LEVELS

RENAME: checkpoint.Rename = (
    (r"^preprocessor_mel\.", None),  # the window and the bands are computed, see mel.py
    (r"(decoder_block\.\d+)\.weight$", r"\1.scale"),
    (r"^vq_layer\.quantizer\.rvqs\.", "groups."),
)


class Group(nn.Module):
    """The linear maps around one group of the quantiser."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.project_in = nn.Linear(dim, len(LEVELS))
        self.project_out = nn.Linear(len(LEVELS), dim)


class ToMel(nn.Module):
    """What `DVAE` and `Decoder` share: twice as many frames as steps."""

    def __init__(self, config: StackConfig) -> None:
        super().__init__()
        self.decoder = Stack(config)
        self.out_conv = nn.Conv1d(config.dim_out, N_MELS, 3, padding=1, bias=False)
        self.coef = nn.Parameter(torch.empty(1, N_MELS, 1))

    def to_mel(self, x: Tensor) -> Tensor:
        """(B, 2 C, N) -> (B, n_mels, 2 N): the first half of the channels is the first of two frames."""
        batch, channels, n_steps = x.shape
        frames = x.view(batch, 2, channels // 2, n_steps).permute(0, 2, 3, 1).reshape(batch, channels // 2, 2 * n_steps)
        out: Tensor = self.out_conv(self.decoder(frames)) * self.coef
        return out


class Decoder(ToMel):
    """Hidden states of the GPT to mel."""


class DVAE(ToMel):
    """Sound to codes and back to mel; the quantiser itself is in gfsq.py."""

    def __init__(self, config: DVAEConfig | None = None) -> None:
        config = config or DVAEConfig()
        super().__init__(config.decoder)
        dim = config.encoder.dim_in
        self.downsample_conv = nn.Sequential(
            nn.Conv1d(N_MELS, dim, 3, padding=1), nn.GELU(), nn.Conv1d(dim, dim, 4, stride=2, padding=1), nn.GELU()
        )
        self.encoder = Stack(config.encoder)
        self.groups = nn.ModuleList(Group(config.dim_codes // GROUPS) for _ in range(GROUPS))

    def encode(self, mel: Tensor) -> Tensor:
        """Log-mel (B, n_mels, T) -> what is to be quantised (B, dim_codes, T // 2)."""
        out: Tensor = self.encoder(self.downsample_conv(mel / self.coef))
        return out
