"""The published tensors to networks of torch, one by one: strict both ways."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from kouji.layers import checkpoint

from . import dvae, embed, gpt, vocos
from .config import Config

FILES = {
    "embed": "asset/Embed.safetensors",
    "gpt": "asset/gpt/model.safetensors",
    "dvae": "asset/DVAE.safetensors",
    "decoder": "asset/Decoder.safetensors",
    "vocos": "asset/Vocos.safetensors",
}
_RENAME = {"gpt": gpt.RENAME, "dvae": dvae.RENAME, "decoder": dvae.RENAME, "vocos": vocos.RENAME}


def read(folder: Path, name: str, config: Config) -> Any:
    """One network of a folder as it was published.

    Raises:
        BadCheckpoint: the file is cut off, or of another model.
    """
    path = folder / FILES[name]
    return network(name, checkpoint.read(path), config, str(path))


def network(name: str, official: Mapping[str, Tensor], config: Config, source: str) -> Any:
    """One network, ready to run.

    Args:
        name: of `FILES`.
        official: every tensor, by its published name.
        config: its sizes.
        source: of the tensors, for the error.

    Raises:
        BadCheckpoint: lists what is missing, left over or of another shape.
    """
    state = {}
    for key, tensor in official.items():
        ours = checkpoint.renamed(key, _RENAME.get(name, ()))
        if ours is not None:
            state[ours] = tensor.float()
    if name == "embed":
        state = embed.folded(state)
    elif name == "gpt":
        state = gpt.joined(state)
    with torch.device("meta"):
        model = _made(name, config)
    if name == "gpt":  # the published file may hold more than the network: that alone is no fault
        state = {key: tensor for key, tensor in state.items() if key in model.state_dict() or ".self_attn." in key}
    checkpoint.load(model, state, source)
    return model.eval()


def _made(name: str, config: Config) -> nn.Module:
    if name == "embed":
        return embed.Embed(config.gpt)
    if name == "gpt":
        return gpt.GPT(config.gpt)
    if name == "dvae":
        return dvae.DVAE(config.dvae)
    return dvae.Decoder(config.decoder) if name == "decoder" else vocos.Vocos(config.vocos)
