"""Phones to semantic codes: the first half of GPT-SoVITS, a transformer that goes on where a prompt ends.

    phones + BERT features ─┐   see each other
                            ├─→ 24 layers ─→ the next of 1024 codes, or the end
    codes of the prompt ────┘   see all phones, and the codes before them

Official file: s1*.ckpt (RVC-Boss/GPT-SoVITS, MIT).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers import checkpoint
from kouji.layers.linear import Packed

from .config import DIM_BERT, S1Config
from .container import Container

# Official names -> ours.
RENAME: checkpoint.Rename = (
    (r"^model\.", ""),
    (r"^h\.layers\.", "layers."),
    (r"^ar_(text|audio)_embedding\.word_embeddings\.", r"\1_embedding."),
    (r"^ar_(text|audio)_position\.alpha$", r"\1_scale"),
    (r"^ar_predict_layer\.", "head."),
    (r"\.self_attn\.in_proj_(weight|bias)$", r".qkv.\1"),
    (r"\.self_attn\.out_proj\.", ".out."),
)


def sinusoids(places: Tensor, dim: int) -> Tensor:
    """Places (n,) -> (n, dim) position waves: sines in the even columns, cosines in the odd ones."""
    angles = places[:, None].cpu() * torch.exp(torch.arange(0, dim, 2) * (-math.log(10000.0) / dim))
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1).to(places.device)


@dataclass
class KVCache:
    """Keys and values of one sentence: in place, never copied but to grow."""

    keys: list[Tensor]  # per layer (n_heads, room, head_dim)
    values: list[Tensor]
    n: int  # rows that are filled
    n_audio: int  # of them those of codes: the place of the next

    def grow(self, n_rows: int) -> None:
        """Make room for so many rows; what is not filled holds nothing, and takes no memory yet."""

        def larger(old: Tensor) -> Tensor:
            new = old.new_empty(old.shape[0], n_rows, old.shape[2])
            new[:, : self.n] = old[:, : self.n]
            return new

        if n_rows > self.keys[0].shape[1]:
            self.keys, self.values = list(map(larger, self.keys)), list(map(larger, self.values))


class Layer(nn.Module):
    """Attention, norm, feed-forward, norm."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = Packed(dim, 3 * dim)
        self.out = Packed(dim, dim)
        self.linear1 = Packed(dim, 4 * dim)
        self.linear2 = Packed(4 * dim, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """All rows of one sentence (T, dim), mask (T, T): True may be seen -> the same, and keys and values."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.n_heads, -1)).permute(1, 2, 0, 3)
        seen = F.scaled_dot_product_attention(q[None], k[None], v[None], mask)[0]
        return self._behind(x, seen.transpose(0, 1).flatten(1)), k.contiguous(), v.contiguous()

    def step(self, x: Tensor, caches: Sequence[KVCache], number: int) -> Tensor:
        """One new row of each of several sentences, (B, dim) -> the same; leaves keys and values in their caches.

        Rows behind those of the caches fill up.
        """
        q, k, v = self.qkv(x).unflatten(-1, (3, self.n_heads, 1, -1)).unbind(1)  # (B, n_heads, 1, head_dim)
        seen = torch.zeros_like(x)
        # Each by itself: what one sees must not depend on how long the others are.
        for row, cache in enumerate(caches):
            keys, values, end = cache.keys[number], cache.values[number], cache.n + 1
            keys[:, cache.n], values[:, cache.n] = k[row, :, 0], v[row, :, 0]
            heard = F.scaled_dot_product_attention(q[row, None], keys[None, :, :end], values[None, :, :end])
            seen[row] = heard.flatten()
        return self._behind(x, seen)

    def _behind(self, x: Tensor, seen: Tensor) -> Tensor:
        x = self.norm1(x + self.out(seen))
        out: Tensor = self.norm2(x + self.linear2(torch.relu(self.linear1(x))))
        return out


class T2S(nn.Module):
    """Embeddings, layers, head."""

    def __init__(self, config: S1Config) -> None:
        super().__init__()
        self.config = config
        self.bert_proj = nn.Linear(DIM_BERT, config.dim)
        self.text_embedding = nn.Embedding(config.n_phones, config.dim)
        self.text_scale = nn.Parameter(torch.ones(1))
        self.audio_embedding = nn.Embedding(config.n_codes, config.dim)
        self.audio_scale = nn.Parameter(torch.ones(1))
        self.layers = nn.ModuleList(Layer(config.dim, config.n_heads) for _ in range(config.n_layers))
        self.head = Packed(config.dim, config.n_codes, bias=False)

    @classmethod
    def from_container(cls, found: Container) -> T2S:
        """From a file that is read: every tensor in it is used, none is made up.

        Raises:
            BadCheckpoint: tensors are missing, left over, or of another size.
        """
        source = str(found.path)
        named = ((checkpoint.renamed(name, RENAME), tensor) for name, tensor in found.weights.items())
        state = {name: tensor.float() for name, tensor in named if name is not None}
        with torch.device("meta"):
            network = cls(S1Config.of(found.config, source))
        checkpoint.load(network, state, source)
        return network.eval().requires_grad_(False)

    def pack(self) -> T2S:
        """For a CPU; afterwards it only speaks: its weights cannot be read any more."""
        for part in self.modules():
            if isinstance(part, Packed):
                part.pack()
        return self

    def begun(self) -> KVCache:
        """Of a sentence with nothing before it."""
        config = self.config
        shape = (config.n_heads, 0, config.dim // config.n_heads)
        keys, values = ([self.text_scale.new_empty(shape) for _ in self.layers] for _ in range(2))
        return KVCache(keys, values, 0, 0)

    def text(self, phones: Tensor, features: Tensor) -> Tensor:
        """Phones (L,), BERT features (1024, L) -> (L, dim)."""
        waves = sinusoids(torch.arange(len(phones), device=phones.device), self.config.dim)
        out: Tensor = self.text_embedding(phones) + self.bert_proj(features.T) + self.text_scale * waves
        return out

    def audio(self, codes: Tensor, places: Tensor) -> Tensor:
        """Codes (T,) and their places among all codes of their sentences (T,) -> (T, dim)."""
        out: Tensor = self.audio_embedding(codes) + self.audio_scale * sinusoids(places, self.config.dim)
        return out

    def begin(self, text: Tensor, prompt: Tensor) -> tuple[Tensor, KVCache]:
        """Read what comes before the first new code.

        Args:
            text: (L, dim), see `text`.
            prompt: (T,) codes; may be none.

        Returns:
            Logits (n_codes,) of the first code, and the cache.
        """
        rows = torch.cat([text, self.audio(prompt, torch.arange(len(prompt), device=prompt.device))])
        n = len(rows)
        mask = torch.ones(n, n, dtype=torch.bool, device=rows.device).tril()
        mask[: len(text), : len(text)] = True
        cache = KVCache([], [], n, len(prompt))
        for layer in self.layers:
            rows, keys, values = layer(rows, mask)
            cache.keys.append(keys)
            cache.values.append(values)
        logits: Tensor = self.head(rows[-1:])[0]
        return logits, cache

    def step(self, codes: Tensor, caches: Sequence[KVCache], tile: int = 1) -> Tensor:
        """Several sentences go on, with codes (B,) -> logits (B, n_codes); there must be room in their caches.

        Products are made of a multiple of `tile` rows: see kouji.runtime.together.alike.
        """
        rows = self.audio(codes, torch.tensor([cache.n_audio for cache in caches], device=codes.device))
        rows = F.pad(rows, (0, 0, 0, -len(rows) % tile))
        for number, layer in enumerate(self.layers):
            rows = cast(Layer, layer).step(rows, caches, number)
        logits: Tensor = self.head(rows)[: len(caches)]
        for cache in caches:
            cache.n, cache.n_audio = cache.n + 1, cache.n_audio + 1
        return logits
