"""Sound to what is said in it, 50 vectors a second: HuBERT base (arXiv 2106.07447). Official names.

Official file: chinese-hubert-base/pytorch_model.bin (TencentGameMate, MIT).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers import checkpoint
from kouji.layers.linear import Linear

# Official names -> ours. `masked_spec_embed` serves training.
RENAME: checkpoint.Rename = (
    (r"^hubert\.", ""),
    (r"^masked_spec_embed$", None),
    *checkpoint.PARAMETRIZED,
    (r"^feature_extractor\.conv_layers\.", "convs."),
    (r"^feature_projection\.layer_norm\.", "projection_norm."),
    (r"^feature_projection\.projection\.", "projection."),
    (r"^encoder\.pos_conv_embed\.conv\.", "positions."),
    (r"^encoder\.", ""),
)


@dataclass(frozen=True)
class HubertConfig:
    """The published size."""

    dim: int = 768
    dim_ff: int = 3072
    n_layers: int = 12
    n_heads: int = 12
    dim_conv: int = 512
    kernels: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    strides: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    position_kernel: int = 128
    position_groups: int = 16

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> HubertConfig:
        """From a config.json; what it does not say has the published value."""
        usual = cls()
        return cls(
            int(values.get("hidden_size", usual.dim)), int(values.get("intermediate_size", usual.dim_ff)),
            int(values.get("num_hidden_layers", usual.n_layers)), int(values.get("num_attention_heads", usual.n_heads)),
            int(values.get("conv_dim", [usual.dim_conv])[0]), tuple(values.get("conv_kernel", usual.kernels)),
            tuple(values.get("conv_stride", usual.strides)),
            int(values.get("num_conv_pos_embeddings", usual.position_kernel)),
            int(values.get("num_conv_pos_embedding_groups", usual.position_groups)),
        )  # fmt: skip


class _Conv(nn.Module):
    """The first of them is normed, channel by channel over time."""

    def __init__(self, n_in: int, dim: int, kernel: int, stride: int, normed: bool) -> None:
        super().__init__()
        self.conv = nn.Conv1d(n_in, dim, kernel, stride, bias=False)
        self.layer_norm = nn.GroupNorm(dim, dim) if normed else None

    def forward(self, x: Tensor) -> Tensor:
        """(B, n_in, T) -> (B, dim, about T / stride)."""
        x = self.conv(x)
        return F.gelu(x if self.layer_norm is None else self.layer_norm(x))


class _Attention(nn.Module):
    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (Linear(dim, dim) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        maps = (self.q_proj, self.k_proj, self.v_proj)
        q, k, v = (map_(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for map_ in maps)
        out: Tensor = self.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))
        return out


class _FeedForward(nn.Module):
    def __init__(self, dim: int, dim_ff: int) -> None:
        super().__init__()
        self.intermediate_dense = Linear(dim, dim_ff)
        self.output_dense = Linear(dim_ff, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        out: Tensor = self.output_dense(F.gelu(self.intermediate_dense(x)))
        return out


class _Layer(nn.Module):
    """Attention, norm, feed-forward, norm."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.attention = _Attention(config.dim, config.n_heads)
        self.layer_norm = nn.LayerNorm(config.dim)
        self.feed_forward = _FeedForward(config.dim, config.dim_ff)
        self.final_layer_norm = nn.LayerNorm(config.dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        x = self.layer_norm(x + self.attention(x))
        out: Tensor = self.final_layer_norm(x + self.feed_forward(x))
        return out


class Hubert(nn.Module):
    """Convolutions to 50 frames a second, then a transformer."""

    def __init__(self, config: HubertConfig) -> None:
        super().__init__()
        self.config = config
        widths = [1, *[config.dim_conv] * len(config.kernels)]
        shapes = zip(widths, widths[1:], config.kernels, config.strides, strict=False)
        self.convs = nn.ModuleList(_Conv(*shape, number == 0) for number, shape in enumerate(shapes))
        self.projection_norm = nn.LayerNorm(config.dim_conv)
        self.projection = Linear(config.dim_conv, config.dim)
        self.positions = nn.Conv1d(
            config.dim, config.dim, config.position_kernel, padding=config.position_kernel // 2,
            groups=config.position_groups,
        )  # fmt: skip
        self.layer_norm = nn.LayerNorm(config.dim)
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.n_layers))

    def forward(self, samples: Tensor) -> Tensor:
        """(B, n_samples) at 16 kHz, as they are -> (B, T, dim), T = (n_samples - 400) // 320 + 1."""
        x = self.features(samples).transpose(1, 2)
        x = self.projection(self.projection_norm(x))
        placed = self.positions(x.transpose(1, 2))[..., : x.shape[1]]  # an even kernel gives one too many
        x = self.layer_norm(x + F.gelu(placed).transpose(1, 2))
        for layer in self.layers:
            x = layer(x)
        out: Tensor = x
        return out

    def features(self, samples: Tensor) -> Tensor:
        """(B, n_samples) -> (B, dim_conv, T)."""
        x = samples[:, None]
        for conv in self.convs:
            x = conv(x)
        return x


def folded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """With the weight norm of the positions folded: unlike others, its norm is over all but the last axis."""
    found = {name: tensor.float() for name, tensor in state.items()}
    if "positions.weight_v" in found and "positions.weight_g" in found:
        v, g = found.pop("positions.weight_v"), found.pop("positions.weight_g")
        found["positions.weight"] = torch._weight_norm(v, g, 2)
    return found
