"""A folder in the published layout, with the smallest networks that run and weights by chance."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from kouji import engines
from kouji.engines.contract import Card, Conditioning
from kouji.engines.gptsovits import bert, eres2net, hubert, places, sovits, t2s
from kouji.engines.gptsovits.config import SAMPLE_RATE, S1Config, SoVITSConfig
from kouji.engines.gptsovits.engine import GPTSoVITSv2
from kouji_sounds import hum

S1_VALUES = {
    "model": {
        "vocab_size": 1025, "phoneme_vocab_size": 732, "embedding_dim": 64, "hidden_dim": 64, "head": 2, "n_layer": 2,
        "EOS": 1024,
    },
    "data": {"max_sec": 54},
}  # fmt: skip
S2_VALUES = {
    "model": {
        "inter_channels": 16, "hidden_channels": 192, "filter_channels": 16, "n_heads": 2, "n_layers": 2,
        "kernel_size": 3, "resblock": "1", "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]],
        "upsample_rates": [10, 8, 2, 2, 2], "upsample_initial_channel": 32,
        "upsample_kernel_sizes": [16, 16, 8, 2, 2], "gin_channels": 512,
    }
}  # fmt: skip
END = 2.9  # how much the tiny s1 likes to end: sequences of some 10 to 60 codes
HUBERT = hubert.HubertConfig(768, 16, 1, 2, 16, position_kernel=16, position_groups=4)
BERT = bert.BertConfig(1024, 16, 3, 2, 40)  # two of its three layers are not used
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"今天气很好我们去公园，。"]


def chance(network: nn.Module, seed: int) -> nn.Module:
    """Weights that keep a signal alive."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim > 1:
                reach = (3 / parameter[0].numel()) ** 0.5
                parameter.uniform_(-reach, reach, generator=generator)
            elif name.endswith("bias"):
                parameter.normal_(0, 0.05, generator=generator)
    return network


def small_t2s(seed: int = 1) -> t2s.T2S:
    network = t2s.T2S(S1Config.of(S1_VALUES, "tiny"))
    chance(network, seed)
    with torch.no_grad():
        last = network.get_submodule("layers.1.norm2")
        last.get_parameter("bias").fill_(0.25)
        network.head.weight[-1] = END / (64 * 0.25)
    return network.eval()


def official_s1(seed: int = 1) -> dict[str, Any]:
    """As the training saves it."""
    turned = {
        "layers.": "model.h.layers.", ".qkv.": ".self_attn.in_proj_", ".out.": ".self_attn.out_proj.",
        "text_embedding.": "model.ar_text_embedding.word_embeddings.", "head.": "model.ar_predict_layer.",
        "audio_embedding.": "model.ar_audio_embedding.word_embeddings.", "text_scale": "model.ar_text_position.alpha",
        "audio_scale": "model.ar_audio_position.alpha", "bert_proj.": "model.bert_proj.",
    }  # fmt: skip
    weights = {}
    for name, tensor in small_t2s(seed).state_dict().items():
        for ours, theirs in turned.items():
            name = name.replace(ours, theirs) if ours in name else name
        weights[name] = tensor.half()
    return {"weight": weights, "config": S1_VALUES, "info": "GPT-e15"}


def official_s2(seed: int = 2, is_pro: bool = False) -> dict[str, Any]:
    """As the training saves it; its weight norm in two parts."""
    network = chance(sovits.SoVITS(SoVITSConfig.of(S2_VALUES, 732, is_pro, "tiny")), seed)
    weights: dict[str, Tensor] = {}
    for name, tensor in network.state_dict().items():
        name = name.replace("codes.weight", "quantizer.vq.layers.0._codebook.embed")
        normed = name.startswith(("dec.ups", "dec.resblocks")) or ".enc." in name
        if normed and name.endswith("weight"):
            norm = tensor.flatten(1).norm(dim=1).reshape(-1, 1, 1)
            weights[f"{name}_g"], weights[f"{name}_v"] = norm.half(), tensor.half()
        else:
            weights[name] = tensor.half()
    return {"weight": weights, "config": S2_VALUES, "info": "8epoch_96iteration"}


def write_shared(folder: Path, speaker: bool = False) -> None:
    """What comes from other publishers."""
    for name in (places.HUBERT, places.BERT, "sv"):
        (folder / name).mkdir(parents=True)
    listener = chance(hubert.Hubert(HUBERT), 3).state_dict()
    names = {
        "convs.": "feature_extractor.conv_layers.", "projection_norm.": "feature_projection.layer_norm.",
        "projection.": "feature_projection.projection.", "positions.": "encoder.pos_conv_embed.conv.",
        "layers.": "encoder.layers.", "layer_norm.": "encoder.layer_norm.",
    }  # fmt: skip
    published = {}
    for name, tensor in listener.items():
        ours = next(ours for ours in names if name.startswith(ours))
        published[names[ours] + name.removeprefix(ours)] = tensor
    torch.save(published, folder / places.HUBERT / "pytorch_model.bin")
    sizes = {
        "hidden_size": 768, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
        "conv_dim": [16] * 7, "num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4,
    }  # fmt: skip
    (folder / places.HUBERT / "config.json").write_text(json.dumps(sizes), "utf-8")
    write_bert(folder / places.BERT)
    if speaker:  # there is but one size of it
        torch.save(chance(eres2net.ERes2NetV2(), 5).state_dict(), folder / places.SPEAKER)


def write_bert(folder: Path) -> None:
    names = {
        ".attention_out.": ".attention.output.dense.", ".attention_norm.": ".attention.output.LayerNorm.",
        ".query.": ".attention.self.query.", ".key.": ".attention.self.key.", ".value.": ".attention.self.value.",
        ".intermediate.": ".intermediate.dense.", ".output_norm.": ".output.LayerNorm.", ".output.": ".output.dense.",
    }  # fmt: skip
    published = {f"bert.encoder.layer.{unused}.output.dense.bias": torch.zeros(1024) for unused in (1, 2)}
    for name, tensor in chance(bert.Bert(BERT), 4).state_dict().items():
        if name.startswith("layers."):
            ours = next(ours for ours in names if ours in name)
            name = "bert.encoder." + name.replace("layers.", "layer.", 1).replace(ours, names[ours])
        elif name.startswith("norm."):
            name = f"bert.embeddings.LayerNorm.{name[5:]}"
        else:
            name = f"bert.embeddings.{name.split('.')[0]}_embeddings.weight"
        published[name] = tensor
    torch.save(published, folder / "pytorch_model.bin")
    sizes = {"hidden_size": 1024, "intermediate_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
    (folder / "config.json").write_text(json.dumps(sizes | {"vocab_size": 40}), "utf-8")
    words = {"model": {"vocab": {word: number for number, word in enumerate(WORDS)}}}
    (folder / "tokenizer.json").write_text(json.dumps(words), "utf-8")


def write_pair(folder: Path, version: str = "v2", seed: int = 1) -> None:
    for path in (places.S1[version], places.S2[version]):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    torch.save(official_s1(seed), folder / places.S1[version])
    torch.save(official_s2(seed + 1, version.startswith("v2Pro")), folder / places.S2[version])


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models") / "gptsovits-v2"
    write_shared(made)
    write_pair(made)
    return made


@pytest.fixture(scope="session")
def engine(folder: Path) -> GPTSoVITSv2:
    return GPTSoVITSv2(1, folder)


def clip(seed: int, seconds: float = 4.0) -> np.ndarray:
    return hum(seed, seconds, SAMPLE_RATE)


@pytest.fixture(scope="session")
def voice(engine: GPTSoVITSv2) -> Conditioning:
    return engine.condition([clip(1)], "今天天气很好。")


def with_conversions(folder: Path, card: Card) -> Path:
    """A copy of an engine's folder, with both conversions."""
    copy = Path(shutil.copytree(folder, folder.parent / "converted" / card.id))
    for int8 in (False, True):
        engines.convert(card, copy.parent, int8)
    return copy
