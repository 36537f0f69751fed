"""The networks of other publishers that GPT-SoVITS listens and reads with, from their official files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from kouji.errors import BadCheckpoint
from kouji.layers import checkpoint

from . import places
from .bert import Bert, BertConfig, layers_in, names, tied
from .eres2net import RENAME as SPEAKER_NAMES
from .eres2net import ERes2NetV2
from .hubert import RENAME as HUBERT_NAMES
from .hubert import Hubert, HubertConfig, folded
from .vocabulary import Vocabulary

Module = TypeVar("Module", bound=nn.Module)
Made = TypeVar("Made")


def hubert(folder: Path) -> Hubert:
    """What is said in a recording."""
    path = places.found(folder, f"{places.HUBERT}/pytorch_model.bin")
    config = _of_json(path.with_name("config.json"), HubertConfig.of)
    return _filled(lambda: Hubert(config), folded(checkpoint.read(path, HUBERT_NAMES)), path)


def bert(folder: Path) -> Bert:
    """What Chinese characters mean."""
    path = places.found(folder, f"{places.BERT}/pytorch_model.bin")
    config = _of_json(path.with_name("config.json"), BertConfig.of)
    state = checkpoint.read(path)
    if (n_layers := layers_in(list(state))) != config.n_layers:
        raise BadCheckpoint(f"{path} has {n_layers} layers instead of {config.n_layers}.", "Download it again.")
    ours = {checkpoint.renamed(name, names(n_layers)): tensor for name, tensor in state.items()}
    return _filled(lambda: Bert(config), tied({name: t for name, t in ours.items() if name is not None}), path)


def vocabulary(folder: Path) -> Vocabulary:
    """Of BERT."""
    return _of_json(places.found(folder, f"{places.BERT}/tokenizer.json"), Vocabulary.of)


def speaker(folder: Path) -> ERes2NetV2:
    """Who speaks in a recording."""
    path = places.found(folder, places.SPEAKER)
    return _filled(ERes2NetV2, checkpoint.read(path, SPEAKER_NAMES), path)


def _filled(make: Callable[[], Module], state: Mapping[str, torch.Tensor], path: Path) -> Module:
    with torch.device("meta"):
        network = make()
    single = {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in state.items()}
    checkpoint.load(network, single, str(path))
    return network.eval().requires_grad_(False)


def _of_json(path: Path, make: Callable[[Mapping[str, Any]], Made]) -> Made:
    try:
        return make(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise BadCheckpoint(f"{path} cannot be read: {error!r}.", "Download it again.") from error
