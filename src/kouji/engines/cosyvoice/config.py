"""Sizes of CosyVoice-300M (version 1): the same network for all three published variants.

Source: cosyvoice.yaml of FunAudioLLM/CosyVoice (Apache-2.0), read for its plain values.
"""

from __future__ import annotations

from dataclasses import dataclass

SAMPLE_RATE = 22050  # Hz
HOP_LENGTH = 256  # samples per mel frame
TOKEN_RATE = 50  # speech tokens per second
N_MELS = 80
DIM_SPEAKER = 192  # CAM++


def n_frames(n_tokens: int) -> int:
    """Mel frames of so many speech tokens: 86.13 / 50 = 1.7227 each, cut off as upstream does."""
    return int(n_tokens / TOKEN_RATE * SAMPLE_RATE / HOP_LENGTH)


@dataclass(frozen=True)
class EncoderConfig:
    """One of the three encoders with relative positions."""

    dim_in: int
    dim: int
    n_heads: int
    dim_ff: int
    n_layers: int


@dataclass(frozen=True)
class LMConfig:
    """Text to speech tokens."""

    text: EncoderConfig = EncoderConfig(512, 1024, 16, 4096, 6)
    lm: EncoderConfig = EncoderConfig(1024, 1024, 16, 4096, 14)
    n_text: int = 51866  # Whisper's multilingual vocabulary
    n_codes: int = 4096  # the id after the last one is the end of speech


@dataclass(frozen=True)
class UNetConfig:
    """The velocity field of the flow."""

    dim: int = 256
    n_heads: int = 8
    dim_head: int = 64
    n_blocks: int = 4  # transformer blocks per stage
    n_mid: int = 12  # stages at half the frame rate


@dataclass(frozen=True)
class FlowConfig:
    """Speech tokens to mel."""

    encoder: EncoderConfig = EncoderConfig(512, 512, 8, 2048, 6)
    unet: UNetConfig = UNetConfig()
    n_codes: int = 4096


@dataclass(frozen=True)
class HiFTConfig:
    """Mel to samples."""

    dim: int = 512  # channels before the first upsampling
    dim_f0: int = 512
