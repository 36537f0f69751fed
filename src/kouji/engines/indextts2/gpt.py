"""Text and a voice to codes: the GPT of IndexTTS 2.

    speaker (32, D) + emotion (D,) ─┐
    two duration slots              ├→ GPT-2 blocks ─→ codes, 50 per second ─→ latents (N, D), what led to each code
    text ids                        ┘

Official file: gpt.pth, `gpt.*` and the embeddings and heads beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers.linear import Linear

ROOM = 256  # positions that a cache has room for before it grows: 5 seconds

@dataclass(frozen=True)
class GPTConfig:
    """The published size."""

    dim: int = 1280
    n_layers: int = 24
    n_heads: int = 20
    n_text: int = 12001  # pieces, and one that is never used
    n_codes: int = 8194  # 8192 codes, start and stop
    max_text: int = 602  # positions
    max_codes: int = 1818
    start_text: int = 0
    stop_text: int = 1
    start_code: int = 8192
    stop_code: int = 8193


@dataclass
class KVCache:
    """Keys and values of one request: of the prompt once, of what follows per beam."""

    prompt: list[tuple[Tensor, Tensor]] = field(default_factory=list)  # per layer, (H, P, head_dim) each
    after: list[tuple[Tensor, Tensor]] = field(default_factory=list)  # per layer, (B, H, room, head_dim) each
    n_after: int = 0

    def reorder(self, beams: Tensor) -> None:
        """Continue from these beams."""
        if beams.tolist() != list(range(len(beams))):
            for tensors in self.after:
                for t in tensors:
                    t[:, :, : self.n_after] = t[beams, :, : self.n_after]

    def rewind(self) -> None:
        """Forget all that came after the prompt."""
        self.n_after, self.after = 0, []


class Attention(nn.Module):
    """Causal attention over the prompt, the past and the given positions."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.c_attn = Linear(dim, 3 * dim)
        self.c_proj = Linear(dim, dim)

    def forward(self, x: Tensor, cache: KVCache, layer: int) -> Tensor:
        """(B, T, dim) -> (B, T, dim); leaves its keys and values in the cache."""
        q, k, v = self.c_attn(x).unflatten(-1, (3, self.n_heads, -1)).permute(2, 0, 3, 1, 4)  # (B, H, T, head_dim)
        if len(cache.prompt) <= layer:
            cache.prompt.append((k[0], v[0]))
            seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            seen = _attend(q, cache.prompt[layer], *_extended(cache, layer, k, v))
        out: Tensor = self.c_proj(seen.transpose(1, 2).flatten(2))
        return out


def _extended(cache: KVCache, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor]:
    """Keys and values after the prompt, the new ones among them: (B, H, n, head_dim) each."""
    B, H, T, head_dim = k.shape
    end = cache.n_after + T
    if len(cache.after) <= layer:
        cache.after.append((k.new_empty(B, H, max(ROOM, T), head_dim), v.new_empty(B, H, max(ROOM, T), head_dim)))
    if cache.after[layer][0].shape[2] < end:
        more = end  # twice as much as there is, at least
        keys, values = (torch.cat([old, old.new_empty(B, H, more, head_dim)], 2) for old in cache.after[layer])
        cache.after[layer] = keys, values
    keys, values = cache.after[layer]
    keys[:, :, cache.n_after : end] = k
    values[:, :, cache.n_after : end] = v
    return keys[:, :, :end], values[:, :, :end]


def _attend(q: Tensor, prompt: tuple[Tensor, Tensor], k: Tensor, v: Tensor) -> Tensor:
    """Attention to a prompt that all of the batch share, and to each row's own past."""
    B, H, T, head_dim = q.shape
    q = q * head_dim**-0.5
    keys, values = prompt
    n_prompt, n_after = keys.shape[1], k.shape[2]
    shared = q.transpose(0, 1).reshape(H, B * T, head_dim) @ keys.transpose(1, 2)
    own = q @ k.transpose(2, 3)
    if T > 1:
        future = torch.ones(T, n_after, dtype=torch.bool, device=q.device).triu(n_after - T + 1)
        own = own.masked_fill(future, float("-inf"))
    scores = torch.cat([shared.view(H, B, T, n_prompt).transpose(0, 1), own], -1)
    weights = scores.softmax(-1)
    of_prompt = weights[..., :n_prompt].transpose(0, 1).reshape(H, B * T, n_prompt) @ values
    return of_prompt.view(H, B, T, head_dim).transpose(0, 1) + weights[..., n_prompt:] @ v


class MLP(nn.Module):
    """Four times wider, GELU, back."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.c_fc = Linear(dim, 4 * dim)
        self.c_proj = Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        out: Tensor = self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))
        return out


class Block(nn.Module):
    """Norm, attention, norm, MLP."""

    def __init__(self, dim: int, n_heads: int) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(dim)
        self.attn = Attention(dim, n_heads)
        self.ln_2 = nn.LayerNorm(dim)
        self.mlp = MLP(dim)

    def forward(self, x: Tensor, cache: KVCache, layer: int) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        x = x + self.attn(self.ln_1(x), cache, layer)
        out: Tensor = x + self.mlp(self.ln_2(x))
        return out


class Blocks(nn.Module):
    """GPT-2 without tables, and its norm."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.h = nn.ModuleList(Block(config.dim, config.n_heads) for _ in range(config.n_layers))
        self.ln_f = nn.LayerNorm(config.dim)

    def forward(self, x: Tensor, cache: KVCache) -> Tensor:
        """(B, T, dim) -> (B, T, dim)."""
        is_prompt = not cache.prompt
        for layer, block in enumerate(self.h):
            x = block(x, cache, layer)
        if not is_prompt:
            cache.n_after += x.shape[1]
        out: Tensor = self.ln_f(x)
        return out


class Table(nn.Module):
    """One learned row per position."""

    def __init__(self, n_rows: int, dim: int) -> None:
        super().__init__()
        self.emb = nn.Embedding(n_rows, dim)

    def forward(self, positions: Tensor) -> Tensor:
        """(...) -> (..., dim)."""
        out: Tensor = self.emb(positions)
        return out


class GPT(nn.Module):
    """Embeddings, blocks, head."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        self.text_embedding = nn.Embedding(config.n_text, config.dim)
        self.text_pos_embedding = Table(config.max_text, config.dim)
        self.mel_embedding = nn.Embedding(config.n_codes, config.dim)
        self.mel_pos_embedding = Table(config.max_codes, config.dim)
        self.speed_emb = nn.Embedding(2, config.dim)
        self.gpt = Blocks(config)
        self.final_norm = nn.LayerNorm(config.dim)
        self.mel_head = Linear(config.dim, config.n_codes)

    def prompt(self, speaker: Tensor, emotion: Tensor, text: Tensor, n_tokens: int | None = None) -> Tensor:
        """Everything that stands before the first code.

        Args:
            speaker: (32, dim).
            emotion: (dim,).
            text: (L,) ids of one segment.
            n_tokens: put the position row of so many codes into the first duration slot (experimental); None: as
                the release does.

        Returns:
            (1, 32 + 2 + L + 2, dim).
        """
        config = self.config
        text = text[(text != config.start_text) & (text != config.stop_text)]
        ids = F.pad(F.pad(text, (1, 0), value=config.start_text), (0, 1), value=config.stop_text)
        words = self.text_embedding(ids) + self.text_pos_embedding(torch.arange(len(ids), device=ids.device))
        if n_tokens is None:
            duration = self.speed_emb.weight[1]
        else:
            duration = self.mel_pos_embedding.emb.weight[min(n_tokens, config.max_codes - 1)]
        slots = torch.stack([duration, self.speed_emb.weight[0]])
        return torch.cat([speaker + emotion, slots, words])[None]

    def start(self, prompt: Tensor) -> KVCache:
        """Read the prompt (1, P, dim)."""
        cache = KVCache()
        self.gpt(prompt, cache)
        return cache

    def logits(self, codes: Tensor, positions: Tensor, cache: KVCache) -> Tensor:
        """Codes that continue the cache, and their rows of the position table: (B, T), (T,) -> (B, T, n_codes)."""
        out: Tensor = self.mel_head(self.final_norm(self.gpt(self.embedded(codes, positions), cache)))
        return out

    def embedded(self, codes: Tensor, positions: Tensor) -> Tensor:
        """(B, T), (T,) -> (B, T, dim)."""
        x: Tensor = self.mel_embedding(codes) + self.mel_pos_embedding(positions)
        return x

    def latents(self, codes: Tensor, cache: KVCache) -> Tensor:
        """The state from which each code follows, with positions in a row as in training.

        Args:
            codes: (N,).
            cache: of the prompt; what followed is forgotten.

        Returns:
            (1, N, dim).
        """
        cache.rewind()
        given = F.pad(codes[:-1], (1, 0), value=self.config.start_code)[None]
        x = self.embedded(given, torch.arange(len(codes), device=codes.device))
        out: Tensor = self.final_norm(self.gpt(x, cache))
        return out
