"""The transformer of ChatTTS: what has been said, in text and in sound, to what comes next.

    text ids, codes → embed.py → (B, T, dim) → GPT → hidden states (B, T, dim), after the last norm → embed.py → logits

A Llama; one hidden state is also what the decoder makes 21 ms of sound of.
Official file: gpt/model.safetensors.  Parity: tests/engines/chattts/test_parity.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from kouji.layers import checkpoint
from kouji.layers.linear import Linear

from .config import GPTConfig

RENAME: checkpoint.Rename = ((r"^embed_tokens\.|rotary_emb\.inv_freq$", None),)  # rows that nothing reads
GROWTH = 256  # positions by which a cache grows


class KVCache:
    """Keys and values of one request, written in place; rows may begin with padding."""

    def __init__(self, config: GPTConfig, mask: Tensor) -> None:
        """`mask`: (B, T) True where a position of the prompt is no padding."""
        self._config, self._mask = config, mask
        self._padding = (~mask).sum(1)  # (B,) positions at the left of each row that are none
        self._is_padded = bool(self._padding.any())
        self.n = 0  # positions so far
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []

    def places(self, n: int) -> Tensor:
        """(B, n) the positions of the next n columns, counted from the first that is no padding; padding is at 1."""
        columns = torch.arange(self.n, self.n + n, device=self._mask.device)
        places = columns[None] - self._padding[:, None]
        return torch.where(places < 0, 1, places)

    def visible(self, n: int) -> Tensor | None:
        """Which columns each of the next n may see, (B, 1, n, self.n + n); None: all, or all before it."""
        if not self._is_padded and (n == 1 or self.n == 0):
            return None
        columns = torch.arange(self.n + n, device=self._mask.device)
        causal = columns[None] <= torch.arange(self.n, self.n + n, device=self._mask.device)[:, None]
        there = columns[None] >= self._padding[:, None]
        # A column of padding sees itself, so that the softmax over it has something to divide by.
        itself = columns[None] == torch.arange(self.n, self.n + n, device=self._mask.device)[:, None]
        return ((causal[None] & there[:, None]) | itself[None])[:, None]

    def extend(self, layer: int, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Put new columns (B, n_heads, n, head) behind the others of a layer; returns all."""
        end = self.n + keys.shape[2]
        if layer == len(self._keys):
            self._keys.append(keys.new_empty(0))
            self._values.append(keys.new_empty(0))
        for store, new in ((self._keys, keys), (self._values, values)):
            held = store[layer]
            if held.numel() == 0 or held.shape[2] < end:
                capacity = -(-end // GROWTH) * GROWTH
                store[layer] = new.new_zeros(*new.shape[:2], capacity, new.shape[3])
                if held.numel():
                    store[layer][:, :, : self.n] = held[:, :, : self.n]
            store[layer][:, :, self.n : end] = new
        return self._keys[layer][:, :, :end], self._values[layer][:, :, :end]


class Norm(nn.Module):
    """Root mean square norm."""

    def __init__(self, dim: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(dim))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """(..., dim) -> the same."""
        return F.rms_norm(x, self.weight.shape, self.weight, self.eps)


class Layer(nn.Module):
    """Attention and a gated MLP; the maps that read the same rows are one matrix each."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.n_heads = config.n_heads
        self.input_layernorm = Norm(config.dim, config.eps)
        self.qkv = Linear(config.dim, 3 * config.dim, bias=False)
        self.o_proj = Linear(config.dim, config.dim, bias=False)
        self.post_attention_layernorm = Norm(config.dim, config.eps)
        self.gate_up = Linear(config.dim, 2 * config.dim_ff, bias=False)
        self.down_proj = Linear(config.dim_ff, config.dim, bias=False)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor | None, cache: KVCache, at: int) -> Tensor:
        """(B, T, dim) -> the same; `turn`: cosines and sines (B, 1, T, head); `at`: number of the layer."""
        batch, n, dim = x.shape
        qkv = self.qkv(self.input_layernorm(x)).view(batch, n, 3, self.n_heads, -1).permute(2, 0, 3, 1, 4)
        query, key = _turned(qkv[0], *turn), _turned(qkv[1], *turn)
        keys, values = cache.extend(at, key, qkv[2])
        causal = mask is None and n > 1
        seen = F.scaled_dot_product_attention(query, keys, values, attn_mask=mask, is_causal=causal)
        x = x + self.o_proj(seen.transpose(1, 2).reshape(batch, n, dim))
        gate, up = self.gate_up(self.post_attention_layernorm(x)).chunk(2, -1)
        out: Tensor = x + self.down_proj(F.silu(gate) * up)
        return out


class GPT(nn.Module):
    """See above."""

    def __init__(self, config: GPTConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or GPTConfig()
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.n_layers))
        self.norm = Norm(config.dim, config.eps)

    def forward(self, rows: Tensor, cache: KVCache) -> Tensor:
        """Rows (B, T, dim) behind those in the cache -> hidden states (B, T, dim)."""
        n = rows.shape[1]
        turn, mask = self._turn(cache.places(n), rows.dtype), cache.visible(n)
        for at, layer in enumerate(self.layers):
            rows = layer(rows, turn, mask, cache, at)
        cache.n += n
        out: Tensor = self.norm(rows)
        return out

    def _turn(self, places: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """Positions (B, T) -> cosines and sines (B, 1, T, head)."""
        config = self.config
        head = config.dim // config.n_heads
        speeds = 1.0 / config.rope_theta ** (torch.arange(0, head, 2, device=places.device).float() / head)
        angles = places[:, None, :, None].float() * speeds
        angles = torch.cat([angles, angles], -1)
        return angles.cos().to(dtype), angles.sin().to(dtype)


def _turned(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Rotary positions; dimension i and i + head / 2 are a pair."""
    first, second = x.chunk(2, -1)
    return x * cosines + torch.cat([-second, first], -1) * sines


def joined(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The published tensors -> those of `GPT`: maps of the same rows become one. What lacks a part stays as it is."""
    parts = {
        "self_attn.q_proj": ("qkv", ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")),
        "mlp.gate_proj": ("gate_up", ("mlp.gate_proj", "mlp.up_proj")),
    }
    found = dict(state)
    for name in state:
        for first, (whole, names) in parts.items():
            if not name.endswith(f".{first}.weight"):
                continue
            base = name.removesuffix(f"{first}.weight")
            pieces = [f"{base}{each}.weight" for each in names]
            if all(piece in found for piece in pieces):
                found[f"{base}{whole}.weight"] = torch.cat([found.pop(piece) for piece in pieces])
    return {name.replace(".self_attn.o_proj.", ".o_proj.").replace(".mlp.down_proj.", ".down_proj."): tensor
            for name, tensor in found.items()}  # fmt: skip
