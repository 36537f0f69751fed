"""Mel and F0 to sound: filters for the sources of `kouji.engines.native.source`.

    mel (B, T, 80), log F0, voicing ─→ 8 ConvNeXt blocks ─→ four curves of 481 bins a frame
    pulses × magnitude · phase  +  noise × magnitude  +  pulsed noise × magnitude  ─→ overlap-add ─→ samples

The mel itself, stretched to the bins, is added to every log magnitude, so that an untrained network already
speaks in a whisper and the network learns the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from kouji.audio import mel as mel_scale
from kouji.engines.native import source

from .blocks import ConvNeXt, SpectrumDiscriminator


@dataclass(frozen=True)
class VocoderConfig:
    """Sizes of the published voice pack."""

    dim: int = 256
    d_inner: int = 768
    n_blocks: int = 8
    kernel_size: int = 7


class Vocoder(nn.Module):
    """The filters; the sources and the transform back to samples need no parameters."""

    to_bins: Tensor  # (80, 481)

    def __init__(self, config: VocoderConfig) -> None:
        super().__init__()
        self.embed = nn.Conv1d(mel_scale.N_MELS + 2, config.dim, 7, padding=3)
        self.norm = nn.LayerNorm(config.dim)
        self.blocks = nn.ModuleList(
            ConvNeXt(config.dim, config.d_inner, config.kernel_size) for _ in range(config.n_blocks)
        )
        self.norm_out = nn.LayerNorm(config.dim)
        self.head = nn.Linear(config.dim, 4 * source.N_BINS)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("to_bins", torch.from_numpy(mel_to_bins()), persistent=False)

    def forward(self, mel: Tensor, pitch: Tensor) -> Tensor:
        """Filters.

        Args:
            mel: (B, T, 80) natural log-mel.
            pitch: (B, T, 2), log(F0 / 200 Hz) bridged through unvoiced frames, and voicing 0 or 1.

        Returns:
            (B, T, 4 * 481): log magnitude and phase of the pulses' filter, log magnitudes of the two noises'.
        """
        x = torch.cat([(mel + 5) / 3, pitch], dim=-1)
        x = self.norm(self.embed(x.transpose(1, 2)).transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        curves: Tensor = self.head(self.norm_out(x)).float()
        base = mel.float() @ self.to_bins - 3.0  # a unit noise has bins of about e^3
        zero = torch.zeros_like(base)
        return curves + torch.cat([base, zero, base, base], dim=-1)


def mel_to_bins() -> np.ndarray:
    """(N_MELS, N_BINS) float32 that interpolates a mel spectrum to the bins of the source's STFT."""
    centres = mel_scale.mel_to_hz(np.linspace(0, mel_scale.hz_to_mel(mel_scale.F_MAX), mel_scale.N_MELS + 2))[1:-1]
    bins = np.linspace(0, mel_scale.SAMPLE_RATE / 2, source.N_BINS)
    unit = np.eye(mel_scale.N_MELS)
    return np.stack([np.interp(bins, centres, row) for row in unit]).astype(np.float32)


def synthesize(curves: Tensor, spectra: Tensor, window: Tensor) -> Tensor:
    """Filter the sources and go back to samples; the differentiable twin of the engine's numpy code.

    Args:
        curves: (B, T, 4 * 481), from `Vocoder`.
        spectra: (B, 3, T, 481) complex64, of the three sources.
        window: (960,) Hann.

    Returns:
        (B, T * 240) samples.
    """
    log_pulse, phase, log_noise, log_breath = curves.clamp(max=8.0).split(source.N_BINS, dim=-1)
    total = (
        torch.polar(log_pulse.exp(), phase) * spectra[:, 0]
        + log_noise.exp() * spectra[:, 1]
        + log_breath.exp() * spectra[:, 2]
    )
    frames = torch.fft.irfft(total, dim=-1) * (window / 1.5)
    batch, n_frames, win_length = frames.shape
    hop = mel_scale.HOP_LENGTH
    pieces = frames.reshape(batch, n_frames, win_length // hop, hop)
    shifted = [
        torch.nn.functional.pad(pieces[:, :, k], (0, 0, k, win_length // hop - 1 - k))
        for k in range(win_length // hop)
    ]
    padded = torch.stack(shifted).sum(0)
    start = win_length // hop // 2
    return padded[:, start : start + n_frames].reshape(batch, -1)


class SpectrogramDiscriminators(nn.Module):
    """Three resolutions of the complex spectrogram, each heard by a small network of its own."""

    def __init__(self, n_ffts: tuple[int, ...] = (1024, 512, 256), widths: tuple[int, ...] = (16, 24, 32, 48)) -> None:
        super().__init__()
        self.n_ffts = n_ffts
        strides = ((4, 1), (2, 1), (2, 1), (2, 2))
        self.networks = nn.ModuleList(SpectrumDiscriminator(3, widths, strides) for _ in n_ffts)

    def forward(self, samples: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """(B, n_samples) -> the scores of each resolution, and all inner features."""
        scores, features = [], []
        for n_fft, network in zip(self.n_ffts, self.networks, strict=True):
            score, inner = network(_picture(samples, n_fft))
            scores.append(score)
            features += inner
        return scores, features


def _picture(samples: Tensor, n_fft: int) -> Tensor:
    """(B, n_samples) -> (B, 3, F, T): real and imaginary parts with compressed magnitude, and log magnitude."""
    window = torch.hann_window(n_fft, device=samples.device)
    spectrum = torch.stft(samples, n_fft, n_fft // 4, window=window, return_complex=True)
    magnitude = spectrum.abs().clamp(min=1e-5)
    compressed = spectrum / magnitude.sqrt()
    return torch.stack([compressed.real, compressed.imag, magnitude.log() / 3], dim=1)
