"""Mel to sound: Vocos, which draws a spectrum frame by frame and transforms it back.

    log-mel (100, T) → ConvNeXt blocks → log-magnitude and phase (T, 2 × 513) → samples (256 (T - 1),)

Official file: Vocos.safetensors.  Source of the architecture: gemelo-ai/vocos (MIT), arXiv 2306.00814.
"""

from __future__ import annotations

from torch import Tensor, nn

from kouji.layers import checkpoint

from .config import N_MELS, VocosConfig
from .convnext import EPS, KERNEL, Block
from .spectrum import N_BINS

RENAME: checkpoint.Rename = (
    (r"^feature_extractor\.|\.istft\.window$", None),  # for training, and a window that is computed
    (r"(convnext\.\d+)\.gamma$", r"\1.scale"),
    (r"^backbone\.", ""),
    (r"^head\.out\.", "head."),
)


class Vocos(nn.Module):
    """See above; spectrum.py completes it."""

    def __init__(self, config: VocosConfig | None = None) -> None:
        super().__init__()
        config = config or VocosConfig()
        self.embed = nn.Conv1d(N_MELS, config.dim, KERNEL, padding=KERNEL // 2)
        self.norm = nn.LayerNorm(config.dim, eps=EPS)
        self.convnext = nn.ModuleList(Block(config.dim, config.dim_ff, 1) for _ in range(config.n_layers))
        self.final_layer_norm = nn.LayerNorm(config.dim, eps=EPS)
        self.head = nn.Linear(config.dim, 2 * N_BINS)

    def backbone(self, mel: Tensor) -> Tensor:
        """Log-mel (B, n_mels, T) -> (B, T, dim)."""
        x = self.norm(self.embed(mel).transpose(1, 2))
        for block in self.convnext:
            x = block(x)
        out: Tensor = self.final_layer_norm(x)
        return out

    def forward(self, mel: Tensor) -> Tensor:
        """Log-mel (B, n_mels, T) -> log-magnitudes and phases (B, T, 2 * N_BINS)."""
        out: Tensor = self.head(self.backbone(mel))
        return out
