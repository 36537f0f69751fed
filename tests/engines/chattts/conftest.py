"""The networks of a parity case, on its weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import torch

from kouji.engines.chattts import networks
from kouji.engines.chattts.config import Config, DVAEConfig, GPTConfig, StackConfig, VocosConfig
from kouji_parity import Case
from kouji_parity import checkpoint as rule_checkpoint


def stack(sizes: dict[str, int]) -> StackConfig:
    return StackConfig(sizes["idim"], sizes["odim"], sizes["hidden"], sizes["n_layer"], sizes["bn_dim"])


def config_of(folder: Path) -> Config:
    sizes = Case(folder / "any.npz").json("config.json")["config"]
    gpt, backbone = sizes["gpt"], sizes["vocos"]["backbone"]
    return Config(
        GPTConfig(
            gpt["hidden_size"], gpt["num_hidden_layers"], gpt["num_attention_heads"], gpt["intermediate_size"],
            gpt["rms_norm_eps"], gpt["rope_theta"], gpt["num_text_tokens"], gpt["num_audio_tokens"],
        ),
        DVAEConfig(stack(sizes["dvae"]["encoder"]), stack(sizes["dvae"]["decoder"]), sizes["dvae"]["vq"]["dim"]),
        stack(sizes["decoder"]),
        VocosConfig(backbone["dim"], backbone["intermediate_dim"], backbone["num_layers"]),
    )  # fmt: skip


@lru_cache(maxsize=6)
def built(name: str, folder: Path) -> Any:
    """One network with weights by rule; the same object for all cases of a folder: none of them writes to it."""
    official = rule_checkpoint(folder / f"tensors.{name}.json")
    state = {key: torch.from_numpy(value) for key, value in official.items()}
    return networks.network(name, state, config_of(folder), f"tensors.{name}.json")


@pytest.fixture
def network(case: Case, no_gradients: None) -> Callable[[str], Any]:
    return lambda name: built(name, case.path.parent)
