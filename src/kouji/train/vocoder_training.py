"""Training of the vocoder: spectral losses first, then discriminators beside them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kouji.audio import mel as mel_scale
from kouji.engines.native import source

from . import blocks, loop
from .features import Row, Store
from .predict import Predicted
from .vocoder import SpectrogramDiscriminators, Vocoder, VocoderConfig, synthesize

N_FFTS = (2048, 1024, 512, 256, 128)


@dataclass(frozen=True)
class VocoderTraining:
    """How long, and with what weights."""

    n_steps: int = 12000  # in all; the rate falls over the last third
    stop: int | None = None  # step to stop at, to go on later with other mels
    adversarial_from: int = 2500  # step at which the discriminators join
    judges_alone: int = 0  # first steps in which only the discriminators learn: a trained model waits for them
    batch_size: int = 12
    n_frames: int = 80  # per crop, of 10 ms
    peak_rate: float = 6e-4
    reconstruction: float = 2.5  # weight of the spectral losses beside the adversarial one (1) and the features' (2)
    average: float = 0.999
    seed: int = 0
    bf16: bool = True
    save_every: int = 500


@dataclass(frozen=True)
class Batch:
    """Crops of recordings, and the sources for them."""

    mel: Tensor  # (B, T, 80)
    pitch: Tensor  # (B, T, 2)
    spectra: Tensor  # (B, 3, T, 481) complex64
    samples: Tensor  # (B, T * 240)
    bandwidth: Tensor  # (B,) Hz up to which the recording means anything


def draw(
    store: Store, rows: list[Row], weights: np.ndarray, config: VocoderTraining, step: int, predicted: Predicted | None
) -> Batch:
    """The batch of a step. Crops of `predicted` mels, where given, take the place of three in five."""
    rng = loop.step_rng(config.seed, step)
    chosen = [rows[index] for index in rng.choice(len(rows), config.batch_size, p=weights)]
    items = []
    for row in chosen:
        start = int(rng.integers(0, max(1, row["n_frames"] - config.n_frames)))
        heard = predicted if predicted is not None and row["id"] in predicted.by_id and rng.random() < 0.6 else store
        items.append(_item(store, heard, row, start, config.n_frames, rng))
    mels, pitches, spectra, samples = (torch.from_numpy(np.stack(part)) for part in zip(*items, strict=True))
    bandwidth = torch.tensor([row["bandwidth"] for row in chosen])
    return Batch(mels, pitches, spectra, samples, bandwidth)


def _item(
    store: Store, heard: Store | Predicted, row: Row, start: int, n_frames: int, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    log_mel = np.full((n_frames, mel_scale.N_MELS), np.log(mel_scale.FLOOR), np.float32)
    f0, samples = np.zeros(n_frames, np.float32), np.zeros(n_frames * mel_scale.HOP_LENGTH, np.float32)
    gain = 10 ** (rng.uniform(-8, 4) / 20)
    found = heard.mel(heard.by_id[row["id"]], start, start + n_frames)
    log_mel[: len(found)] = np.maximum(found + np.log(gain), np.log(mel_scale.FLOOR))
    f0[: len(found)] = store.f0(row, start, start + n_frames)
    sound = store.samples(row, start, start + n_frames) * gain
    samples[: len(sound)] = sound
    return log_mel, pitch_inputs(f0), source.stft(source.excitations(f0, rng)), samples


def pitch_inputs(f0: np.ndarray) -> np.ndarray:
    """F0 (T,) -> (T, 2) float32: log(F0 / 200 Hz) bridged, voicing."""
    return np.stack([np.log(source.fill(f0) / 200), (f0 > 0).astype(np.float32)], -1).astype(np.float32)


def train(
    store: Store,
    folder: Path,
    config: VocoderTraining,
    predicted: Predicted | None,
    report: Callable[[dict[str, float]], None],
    start: Vocoder | None = None,
) -> Vocoder:
    """Train, or go on where a checkpoint in `folder` stands.

    Args:
        store: features of the corpus; rows of the training split are used.
        folder: checkpoint `vocoder.pt` and log `vocoder.jsonl`.
        config: how long, and with what weights.
        predicted: mels of the acoustic model for the same recordings, frame by frame.
        report: called with each line of the log.
        start: weights to begin with where there is no checkpoint.

    Returns:
        The averaged model.
    """
    torch.manual_seed(config.seed)
    model, judges = Vocoder(VocoderConfig()), SpectrogramDiscriminators()
    if start is not None:
        model.load_state_dict(start.state_dict())
    average = blocks.Average(model, config.average)
    optimisers = [torch.optim.AdamW(m.parameters(), config.peak_rate, (0.8, 0.99)) for m in (model, judges)]
    parts: loop.Parts = {"model": model, "judges": judges, "optimiser": optimisers[0], "judge_optimiser": optimisers[1]}
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint, log = loop.Checkpoint(folder / "vocoder.pt", parts), loop.Log(folder / "vocoder.jsonl", 100)
    rows = [row for row in store.rows if row["split"] == "train" and row["n_frames"] >= 20]
    weights = np.array([row["n_frames"] for row in rows], float)
    weights /= weights.sum()

    def learn(step: int) -> dict[str, Tensor]:
        rate = loop.learning_rate(step, config.n_steps, config.peak_rate)
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = rate
        batch = draw(store, rows, weights, config, step, predicted)
        return _step(model, judges, optimisers, batch, config, step)

    loop.run(
        learn, config.n_steps, checkpoint, average, log, config.save_every, report, config.stop, start is not None
    )
    averaged = Vocoder(VocoderConfig())
    averaged.load_state_dict(average.values)
    return averaged.eval()


def _step(
    model: Vocoder,
    judges: SpectrogramDiscriminators,
    optimisers: list[torch.optim.AdamW],
    batch: Batch,
    config: VocoderTraining,
    step: int,
) -> dict[str, Tensor]:
    with torch.autocast("cpu", torch.bfloat16, enabled=config.bf16):
        curves = model(batch.mel, batch.pitch)
    spoken = synthesize(curves, batch.spectra, torch.from_numpy(source.window()))
    losses = {"spectral": _spectral_loss(spoken, batch)}
    total = losses["spectral"]
    if step >= config.adversarial_from:
        judged, target = _band_limited(spoken, batch), batch.samples
        with torch.autocast("cpu", torch.bfloat16, enabled=config.bf16):
            real, real_features = judges(target)
            fake, _ = judges(judged.detach())
        losses["judges"] = blocks.discriminator_loss(real, fake)
        optimisers[1].zero_grad(set_to_none=True)
        losses["judges"].backward()
        torch.nn.utils.clip_grad_norm_(judges.parameters(), 10)
        optimisers[1].step()
        judges.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16, enabled=config.bf16):
            fake, fake_features = judges(judged)
        judges.requires_grad_(True)
        losses["adversarial"] = blocks.adversarial_loss(fake)
        losses["features"] = blocks.feature_loss(real_features, fake_features)
        total = config.reconstruction * losses["spectral"] + losses["adversarial"] + 2 * losses["features"]
    if step >= config.judges_alone:
        optimisers[0].zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5)
        optimisers[0].step()
    return {name: value.detach() for name, value in losses.items()}


def _band_limited(spoken: Tensor, batch: Batch) -> Tensor:
    """Take from our sound what the recording cannot hold, so that the judges do not reward muffling."""
    limit = batch.bandwidth * 0.97
    if bool((limit >= mel_scale.SAMPLE_RATE / 2 * 0.97).all()):
        return spoken
    spectrum = torch.fft.rfft(spoken)
    hertz = torch.linspace(0, mel_scale.SAMPLE_RATE / 2, spectrum.shape[-1])
    limited: Tensor = torch.fft.irfft(spectrum * (hertz < limit[:, None]), n=spoken.shape[-1])
    return limited


def _spectral_loss(spoken: Tensor, batch: Batch) -> Tensor:
    """Spectral convergence and log magnitude at five resolutions, below each recording's bandwidth."""
    total = torch.zeros(())
    for n_fft in N_FFTS:
        window = torch.hann_window(n_fft)
        ours, theirs = (
            torch.stft(x, n_fft, n_fft // 4, window=window, return_complex=True).abs().clamp(min=1e-5)
            for x in (spoken, batch.samples)
        )
        hertz = torch.linspace(0, mel_scale.SAMPLE_RATE / 2, n_fft // 2 + 1)
        heard = (hertz < batch.bandwidth[:, None] * 0.97).float()[..., None]
        difference = (ours - theirs) * heard
        convergence = difference.square().sum((1, 2)).sqrt() / ((theirs * heard).square().sum((1, 2)).sqrt() + 0.1)
        # Below -80 dB of full scale nothing is heard; the floor keeps silence from ruling the loss.
        logs = ((ours + 1e-3).log() - (theirs + 1e-3).log()).abs() * heard
        total = total + convergence.mean() + logs.sum() / heard.expand_as(logs).sum()
    return total / len(N_FFTS)
