"""A voice: all that the networks ever learn of a clip, computed once.

    clip ─w2v-BERT─→ features ─┬─ encoders ─→ speaker (32, D), emotion (D,)
                               └─ codec ─→ embedding ─ regulator ─→ condition of each prompt frame
         ─ log-mel ─→ prompt mel           ─ CAM++ ─→ speaker embedding (192,)

Each network is read from its file, used and let go: at most one of them is in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kouji.audio import fbank, sinc, vocoder_mel
from kouji.engines.contract import Conditioning
from kouji.errors import BadCheckpoint, InvalidInput
from kouji.layers import checkpoint

from . import weights
from .config import HOP_LENGTH, SAMPLE_RATE, ModelConfig
from .features import Statistics, stacked_bands
from .places import auxiliary
from .presets import CLIP
from .regulator import LengthRegulator

ENGINE = "indextts2"
LEARNING = "1"  # counts how often what is learnt of a clip has changed
HEARING_RATE = 16000  # Hz
F_MAX = 11025.0  # Hz, of the mel
SHORTEST = 1.0  # seconds of a clip


@dataclass(frozen=True)
class Voice:
    """What is kept of a voice."""

    speaker: np.ndarray  # (32, D) rows before the text
    emotion: np.ndarray  # (D,) the clip's own manner
    speaker_embedding: np.ndarray  # (192,) CAM++
    prompt_mel: np.ndarray  # (80, T) natural-log mel of the clip
    prompt_condition: np.ndarray  # (T, 512) what the flow knows of each of its frames
    pace: np.ndarray  # () syllables per second in the clip; 0: unknown

    @classmethod
    def of(cls, conditioning: Conditioning) -> Voice:
        """From what was stored.

        Raises:
            InvalidInput: another engine made it, or something is missing.
        """
        names = [field.name for field in fields(cls)]
        if conditioning.engine != ENGINE or not set(names) <= set(conditioning.arrays):
            raise InvalidInput(
                f"This voice was learned by {conditioning.engine!r}, not by {ENGINE!r}.",
                "Learn it again from its clips.",
            )
        # Copies: what comes from disk cannot be written to, of which torch would warn.
        return cls(**{name: np.array(conditioning.arrays[name], np.float32) for name in names})

    def conditioning(self) -> Conditioning:
        """To be stored."""
        return Conditioning(ENGINE, {field.name: getattr(self, field.name) for field in fields(self)})

    def prompt(self, seconds: float) -> tuple[Tensor, Tensor]:
        """The first seconds as the flow takes them: mel (1, 80, T) and conditions (1, T, 512)."""
        n_frames = int(seconds * SAMPLE_RATE / HOP_LENGTH)
        mel, condition = self.prompt_mel[:, :n_frames], self.prompt_condition[:n_frames]
        return torch.from_numpy(mel.copy())[None], torch.from_numpy(condition.copy())[None]


def learn(
    config: ModelConfig, folder: Path, regulator: LengthRegulator, clips: Sequence[np.ndarray], pace: float
) -> Voice:
    """A voice from clips (n_samples,) at 22.05 kHz, of which the first 15 seconds together are heard.

    Raises:
        InvalidInput: too short, or silent.
        BadCheckpoint, MissingWeights: a file is not what it should be, or not there.
    """
    samples = checked(clips)
    heard = sinc.resample(samples, SAMPLE_RATE, HEARING_RATE)
    features = semantic_features(config, folder, heard)
    codec = weights.read_codec(config, folder)
    embedding = codec.embed(codec.encode(features))
    del codec
    mel = vocoder_mel.log_mel(samples, F_MAX)
    condition = regulator(embedding, mel.shape[1])[0].numpy()
    encoders = weights.read_encoders(config, folder)
    speaker, emotion = encoders.speaker(features).numpy(), encoders.emotion(features).numpy()
    del encoders
    bands = torch.from_numpy(fbank.without_mean(fbank.fbank(heard)))[None]
    embedded = weights.read_campplus(config, folder)(bands)[0].numpy()
    return Voice(speaker, emotion, embedded, mel, condition, np.asarray(pace, np.float32))


def digest(config: ModelConfig, folder: Path) -> str:
    """Of all that a voice is learnt with: one that was learnt with other weights cannot be used.

    Raises:
        MissingWeights: a file is not there.
    """
    own = [folder / config.files[name] for name in ("gpt_checkpoint", "s2mel_checkpoint", "w2v_stat")]
    others = [auxiliary(folder, name) for name in ("w2vbert", "codec", "campplus")]
    return sha256("".join([LEARNING, *map(checkpoint.fingerprint, [*own, *others])]).encode()).hexdigest()


def manner(config: ModelConfig, folder: Path, samples: np.ndarray) -> np.ndarray:
    """The emotion vector (D,) of a clip (n_samples,) at 22.05 kHz."""
    features = semantic_features(config, folder, sinc.resample(samples, SAMPLE_RATE, HEARING_RATE))
    vector: np.ndarray = weights.read_encoders(config, folder).emotion(features).numpy()
    return vector


def semantic_features(config: ModelConfig, folder: Path, heard: np.ndarray) -> Tensor:
    """(n_samples,) at 16 kHz -> (1, T, 1024), 50 per second."""
    statistics = read_statistics(folder / config.files["w2v_stat"], config.codec.in_dim)
    bands, mask = stacked_bands(heard)
    network = weights.read_w2vbert(config, folder)
    hidden = network(torch.from_numpy(bands)[None], torch.from_numpy(mask)[None].bool())
    return statistics.normalized(hidden)


def read_statistics(path: Path, dim: int) -> Statistics:
    """wav2vec2bert_stats.pt.

    Raises:
        BadCheckpoint: it holds something else.
    """
    state = checkpoint.read(path)
    if set(state) != {"mean", "var"} or any(tuple(tensor.shape) != (dim,) for tensor in state.values()):
        raise BadCheckpoint(f"{path} does not hold a mean and a variance of {dim} features.", "Download it again.")
    return Statistics(state["mean"].float().numpy(), state["var"].float().sqrt().numpy())


def checked(clips: Sequence[np.ndarray]) -> np.ndarray:
    """The first 15 seconds of clips at 22.05 kHz, one after the other.

    Raises:
        InvalidInput: too short, silent, or no numbers.
    """
    samples = np.concatenate([np.zeros(0, np.float32), *clips]).astype(np.float32)[: int(CLIP * SAMPLE_RATE)]
    if len(samples) < SHORTEST * SAMPLE_RATE:
        raise InvalidInput(
            f"The clip has {len(samples) / SAMPLE_RATE:.2f} seconds.", "Give 3 to 15 seconds of one person speaking."
        )
    if not np.isfinite(samples).all() or np.abs(samples).max() < 1e-4:
        raise InvalidInput("There is no voice in the clip.", "Give 3 to 15 seconds of one person speaking.")
    return samples
