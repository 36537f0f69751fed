"""The velocity of the flow at a point: a diffusion transformer with a WaveNet head.

    x, prompt mel (B, 80, T) + conditions (B, T, 512) + speaker (B, 192) + time ─→ velocity (B, 80, T)

Official file: s2mel.pth, `cfm.estimator.*`, weight norm folded.  What depends on the time alone is computed once for
all steps (`times`), what depends on the conditions alone once per sentence (`context`): the official code does both
at every step.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers.linear import Linear, product

from .wavenet import WaveNet

N_FREQUENCIES = 128


@dataclass(frozen=True)
class DiTConfig:
    """The published size."""

    n_mels: int = 80
    dim: int = 512
    n_heads: int = 8
    depth: int = 13
    content_dim: int = 512
    speaker_dim: int = 192
    wavenet_layers: int = 8
    wavenet_kernel: int = 5


@dataclass(frozen=True)
class Times:
    """All that the estimator derives from the times of a solution: one row per step."""

    attention: Tensor  # (n, depth, 2, dim) gain and offset before attention
    feed_forward: Tensor  # (n, depth, 2, dim)
    last: Tensor  # (n, 2, dim) after the blocks
    wavenet: Tensor  # (n, n_layers, 2 * dim)
    final: Tensor  # (n, 2, dim) offset and gain - 1 of the head's norm


class TimeEmbedding(nn.Module):
    """A time in [0, 1] as a vector."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(2 * N_FREQUENCIES, dim), nn.SiLU(), nn.Linear(dim, dim))

    def forward(self, times: Tensor) -> Tensor:
        """(n,) -> (n, dim)."""
        rates = torch.exp(-math.log(10000) * torch.arange(N_FREQUENCIES, device=times.device) / N_FREQUENCIES)
        angles = 1000 * times[:, None] * rates
        out: Tensor = self.mlp(torch.cat([angles.cos(), angles.sin()], -1))
        return out


class AdaptiveNorm(nn.Module):
    """RMS norm whose gain and offset follow the time."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(dim, eps=1e-5)
        self.project_layer = nn.Linear(dim, 2 * dim)

    def constants(self, time: Tensor) -> Tensor:
        """(n, dim) -> (n, 2, dim)."""
        out: Tensor = self.project_layer(time).unflatten(-1, (2, -1))
        return out

    def forward(self, x: Tensor, constants: Tensor) -> Tensor:
        """(B, T, dim), (2, dim) -> (B, T, dim)."""
        out: Tensor = torch.addcmul(constants[1], self.norm(x), constants[0])
        return out


class Attention(nn.Module):
    """Every frame sees every frame; positions turn queries and keys."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.wqkv = Linear(dim, 3 * dim, bias=False)
        self.wo = Linear(dim, dim, bias=False)

    def forward(self, x: Tensor, turns: Tensor, first: int = 0) -> Tensor:
        """(B, T, dim), (T, head_dim / 2) rotations -> (B, T - first, dim): of the frames from `first` on."""
        qkv = self.wqkv(x).unflatten(-1, (3, self.n_heads, -1))  # (B, T, 3, H, head_dim)
        q, k = _turned(qkv[:, :, :2], turns).unbind(2)
        q, k, v = (h.to(self.wo.weight.dtype).transpose(1, 2) for h in (q[:, first:], k, qkv[:, :, 2]))
        out: Tensor = self.wo(_attended(q, k, v).transpose(1, 2).flatten(2)).to(x.dtype)
        return out


class FeedForward(nn.Module):
    """Gated SiLU."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        # Two thirds of four times the width, rounded up to 256: 1536 at 512.
        inner = -(-int(2 * 4 * dim / 3) // 256) * 256
        self.w1 = Linear(dim, inner, bias=False)
        self.w3 = Linear(dim, inner, bias=False)
        self.w2 = Linear(inner, dim, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        narrow = x.to(self.w1.weight.dtype)
        out: Tensor = self.w2(F.silu(self.w1(narrow)).mul_(self.w3(narrow))).to(x.dtype)
        return out


class Block(nn.Module):
    """Attention, feed-forward; in the second half of the stack, what an earlier block gave enters first."""

    def __init__(self, dim: int, n_heads: int, is_late: bool) -> None:
        super().__init__()
        self.attention = Attention(dim, n_heads)
        self.feed_forward = FeedForward(dim)
        self.attention_norm = AdaptiveNorm(dim)
        self.ffn_norm = AdaptiveNorm(dim)
        if is_late:
            self.skip_in_linear = Linear(2 * dim, dim)

    def with_earlier(self, x: Tensor, earlier: Tensor) -> Tensor:
        """(B, T, dim) twice -> (B, T, dim)."""
        out: Tensor = self.skip_in_linear(torch.cat([x, earlier], -1))
        return out

    def forward(self, x: Tensor, turns: Tensor, attention: Tensor, feed_forward: Tensor, first: int = 0) -> Tensor:
        """(B, T, dim) -> (B, T - first, dim): of the frames from `first` on."""
        x = x[:, first:] + self.attention(self.attention_norm(x, attention), turns, first)
        out: Tensor = x + self.feed_forward(self.ffn_norm(x, feed_forward))
        return out


class Transformer(nn.Module):
    """The blocks and their last norm."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        half = config.depth // 2
        self.layers = nn.ModuleList(Block(config.dim, config.n_heads, i > half) for i in range(config.depth))
        self.norm = AdaptiveNorm(config.dim)

    def forward(self, x: Tensor, turns: Tensor, times: Times, step: int, first: int = 0) -> Tensor:
        """(B, T, dim) -> (B, T - first, dim): of the frames from `first` on, each of which sees all."""
        half = len(self.layers) // 2
        earlier: list[Tensor] = []
        for i, block in enumerate(self.layers):
            assert isinstance(block, Block)
            if i > half:
                x = block.with_earlier(x, earlier.pop())
            start = first if i == len(self.layers) - 1 else 0
            x = block(x, turns, times.attention[step, i], times.feed_forward[step, i], start)
            if i < half:
                earlier.append(x)
        out: Tensor = self.norm(x, times.last[step])
        return out


class FinalLayer(nn.Module):
    """Norm that follows the time, then a map."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.linear = Linear(dim, dim)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(dim, 2 * dim))

    def constants(self, time: Tensor) -> Tensor:
        """(n, dim) -> (n, 2, dim)."""
        out: Tensor = self.adaLN_modulation(time).unflatten(-1, (2, -1))
        return out

    def forward(self, x: Tensor, constants: Tensor) -> Tensor:
        """(B, T, dim), (2, dim) -> (B, T, dim)."""
        normed = F.layer_norm(x, x.shape[-1:], eps=1e-6)
        out: Tensor = self.linear(torch.addcmul(constants[0], normed, 1 + constants[1]))
        return out


class DiT(nn.Module):
    """dx/dt of the flow."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config = config
        dim = config.dim
        self.t_embedder = TimeEmbedding(dim)
        self.t_embedder2 = TimeEmbedding(dim)
        self.cond_projection = Linear(config.content_dim, dim)
        self.cond_x_merge_linear = Linear(2 * config.n_mels + dim + config.speaker_dim, dim)
        self.transformer = Transformer(config)
        self.skip_linear = Linear(dim + config.n_mels, dim)
        self.conv1 = Linear(dim, dim)
        self.wavenet = WaveNet(dim, config.wavenet_layers, config.wavenet_kernel)
        self.res_projection = Linear(dim, dim)
        self.final_layer = FinalLayer(dim)
        self.conv2 = nn.Conv1d(dim, config.n_mels, 1)

    def times(self, times: Tensor) -> Times:
        """(n,) in [0, 1] -> everything that follows from the time alone."""
        first, second = self.t_embedder(times), self.t_embedder2(times)
        blocks = [block for block in self.transformer.layers if isinstance(block, Block)]
        return Times(
            torch.stack([block.attention_norm.constants(first) for block in blocks], 1),
            torch.stack([block.ffn_norm.constants(first) for block in blocks], 1),
            self.transformer.norm.constants(first),
            self.wavenet.conditions(second),
            self.final_layer.constants(first),
        )

    def context(self, prompt: Tensor, conditions: Tensor, speaker: Tensor) -> Tensor:
        """What the first map makes of all its inputs but x, the same at every step.

        Args:
            prompt: (B, n_mels, T), the mel of the voice where it is known, 0 elsewhere.
            conditions: (B, T, content_dim).
            speaker: (B, speaker_dim).

        Returns:
            (B, T, dim).
        """
        T = conditions.shape[1]
        still = torch.zeros_like(prompt)
        joined = [still, prompt], [self.cond_projection(conditions), speaker[:, None].expand(-1, T, -1)]
        out: Tensor = self.cond_x_merge_linear(torch.cat([torch.cat(joined[0], 1).transpose(1, 2), *joined[1]], -1))
        return out

    def forward(
        self, x: Tensor, context: Tensor, times: Times, step: int, turns: Tensor, n_known: int = 0
    ) -> Tensor:
        """The velocity at the time of a step.

        Args:
            x: (B, n_mels, T).
            context: (B, T, dim).
            times: see `times`.
            step: which of them.
            turns: see `turns`.
            n_known: frames at the start that nobody asks about. The others see them, but what lies behind the
                attention of the last block sees no further than the WaveNet does, so it leaves them out.

        Returns:
            (B, n_mels, T - n_known).
        """
        frames = x.transpose(1, 2)
        first = max(0, n_known - self.wavenet.reach)
        weight = self.cond_x_merge_linear.weight[:, : self.config.n_mels].to(x.dtype)
        h = self.transformer(F.linear(frames, weight) + context, turns, times, step, first)
        h = self.skip_linear(torch.cat([h, frames[:, first:]], -1))
        head, h = (each[:, n_known - first :] for each in (self.wavenet(self.conv1(h), times.wavenet[step]), h))
        h = self.final_layer(head + self.res_projection(h), times.final[step])
        out: Tensor = self.conv2(h.transpose(1, 2))
        return out

    def turns(self, n_frames: int) -> Tensor:
        """(T, head_dim / 2) complex: each frame's rotations, base 10000."""
        head_dim = self.config.dim // self.config.n_heads
        rates = 1.0 / (10000 ** (torch.arange(0, head_dim, 2).float() / head_dim))
        angles = torch.outer(torch.arange(n_frames).float(), rates)
        return torch.polar(torch.ones_like(angles), angles)


def _turned(x: Tensor, turns: Tensor) -> Tensor:
    """Rotate neighbouring pairs of (B, T, n, H, head_dim)."""
    pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(pairs * turns[:, None, None]).flatten(4)


def _attended(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(q k) v over (B, H, T, head_dim).

    On a CPU PyTorch's fused operation is the slow one (measured on Zen 5, 602 frames, 16 heads): 18 ms in float32 where
    head by head through oneDNN takes 11, in bfloat16 twice what three plain operations take.
    """
    if q.device.type != "cpu":
        return F.scaled_dot_product_attention(q, k, v)
    q = q * q.shape[-1] ** -0.5
    if q.dtype == torch.bfloat16:
        plain: Tensor = (q @ k.transpose(2, 3)).softmax(-1) @ v
        return plain
    heads = zip(q.flatten(0, 1), k.flatten(0, 1), v.transpose(2, 3).contiguous().flatten(0, 1), strict=True)
    heard = [product(product(query, keys).softmax(-1), values) for query, keys, values in heads]
    return torch.stack(heard).view(q.shape)
