"""Mel to samples: the vocoder of CosyVoice.

    mel (80, T) → F0 (T,) → harmonic source (source.py) (256 T,) → STFT ─┐
    mel ─→ conv → 2 × (upsampling ×8, + source, mean of 3 resblocks) ────┴→ magnitude, phase → inverse STFT → (256 T,)

Source: HiFTNet (arXiv 2309.09493) as FunAudioLLM/CosyVoice has it; official file hift.pt (Apache-2.0).
Parity: tests/engines/cosyvoice/test_parity.py.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kouji.layers import checkpoint

from .config import N_MELS, HiFTConfig
from .source import N_HARMONICS

RENAME: checkpoint.Rename = ((r"^generator\.", ""), *checkpoint.PARAMETRIZED)
N_FFT, STFT_HOP = 16, 4
N_BINS = N_FFT // 2 + 1
RATE, KERNEL = 8, 16  # of both upsamplings; 8 * 8 * STFT_HOP = 256 samples per frame
LOUDEST = 100.0  # of a magnitude
CLIP = 0.99


class Snake(nn.Module):
    """x + sin²(αx) / α, an activation that can swing."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim, T) -> (B, dim, T)."""
        alpha = self.alpha[:, None]
        return x + torch.sin(x * alpha).square() / (alpha + 1e-9)


class ResBlock(nn.Module):
    """Three residual pairs of convolutions, ever wider."""

    def __init__(self, dim: int, kernel: int) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(
            nn.Conv1d(dim, dim, kernel, dilation=d, padding=(kernel - 1) * d // 2) for d in (1, 3, 5)
        )
        self.convs2 = nn.ModuleList(nn.Conv1d(dim, dim, kernel, padding=(kernel - 1) // 2) for _ in range(3))
        self.activations1 = nn.ModuleList(Snake(dim) for _ in range(3))
        self.activations2 = nn.ModuleList(Snake(dim) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        """(B, dim, T) -> (B, dim, T)."""
        layers = zip(self.activations1, self.convs1, self.activations2, self.convs2, strict=True)
        for first_activation, first, second_activation, second in layers:
            x = x + second(second_activation(first(first_activation(x))))
        return x


class F0Predictor(nn.Module):
    """Mel to Hz per frame."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number in range(5):
            layers += [nn.Conv1d(dim if number else N_MELS, dim, 3, padding=1), nn.ELU()]
        self.condnet = nn.Sequential(*layers)
        self.classifier = nn.Linear(dim, 1)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, 80, T) -> (B, T)."""
        out: Tensor = self.classifier(self.condnet(mel).transpose(1, 2))[..., 0].abs()
        return out


class Mixer(nn.Module):
    """Harmonics into one wave."""

    def __init__(self) -> None:
        super().__init__()
        self.l_linear = nn.Linear(N_HARMONICS, 1)

    def forward(self, waves: Tensor) -> Tensor:
        """(n_samples, 9) -> (n_samples,)."""
        out: Tensor = torch.tanh(self.l_linear(waves))[:, 0]
        return out


class HiFT(nn.Module):
    """See above."""

    def __init__(self, config: HiFTConfig | None = None) -> None:
        super().__init__()
        config = self.config = config or HiFTConfig()
        half, quarter = config.dim // 2, config.dim // 4
        self.f0_predictor = F0Predictor(config.dim_f0)
        self.m_source = Mixer()
        self.conv_pre = nn.Conv1d(N_MELS, config.dim, 7, padding=3)
        edge = (KERNEL - RATE) // 2
        self.ups = nn.ModuleList(
            nn.ConvTranspose1d(dim, dim // 2, KERNEL, stride=RATE, padding=edge) for dim in (config.dim, half)
        )
        at_first = nn.Conv1d(2 * N_BINS, half, KERNEL, stride=RATE, padding=edge)
        self.source_downs = nn.ModuleList([at_first, nn.Conv1d(2 * N_BINS, quarter, 1)])
        self.source_resblocks = nn.ModuleList([ResBlock(half, 7), ResBlock(quarter, 11)])
        self.resblocks = nn.ModuleList(ResBlock(dim, kernel) for dim in (half, quarter) for kernel in (3, 7, 11))
        self.conv_post = nn.Conv1d(quarter, 2 * N_BINS, 7, padding=3)

    @classmethod
    def from_checkpoint(cls, path: Path) -> HiFT:
        """Read the official file, with weight norm under its older or its newer names."""
        with torch.device("meta"):
            model = cls()
        checkpoint.load(model, checkpoint.without_weight_norm(checkpoint.read(path, RENAME)), str(path))
        return model.eval()

    def decode(self, mel: Tensor, source: Tensor, maps: dict[str, Tensor] | None = None) -> Tensor:
        """mel (80, T), source (256 T,) -> samples (256 T,). `maps` collects what is between."""
        spectrum = self._spectrum(source)
        x = self.conv_pre(mel[None])
        seen = {"conv_pre": x}
        for stage, (up, down, clean) in enumerate(zip(self.ups, self.source_downs, self.source_resblocks, strict=True)):
            x = up(F.leaky_relu(x, 0.1))
            if stage == 1:
                x = F.pad(x, (1, 0), mode="reflect")  # the STFT of the source has one frame more
            lowered = down(spectrum)
            cleaned = clean(lowered)
            seen |= {f"up{stage}": x, f"sd{stage}": lowered, f"sr{stage}": cleaned}
            x = x + cleaned
            x = torch.stack([block(x) for block in self.resblocks[3 * stage : 3 * stage + 3]]).mean(0)
        seen["conv_post"] = x = self.conv_post(F.leaky_relu(x))  # slope 0.01 here
        if maps is not None:
            maps |= seen
        magnitude = x[0, :N_BINS].exp().clamp(max=LOUDEST)
        phase = x[0, N_BINS:].sin()
        wave = torch.istft(torch.polar(magnitude, phase), N_FFT, STFT_HOP, window=self._window(x))
        return wave.clamp(-CLIP, CLIP)

    def _spectrum(self, source: Tensor) -> Tensor:
        """(n,) -> (1, 18, n / 4 + 1): real parts, then imaginary ones."""
        window = self._window(source)
        spectrum = torch.stft(source, N_FFT, STFT_HOP, window=window, pad_mode="reflect", return_complex=True)
        return torch.cat([spectrum.real, spectrum.imag])[None]

    @staticmethod
    def _window(like: Tensor) -> Tensor:
        return torch.hann_window(N_FFT, dtype=like.dtype, device=like.device)
