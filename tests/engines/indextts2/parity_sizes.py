"""Sizes of a parity case as configurations, and its weights as networks."""

from __future__ import annotations

from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from kouji.engines.indextts2.conformer import ConformerConfig
from kouji.engines.indextts2.dit import DiTConfig
from kouji.engines.indextts2.encoders import EncodersConfig
from kouji.engines.indextts2.gpt import GPTConfig
from kouji.layers import checkpoint
from kouji_parity import Case

Module = TypeVar("Module", bound=nn.Module)


def official(case: Case, tensors: str, rename: checkpoint.Rename) -> dict[str, Tensor]:
    """A checkpoint by rule under our names, as `checkpoint.read` would give it."""
    named = ((checkpoint.renamed(name, rename), array) for name, array in case.weights(tensors).items())
    return {name: torch.from_numpy(array) for name, array in named if name is not None}


def tensor(case: Case, name: str) -> Tensor:
    return torch.from_numpy(case[name])


def encoders(config: dict[str, Any]) -> EncodersConfig:
    def conformer(values: dict[str, Any]) -> ConformerConfig:
        return ConformerConfig(
            values["output_size"], values["linear_units"], values["attention_heads"], values["num_blocks"]
        )

    speaker, emotion = config["condition_module"], config["emo_condition_module"]
    return EncodersConfig(
        config["model_dim"],
        conformer(speaker),
        speaker["perceiver_mult"],
        conformer(emotion),
        emotion["perceiver_mult"],
    )


def gpt(config: dict[str, Any]) -> GPTConfig:
    return GPTConfig(
        config["model_dim"], config["layers"], config["heads"], config["number_text_tokens"] + 1,
        config["number_mel_codes"], config["max_text_tokens"] + 2, config["max_mel_tokens"] + 3,
        config["start_text_token"], config["stop_text_token"], config["start_mel_token"], config["stop_mel_token"],
    )  # fmt: skip


def dit(config: dict[str, Any]) -> DiTConfig:
    transformer, wavenet = config["DiT"], config["wavenet"]
    return DiTConfig(
        transformer["in_channels"], transformer["hidden_dim"], transformer["num_heads"], transformer["depth"],
        transformer["content_dim"], 192, wavenet["num_layers"], wavenet["kernel_size"],
    )  # fmt: skip
