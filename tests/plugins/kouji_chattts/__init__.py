"""A small ChatTTS with weights by rule, a vocabulary, and a folder of it in the published layout."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np

from kouji.engines.chattts.config import Config, DVAEConfig, GPTConfig, StackConfig, VocosConfig
from kouji.engines.chattts.prompts import STYLES
from kouji.engines.chattts.prose import TAGS
from kouji.engines.chattts.speaker import Statistics
from kouji.engines.chattts.tokenizer import Tokenizer

DIM = 32
CONFIG = Config(
    GPTConfig(DIM, 2, 2, 48),
    DVAEConfig(StackConfig(16, 32, 16, 1, 8), StackConfig(16, 16, 16, 1, 8), 32),
    StackConfig(DIM // 2, DIM // 2, 16, 1, 8),
    VocosConfig(16, 24, 1),
)
NAMES = ("embed", "gpt", "dvae", "decoder", "vocos")
# In the order of their ids, from 21128 on.
FIRST = "Sasr Pasr Easr Stts Ptts Etts Sbreak Pbreak Ebreak".split()
LATER = "undefine laugh spk_emb empty_spk music pure".split()


@cache
def networks() -> dict[str, Any]:
    """All five, by name."""
    import torch

    from kouji.engines.chattts import networks as made
    from kouji_parity import rule_weights

    found = {}
    for name in NAMES:
        network = made._made(name, CONFIG)
        for row in rule_weights.describe(network.state_dict()):
            network.get_parameter(row["name"]).data = torch.from_numpy(rule_weights.tensor(row))
        found[name] = network.eval()
    return found


@cache
def tokenizer() -> Tokenizer:
    """All tags, and each ideograph and letter a word piece of its own."""
    tags = {"[PAD]": 0, "[UNK]": 100, "[CLS]": 101, "[SEP]": 102, "[MASK]": 103}
    names = [*FIRST, "uv_break", "v_break", "lbreak", "llbreak", *LATER]
    names += [f"{kind}_{n}" for kind in ("break", "laugh", "oral", "speed") for n in range(STYLES[kind] + 1)]
    tags |= {f"[{name}]": 21128 + number for number, name in enumerate(names)}
    assert {f"[{tag}]" for tag in TAGS} < set(tags)
    letters = "abcdefghijklmnopqrstuvwxyz"
    pieces = [*letters, *(f"##{letter}" for letter in letters), *"，。、,.", *map(chr, range(0x4E00, 0x9FA6))]
    ids = [number for number in range(1, 21128) if not 100 <= number <= 103]
    return Tokenizer(dict(zip(pieces, ids, strict=False)), tags)


def tokenizer_file() -> str:
    """The same as the published file has it."""
    ours = tokenizer()
    vocabulary = dict(ours._pieces)
    free = sorted(set(range(21128)) - set(vocabulary.values()) - set(ours.tags.values()))
    vocabulary |= {f"[free{number}]": number for number in free}
    added = [{"content": name, "id": number} for name, number in ours.tags.items()]
    return json.dumps({"model": {"vocab": vocabulary}, "added_tokens": added})


def statistics() -> Statistics:
    """Of speakers."""
    rng = np.random.default_rng(0)
    return Statistics(*rng.standard_normal((2, DIM)).astype(np.float16))
