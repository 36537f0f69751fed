"""Mel to sound: Vocos, which draws a spectrum frame by frame and transforms it back.

    log-mel (100, T) → ConvNeXt blocks → log-magnitude and phase (T, 2 × 513) → samples (256 (T - 1),)

Official file: Vocos.safetensors.  Source of the architecture: gemelo-ai/vocos (MIT), arXiv 2306.00814.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from kouji.layers import checkpoint

from .config import HOP_LENGTH, N_FFT, N_MELS, VocosConfig
from .convnext import EPS, KERNEL, Block

RENAME: checkpoint.Rename = (
    (r"^feature_extractor\.|\.istft\.window$", None),  # for training, and a window that is computed
    (r"(convnext\.\d+)\.gamma$", r"\1.scale"),
    (r"^backbone\.", ""),
    (r"^head\.out\.", "head."),
)
LOUDEST = 100.0  # magnitude that a bin may have
N_BINS = N_FFT // 2 + 1


class Vocos(nn.Module):
    """See above; `spectrum` completes it."""

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


def overlapped(drawn: np.ndarray) -> np.ndarray:
    """Log-magnitudes and phases (T, 2 * N_BINS) -> samples (256 (T - 1),): the centred inverse transform."""
    magnitude = np.minimum(np.exp(drawn[:, :N_BINS]), np.float32(LOUDEST))
    phase = drawn[:, N_BINS:]
    spectrum = magnitude * np.cos(phase) + 1j * (magnitude * np.sin(phase))
    window = np.hanning(N_FFT + 1)[:-1]
    frames = np.fft.irfft(spectrum, N_FFT, axis=1) * window
    weights = np.broadcast_to(window**2, frames.shape)
    summed, weight = _added(frames), _added(weights)
    edge = N_FFT // 2
    return np.asarray(summed[edge:-edge] / weight[edge:-edge], np.float32)


def _added(frames: np.ndarray) -> np.ndarray:
    """(T, N_FFT) -> (N_FFT + 256 (T - 1),): each frame 256 samples behind the one before."""
    n_frames, n_hops = len(frames), N_FFT // HOP_LENGTH
    pieces = frames.reshape(n_frames, n_hops, HOP_LENGTH)
    out = np.zeros((n_frames + n_hops - 1, HOP_LENGTH))
    for number in range(n_hops):
        out[number : number + n_frames] += pieces[:, number]
    return out.reshape(-1)
