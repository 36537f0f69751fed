"""Examples of the acoustic model, padded to one length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from kouji.audio import mel as mel_scale
from kouji.engines.native import inputs, source
from kouji.text.phonemes import LANGUAGES

from .examples import Example, token_energy


@dataclass(frozen=True)
class Batch:
    """Padded tensors of B utterances with N tokens and T frames."""

    segments: Tensor  # (B, N, 3)
    tones: Tensor  # (B, N)
    flags: Tensor  # (B, N, n_flags)
    next_pause: Tensor  # (B, N)
    language: Tensor  # (B, N)
    style: Tensor  # (B,)
    durations: Tensor  # (B, N)
    energy: Tensor  # (B, N)
    token_mask: Tensor  # (B, N, 1)
    index: Tensor  # (B, T)
    position: Tensor  # (B, T, n_position)
    mel: Tensor  # (B, T, 80)
    log_f0: Tensor  # (B, T), log(F0 / 200 Hz), bridged
    ratio: Tensor  # (B, T), log F0 less the voice's mean, bent as the pitch predictor should say it
    voiced: Tensor  # (B, T)
    mask: Tensor  # (B, T, 1)
    bands: Tensor  # (B, 1, 80), 1 where the recording holds the band
    reference: Tensor  # (B, R, 80)
    other_reference: Tensor  # (B, R, 80), of another voice
    other_log_f0: Tensor  # (B, T), the same melody around that voice's mean


def collate(
    examples: list[Example],
    references: list[np.ndarray],
    others: list[tuple[np.ndarray, float]] | None = None,
) -> Batch:
    """Pad to one length.

    Args:
        examples: B utterances.
        references: (R, 80) of each one's speaker.
        others: reference and mean log F0 of another voice for each; the own ones where not given.
    """
    others = others or [(reference, example.mean) for example, reference in zip(examples, references, strict=True)]
    arrays = [_arrays(example) for example in examples]
    stacked = [_padded(list(column)) for column in zip(*arrays, strict=True)]
    (segments, tones, flags, next_pause, durations, energy, token_mask, index, position, mel, log_f0, ratio, voiced,
     mask, bands) = stacked  # fmt: skip
    language = torch.tensor([LANGUAGES.index(e.language) for e in examples])[:, None].expand(tones.shape)
    style = torch.tensor([inputs.STYLES.index(e.style) for e in examples])
    return Batch(
        segments, tones, flags, next_pause, language, style, durations, energy, token_mask, index, position, mel,
        log_f0, ratio, voiced, mask, bands, torch.from_numpy(np.stack(references)),
        torch.from_numpy(np.stack([reference for reference, _ in others])),
        ratio + torch.tensor([[mean - np.log(200)] for _, mean in others], dtype=torch.float32),
    )  # fmt: skip


def _arrays(example: Example) -> tuple[np.ndarray, ...]:
    encoded = inputs.encode(example.tokens, example.word_start, [example.language] * len(example.tokens))
    index, position = inputs.positions(example.durations)
    log_f0 = np.log(source.fill(example.f0))
    centres = mel_scale.mel_to_hz(np.linspace(0, mel_scale.hz_to_mel(mel_scale.F_MAX), mel_scale.N_MELS + 2))[1:-1]
    return (
        encoded.segments, encoded.tones, encoded.flags, encoded.next_pause, example.durations,
        token_energy(example.mel, example.durations), np.ones((len(example.tokens), 1), np.float32), index, position,
        example.mel, (log_f0 - np.log(200)).astype(np.float32),
        (log_f0 - example.mean + example.bend).astype(np.float32), (example.f0 > 0).astype(np.float32),
        np.ones((example.n_frames, 1), np.float32), (centres < example.bandwidth * 0.97).astype(np.float32)[None],
    )  # fmt: skip


def _padded(arrays: list[np.ndarray]) -> Tensor:
    longest = max(len(a) for a in arrays)
    out = np.zeros((len(arrays), longest, *arrays[0].shape[1:]), arrays[0].dtype)
    for row, array in zip(out, arrays, strict=True):
        row[: len(array)] = array
    return torch.from_numpy(out)
