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

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers import checkpoint

from .config import DIM_BERT, S1Config
from .container import Container

ROOM = 256  # positions by which a cache grows

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


def sinusoids(n: int, dim: int) -> Tensor:
    """(n, dim) position waves: sines in the even places, cosines in the odd ones."""
    angles = torch.arange(n)[:, None] * torch.exp(torch.arange(0, dim, 2) * (-math.log(10000.0) / dim))
    return torch.stack([angles.sin(), angles.cos()], -1).reshape(n, dim)


@dataclass
class KVCache:
    """Keys and values of one request, and who may be seen: in place, never copied but to grow."""

    keys: list[Tensor]  # per layer (B, n_heads, room, head_dim)
    values: list[Tensor]
    seen: Tensor | None  # (B, room) bool: False for what fills the left of a shorter text; None: all is seen
    n: int = 0  # positions that are filled

    def grow(self, n: int) -> None:
        """Make room for n positions."""
        more = -(-n // ROOM) * ROOM - self.keys[0].shape[2]
        if more > 0:
            self.keys = [F.pad(each, (0, 0, 0, more)) for each in self.keys]
            self.values = [F.pad(each, (0, 0, 0, more)) for each in self.values]
            if self.seen is not None:
                self.seen = F.pad(self.seen, (0, more), value=True)

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows of the batch alone."""
        self.keys, self.values = [each[rows] for each in self.keys], [each[rows] for each in self.values]
        if self.seen is not None:
            self.seen = self.seen[rows]


class Layer(nn.Module):
    """Attention, norm, feed-forward, norm."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv = nn.Linear(dim, 3 * dim)
        self.out = nn.Linear(dim, dim)
        self.linear1 = nn.Linear(dim, 4 * dim)
        self.linear2 = nn.Linear(4 * dim, dim)
        self.norm1 = nn.LayerNorm(dim)
        self.norm2 = nn.LayerNorm(dim)

    def forward(self, x: Tensor, cache: KVCache, layer: int, mask: Tensor | None) -> Tensor:
        """(B, T, dim) -> the same; leaves its keys and values in the cache. Mask: True may be seen."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.n_heads, -1)).permute(2, 0, 3, 1, 4)
        end = cache.n + x.shape[1]
        keys, values = cache.keys[layer], cache.values[layer]
        keys[:, :, cache.n : end], values[:, :, cache.n : end] = k, v
        seen = F.scaled_dot_product_attention(q, keys[:, :, :end], values[:, :, :end], mask)
        x = self.norm1(x + self.out(seen.transpose(1, 2).flatten(2)))
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
        self.head = nn.Linear(config.dim, config.n_codes, bias=False)

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
        network.eval().requires_grad_(False)
        for part in network.modules():
            if isinstance(part, nn.Linear):
                # Laid out column by column: a CPU then multiplies one row by all layers in 13.2 ms, not 18.7.
                part.weight.data = part.weight.data.t().contiguous().t()
        return network

    def text(self, phones: Tensor, features: Tensor) -> Tensor:
        """Phones (L,), BERT features (1024, L) -> (L, dim)."""
        waves = sinusoids(len(phones), self.config.dim).to(phones.device)
        out: Tensor = self.text_embedding(phones) + self.bert_proj(features.T) + self.text_scale * waves
        return out

    def audio(self, codes: Tensor, start: int = 0) -> Tensor:
        """Codes (..., T), the first of which is the `start`th of the sequence -> (..., T, dim)."""
        waves = sinusoids(start + codes.shape[-1], self.config.dim)[start:].to(codes.device)
        out: Tensor = self.audio_embedding(codes) + self.audio_scale * waves
        return out

    def begin(self, texts: Sequence[Tensor], prompt: Tensor) -> tuple[Tensor, KVCache]:
        """Read what comes before the first new code.

        Args:
            texts: B times (L, dim), see `text`; shorter ones are filled up on their left.
            prompt: (T,) codes that all share; may be none.

        Returns:
            Logits (B, n_codes) of the first code, and the cache.
        """
        config, n_text, B = self.config, max(map(len, texts)), len(texts)
        padded = torch.stack([F.pad(text, (0, 0, n_text - len(text), 0)) for text in texts])
        rows = torch.cat([padded, self.audio(prompt).expand(B, -1, -1)], 1)
        n = rows.shape[1]
        shape = (B, config.n_heads, -(-n // ROOM) * ROOM, config.dim // config.n_heads)
        keys, values = ([rows.new_zeros(shape) for _ in range(config.n_layers)] for _ in range(2))
        n_filled = torch.tensor([n_text - len(text) for text in texts], device=rows.device)
        seen = torch.arange(shape[2], device=rows.device) >= n_filled[:, None]
        cache = KVCache(keys, values, None if bool(seen.all()) else seen)
        mask = torch.ones(n, n, dtype=torch.bool, device=rows.device).tril(0)
        mask[:n_text, :n_text] = True
        # What fills up sees itself alone, so that no row of scores is empty; nobody looks at it.
        own = torch.eye(n, dtype=torch.bool, device=rows.device)
        return self._logits(rows, cache, (mask & seen[:, None, :n]) | own), cache

    def go_on(self, codes: Tensor, position: int, cache: KVCache) -> Tensor:
        """Codes (B,), which are the `position`th of their sequences, prompt included -> logits (B, n_codes)."""
        return self._logits(self.audio(codes[:, None], position), cache, None)

    def _logits(self, rows: Tensor, cache: KVCache, mask: Tensor | None) -> Tensor:
        end = cache.n + rows.shape[1]
        cache.grow(end)
        if mask is not None:
            mask = mask[:, None]
        elif cache.seen is not None:
            mask = cache.seen[:, None, None, :end]
        for number, layer in enumerate(self.layers):
            rows = layer(rows, cache, number, mask)
        cache.n = end
        out: Tensor = self.head(rows[:, -1])
        return out
