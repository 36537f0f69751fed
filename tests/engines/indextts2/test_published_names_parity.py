"""Every tensor of the published files has its place, and every place its tensor: names and shapes, on no memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from kouji.engines.indextts2 import weights
from kouji.engines.indextts2.bigvgan import BigVGAN, BigVGANConfig
from kouji.engines.indextts2.codec import CodecConfig, SemanticCodec
from kouji.engines.indextts2.config import ModelConfig
from kouji.engines.indextts2.encoders import Encoders, EncodersConfig
from kouji.engines.indextts2.w2vbert import W2vBert, W2vBertConfig
from kouji.errors import BadCheckpoint
from kouji.layers import checkpoint
from kouji.layers.campplus import CAMPPlus, CAMPPlusConfig

FOLDER = Path(__file__).parents[2] / "parity" / "indextts2" / "full"
PUBLISHED: dict[str, tuple[str, checkpoint.Rename, Callable[[], nn.Module]]] = {
    "w2v-BERT": ("w2vbert", weights.W2VBERT_NAMES, lambda: W2vBert(W2vBertConfig())),
    "codec": ("codec", weights.CODEC_NAMES, lambda: SemanticCodec(CodecConfig())),
    "CAM++": ("campplus", (), lambda: CAMPPlus(CAMPPlusConfig())),
    "encoders": ("gpt", weights.ENCODER_NAMES, lambda: Encoders(EncodersConfig())),
    "s2mel": ("s2mel", weights.s2mel_names(13), lambda: weights.S2Mel(ModelConfig())),
    "BigVGAN": ("bigvgan", weights.BIGVGAN_NAMES, lambda: BigVGAN(BigVGANConfig())),
}


def listed(name: str, rename: checkpoint.Rename, prefix: str = "") -> dict[str, Tensor]:
    """A published file under our names, without its numbers; computed tables that may be in it included."""
    rows = json.loads((FOLDER / f"{name}.tensors.json").read_text("utf-8"))
    buffers = FOLDER / f"{name}.buffers.json"
    rows += json.loads(buffers.read_text("utf-8")) if buffers.is_file() else []
    named = ((checkpoint.renamed(prefix + row["name"], rename), row["shape"]) for row in rows)
    return {name: torch.empty(shape, device="meta") for name, shape in named if name is not None}


@pytest.mark.parametrize("part", PUBLISHED)
def test_the_published_file_fits(part: str) -> None:
    name, rename, make = PUBLISHED[part]
    weights.filled(make, listed(name, rename), part)


def test_the_published_gpt_fits_and_tables_in_it_are_passed_over() -> None:
    state = listed("gpt", weights.GPT_NAMES, "model.")
    network = weights.gpt(ModelConfig(), state, "gpt.pth")
    assert network.gpt.ln_f.weight.shape == (1280,)
    assert checkpoint.renamed("gpt.h.3.attn.masked_bias", weights.GPT_NAMES) is None
    assert checkpoint.renamed("gpt.h.3.attn.c_attn.bias", weights.GPT_NAMES) == "gpt.h.3.attn.c_attn.bias"


@pytest.mark.parametrize("prefix", ["net.", "net.module.", ""])
def test_names_of_s2mel_with_and_without_what_training_put_before_them(prefix: str) -> None:
    names = weights.s2mel_names(13)
    assert checkpoint.renamed(f"{prefix}gpt_layer.0.weight", names) == "gpt_layer.0.weight"
    assert checkpoint.renamed("optimizer.state.0", names) is None


@pytest.mark.parametrize("part", PUBLISHED)
def test_one_tensor_too_few_or_too_many_is_named(part: str) -> None:
    name, rename, make = PUBLISHED[part]
    state = listed(name, rename)
    lost = next(key for key in state if key.endswith("bias"))
    with pytest.raises(BadCheckpoint, match="1 missing"):
        weights.filled(make, {key: value for key, value in state.items() if key != lost}, part)
    with pytest.raises(BadCheckpoint, match="stranger"):
        weights.filled(make, {**state, "stranger": torch.empty(1, device="meta")}, part)
