"""Semantic features of a clip to what the GPT knows of its speaker and of its emotion.

    features (1, T, 1024) ─→ speaker (32, dim): timbre and manner;  emotion (dim,): manner alone

Official file: gpt.pth (the tensors beside the GPT itself).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor, nn

from kouji.layers.linear import Linear

from .conformer import Conformer, ConformerConfig
from .perceiver import Perceiver

N_LATENTS = 32  # rows by which the GPT knows a speaker
EMOTION_DIM = 1024  # of the emotion's perceiver, whatever the GPT's width


@dataclass(frozen=True)
class EncodersConfig:
    """The published sizes."""

    dim: int = 1280  # of the GPT
    speaker: ConformerConfig = field(default_factory=ConformerConfig)
    speaker_mult: int = 2  # width of the perceiver's feed-forward
    emotion: ConformerConfig = field(default_factory=lambda: ConformerConfig(n_units=1024, n_heads=4, n_blocks=4))
    emotion_mult: int = 2


class Encoders(nn.Module):
    """Both encoders. They run once per clip; what they give is kept with the voice."""

    def __init__(self, config: EncodersConfig) -> None:
        super().__init__()
        self.config = config
        self.conditioning_encoder = Conformer(config.speaker)
        self.perceiver_encoder = Perceiver(
            config.dim, config.speaker.dim, N_LATENTS, config.speaker.n_heads, config.speaker_mult
        )
        self.emo_conditioning_encoder = Conformer(config.emotion)
        self.emo_perceiver_encoder = Perceiver(
            EMOTION_DIM, config.emotion.dim, 1, config.emotion.n_heads, config.emotion_mult
        )
        self.emovec_layer = Linear(EMOTION_DIM, config.dim)
        self.emo_layer = Linear(config.dim, config.dim)

    def speaker(self, features: Tensor) -> Tensor:
        """(1, T, 1024) -> (32, dim)."""
        latents: Tensor = self.perceiver_encoder(self.conditioning_encoder(features))
        return latents[0]

    def emotion(self, features: Tensor) -> Tensor:
        """(1, T, 1024) -> (dim,)."""
        latent = self.emo_perceiver_encoder(self.emo_conditioning_encoder(features))
        vector: Tensor = self.emo_layer(self.emovec_layer(latent[0, 0]))
        return vector
