"""The velocity field of v4: a transformer over mel frames that is told time, step size, prompt and what is said.

Source: F5-TTS (arXiv 2410.06885), as GPT-SoVITS has it; step sizes after shortcut models (arXiv 2410.12557). Official
names.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers.linear import Linear

from .config import N_MELS_V4

DIM_TIME = 256  # of the waves that a moment becomes
POSITION_KERNEL, POSITION_GROUPS = 31, 16
EPS = 1e-6  # of all norms here
N_TOLD, N_TOLD_LAST = 6, 2  # vectors that a moment becomes for a block, and for the end


@dataclass(frozen=True)
class DiTConfig:
    """The published size."""

    dim: int = 1024
    n_layers: int = 22
    n_heads: int = 16
    ff_mult: int = 2
    dim_text: int = 512
    n_text_layers: int = 4

    @property
    def dim_head(self) -> int:
        """Of one head."""
        return self.dim // self.n_heads


class _Moment(nn.Module):
    """A number from 0 to 1 to a vector."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.time_mlp = nn.Sequential(nn.Linear(DIM_TIME, dim), nn.SiLU(), nn.Linear(dim, dim))

    def forward(self, moment: Tensor) -> Tensor:
        """(B,) -> (B, dim)."""
        half = DIM_TIME // 2
        rates = torch.exp(torch.arange(half, device=moment.device) * (-math.log(10000.0) / (half - 1)))
        angles = 1000 * moment[:, None] * rates
        out: Tensor = self.time_mlp(torch.cat([angles.sin(), angles.cos()], -1))
        return out


class _ResponseNorm(nn.Module):
    """Each channel by how much it stands out from the others, over all time."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma, self.beta = (nn.Parameter(torch.zeros(1, 1, dim)) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        size = x.norm(dim=1, keepdim=True)
        out: Tensor = self.gamma * (x * (size / (size.mean(-1, keepdim=True) + 1e-6))) + self.beta + x
        return out


class _TextBlock(nn.Module):
    """ConvNeXt V2 (arXiv 2301.00808)."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv1d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, EPS)
        self.pwconv1, self.pwconv2 = Linear(dim, 2 * dim), Linear(2 * dim, dim)
        self.grn = _ResponseNorm(2 * dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        near = self.norm(self.dwconv(x.transpose(1, 2)).transpose(1, 2))
        out: Tensor = x + self.pwconv2(self.grn(F.gelu(self.pwconv1(near))))
        return out


class _Text(nn.Module):
    """What is said, with its place."""

    def __init__(self, dim: int, n_layers: int) -> None:
        super().__init__()
        self.text_blocks = nn.Sequential(*(_TextBlock(dim) for _ in range(n_layers)))

    def forward(self, text: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        n, dim = text.shape[1:]
        rates = 10000.0 ** (-torch.arange(0, dim, 2, device=text.device) / dim)
        angles = torch.arange(n, device=text.device)[:, None] * rates
        out: Tensor = self.text_blocks(text + torch.cat([angles.cos(), angles.sin()], -1))
        return out


class _Positions(nn.Module):
    """Two grouped convolutions, by which a frame knows where it is."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        edge = POSITION_KERNEL // 2
        convs = (nn.Conv1d(dim, dim, POSITION_KERNEL, padding=edge, groups=POSITION_GROUPS) for _ in range(2))
        first, second = convs
        self.conv1d = nn.Sequential(first, nn.Mish(), second, nn.Mish())

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        out: Tensor = self.conv1d(x.transpose(1, 2)).transpose(1, 2)
        return out


class _Input(nn.Module):
    """Sample, prompt and text together. What comes of the last two is the same in every step."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.proj = nn.Linear(2 * N_MELS_V4 + config.dim_text, config.dim)
        self.conv_pos_embed = _Positions(config.dim)

    def told(self, prompt: Tensor, text: Tensor) -> Tensor:
        """(B, T, 100), (B, T, dim_text) -> (B, T, dim)."""
        return F.linear(torch.cat([prompt, text], -1), self.proj.weight[:, N_MELS_V4:], self.proj.bias)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """(B, T, 100), (B, T, dim) -> (B, T, dim)."""
        x = F.linear(x, self.proj.weight[:, :N_MELS_V4]) + told
        out: Tensor = x + self.conv_pos_embed(x)
        return out


class _Modulation(nn.Module):
    """What a moment does to a block: so many vectors of its width."""

    def __init__(self, dim: int, n: int) -> None:
        super().__init__()
        self.n, self.linear = n, nn.Linear(dim, n * dim)

    def forward(self, moment: Tensor) -> Tensor:
        """(B, dim) -> (B, n, dim)."""
        vectors: Tensor = self.linear(F.silu(moment)).unflatten(-1, (self.n, -1))
        return vectors


class _Attention(nn.Module):
    """Over all frames. Only the first head turns with position, as in the release."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_q, self.to_k, self.to_v = (Linear(dim, dim) for _ in range(3))
        self.to_out = nn.ModuleList([Linear(dim, dim)])

    def forward(self, x: Tensor, turns: Tensor) -> Tensor:
        """(B, T, dim), complex turns (T, head_dim / 2) -> (B, T, dim)."""
        q, k, v = (map_(x).unflatten(-1, (self.n_heads, -1)) for map_ in (self.to_q, self.to_k, self.to_v))
        q, k = _turned(q, turns), _turned(k, turns)
        seen = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
        out: Tensor = self.to_out[0](seen.transpose(1, 2).flatten(2))
        return out


def _turned(x: Tensor, turns: Tensor) -> Tensor:
    """(B, T, n_heads, head_dim) with its first head turned, pair by pair."""
    pairs = torch.view_as_complex(x[:, :, 0].contiguous().unflatten(-1, (-1, 2)))
    first = torch.view_as_real(pairs * turns).flatten(-2)
    return torch.cat([first[:, :, None], x[:, :, 1:]], 2)


class _FeedForward(nn.Module):
    def __init__(self, dim: int, mult: int) -> None:
        super().__init__()
        self.ff = nn.Sequential(
            nn.Sequential(Linear(dim, mult * dim), nn.GELU(approximate="tanh")), nn.Identity(), Linear(mult * dim, dim)
        )  # between them the official file has dropout

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        out: Tensor = self.ff(x)
        return out


class _Block(nn.Module):
    """Attention and feed-forward, both told the moment."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.attn_norm = _Modulation(config.dim, N_TOLD)
        self.attn = _Attention(config.dim, config.n_heads)
        self.ff = _FeedForward(config.dim, config.ff_mult)

    def forward(self, x: Tensor, told: Tensor, turns: Tensor) -> Tensor:
        """(B, T, dim), of `DiT.moments` (N_TOLD, dim), (T, head_dim / 2) -> (B, T, dim)."""
        shift, scale, gate, shift_ff, scale_ff, gate_ff = told
        x = x + gate * self.attn(_normed(x, scale, shift), turns)
        out: Tensor = x + gate_ff * self.ff(_normed(x, scale_ff, shift_ff))
        return out


def _normed(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[-1:], scale, shift, EPS)


class DiT(nn.Module):
    """The whole field."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        self.time_embed, self.d_embed = _Moment(config.dim), _Moment(config.dim)
        self.text_embed = _Text(config.dim_text, config.n_text_layers)
        self.input_embed = _Input(config)
        self.transformer_blocks = nn.ModuleList(_Block(config) for _ in range(config.n_layers))
        self.rates: Tensor
        self.register_buffer("rates", 10000.0 ** (-torch.arange(0, config.dim_head, 2) / config.dim_head))
        self.norm_out = _Modulation(config.dim, N_TOLD_LAST)
        self.proj_out = Linear(config.dim, N_MELS_V4)

    def told(self, prompt: Tensor, features: Tensor) -> Tensor:
        """Prompt (B, 100, T), zeros behind it, features (B, dim_text, T) -> (B, T, dim), the same in all steps."""
        told: Tensor = self.input_embed.told(prompt.transpose(1, 2), self.text_embed(features.transpose(1, 2)))
        return told

    def moments(self, times: Tensor, steps: Tensor) -> Tensor:
        """What moments do to the blocks and to the end: the same whatever is said.

        Args:
            times: (n,) 0 to 1.
            steps: (n,) how far each step goes.

        Returns:
            (n, n_layers N_TOLD + N_TOLD_LAST, dim): shift, scale and gate before the attention, the same before the
            feed-forward, block by block; scale and shift at the end. Scales are around 1, where the official ones are
            around 0.
        """
        moment = self.time_embed(times) + self.d_embed(steps)
        blocks = [block.get_submodule("attn_norm")(moment) for block in self.transformer_blocks]
        for block in blocks:
            block[:, 1::3] += 1
        last = self.norm_out(moment)
        last[:, 0] += 1
        return torch.cat([*blocks, last], 1)

    def forward(self, x: Tensor, told: Tensor, moment: Tensor) -> Tensor:
        """Velocity.

        Args:
            x: (B, 100, T) where we are.
            told: (B, T, dim), see `told`.
            moment: of `moments` one, (n_layers N_TOLD + N_TOLD_LAST, dim).

        Returns:
            (B, 100, T).
        """
        rows = self.input_embed(x.transpose(1, 2), told)
        turns = self.turns(rows.shape[1])
        for number, block in enumerate(self.transformer_blocks):
            rows = block(rows, moment[N_TOLD * number : N_TOLD * (number + 1)], turns)
        scale, shift = moment[-N_TOLD_LAST:]
        out: Tensor = self.proj_out(_normed(rows, scale, shift))
        return out.transpose(1, 2)

    def turns(self, n: int) -> Tensor:
        """(n, head_dim / 2) complex numbers of size 1."""
        angles = torch.arange(n, device=self.rates.device)[:, None] * self.rates
        return torch.polar(torch.ones_like(angles), angles)
