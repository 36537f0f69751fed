"""A small recogniser that hears phonemes and Mandarin tones: the recipe's own judge.

    log-mel (T, 80), F0 (T,) → 40 bands, level and channel taken out, pitch relative to the clip's own
                             → convolutions at 20 ms a frame → phoneme and tone log probabilities (T / 2, …)

It learns frame by frame from the aligner's output, on distorted speech (`recogniser_data.py`), because it must
judge voices that it has never heard. What turns its output into syllables is `kouji.eval.recogniser`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from kouji.text.phonemes import PAUSES, inventory, pinyin_to_phonemes, split_pinyin
from kouji.text.zh.lexicon import lexicon

from . import graphs, loop
from .align import Alignments, Features
from .blocks import Average, ConvNeXt
from .recogniser_data import N_TONES, STEP, UNKNOWN, Example, Examples, nearest

N_BANDS = 40


@dataclass(frozen=True)
class RecogniserConfig:
    """About 1.5 million parameters."""

    n_classes: int = 0  # of the corpus
    dim: int = 192
    d_inner: int = 512
    kernel_size: int = 9
    dilations: tuple[int, ...] = (1, 1, 2, 1, 2, 4, 1)  # ± 1 s in all: a tone is heard against its neighbours


@dataclass(frozen=True)
class RecogniserTraining:
    """How long it learns, and on how much at a time."""

    n_steps: int = 8000
    n_frames: int = 5000  # of 10 ms per step
    peak_rate: float = 1.5e-3
    n_warmup: int = 200
    decay: float = 0.55  # share of the steps over which the rate falls
    tone_weight: float = 0.5
    smoothing: float = 0.05
    average: float = 0.998
    seed: int = 0
    bf16: bool = True
    save_every: int = 250
    log_every: int = 50
    all_from: float = 0.85  # share of the steps after which the development recordings teach too


class Recogniser(nn.Module):
    """The network; see the module's first lines."""

    bands: Tensor

    def __init__(self, config: RecogniserConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("bands", torch.from_numpy(_wide_bands()), persistent=False)
        self.channel = nn.Parameter(torch.full((N_BANDS,), 0.5))  # how much of the mean spectrum is taken out
        self.stem = nn.Conv1d(N_BANDS + 2, config.dim, 2 * STEP + 3, stride=STEP, padding=STEP + 1)
        self.dropout = nn.Dropout(0.1)
        self.blocks = nn.ModuleList(
            ConvNeXt(config.dim, config.d_inner, config.kernel_size, dilation) for dilation in config.dilations
        )
        self.norm = nn.LayerNorm(config.dim)
        self.phonemes = nn.Linear(config.dim, config.n_classes)
        self.tones = nn.Linear(config.dim, N_TONES)

    def forward(self, mel: Tensor, f0: Tensor) -> tuple[Tensor, Tensor]:
        """mel (B, T, 80) natural log, f0 (B, T) Hz -> log probabilities (B, ceil(T / 2), n_classes), (…, N_TONES)."""
        x = torch.cat([self._spectrum(mel), _relative_pitch(f0)], dim=2)
        x = self.stem(x.transpose(1, 2)).transpose(1, 2)
        for block in self.blocks:
            x = block(self.dropout(x))
        x = self.dropout(self.norm(x))
        return functional.log_softmax(self.phonemes(x), -1), functional.log_softmax(self.tones(x), -1)

    def _spectrum(self, mel: Tensor) -> Tensor:
        """(B, T, N_BANDS): wide bands, in which single harmonics do not show, without level and part of the channel.

        Means are weighted by the magnitude of a frame, so that silence and padding do not count.
        """
        magnitude = torch.exp(mel).mean(2, keepdim=True)
        weight = magnitude / (magnitude.sum(1, keepdim=True) + 1e-6)
        x = 0.5 * torch.log(torch.exp(2 * mel) @ self.bands + 1e-9)
        level = (weight * torch.log(magnitude + 1e-6)).sum(1, keepdim=True)
        x = torch.clamp(x - level, min=-6.0)
        return x - self.channel * (weight * x).sum(1, keepdim=True)


def _relative_pitch(f0: Tensor) -> Tensor:
    """F0 (B, T) -> (B, T, 2): thirds of an octave from the mean of the voiced frames, and voicing."""
    voiced = (f0 > 0).float()
    octaves = torch.log2(torch.clamp(f0, min=1.0))
    mean = (octaves * voiced).sum(1, keepdim=True) / (voiced.sum(1, keepdim=True) + 1e-6)
    return torch.stack([3 * (octaves - mean) * voiced, voiced], dim=2)


def _wide_bands() -> np.ndarray:
    """(80, N_BANDS) triangles, two mel bands apart: below 1 kHz six bands wide, where a high voice's harmonics are."""
    centres = np.arange(N_BANDS) * 2 + 0.5
    half_width = np.where(centres < 25, 3, 2)
    bank: np.ndarray = np.maximum(0, 1 - np.abs(np.arange(80)[:, None] - centres) / half_width)
    bank /= bank.sum(0)
    return bank.astype(np.float32)


# ---- training -----------------------------------------------------------------------------------

# One in so many, by the checksum of the id: 137 words, 5 sentences of other speakers …
_DEVELOPMENT = {
    ("zh", "word"): 60,
    ("zh", "sentence"): 5,
    ("en", "sentence"): 40,
    ("en", "page"): 15,
    ("ja", "word"): 60,
}


def train(
    store: Features,
    alignments: Alignments,
    out_folder: Path,
    training: RecogniserTraining | None = None,
    config: RecogniserConfig | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Path:
    """Train, or go on training; write `recogniser.onnx` and `recogniser.json` into `out_folder`.

    Returns:
        The path of the ONNX file.
    """
    training = training or RecogniserTraining()
    out_folder.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda share, line: None)
    development = frozenset(development_ids(store))
    examples = Examples(store, alignments, development)
    torch.manual_seed(training.seed)
    model = Recogniser(replace(config or RecogniserConfig(), n_classes=max(examples.classes.values()) + 1))
    average = Average(model, training.average)
    optimiser = torch.optim.AdamW(model.parameters(), lr=training.peak_rate, betas=(0.9, 0.98), weight_decay=0.02)
    checkpoint = loop.Checkpoint(out_folder / "recogniser.pt", {"model": model, "optimiser": optimiser})
    log = loop.Log(out_folder / "recogniser.log.jsonl", every=training.log_every)

    def learn(step: int) -> dict[str, Tensor | float]:
        nonlocal examples, development
        if development and step >= training.all_from * training.n_steps:
            examples, development = Examples(store, alignments), frozenset()
        for group in optimiser.param_groups:
            group["lr"] = loop.learning_rate(
                step, training.n_steps, training.peak_rate, training.n_warmup, training.decay
            )
        torch.manual_seed(training.seed + step)  # dropout, the same after a resumption
        batch = examples.batch(loop.step_rng(training.seed, step), training.n_frames)
        return _step(model, optimiser, batch, training)

    def report(row: dict[str, float]) -> None:
        tell(row["step"] / training.n_steps, json.dumps(row))

    loop.run(learn, training.n_steps, checkpoint, average, log, training.save_every, report)
    model.load_state_dict({**model.state_dict(), **average.values})
    return export(model, examples.classes, priors(examples), syllables(alignments), out_folder)


def development_ids(store: Features) -> Iterable[str]:
    """Training recordings that teach only at the very end, so that penalties can be tuned on them."""
    for row in store.rows:
        one_in = _DEVELOPMENT.get((row["language"], row["unit"]))
        if one_in and row["split"] == "train" and crc32(row["id"].encode()) % one_in == 0:
            yield row["id"]


def _step(
    model: Recogniser, optimiser: torch.optim.Optimizer, batch: Sequence[Example], training: RecogniserTraining
) -> dict[str, Tensor | float]:
    model.train()
    mel, f0, phonemes, tones = collate(batch)
    with torch.autocast("cpu", torch.bfloat16, enabled=training.bf16):
        phoneme_scores, tone_scores = model(mel, f0)
    losses = {
        "phonemes": _cross_entropy(phoneme_scores, phonemes, training.smoothing),
        "tones": _cross_entropy(tone_scores, tones, training.smoothing),
    }
    loss = losses["phonemes"] + training.tone_weight * losses["tones"]
    optimiser.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    with torch.no_grad():
        losses["right"] = _share_right(phoneme_scores, phonemes)
        losses["tones_right"] = _share_right(tone_scores, tones)
    return {name: float(value.detach()) for name, value in losses.items()}


def _cross_entropy(scores: Tensor, wanted: Tensor, smoothing: float) -> Tensor:
    known = wanted != UNKNOWN
    if not known.any():
        return scores.sum() * 0
    return functional.cross_entropy(scores.float()[known], wanted[known], label_smoothing=smoothing)


def _share_right(scores: Tensor, wanted: Tensor) -> Tensor:
    known = wanted > 0 if scores.shape[-1] != N_TONES else wanted != UNKNOWN  # silence is no achievement
    return (scores.argmax(-1) == wanted)[known].float().mean().nan_to_num()


def collate(batch: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """mel (B, T, 80), f0 (B, T), phonemes (B, T / 2), tones (B, T / 2); padding is silent and teaches nothing."""
    longest = max(len(example.mel) for example in batch)
    longest += longest % STEP
    mel = np.full((len(batch), longest, 80), -11.5, np.float32)
    f0 = np.zeros((len(batch), longest), np.float32)
    labels = np.full((2, len(batch), longest // STEP), UNKNOWN)
    for i, example in enumerate(batch):
        mel[i, : len(example.mel)], f0[i, : len(example.f0)] = example.mel, example.f0
        for k, values in enumerate((example.phonemes, example.tones)):
            halved = values[::STEP]
            labels[k, i, : len(halved)] = halved
    return torch.from_numpy(mel), torch.from_numpy(f0), torch.from_numpy(labels[0]), torch.from_numpy(labels[1])


def priors(examples: Examples, n_batches: int = 40) -> np.ndarray:
    """(n_classes,) share of frames of each class in what was heard in training."""
    counts: np.ndarray = np.ones(max(examples.classes.values()) + 1)
    for step in range(n_batches):
        for example in examples.batch(np.random.default_rng([7, step]), 4000):
            known = example.phonemes[example.phonemes >= 0]
            counts += np.bincount(known, minlength=len(counts))
    counts /= counts.sum()
    return counts


# ---- export -------------------------------------------------------------------------------------


def export(
    model: Recogniser, classes: Mapping[str, int], prior: np.ndarray, names: Sequence[str], folder: Path
) -> Path:
    """`recogniser.onnx` with 16-bit weights, and `recogniser.json`: classes of all phonemes, names of syllables."""
    path = folder / "recogniser.onnx"
    free = {"mel": {1: "T"}, "f0": {1: "T"}, "phonemes": {1: "T_half"}, "tones": {1: "T_half"}}
    sound = {"mel": torch.zeros(1, 100, 80), "f0": torch.zeros(1, 100)}
    graphs.write(model, path, sound, ("phonemes", "tones"), free)
    known = [name for name, index in classes.items() if index]
    every = {name: classes[name] if name in classes else classes[nearest(name, known)] for name in inventory()}
    facts = {
        "classes": every,
        "prior": [round(float(p), 7) for p in prior],
        "syllables": names,
        "config": asdict(model.config),
    }
    (folder / "recogniser.json").write_text(json.dumps(facts, ensure_ascii=False, indent=0), encoding="utf-8")
    return path


def syllables(alignments: Alignments) -> list[str]:
    """Toned pinyin of the dictionary without interjections (hm, ng), and the erhua that the corpus has."""
    pairs = {
        ("_" if first in PAUSES else first, second)
        for alignment in alignments.by_id.values()
        for first, second in zip(("_", *alignment.tokens), alignment.tokens, strict=False)
    }
    found = set()
    for readings in lexicon().characters.values():
        for name in readings.split(","):
            found.update({name, f"{name[:-1]}r{name[-1]}"})
    # Of two that sound the same (er2, air2) the plainer one.
    by_sound: dict[tuple[str, ...], str] = {}
    for name in sorted((name for name in found if _is_speakable(name, pairs)), key=_plainness):
        by_sound.setdefault(pinyin_to_phonemes(name), name)
    return sorted(by_sound.values())


def _plainness(pinyin: str) -> tuple[bool, str]:
    return pinyin[-2] == "r" and not pinyin.startswith("er"), pinyin


def _is_speakable(pinyin: str, pairs: set[tuple[str, str]]) -> bool:
    try:
        final = split_pinyin(pinyin)[1]
        *initial, vowel = pinyin_to_phonemes(pinyin)
    except ValueError:
        return False
    erhua = final.endswith("r") and final != "er"
    return final not in ("m", "n", "ng", "ê") and (not erhua or (*(initial or ["_"]), vowel) in pairs)
