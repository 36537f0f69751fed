"""The velocity field of the flow: a U-Net of convolutions and transformers over mel frames.

    x, mu, speaker, cond (B, 320, T) ─→ 2 stages down → 12 in the middle, T/2 → 2 stages up ─→ velocity (B, 80, T)
    time (B,) ─→ sinusoids, 2 linear maps ─→ into every resnet

Source: Matcha-TTS (MIT) as FunAudioLLM/CosyVoice uses it.  Part of flow.pt.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kouji.layers import checkpoint

from .config import N_MELS, UNetConfig

RENAME: checkpoint.Rename = (
    (r"^decoder\.estimator\.", "unet."),
    (r"(down|mid|up)_blocks\.(\d+)\.0\.", r"\1.\2.resnet."),
    (r"(down|mid|up)_blocks\.(\d+)\.1\.", r"\1.\2.blocks."),
    (r"(down|up)_blocks\.(\d+)\.2\.(conv\.)?", r"\1.\2.scale."),
    (r"\.(block1|block2|final_block)\.block\.0\.", r".\1.conv."),
    (r"\.(block1|block2|final_block)\.block\.1\.", r".\1.norm."),
    (r"\.mlp\.1\.", ".time."),
    (r"\.attn1\.(to_out)\.0\.", r".\1."),
    (r"\.attn1\.", "."),
    (r"\.ff\.net\.0\.proj\.", ".ff_in."),
    (r"\.ff\.net\.2\.", ".ff_out."),
)
N_GROUPS = 8
TIME_DIM = 4 * N_MELS  # sinusoids; four parts of 80 channels come in, and upstream takes the same width


class Convolution(nn.Module):
    """Convolution, norm over groups of channels, Mish."""

    def __init__(self, dim_in: int, dim: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(dim_in, dim, 3, padding=1)
        self.norm = nn.GroupNorm(N_GROUPS, dim)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, dim_in, T), (B, 1, T) of 1 and 0 -> (B, dim, T)."""
        return F.mish(self.norm(self.conv(x * mask))) * mask


class Resnet(nn.Module):
    """Two convolutions, with the time added between them."""

    def __init__(self, dim_in: int, dim: int, dim_time: int) -> None:
        super().__init__()
        self.block1 = Convolution(dim_in, dim)
        self.time = nn.Linear(dim_time, dim)
        self.block2 = Convolution(dim, dim)
        self.res_conv = nn.Conv1d(dim_in, dim, 1)

    def forward(self, x: Tensor, mask: Tensor, time: Tensor) -> Tensor:
        """(B, dim_in, T), time (B, dim_time) -> (B, dim, T)."""
        h = self.block1(x, mask) + self.time(F.mish(time))[:, :, None]
        out: Tensor = self.block2(h, mask) + self.res_conv(x * mask)
        return out


class Block(nn.Module):
    """Attention over all frames, and a feed-forward."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__()
        inner = config.n_heads * config.dim_head
        self.n_heads = config.n_heads
        self.norm1 = nn.LayerNorm(config.dim)
        self.to_q = nn.Linear(config.dim, inner, bias=False)
        self.to_k = nn.Linear(config.dim, inner, bias=False)
        self.to_v = nn.Linear(config.dim, inner, bias=False)
        self.to_out = nn.Linear(inner, config.dim)
        self.norm3 = nn.LayerNorm(config.dim)
        self.ff_in = nn.Linear(config.dim, 4 * config.dim)
        self.ff_out = nn.Linear(4 * config.dim, config.dim)

    def forward(self, x: Tensor, bias: Tensor | None) -> Tensor:
        """(B, T, dim); bias (B, 1, 1, T) on the scores, None where all frames count -> (B, T, dim)."""
        normed = self.norm1(x)
        query, key, value = (
            linear(normed).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
            for linear in (self.to_q, self.to_k, self.to_v)
        )
        heard = F.scaled_dot_product_attention(query, key, value, bias).transpose(1, 2).flatten(2)
        x = x + self.to_out(heard)
        out: Tensor = x + self.ff_out(F.gelu(self.ff_in(self.norm3(x))))
        return out


class Stage(nn.Module):
    """A resnet, transformer blocks, and (not in the middle) a change of frame rate."""

    def __init__(self, dim_in: int, config: UNetConfig, scale: nn.Module | None = None) -> None:
        super().__init__()
        self.resnet = Resnet(dim_in, config.dim, 4 * config.dim)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_blocks))
        self.scale = scale or nn.Identity()

    def forward(self, x: Tensor, mask: Tensor, time: Tensor) -> Tensor:
        """(B, dim_in, T) -> (B, dim, T), before the change of rate."""
        x = self.resnet(x, mask, time).transpose(1, 2)
        bias = None if bool(mask.all()) else (1 - mask[:, None]) * -1e10
        for block in self.blocks:
            x = block(x, bias)
        return x.transpose(1, 2)

    def scaled(self, x: Tensor) -> Tensor:
        """(B, dim, T) at the next stage's frame rate."""
        out: Tensor = self.scale(x)
        return out


class UNet(nn.Module):
    """See above."""

    def __init__(self, config: UNetConfig | None = None) -> None:
        super().__init__()
        config = self.config = config or UNetConfig()
        dim = config.dim
        self.time_mlp = nn.ModuleDict(
            {"linear_1": nn.Linear(TIME_DIM, 4 * dim), "linear_2": nn.Linear(4 * dim, 4 * dim)}
        )
        self.down = nn.ModuleList([
            Stage(4 * N_MELS, config, nn.Conv1d(dim, dim, 3, stride=2, padding=1)),
            Stage(dim, config, nn.Conv1d(dim, dim, 3, padding=1)),
        ])  # fmt: skip
        self.mid = nn.ModuleList(Stage(dim, config) for _ in range(config.n_mid))
        self.up = nn.ModuleList([
            Stage(2 * dim, config, nn.ConvTranspose1d(dim, dim, 4, stride=2, padding=1)),
            Stage(2 * dim, config, nn.Conv1d(dim, dim, 3, padding=1)),
        ])  # fmt: skip
        self.final_block = Convolution(dim, dim)
        self.final_proj = nn.Conv1d(dim, N_MELS, 1)

    def embed_time(self, time: Tensor) -> Tensor:
        """(B,) in [0, 1] -> (B, 4 * dim)."""
        half = TIME_DIM // 2
        frequencies = torch.exp(torch.arange(half, device=time.device) * -(math.log(10000.0) / (half - 1)))
        angles = 1000 * time[:, None] * frequencies
        sinusoids = torch.cat([angles.sin(), angles.cos()], -1).to(self.final_proj.weight.dtype)
        out: Tensor = self.time_mlp["linear_2"](F.silu(self.time_mlp["linear_1"](sinusoids)))
        return out

    def forward(self, x: Tensor, mask: Tensor, mu: Tensor, time: Tensor, speaker: Tensor, cond: Tensor) -> Tensor:
        """The velocity.

        Args:
            x, mu, cond: (B, 80, T): where the flow is, what is said, the mel of the prompt.
            mask: (B, 1, T) of 1 and 0.
            time: (B,) in [0, 1].
            speaker: (B, 80).

        Returns:
            (B, 80, T).
        """
        embedded = self.embed_time(time)
        x = torch.cat([x, mu, speaker[:, :, None].expand_as(x), cond], 1)
        half = mask[:, :, ::2]
        skips = []
        for stage, at in zip(_stages(self.down), (mask, half), strict=True):
            x = stage(x, at, embedded)
            skips.append(x)
            x = stage.scaled(x * at)
        for stage in _stages(self.mid):
            x = stage(x, half, embedded)
        for stage, at in zip(_stages(self.up), (half, mask), strict=True):
            skip = skips.pop()
            x = stage(torch.cat([x[:, :, : skip.shape[2]], skip], 1), at, embedded)
            x = stage.scaled(x * at)
        out: Tensor = self.final_proj(self.final_block(x, mask) * mask) * mask
        return out


def _stages(modules: nn.ModuleList) -> Iterator[Stage]:
    for module in modules:
        assert isinstance(module, Stage)
        yield module
