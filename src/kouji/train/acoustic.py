"""Phonemes to mel: durations, energy and F0 predicted, each open to control, then a decoder that knows the voice.

    segments, word starts ─→ content (B, N, dim)                    what is said; knows no speaker, style or tone
    content, tones, flags, language, style, emotion ─→ prosody (B, N, dim) ─→ duration, energy per token
    prosody at frames ─→ log F0 relative to the voice's mean, voicing
    content at frames, F0, energy, speaker embedding, emotion ─→ mel (B, T, 80)
    mel of another clip ─→ speaker embedding (B, d_speaker)

The voice meets the text only in the decoder, and the style of reading never meets the voice: that is what lets
every voice speak every language.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from kouji.audio.mel import N_MELS
from kouji.engines.native import inputs
from kouji.text.phonemes import LANGUAGES, N_TONES, PAUSES, segments

from .blocks import ConvNeXt, SpectrumDiscriminator


@dataclass(frozen=True)
class AcousticConfig:
    """Sizes of the published voice pack."""

    dim: int = 256
    d_inner: int = 640
    d_pitch: int = 128
    d_speaker: int = 128
    d_segment: int = 64
    n_content: int = 3
    n_prosody: int = 3
    n_decoder: int = 6


class Acoustic(nn.Module):
    """The parts are called one by one, so that a caller can change what goes from one to the next."""

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        self.content = Content(config)
        self.prosody = Prosody(config)
        self.pitch = Pitch(config)
        self.decoder = Decoder(config)
        self.speaker = SpeakerEncoder(config)


class Content(nn.Module):
    """Phonemes in their context."""

    features: Tensor  # (n_segments, n_features)

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        self.register_buffer("features", torch.from_numpy(inputs.segment_features()), persistent=False)
        self.of_features = nn.Linear(self.features.shape[1], config.d_segment)
        self.own = nn.Embedding(len(segments()), config.d_segment)
        nn.init.normal_(self.own.weight, std=0.3)
        self.join = nn.Linear(3 * config.d_segment + 1, config.dim)
        self.blocks = nn.ModuleList(ConvNeXt(config.dim, config.d_inner, 5) for _ in range(config.n_content))

    def forward(self, segments: Tensor, flags: Tensor, mask: Tensor) -> Tensor:
        """segments (B, N, 3), flags (B, N, n_flags), mask (B, N, 1) -> (B, N, dim)."""
        # A segment's own vector is dropped now and then, so that its articulation says most of what it is and
        # a phoneme that only one speaker ever said is still understood as what it shares with the others.
        own = functional.dropout(self.own(segments), 0.2, self.training)
        spoken = (self.of_features(self.features[segments]) + own).flatten(2)
        # No tones here: they are heard in F0, duration and energy, and would tell the decoder which language it is
        # in, so that every voice would get the sound of that language's speakers.
        x: Tensor = self.join(torch.cat([spoken, flags[..., :1]], dim=-1))
        for block in self.blocks:
            x = block(x, mask)
        return x


class Prosody(nn.Module):
    """Durations and energies of the tokens."""

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        self.tone = nn.Embedding(len(LANGUAGES) * N_TONES, config.dim)
        self.language = nn.Embedding(len(LANGUAGES), config.dim)
        self.style = nn.Embedding(len(inputs.STYLES), config.dim)
        self.pause = nn.Embedding(len(PAUSES), config.dim)
        self.flags = nn.Linear(inputs.N_FLAGS + inputs.N_EMOTIONS, config.dim)
        for embedding in (self.tone, self.language, self.style, self.pause):
            nn.init.normal_(embedding.weight, std=0.1)
        self.blocks = nn.ModuleList(ConvNeXt(config.dim, config.d_inner, 7) for _ in range(config.n_prosody))
        self.head = nn.Linear(config.dim, 2)

    def forward(
        self,
        content: Tensor,
        tones: Tensor,
        flags: Tensor,
        next_pause: Tensor,
        language: Tensor,
        style: Tensor,
        emotion: Tensor,
        mask: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Predict.

        Args:
            content: (B, N, dim).
            tones: (B, N), language * N_TONES + digit.
            flags: (B, N, n_flags).
            next_pause: (B, N), index into PAUSES.
            language: (B, N), index into LANGUAGES.
            style: (B,), index into STYLES.
            emotion: (B, 8).
            mask: (B, N, 1).

        Returns:
            hidden (B, N, dim); log of the mean duration in frames (B, N); energy (B, N).
        """
        told = torch.cat([flags, emotion.unsqueeze(1).expand(-1, flags.shape[1], -1)], dim=-1)
        x = content + self.tone(tones) + self.flags(told) + self.pause(next_pause) + self.language(language)
        x = x + self.style(style).unsqueeze(1)
        for block in self.blocks:
            x = block(x, mask)
        log_duration, energy = self.head(x).unbind(-1)
        return x, log_duration.float() + 2, energy.float()


class Pitch(nn.Module):
    """Frame by frame: log F0 relative to the voice's mean, and voicing."""

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        self.join = nn.Linear(config.dim + inputs.N_POSITION, config.d_pitch)
        dilations = (1, 2, 4, 1)
        self.blocks = nn.ModuleList(ConvNeXt(config.d_pitch, 3 * config.d_pitch, 9, d) for d in dilations)
        self.norm = nn.LayerNorm(config.d_pitch)
        self.head = nn.Linear(config.d_pitch, 2)

    def forward(self, prosody: Tensor, position: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """prosody at frames (B, T, dim), position (B, T, n_position), mask (B, T, 1) -> log ratio, voicing logit."""
        x = self.join(torch.cat([prosody, position], dim=-1))
        for block in self.blocks:
            x = block(x, mask)
        ratio, voicing = self.head(self.norm(x)).float().unbind(-1)
        return ratio, voicing


class Decoder(nn.Module):
    """Content, pitch, energy and voice to mel."""

    N_WAVES = 16

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        n_pitch = 2 * self.N_WAVES + 2
        d_condition = config.d_speaker + inputs.N_EMOTIONS
        self.join = nn.Linear(config.dim + inputs.N_POSITION + n_pitch + 1, config.dim)
        self.blocks = nn.ModuleList(
            ConvNeXt(config.dim, config.d_inner, 7, d_condition=d_condition) for _ in range(config.n_decoder)
        )
        self.voice = nn.Linear(d_condition, config.dim)
        self.norm = nn.LayerNorm(config.dim)
        self.head = nn.Linear(config.dim, N_MELS)

    def forward(
        self,
        content: Tensor,
        position: Tensor,
        log_f0: Tensor,
        voiced: Tensor,
        energy: Tensor,
        speaker: Tensor,
        emotion: Tensor,
        mask: Tensor,
    ) -> Tensor:
        """Decode.

        Args:
            content: (B, T, dim), each token's content at its frames.
            position: (B, T, n_position).
            log_f0: (B, T), log(F0 / 200 Hz), anything where unvoiced.
            voiced: (B, T), 0 or 1.
            energy: (B, T).
            speaker: (B, d_speaker).
            emotion: (B, 8).
            mask: (B, T, 1).

        Returns:
            (B, T, 80) natural log-mel.
        """
        wave = torch.arange(1, self.N_WAVES + 1, device=log_f0.device, dtype=log_f0.dtype) * (torch.pi / 2.5)
        angle = (log_f0 + 1.2).unsqueeze(-1) * wave
        pitch = torch.cat([angle.sin(), angle.cos(), log_f0.unsqueeze(-1)], dim=-1) * voiced.unsqueeze(-1)
        told = [content, position, pitch, voiced.unsqueeze(-1), energy.unsqueeze(-1)]
        condition = torch.cat([speaker, emotion], dim=-1)
        x = self.join(torch.cat(told, dim=-1)) + self.voice(condition).unsqueeze(1)
        for block in self.blocks:
            x = block(x, mask, condition)
        mel: Tensor = self.head(self.norm(x)).float() * 2 - 5
        return mel


class SpeakerEncoder(nn.Module):
    """A few seconds of mel to one vector: the timbre, not the words."""

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        dim = 128
        self.embed = nn.Conv1d(N_MELS, dim, 5, stride=2, padding=2)
        self.blocks = nn.ModuleList(ConvNeXt(dim, 2 * dim, 5) for _ in range(3))
        self.out = nn.Linear(2 * dim, config.d_speaker)

    def forward(self, mel: Tensor) -> Tensor:
        """(B, T, 80) log-mel of speech, silence dropped, T even and >= 64 -> (B, d_speaker)."""
        x = self.embed(((mel + 5) / 3).transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
        mean = x.mean(1)
        deviation = (x - mean.unsqueeze(1)).square().mean(1).add(1e-5).sqrt()
        return torch.tanh(self.out(torch.cat([mean, deviation], dim=-1)))


class MelDiscriminator(nn.Module):
    """Judges crops of log-mel, whole and in detail: is it speech, and is it this speaker's?

    The speaker enters by projection (T. Miyato, M. Koyama, "cGANs with projection discriminator", 2018).
    """

    def __init__(self, config: AcousticConfig) -> None:
        super().__init__()
        self.fine = SpectrumDiscriminator(1, (24, 32, 48, 64), ((2, 1), (2, 2), (2, 2), (1, 2)))
        self.coarse = SpectrumDiscriminator(1, (16, 24, 32, 48), ((2, 2), (2, 2), (2, 2), (2, 2)))
        self.of_fine = nn.Linear(config.d_speaker, 64, bias=False)
        self.of_coarse = nn.Linear(config.d_speaker, 48, bias=False)

    def forward(self, mel: Tensor, speaker: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """mel (B, T, 80), speaker (B, d_speaker) -> scores, features."""
        picture = ((mel + 5) / 3).transpose(1, 2).unsqueeze(1)
        scores, features = [], []
        for network, projection in ((self.fine, self.of_fine), (self.coarse, self.of_coarse)):
            score, inner = network(picture)
            wanted = projection(speaker)[:, :, None, None]
            scores.append(score + (inner[-1] * wanted).mean(1, keepdim=True))
            features += inner
        return scores, features


def at_frames(tokens: Tensor, index: Tensor) -> Tensor:
    """tokens (B, N, D), index (B, T) token of each frame -> (B, T, D)."""
    return tokens.gather(1, index.unsqueeze(-1).expand(-1, -1, tokens.shape[-1]))
