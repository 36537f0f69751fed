"""Chinese characters to what they mean in their sentence: BERT, of which the layers below the last two are used.

Official file: chinese-roberta-wwm-ext-large/pytorch_model.bin (HFL, Apache-2.0). Official names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kouji.layers import checkpoint
from kouji.layers.linear import Linear

_TIED = "tied.weight"
N_UNUSED = 2  # layers at the end: the features are hidden_states[-3]


@dataclass(frozen=True)
class BertConfig:
    """The published size."""

    dim: int = 1024
    dim_ff: int = 4096
    n_layers: int = 24
    n_heads: int = 16
    n_words: int = 21128
    n_positions: int = 512
    eps: float = 1e-12

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> BertConfig:
        """From a config.json; what it does not say has the published value."""
        usual = cls()
        return cls(
            int(values.get("hidden_size", usual.dim)), int(values.get("intermediate_size", usual.dim_ff)),
            int(values.get("num_hidden_layers", usual.n_layers)), int(values.get("num_attention_heads", usual.n_heads)),
            int(values.get("vocab_size", usual.n_words)),
            int(values.get("max_position_embeddings", usual.n_positions)),
            float(values.get("layer_norm_eps", usual.eps)),
        )  # fmt: skip


def names(n_layers: int) -> checkpoint.Rename:
    """Official names -> ours, for a file of so many layers; the heads and the last two layers are not used."""
    unused = "|".join(map(str, range(n_layers - N_UNUSED, n_layers)))
    return (
        (r"^cls\.predictions\.decoder\.weight$", _TIED),
        (r"^cls\.|^bert\.pooler\.|position_ids$", None),
        (rf"^bert\.encoder\.layer\.({unused})\.", None),
        (r"^bert\.embeddings\.(word|position|token_type)_embeddings\.", r"\1."),
        (r"^bert\.embeddings\.LayerNorm\.", "norm."),
        (r"^bert\.encoder\.layer\.", "layers."),
        (r"\.attention\.self\.", "."),
        (r"\.attention\.output\.dense\.", ".attention_out."),
        (r"\.attention\.output\.LayerNorm\.", ".attention_norm."),
        (r"\.(intermediate|output)\.dense\.", r".\1."),
        (r"\.output\.LayerNorm\.", ".output_norm."),
        (r"\.gamma$", ".weight"),  # of norms, in files of the first years
        (r"\.beta$", ".bias"),
    )


def tied(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """In float32, with the one table that words go in and come out by: the file has it twice, the latter counts."""
    found = {name: tensor.float() for name, tensor in state.items()}
    found["word.weight"] = found.pop(_TIED, found.get("word.weight", torch.zeros(0)))
    return found


class _Layer(nn.Module):
    """Attention, norm, feed-forward, norm."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        dim, self.n_heads = config.dim, config.n_heads
        self.query, self.key, self.value, self.attention_out = (Linear(dim, dim) for _ in range(4))
        self.attention_norm = nn.LayerNorm(dim, config.eps)
        self.intermediate, self.output = Linear(dim, config.dim_ff), Linear(config.dim_ff, dim)
        self.output_norm = nn.LayerNorm(dim, config.eps)

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, dim) -> the same."""
        maps = (self.query, self.key, self.value)
        q, k, v = (map_(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2) for map_ in maps)
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = self.attention_norm(x + self.attention_out(seen))
        out: Tensor = self.output_norm(x + self.output(F.gelu(self.intermediate(x))))
        return out


class Bert(nn.Module):
    """Embeddings and all layers but the last two."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.word = nn.Embedding(config.n_words, config.dim)
        self.position = nn.Embedding(config.n_positions, config.dim)
        self.token_type = nn.Embedding(2, config.dim)
        self.norm = nn.LayerNorm(config.dim, config.eps)
        self.layers = nn.ModuleList(_Layer(config) for _ in range(config.n_layers - N_UNUSED))

    def forward(self, ids: Tensor) -> Tensor:
        """Ids (B, T) of words, [CLS] and [SEP] among them -> (B, T, dim)."""
        places = torch.arange(ids.shape[1], device=ids.device)
        x = self.norm(self.word(ids) + self.position(places) + self.token_type.weight[0])
        for layer in self.layers:
            x = layer(x)
        out: Tensor = x
        return out


def layers_in(state_names: list[str]) -> int:
    """How many layers a file has, by the names in it."""
    numbers = [int(found[1]) for name in state_names if (found := re.search(r"encoder\.layer\.(\d+)\.", name))]
    return max(numbers, default=-1) + 1
