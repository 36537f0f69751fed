"""Speech tokens to mel: the second half of CosyVoice.

    codes (T_prompt + T_codes,) → encoder → 80 channels → length regulator → mu (80, T_mel) ─┐
    speaker (192,), mel of the prompt ───────────────────────────────────────────────────────┴→ flow (cfm.py) → mel

Official file: flow.pt (FunAudioLLM/CosyVoice-300M*, Apache-2.0).  Parity: tests/engines/cosyvoice/test_parity.py.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kouji.layers import checkpoint

from . import unet
from .config import DIM_SPEAKER, N_MELS, FlowConfig, n_frames
from .encoder import Encoder, table

RENAME = unet.RENAME
EDGE = 20  # tokens at either end that keep their rate, so that chunks of a stream meet: 34 frames each


class Regulator(nn.Module):
    """Token rows to frames: stretched linearly, then smoothed by four convolutions."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for _ in range(4):
            layers += [nn.Conv1d(N_MELS, N_MELS, 3, padding=1), nn.GroupNorm(1, N_MELS), nn.Mish()]
        self.model = nn.Sequential(*layers, nn.Conv1d(N_MELS, N_MELS, 1))

    def forward(self, frames: Tensor) -> Tensor:
        """(1, T_mel, 80), stretched -> (1, T_mel, 80)."""
        out: Tensor = self.model(frames.transpose(1, 2)).transpose(1, 2)
        return out


def stretched(rows: Tensor, n: int) -> Tensor:
    """(1, N, dim) -> (1, n, dim), linear with half-pixel centres; no rows give no frames."""
    if rows.shape[1] == 0:
        return rows
    return F.interpolate(rows.transpose(1, 2), size=n, mode="linear").transpose(1, 2)


def to_frames(prompt: Tensor, rows: Tensor, n_prompt_frames: int, n_new_frames: int) -> Tensor:
    """Rows of the prompt (1, T_prompt, 80) and new ones (1, N, 80) at the mel's rate: (1, T1 + T2, 80).

    Of more than 2 * `EDGE` new rows the first and last `EDGE` always take the same number of frames: so that what two
    chunks of a stream share is the same in both. The middle takes the rest.
    """
    edge = n_frames(EDGE)
    if rows.shape[1] > 2 * EDGE and n_new_frames > 2 * edge:
        middle = stretched(rows[:, EDGE:-EDGE], n_new_frames - 2 * edge)
        new = torch.cat([stretched(rows[:, :EDGE], edge), middle, stretched(rows[:, -EDGE:], edge)], 1)
    else:
        new = stretched(rows, n_new_frames)
    return torch.cat([stretched(prompt, n_prompt_frames), new], 1)


class Flow(nn.Module):
    """See above."""

    def __init__(self, config: FlowConfig | None = None) -> None:
        super().__init__()
        config = self.config = config or FlowConfig()
        self.input_embedding = table(config.n_codes, config.encoder.dim_in)
        self.spk_embed_affine_layer = nn.Linear(DIM_SPEAKER, N_MELS)
        self.encoder = Encoder(config.encoder, nn.SiLU(), causal=False)
        self.encoder_proj = nn.Linear(config.encoder.dim, N_MELS)
        self.length_regulator = Regulator()
        self.unet = unet.UNet(config.unet)

    @classmethod
    def from_checkpoint(cls, path: Path) -> Flow:
        """Read the official file."""
        with torch.device("meta"):
            model = cls()
        checkpoint.load(model, checkpoint.read(path, RENAME), str(path))
        return model.eval()

    def speaker(self, embedding: Tensor) -> Tensor:
        """(192,) -> (80,)."""
        out: Tensor = self.spk_embed_affine_layer(F.normalize(embedding, dim=0))
        return out

    def encode(self, codes: Tensor) -> Tensor:
        """(T,) -> (T, 80)."""
        out: Tensor = self.encoder_proj(self.encoder(self.input_embedding(codes)[None]))[0]
        return out

    def regulate(self, rows: Tensor, n_prompt: int, n_prompt_frames: int, n_new_frames: int) -> Tensor:
        """Encoded rows (T, 80), of which n_prompt are the prompt's -> mu (80, T1 + T2)."""
        frames = to_frames(rows[None, :n_prompt], rows[None, n_prompt:], n_prompt_frames, n_new_frames)
        out: Tensor = self.length_regulator(frames)[0].T
        return out
