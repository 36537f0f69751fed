"""A clip to what the networks hear of it.

    16 kHz ─Kaldi bands, two frames each─→ (T, 160) ─w2v-BERT─→ (T, 1024) ─normalised─→ semantic features
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from kouji.audio import fbank

STRIDE = 2  # frames of the filter bank that one vector holds
PAD = 1.0  # of the frame that makes an odd number even; it is masked
FULL_SCALE = 32768.0  # the extractor was made for 16-bit samples


@dataclass(frozen=True)
class Statistics:
    """Mean and spread of each semantic feature. Official file: wav2vec2bert_stats.pt."""

    mean: np.ndarray  # (1024,)
    deviation: np.ndarray  # (1024,): sqrt of the file's `var`

    def normalized(self, hidden: Tensor) -> Tensor:
        """(B, T, 1024) -> (B, T, 1024)."""
        return (hidden - torch.from_numpy(self.mean)) / torch.from_numpy(self.deviation)


def stacked_bands(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What w2v-BERT takes (SeamlessM4TFeatureExtractor of transformers).

    Args:
        samples: (n_samples,) float32 in [-1, 1] at 16 kHz, at least 560: two frames.

    Returns:
        (T, 160) float32, T = ceil(frames / 2), and (T,) int64: 0 where the second frame is padding.
    """
    bands = fbank.fbank(samples * np.float32(FULL_SCALE))
    centred = bands - bands.mean(0)
    bands = (centred / np.sqrt(bands.var(0, ddof=1) + 1e-7)).astype(np.float32)
    is_odd = len(bands) % STRIDE
    if is_odd:
        bands = np.concatenate([bands, np.full((1, bands.shape[1]), PAD, np.float32)])
    mask = np.ones(len(bands) // STRIDE, np.int64)
    if is_odd:
        mask[-1] = 0
    return bands.reshape(len(mask), -1), mask
