"""Training of the acoustic model: regression first, then a discriminator that objects to blur."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from kouji.engines.native import inputs

from . import blocks, loop
from .acoustic import Acoustic, AcousticConfig, MelDiscriminator, at_frames
from .acoustic_batches import Batch, collate
from .disguise import draw_disguise
from .examples import Examples, disguised

LIKE_ONESELF = 0.1  # 1 - cosine between the speaker encoder's answers to two clips of one person
SHORTEST_HEARD = 88  # frames of a crop in which the speaker encoder can hear who speaks


@dataclass(frozen=True)
class AcousticTraining:
    """How long, and with what weights."""

    n_steps: int = 40000
    adversarial_from: int = 10000
    n_frames: int = 1600  # per batch, of 10 ms
    judge_alone: int = 0  # first steps in which only the discriminator learns: a trained model waits for it
    peak_rate: float = 1e-3
    decay: float = 0.3  # share of the steps, the last, over which the rate falls
    foreign: float = 0.4  # weight of the discriminator's word on the same words in another voice
    timbre: float = 0.3  # weight of the other voice's likeness, as the speaker encoder hears it
    disguise: float = 0.5  # share of the batches' utterances spoken in a changed voice
    average: float = 0.999
    n_reference: int = 160  # frames that the speaker encoder hears
    crop: int = 120  # frames that the discriminators see at a time
    seed: int = 0
    bf16: bool = True
    save_every: int = 500


def draw(examples: Examples, config: AcousticTraining, step: int) -> Batch:
    """The batch of a step."""
    rng = loop.step_rng(config.seed, step)
    chosen, references, others = [], [], []
    for example in examples.draw(config.n_frames, rng):
        disguise = draw_disguise(rng, config.disguise)
        chosen.append(disguised(example, disguise))
        references.append(disguise(examples.reference(example, rng, config.n_reference)))
        voice, other = examples.other_voice(example, rng), draw_disguise(rng, 0.15)
        clip = other(examples.reference_of(voice, rng, config.n_reference))
        others.append((clip, examples.means[voice] + float(np.log(other.ratio))))
    return collate(chosen, references, others)


@dataclass(frozen=True)
class Spoken:
    """What the model made of a batch."""

    log_duration: Tensor
    energy: Tensor
    ratio: Tensor
    voicing: Tensor
    mel: Tensor
    content: Tensor  # (B, T, dim), at frames
    heard_energy: Tensor  # (B, T)
    speaker: Tensor  # (B, d_speaker)


def speak(model: Acoustic, batch: Batch, noise: Tensor | None) -> Spoken:
    """Every part of the model, each given the true output of the one before."""
    emotion = torch.zeros(len(batch.style), inputs.N_EMOTIONS)
    content = model.content(batch.segments, batch.flags, batch.token_mask)
    prosody, log_duration, energy = model.prosody(
        content, batch.tones, batch.flags, batch.next_pause, batch.language, batch.style, emotion, batch.token_mask
    )
    ratio, voicing = model.pitch(at_frames(prosody, batch.index), batch.position, batch.mask)
    heard = batch.energy if noise is None else batch.energy + 0.15 * noise
    speaker = model.speaker(batch.reference)
    at_frame = at_frames(content, batch.index)
    frame_energy = at_frames(heard.unsqueeze(-1), batch.index).squeeze(-1)
    mel = model.decoder(
        at_frame, batch.position, batch.log_f0, batch.voiced, frame_energy, speaker, emotion, batch.mask
    )
    return Spoken(log_duration, energy, ratio, voicing, mel, at_frame, frame_energy, speaker)


def swapped(model: Acoustic, spoken: Spoken, batch: Batch, windows: Windows) -> tuple[Tensor, Tensor]:
    """The same words in the other voices, for the stretches of `windows` only: mel (W, length, 80), speaker (W, …)."""
    speaker = model.speaker(batch.other_reference)[windows.rows]
    emotion = torch.zeros(len(windows.rows), inputs.N_EMOTIONS)
    content, position, log_f0, voiced, energy, mask = windows.cut(
        spoken.content, batch.position, batch.other_log_f0, batch.voiced, spoken.heard_energy, batch.mask
    )
    return model.decoder(content, position, log_f0, voiced, energy, speaker, emotion, mask), speaker


def losses(spoken: Spoken, batch: Batch) -> dict[str, Tensor]:
    """Each already weighted."""
    tokens, frames = batch.token_mask.squeeze(-1), batch.mask.squeeze(-1)
    heard = batch.mask * batch.bands
    n_heard, n_tokens, n_voiced = heard.sum(), tokens.sum(), batch.voiced.sum().clamp(min=1)
    difference = spoken.mel - batch.mel
    slope = (difference[:, 1:] - difference[:, :-1]).abs() * heard[:, 1:]
    # Gamma likelihood: its best answer is the mean, so the whole is neither too fast nor too slow.
    duration = spoken.log_duration + batch.durations.clamp(min=1) * (-spoken.log_duration).exp()
    fit = duration - batch.durations.clamp(min=1).log() - 1
    return {
        "mel": (difference.abs() * heard).sum() / n_heard,
        "slope": 0.3 * slope.sum() / n_heard,
        "duration": 1.0 * (fit * tokens).sum() / n_tokens,
        "energy": 0.3 * ((spoken.energy - batch.energy).abs() * tokens).sum() / n_tokens,
        "f0": 3 * ((spoken.ratio - batch.ratio).abs() * batch.voiced).sum() / n_voiced,
        "voicing": 0.3 * (functional.binary_cross_entropy_with_logits(spoken.voicing, batch.voiced, reduction="none")
                    * frames).sum() / frames.sum(),
    }  # fmt: skip


def train(
    examples: Examples,
    folder: Path,
    config: AcousticTraining,
    report: Callable[[dict[str, float]], None],
    start: Acoustic | None = None,
) -> Acoustic:
    """Train, or go on where a checkpoint in `folder` stands.

    Args:
        examples: the material.
        folder: checkpoint `acoustic.pt` and log `acoustic.jsonl`.
        config: how long, and with what weights.
        report: called with each line of the log.
        start: weights to begin with where there is no checkpoint.

    Returns:
        The averaged model.
    """
    torch.manual_seed(config.seed)
    model, judge = Acoustic(AcousticConfig()), MelDiscriminator(AcousticConfig())
    if start is not None:
        model.load_state_dict(start.state_dict())
    average = blocks.Average(model, config.average)
    optimisers = [
        torch.optim.AdamW(model.parameters(), config.peak_rate, (0.9, 0.98), weight_decay=0.01),
        torch.optim.AdamW(judge.parameters(), config.peak_rate, (0.8, 0.99)),
    ]
    parts: loop.Parts = {"model": model, "judge": judge, "optimiser": optimisers[0], "judge_optimiser": optimisers[1]}
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, log = loop.Checkpoint(folder / "acoustic.pt", parts), loop.Log(folder / "acoustic.jsonl", 100)

    def learn(step: int) -> dict[str, Tensor]:
        rate = loop.learning_rate(step, config.n_steps, config.peak_rate, decay=config.decay)
        optimisers[0].param_groups[0]["lr"] = rate
        optimisers[1].param_groups[0]["lr"] = rate / 2
        torch.manual_seed(config.seed * 1_000_003 + step)  # dropout, energy noise
        return _step(model, judge, optimisers, draw(examples, config, step), config, step)

    loop.run(learn, config.n_steps, checkpoint, average, log, config.save_every, report, is_grown=start is not None)
    averaged = Acoustic(AcousticConfig())
    averaged.load_state_dict(average.values)
    return averaged.eval()


def _step(
    model: Acoustic,
    judge: MelDiscriminator,
    optimisers: list[torch.optim.AdamW],
    batch: Batch,
    config: AcousticTraining,
    step: int,
) -> dict[str, Tensor]:
    learning = step >= config.judge_alone
    with torch.set_grad_enabled(learning), torch.autocast("cpu", torch.bfloat16, enabled=config.bf16):
        spoken = speak(model, batch, torch.randn(batch.energy.shape))
    found = losses(spoken, batch)
    total = torch.stack(list(found.values())).sum()
    if step >= config.adversarial_from:
        windows = Windows.draw(batch, config.crop, loop.step_rng(config.seed, step + (1 << 32)))
        with torch.set_grad_enabled(learning), torch.autocast("cpu", torch.bfloat16, enabled=config.bf16):
            trial = Trial.of(model, spoken, batch, windows)
        found["judge"] = _teach(judge, optimisers[1], trial, config)
        if learning:
            objections = _ask(model, judge, trial, config)
            total = total + torch.stack(list(objections.values())).sum()
            found |= objections
    if learning:
        optimisers[0].zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2)
        optimisers[0].step()
    return {name: value.detach() for name, value in found.items()}


@dataclass(frozen=True)
class Trial:
    """W crops for the discriminator: recorded, ours, and ours in a voice that never said such a thing."""

    theirs: Tensor  # (W, length, 80)
    ours: Tensor
    own: Tensor  # (W, d_speaker)
    foreign: Tensor  # (W, length, 80)
    other: Tensor  # (W, d_speaker), of the foreign crops
    clips: Tensor  # (W, length, 80), recordings of the other speakers

    @classmethod
    def of(cls, model: Acoustic, spoken: Spoken, batch: Batch, windows: Windows) -> Trial:
        """Cut the crops, and say the foreign ones."""
        foreign, other = swapped(model, spoken, batch, windows)
        bands = batch.bands[windows.rows]
        ours, theirs = (crop * bands for crop in windows.cut(spoken.mel * batch.mask, batch.mel * batch.mask))
        clips = batch.other_reference[windows.rows][:, : windows.length]
        return cls(theirs, ours, spoken.speaker[windows.rows].detach(), foreign, other.detach(), clips)


def _teach(
    judge: MelDiscriminator, optimiser: torch.optim.AdamW, trial: Trial, config: AcousticTraining
) -> Tensor:
    """One step of the discriminator; real are the recordings, and clips of the other voices."""
    with torch.autocast("cpu", torch.bfloat16, enabled=config.bf16):
        real, _ = judge(trial.theirs, trial.own)
        real_other, _ = judge(trial.clips, trial.other)
        fake, _ = judge(trial.ours.detach(), trial.own)
        fake_other, _ = judge(trial.foreign.detach(), trial.other)
    judging = blocks.discriminator_loss(real + real_other, fake + fake_other)
    optimiser.zero_grad(set_to_none=True)
    judging.backward()
    torch.nn.utils.clip_grad_norm_(judge.parameters(), 5)
    optimiser.step()
    return judging.detach()


def _ask(model: Acoustic, judge: MelDiscriminator, trial: Trial, config: AcousticTraining) -> dict[str, Tensor]:
    """What the discriminator, and where wanted the speaker encoder, have against our crops; already weighted."""
    judge.requires_grad_(False)
    with torch.autocast("cpu", torch.bfloat16, enabled=config.bf16):
        with torch.no_grad():
            _, real_features = judge(trial.theirs, trial.own)
        fake, fake_features = judge(trial.ours, trial.own)
        fake_other, _ = judge(trial.foreign, trial.other)
    judge.requires_grad_(True)
    found = {
        "adversarial": 0.25 * blocks.adversarial_loss(fake),
        "foreign_judged": config.foreign * blocks.adversarial_loss(fake_other),
        "features": 1.0 * blocks.feature_loss(real_features, fake_features),
    }
    if config.timbre and trial.foreign.shape[1] >= SHORTEST_HEARD:
        found["timbre"] = config.timbre * unlikeness(model, trial.foreign, trial.other)
    return found


def unlikeness(model: Acoustic, mel: Tensor, wanted: Tensor) -> Tensor:
    """How far from a voice the speaker encoder finds crops, beyond what two clips of one person differ by.

    The encoder itself learns nothing here. It is no more to be pleased than by people: a decoder that is asked for more
    finds sounds that please the encoder and nobody else.

    Args:
        mel: (W, T, 80); the quieter quarter of the frames is left out, as silence is from references.
        wanted: (W, d_speaker).
    """
    loudest = mel.detach().mean(-1).topk(mel.shape[1] * 3 // 8 * 2, dim=1).indices.sort(dim=1).values
    heard = mel.gather(1, loudest.unsqueeze(-1).expand(-1, -1, mel.shape[2]))
    frozen = {name: parameter.detach() for name, parameter in model.speaker.named_parameters()}
    found = torch.func.functional_call(model.speaker, frozen, (heard,))
    return (1 - LIKE_ONESELF - functional.cosine_similarity(found, wanted, dim=-1)).clamp(min=0).mean()


@dataclass(frozen=True)
class Windows:
    """Stretches of one length, at most one per utterance of a batch."""

    rows: Tensor  # (W,) utterance
    starts: tuple[int, ...]  # frame
    length: int  # frames

    @classmethod
    def draw(cls, batch: Batch, length: int, rng: np.random.Generator) -> Windows:
        """Ten at most, none longer than the shortest utterance allows."""
        lengths = batch.mask.sum((1, 2)).long().tolist()
        rows = rng.permutation(len(lengths))[:10].tolist()
        length = min(length, batch.other_reference.shape[1], batch.mask.shape[1])
        starts = [int(rng.integers(0, max(1, min(lengths[i], batch.mask.shape[1]) - length + 1))) for i in rows]
        return cls(torch.tensor(rows), tuple(starts), length)

    def cut(self, *pictures: Tensor) -> list[Tensor]:
        """The stretches of each (B, T, …) -> (W, length, …)."""
        return [
            torch.stack([p[i, s : s + self.length] for i, s in zip(self.rows.tolist(), self.starts, strict=True)])
            for p in pictures
        ]
