"""Mel to samples in pieces, so that sound begins before the last frame is rendered.

A frame's samples depend on the frames around it, `CONTEXT` on either side; with those given, pieces joined are the
samples of the whole.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from .bigvgan import BigVGAN

FIRST = 64  # frames of the first piece: 0.74 s
LATER = 384  # frames: what is rendered twice at a seam stays below a fifth
CONTEXT = 28  # frames on either side that a frame depends on; further ones change it by less than 1e-13


def vocoded(vocoder: BigVGAN, mel: Tensor, n_samples: int) -> Iterator[np.ndarray]:
    """The first `n_samples` samples of a mel (1, n_mels, T), in pieces (n,) float32."""
    hop_length, T = vocoder.hop_length, mel.shape[2]
    start, size = 0, FIRST
    while start < T:
        end = T if T - start - size < CONTEXT else start + size
        first, last = max(0, start - CONTEXT), min(T, end + CONTEXT)
        with torch.inference_mode():
            samples = vocoder(mel[..., first:last])[0].numpy()
        piece = samples[(start - first) * hop_length : (end - first) * hop_length]
        piece = piece[: n_samples - start * hop_length]
        if len(piece):
            yield piece.copy()
        start, size = end, LATER
