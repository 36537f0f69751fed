"""The networks of a parity case, on its weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from kouji.engines.cosyvoice import flow, hift, lm
from kouji.engines.cosyvoice.config import EncoderConfig, FlowConfig, HiFTConfig, LMConfig, UNetConfig
from kouji.layers import checkpoint
from kouji_parity import Case
from kouji_parity import checkpoint as rule_checkpoint


def lm_config(sizes: dict[str, Any]) -> LMConfig:
    return LMConfig(
        EncoderConfig(sizes["txt_in"], sizes["d"], sizes["heads"], sizes["ffn"], sizes["tblocks"]),
        EncoderConfig(sizes["d"], sizes["d"], sizes["heads"], sizes["ffn"], sizes["lblocks"]),
        sizes["vocab"], sizes["speech"],
    )  # fmt: skip


def flow_config(sizes: dict[str, Any]) -> FlowConfig:
    unet = UNetConfig(sizes["ch"][0], sizes["nh"], sizes["hd"], sizes["nb"], sizes["mid"])
    encoder = EncoderConfig(sizes["f_in"], sizes["f_in"], sizes["f_heads"], sizes["f_ffn"], sizes["f_blocks"])
    return FlowConfig(encoder, unet, sizes["speech"])


def hift_config(sizes: dict[str, Any]) -> HiFTConfig:
    return HiFTConfig(sizes["hift"], sizes["f0"])


NETWORKS: dict[str, tuple[Callable[..., nn.Module], Callable[[dict[str, Any]], Any], Any]] = {
    "llm": (lm.TokenLM, lm_config, lm.RENAME),
    "flow": (flow.Flow, flow_config, flow.RENAME),
    "hift": (hift.HiFT, hift_config, hift.RENAME),
    "hift_parametrized": (hift.HiFT, hift_config, hift.RENAME),
}


@lru_cache(maxsize=4)
def built(name: str, folder: Path) -> Any:
    """One network with weights by rule; the same object for all cases of a folder: none of them writes to it."""
    make, config, rename = NETWORKS[name]
    sizes = Case(folder / "any.npz").json("manifest.json")["config"]
    official = rule_checkpoint(folder / f"tensors_{name}.json")
    state: dict[str, Tensor] = {
        checkpoint.renamed(key, rename): torch.from_numpy(value) for key, value in official.items()
    }
    if name.startswith("hift"):
        state = checkpoint.without_weight_norm(state)
    with torch.device("meta"):
        model = make(config(sizes))
    checkpoint.load(model, state, f"tensors_{name}.json")
    return model.eval()


@pytest.fixture
def network(case: Case, no_gradients: None) -> Callable[[str], Any]:
    return lambda name: built(name, case.path.parent)
