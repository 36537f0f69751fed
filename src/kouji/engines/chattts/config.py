"""Sizes of ChatTTS, and the clocks of its stages.

Source: asset/gpt/config.json of the published folder, and the shapes of the published tensors.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SAMPLE_RATE = 24000  # Hz
HOP_LENGTH = 256  # samples per mel frame: 93.75 frames a second
N_FFT = 1024  # samples
N_MELS = 100
N_Q = 4  # streams of codes
STEP_SAMPLES = 2 * HOP_LENGTH  # a step of the GPT is two mel frames
TOKEN_RATE = SAMPLE_RATE / STEP_SAMPLES  # 46.875 steps a second
LONGEST = 2048  # steps of one utterance: 43.7 seconds


def n_samples(n_steps: int) -> int:
    """Of so many steps: the centred inverse transform has no sound for the outer half frames."""
    return max(0, 2 * n_steps - 1) * HOP_LENGTH


@dataclass(frozen=True)
class GPTConfig:
    """The transformer: a Llama."""

    dim: int = 768
    n_layers: int = 20
    n_heads: int = 12
    dim_ff: int = 3072
    eps: float = 1e-6
    rope_theta: float = 10000.0
    n_text: int = 21178  # word pieces and tags
    n_codes: int = 626  # 625 codes, and the end of speech


@dataclass(frozen=True)
class StackConfig:
    """A stack of ConvNeXt blocks."""

    dim_in: int
    dim_out: int
    dim: int
    n_layers: int = 12
    dim_bottleneck: int = 128


@dataclass(frozen=True)
class DVAEConfig:
    """Sound to codes, codes to mel."""

    encoder: StackConfig = StackConfig(512, 1024, 256)
    decoder: StackConfig = StackConfig(512, 512, 256)
    dim_codes: int = 1024  # of what is quantised


@dataclass(frozen=True)
class VocosConfig:
    """Mel to sound."""

    dim: int = 512
    dim_ff: int = 1536
    n_layers: int = 8


@dataclass(frozen=True)
class Config:
    """All networks, as published."""

    gpt: GPTConfig = field(default_factory=GPTConfig)
    dvae: DVAEConfig = field(default_factory=DVAEConfig)
    decoder: StackConfig = StackConfig(384, 384, 512)
    vocos: VocosConfig = field(default_factory=VocosConfig)
