"""The transformer encoder with relative positions that CosyVoice uses three times.

    rows (B, T, dim_in) → Linear, LayerNorm [, ReLU], · √dim → n_layers × (attention, feed-forward) → (B, T, dim)

Attention as in Transformer-XL: score[i, j] = ((q_i + u) · k_j + (q_i + v) · p[i - j]) / √dim_head, where p[d] is a
linear map of the sinusoids of distance d. p does not depend on the input: it is computed once for each layer and kept,
where upstream computes it for all distances, in each layer, at every token. That is most of its cost of decoding.

Source: wenet's encoder (Apache-2.0) as FunAudioLLM/CosyVoice has it.  Parity: tests/engines/cosyvoice/test_parity.py.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .config import EncoderConfig

GROWTH = 256  # rows by which caches and tables grow


class KVCache:
    """Keys and values of one request, layer by layer: (B, n_heads, n_rows, dim_head) each."""

    def __init__(self, n_layers: int) -> None:
        self.n_rows = 0
        self._pairs: list[tuple[Tensor, Tensor] | None] = [None] * n_layers

    def extended(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """Write the new rows of a layer behind the old ones; returns all of them."""
        end = self.n_rows + key.shape[2]
        pair = self._pairs[layer]
        if pair is None or pair[0].shape[2] < end:
            pair = self._pairs[layer] = self._grown(pair, key, end)
        for kept, new in zip(pair, (key, value), strict=True):
            kept[:, :, self.n_rows : end] = new
        return pair[0][:, :, :end], pair[1][:, :, :end]

    def __getitem__(self, layer: int) -> tuple[Tensor, Tensor]:
        pair = self._pairs[layer]
        assert pair is not None
        return pair[0][:, :, : self.n_rows], pair[1][:, :, : self.n_rows]

    def _grown(self, pair: tuple[Tensor, Tensor] | None, like: Tensor, end: int) -> tuple[Tensor, Tensor]:
        capacity = -(-end // GROWTH) * GROWTH
        keys, values = (like.new_zeros(*like.shape[:2], capacity, like.shape[3]) for _ in range(2))
        if pair is not None:
            keys[:, :, : self.n_rows], values[:, :, : self.n_rows] = (kept[:, :, : self.n_rows] for kept in pair)
        return keys, values


def sinusoids(distances: Tensor, dim: int) -> Tensor:
    """(N,) distances, negative ones too -> (N, dim): sine at even, cosine at odd places."""
    frequencies = torch.exp(torch.arange(0, dim, 2, device=distances.device) * -(math.log(10000.0) / dim))
    angles = distances[:, None].float() * frequencies
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)


class RelativeAttention(nn.Module):
    """Self-attention that knows how far apart two rows are."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.linear_q = nn.Linear(dim, dim)
        self.linear_k = nn.Linear(dim, dim)
        self.linear_v = nn.Linear(dim, dim)
        self.linear_out = nn.Linear(dim, dim)
        self.linear_pos = nn.Linear(dim, dim, bias=False)
        self.pos_bias_u = nn.Parameter(torch.zeros(n_heads, dim // n_heads))
        self.pos_bias_v = nn.Parameter(torch.zeros(n_heads, dim // n_heads))

    def positions(self, distances: Tensor) -> Tensor:
        """(N,) -> p (n_heads, N, dim_head)."""
        projected: Tensor = self.linear_pos(sinusoids(distances, self.linear_pos.in_features))
        return self._heads(projected[None])[0]

    def forward(self, x: Tensor, positions: Tensor, mask: Tensor | None, cache: KVCache | None, layer: int) -> Tensor:
        """x (B, T, dim); positions of the distances K - 1 down to 1 - T; mask (T, K), True where it may be seen."""
        query, key, value = (self._heads(linear(x)) for linear in (self.linear_q, self.linear_k, self.linear_v))
        if cache is not None:
            key, value = cache.extended(layer, key, value)
        scale = 1 / math.sqrt(query.shape[-1])
        by_distance = (query + self.pos_bias_v[:, None]) @ positions.transpose(1, 2)
        bias = shifted(by_distance, key.shape[2]) * scale
        if mask is not None:
            bias = bias.masked_fill(~mask, -torch.inf)
        heard = F.scaled_dot_product_attention(query + self.pos_bias_u[:, None], key, value, bias, scale=scale)
        out: Tensor = self.linear_out(heard.transpose(1, 2).flatten(2))
        return out

    def _heads(self, x: Tensor) -> Tensor:
        heads: Tensor = x.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)
        return heads


def table(n_rows: int, dim: int) -> nn.Embedding:
    """An embedding without random values: on the meta device these make torch import its compiler, for seconds."""
    embedding: nn.Embedding = nn.Embedding.from_pretrained(torch.empty(n_rows, dim))
    return embedding


def shifted(by_distance: Tensor, n_keys: int) -> Tensor:
    """(B, H, T, T + K - 1), distances from K - 1 down -> (B, H, T, K), where [t, j] has the distance K - T + t - j."""
    by_distance = by_distance.contiguous()
    n_batch, n_heads, n_queries, n_distances = by_distance.shape
    strides = (*by_distance.stride()[:2], n_distances - 1, 1)
    return by_distance.as_strided((n_batch, n_heads, n_queries, n_keys), strides, n_queries - 1)


class FeedForward(nn.Module):
    """Two linear maps and what is between them."""

    def __init__(self, dim: int, dim_ff: int, activation: nn.Module) -> None:
        super().__init__()
        self.w_1 = nn.Linear(dim, dim_ff)
        self.activation = activation
        self.w_2 = nn.Linear(dim_ff, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(…, dim) -> (…, dim)."""
        out: Tensor = self.w_2(self.activation(self.w_1(x)))
        return out


class Layer(nn.Module):
    """Attention and feed-forward, each behind its norm."""

    def __init__(self, config: EncoderConfig, activation: nn.Module) -> None:
        super().__init__()
        self.self_attn = RelativeAttention(config.dim, config.n_heads)
        self.feed_forward = FeedForward(config.dim, config.dim_ff, activation)
        self.norm_mha = nn.LayerNorm(config.dim, eps=1e-12)
        self.norm_ff = nn.LayerNorm(config.dim, eps=1e-12)

    def forward(self, x: Tensor, positions: Tensor, mask: Tensor | None, cache: KVCache | None, layer: int) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        x = x + self.self_attn(self.norm_mha(x), positions, mask, cache, layer)
        out: Tensor = x + self.feed_forward(self.norm_ff(x))
        return out


class Embed(nn.Module):
    """Rows of any width into the encoder's."""

    def __init__(self, config: EncoderConfig, relu: bool) -> None:
        super().__init__()
        layers = [nn.Linear(config.dim_in, config.dim), nn.LayerNorm(config.dim, eps=1e-5)]
        self.out = nn.Sequential(*layers, *([nn.ReLU()] if relu else []))
        self.scale = math.sqrt(config.dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim_in) -> (B, T, dim)."""
        out: Tensor = self.out(x) * self.scale
        return out


class Encoder(nn.Module):
    """The whole of it. `causal`: a row sees itself and what is before it."""

    def __init__(self, config: EncoderConfig, activation: nn.Module, causal: bool, relu: bool = False) -> None:
        super().__init__()
        self.config, self.causal = config, causal
        self.embed = Embed(config, relu)
        self.encoders = nn.ModuleList(Layer(config, activation) for _ in range(config.n_layers))
        self.after_norm = nn.LayerNorm(config.dim, eps=1e-5)
        self._tables: list[Tensor] = []  # per layer p of the distances n - 1 … 1 - n: of the weights, not of a request

    def forward(self, x: Tensor, cache: KVCache | None = None, layers: list[Tensor] | None = None) -> Tensor:
        """Rows (B, T, dim_in), behind those in the cache -> (B, T, dim). `layers` collects what each layer says."""
        n_new = x.shape[1]
        n_keys = n_new + (cache.n_rows if cache is not None else 0)
        x = self.embed(x)
        mask = torch.ones(n_new, n_keys, dtype=torch.bool, device=x.device).tril(n_keys - n_new)
        for number, (layer, table) in enumerate(zip(self.encoders, self._positions(n_keys), strict=True)):
            middle = table.shape[1] // 2  # distance 0
            needed = table[:, middle - n_keys + 1 : middle + n_new]
            x = layer(x, needed, mask if self.causal and n_new > 1 else None, cache, number)
            if layers is not None:
                layers.append(x)
        if cache is not None:
            cache.n_rows = n_keys
        out: Tensor = self.after_norm(x)
        return out

    def _positions(self, n_keys: int) -> list[Tensor]:
        tables = self._tables
        if not tables or tables[0].shape[1] < 2 * n_keys - 1:
            n = -(-n_keys // GROWTH) * GROWTH
            weight = self.after_norm.weight
            distances = torch.arange(n - 1, -n, -1, device=weight.device)
            attentions = [layer.self_attn for layer in self.encoders if isinstance(layer, Layer)]
            self._tables = tables = [attention.positions(distances).to(weight.dtype) for attention in attentions]
        return tables
