"""What emotion a clip has, whoever speaks: a small network that is punished for knowing the speaker.

    mel (T, 80), F0 (T,) → level taken out, F0 against the clip's median → convolutions → mean and deviation
        → manner (64,) ─→ weights of the eight emotions, intensity
                       └─ gradient reversed ─→ which speaker?

Source of the reversal: Y. Ganin, V. Lempitsky, "Unsupervised domain adaptation by backpropagation" (2015). It learns
from `emotional_copies`, so what it knows of emotions is what their rules say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kouji.audio.corpus import read_rows
from kouji.types import EMOTIONS

from . import graphs, loop
from .blocks import Average, ConvNeXt
from .features import Row

D_MANNER = 64
CROP = 256  # frames heard at a time in training, out of 300 or so
UNKNOWN_LEVEL = -11.5  # natural log: padding


@dataclass(frozen=True)
class EncoderTraining:
    """How long it learns."""

    n_steps: int = 900
    n_clips: int = 40  # per step
    neutral: float = 0.25  # share of the clips: that nothing is felt must be learnt as well as what is felt
    peak_rate: float = 2e-3
    reversal: float = 0.5  # weight of the speaker's gradient, turned round
    n_warmup: int = 300  # steps over which the reversal comes in
    average: float = 0.995
    seed: int = 0
    bf16: bool = True
    save_every: int = 200
    log_every: int = 50


class EmotionEncoder(nn.Module):
    """0.2 million parameters; see the module's first lines."""

    def __init__(self, dim: int = 96) -> None:
        super().__init__()
        self.stem = nn.Conv1d(80 + 3, dim, 5, stride=2, padding=2)
        self.dropout = nn.Dropout(0.1)
        self.blocks = nn.ModuleList(ConvNeXt(dim, 2 * dim, 7, dilation) for dilation in (1, 2, 4, 1))
        self.norm = nn.LayerNorm(dim)
        self.manner = nn.Linear(2 * dim, D_MANNER)
        self.emotions = nn.Linear(D_MANNER, len(EMOTIONS))
        self.intensity = nn.Linear(D_MANNER, 1)

    def forward(self, mel: Tensor, f0: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """mel (B, T, 80) natural log, f0 (B, T) Hz -> manner (B, 64), logits (B, 8), intensity 0 … 1 (B,)."""
        x = torch.cat([_levelled(mel), _pitch(f0)], dim=2)
        x = self.stem(x.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(self.dropout(x))
        x = self.norm(x)
        mean = x.mean(1)
        deviation = (x - mean.unsqueeze(1)).square().mean(1).add(1e-5).sqrt()
        manner = torch.tanh(self.manner(torch.cat([mean, deviation], dim=-1)))
        return manner, self.emotions(manner), torch.sigmoid(self.intensity(manner)).squeeze(-1)


def _levelled(mel: Tensor) -> Tensor:
    """Log-mel relative to the clip's level, which no recording tells truly; silence at -6."""
    magnitude = torch.exp(mel).mean(2, keepdim=True)
    level = torch.log(magnitude.mean(1, keepdim=True) + 1e-6)
    return torch.clamp(mel - level, min=-6.0) / 2


def _pitch(f0: Tensor) -> Tensor:
    """F0 (B, T) -> (B, T, 3): thirds of an octave from the clip's mean; voicing; the mean itself, against which the
    spectrum tells whether somebody is high for the size of their head."""
    voiced = (f0 > 0).float()
    octaves = torch.log2(torch.clamp(f0, min=1.0))
    mean = (octaves * voiced).sum(1, keepdim=True) / (voiced.sum(1, keepdim=True) + 1e-6)
    return torch.stack([3 * (octaves - mean) * voiced, voiced, (mean - 7.5).expand_as(voiced)], dim=2)


class _Reversed(torch.autograd.Function):
    """The identity whose gradient is turned round and weighted."""

    @staticmethod
    def forward(context: object, x: Tensor, weight: float) -> Tensor:
        context.weight = weight  # type: ignore[attr-defined]
        return x.view_as(x)

    @staticmethod
    def backward(context: object, gradient: Tensor) -> tuple[Tensor, None]:
        return -context.weight * gradient, None  # type: ignore[attr-defined]


class Clips:
    """The copies on disk."""

    def __init__(self, folder: Path) -> None:
        self.rows: list[Row] = [*read_rows(folder / "index.jsonl")]
        self._mel = np.load(folder / "mel.npy", mmap_mode="r")
        self._f0 = np.load(folder / "f0.npy", mmap_mode="r")
        self.speakers = sorted({row["speaker"] for row in self.rows if row["split"] == "train"})

    def of(self, split: str) -> list[Row]:
        """"train", or "held_out": other people."""
        return [row for row in self.rows if row["split"] == split]

    def sound(self, row: Row) -> tuple[np.ndarray, np.ndarray]:
        """Mel (T, 80) and F0 (T,)."""
        frames = slice(row["first"], row["first"] + row["n_frames"])
        return np.asarray(self._mel[frames], np.float32), np.asarray(self._f0[frames])

    def batch(self, rows: Sequence[Row], rng: np.random.Generator | None = None) -> tuple[Tensor, Tensor]:
        """(B, CROP, 80), (B, CROP): a random window of each, in some room; without rng the middle, as it is."""
        mels = np.full((len(rows), CROP, 80), UNKNOWN_LEVEL, np.float32)
        f0s = np.zeros((len(rows), CROP), np.float32)
        for k, row in enumerate(rows):
            mel, f0 = self.sound(row)
            spare = max(0, len(mel) - CROP)
            start = spare // 2 if rng is None else int(rng.integers(spare + 1))
            mel, f0 = mel[start : start + CROP], f0[start : start + CROP]
            if rng is not None:
                # Microphones differ: a slope of ± 1 dB or so, far less than an emotion's, and a floor of noise.
                slope = rng.normal(0, 0.1) * np.linspace(-1, 1, 80, dtype=np.float32)
                mel = np.logaddexp(mel + slope, rng.uniform(-12, -8)).astype(np.float32)
            mels[k, : len(mel)], f0s[k, : len(f0)] = mel, f0
        return torch.from_numpy(mels), torch.from_numpy(f0s)


def train(
    copies: Path, folder: Path, training: EncoderTraining, report: Callable[[dict[str, float]], None]
) -> EmotionEncoder:
    """Train, or go on training; the same copies and seed give the same network."""
    folder.mkdir(parents=True, exist_ok=True)
    clips = Clips(copies)
    rows = clips.of("train")
    plain = [row for row in rows if row["emotion"] == "neutral"]
    felt = [row for row in rows if row["emotion"] != "neutral"]
    torch.manual_seed(training.seed)
    model = EmotionEncoder()
    adversary = nn.Sequential(nn.Linear(D_MANNER, 128), nn.ReLU(), nn.Linear(128, max(len(clips.speakers), 2)))
    average = Average(model, training.average)
    parameters = [*model.parameters(), *adversary.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=training.peak_rate, betas=(0.9, 0.98), weight_decay=0.02)
    parts = {"model": model, "adversary": adversary, "optimiser": optimiser}
    checkpoint = loop.Checkpoint(folder / "emotion.pt", parts)  # type: ignore[arg-type]
    log = loop.Log(folder / "emotion.jsonl", every=training.log_every)

    def learn(step: int) -> dict[str, float]:
        for group in optimiser.param_groups:
            group["lr"] = loop.learning_rate(step, training.n_steps, training.peak_rate)
        rng = loop.step_rng(training.seed, step)
        torch.manual_seed(training.seed + step)  # dropout, the same after a resumption
        kinds = rng.random(training.n_clips) < training.neutral
        chosen = [pool[rng.integers(len(pool))] for pool in (plain if is_plain else felt for is_plain in kinds)]
        weight = training.reversal * min(1.0, step / training.n_warmup)
        with torch.autocast("cpu", torch.bfloat16, enabled=training.bf16):
            losses = _losses(model, adversary, clips, chosen, clips.batch(chosen, rng), weight)
        optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(losses["emotion"] + 2 * losses["intensity"] + losses["speaker"])
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimiser.step()
        return {name: float(value.detach()) for name, value in losses.items()}

    loop.run(learn, training.n_steps, checkpoint, average, log, training.save_every, report)
    model.load_state_dict({**model.state_dict(), **average.values})
    return model.eval()


def _losses(
    model: EmotionEncoder,
    adversary: nn.Module,
    clips: Clips,
    rows: Sequence[Row],
    sounds: tuple[Tensor, Tensor],
    weight: float,
) -> dict[str, Tensor]:
    model.train()
    manner, logits, intensity = model(*sounds)
    emotional = [k for k, row in enumerate(rows) if row["emotion"] != "neutral"]
    wanted = torch.tensor([EMOTIONS.index(rows[k]["emotion"]) for k in emotional], dtype=torch.long)
    strengths = torch.tensor([min(row["strength"], 1.0) for row in rows])
    speakers = torch.tensor([clips.speakers.index(row["speaker"]) for row in rows])
    guess = adversary(_Reversed.apply(manner, weight))  # type: ignore[no-untyped-call]
    return {
        "emotion": functional.cross_entropy(logits[emotional].float(), wanted) if emotional else logits.sum() * 0,
        "intensity": (intensity.float() - strengths).abs().mean(),
        "speaker": functional.cross_entropy(guess.float(), speakers),
    }


def answers(model: EmotionEncoder, clips: Clips, rows: Sequence[Row]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Manner (N, 64), logits (N, 8) and intensity (N,) of clips."""
    pieces = [rows[k : k + 64] for k in range(0, len(rows), 64)]
    with torch.no_grad():
        given = [model(*clips.batch(piece)) for piece in pieces]
    manner, logits, intensity = (torch.cat(list(column)).numpy() for column in zip(*given, strict=True))
    return manner, logits, intensity


# ---- export -------------------------------------------------------------------------------------


class _Answers(nn.Module):
    """What the engine asks."""

    def __init__(self, model: EmotionEncoder, neutral: float, acted: float) -> None:
        super().__init__()
        self.model, self.neutral, self.acted = model, neutral, acted

    def forward(self, mel: Tensor, f0: Tensor) -> tuple[Tensor, Tensor]:
        _, logits, intensity = self.model(mel, f0)
        return torch.softmax(logits, -1), (intensity - self.neutral) / (self.acted - self.neutral)


def calibration(model: EmotionEncoder, copies: Path, n_clips: int = 600) -> tuple[float, float]:
    """The median intensity that is heard in neutral clips and in strongly acted ones, of the training's.

    In doubt the network answers in the middle; between these two lies what its answer means.
    """
    clips = Clips(copies)
    rows = clips.of("train")
    kinds = [row for row in rows if row["emotion"] == "neutral"], [row for row in rows if row["strength"] >= 0.7]
    neutral, acted = (float(np.median(answers(model, clips, kind[:n_clips])[2])) for kind in kinds)
    return neutral, max(acted, neutral + 0.05)


def export(model: EmotionEncoder, path: Path, neutral: float = 0.0, acted: float = 1.0) -> None:
    """An ONNX graph: mel (1, T, 80), f0 (1, T) -> shares of the emotions (1, 8), intensity (1,).

    The intensity is 0 at what is heard in neutral speech, 1 at what is heard in acted; see `calibration`.
    """
    sound = {"mel": torch.zeros(1, 100, 80), "f0": torch.zeros(1, 100)}
    outputs, free = ("emotion", "intensity"), {"mel": {1: "T"}, "f0": {1: "T"}}
    graphs.write(_Answers(model, neutral, acted), path, sound, outputs, free)
