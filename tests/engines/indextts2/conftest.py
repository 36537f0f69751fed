"""A model folder in the official layout, with the smallest networks that run and weights by chance."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file
from torch import Tensor, nn

from kouji.engines.contract import Conditioning
from kouji.engines.indextts2 import config, weights
from kouji.engines.indextts2.bigvgan import BigVGAN, BigVGANConfig
from kouji.engines.indextts2.codec import SemanticCodec
from kouji.engines.indextts2.encoders import Encoders
from kouji.engines.indextts2.engine import IndexTTS2
from kouji.engines.indextts2.gpt import GPT
from kouji.engines.indextts2.w2vbert import W2vBert, W2vBertConfig
from kouji.layers.campplus import CAMPPlus, CAMPPlusConfig
from kouji_sounds import hum

BPE = Path(__file__).parents[2] / "parity" / "indextts2" / "text" / "toy_bpe.model"
DIM, FEATURES = 32, 16
VALUES = {
    "dataset": {"bpe_model": "bpe.model"},
    "gpt": {
        "model_dim": DIM, "layers": 2, "heads": 2, "number_text_tokens": 1000, "number_mel_codes": 66,
        "max_text_tokens": 100, "max_mel_tokens": 400, "start_mel_token": 64, "stop_mel_token": 65,
        "condition_module": {"output_size": 16, "linear_units": 16, "attention_heads": 2, "num_blocks": 1},
        "emo_condition_module": {"output_size": 16, "linear_units": 16, "attention_heads": 2, "num_blocks": 1},
    },
    "semantic_codec": {
        "codebook_size": 64, "hidden_size": FEATURES, "codebook_dim": 8, "vocos_dim": 16,
        "vocos_intermediate_dim": 16, "vocos_num_layers": 1,
    },
    "s2mel": {
        "style_encoder": {"dim": 16},
        "length_regulator": {"channels": 16, "sampling_ratios": [1, 1]},
        "DiT": {"hidden_dim": 32, "num_heads": 2, "depth": 3, "in_channels": 80, "content_dim": 16},
        "wavenet": {"hidden_dim": 32, "num_layers": 2, "kernel_size": 5},
    },
    "emo_num": [1, 2, 1, 2, 1, 2, 1, 2],
    "version": 2.0,
}  # fmt: skip
STOP_BIAS = -0.5  # how little the tiny GPT likes to stop: sequences of some 10 to 100 codes


def chance(network: nn.Module, seed: int) -> nn.Module:
    """Weights that keep a signal alive."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
            if parameter.ndim > 1:
                parameter.normal_(0, fan_in**-0.5, generator=generator)
            elif name.endswith("bias"):
                parameter.normal_(0, 0.05, generator=generator)
    return network


def write_folder(folder: Path) -> Path:
    """All files of a model."""
    (folder / "hf_cache" / "w2v-bert-2.0").mkdir(parents=True)
    (folder / "hf_cache" / "bigvgan").mkdir()
    (folder / "config.yaml").write_text(yaml.safe_dump(VALUES), "utf-8")
    (folder / "bpe.model").write_bytes(BPE.read_bytes())
    sizes = config.read(folder)
    gpt, encoders = chance(GPT(sizes.gpt), 1), chance(Encoders(sizes.encoders), 2)
    with torch.no_grad():
        gpt.get_parameter("mel_head.bias")[sizes.gpt.stop_code] = STOP_BIAS
    turned = {name: t.T if weights._CONV1D.search(name) else t for name, t in gpt.state_dict().items()}
    torch.save({"model": {**turned, **encoders.state_dict(), "text_head.weight": torch.zeros(1)}}, folder / "gpt.pth")
    torch.save({"net": nested(chance(weights.S2Mel(sizes), 3)), "epoch": 1}, folder / "s2mel.pth")
    torch.save({"mean": torch.zeros(FEATURES), "var": torch.ones(FEATURES)}, folder / "wav2vec2bert_stats.pt")
    generator = torch.Generator().manual_seed(9)
    torch.save(torch.randn(12, 16, generator=generator), folder / "feat1.pt")
    torch.save(torch.randn(12, DIM, generator=generator), folder / "feat2.pt")
    write_auxiliaries(folder / "hf_cache", sizes)
    return folder


def write_auxiliaries(cache: Path, sizes: config.ModelConfig) -> None:
    """What comes from other publishers."""
    w2vbert = chance(W2vBert(W2vBertConfig(160, FEATURES, 16, 2)), 4)
    (cache / "w2v-bert-2.0" / "config.json").write_text(
        json.dumps({"hidden_size": FEATURES, "intermediate_size": 16, "num_attention_heads": 2}), "utf-8"
    )
    save_file(w2vbert.state_dict(), cache / "w2v-bert-2.0" / "model.safetensors")
    codec = chance(SemanticCodec(sizes.codec), 5).state_dict()
    names = {name: name.replace("quantizer.", "quantizer.quantizers.0.") for name in codec}
    save_file({names[name]: t for name, t in codec.items()}, cache / "semantic_codec_model.safetensors")
    torch.save(chance(CAMPPlus(CAMPPlusConfig(dim=16)), 6).state_dict(), cache / "campplus_cn_common.bin")
    bigvgan = chance(BigVGAN(BigVGANConfig(width=64)), 7)
    (cache / "bigvgan" / "config.json").write_text(json.dumps({"upsample_initial_channel": 64}), "utf-8")
    torch.save({"generator": bigvgan.state_dict()}, cache / "bigvgan" / "bigvgan_generator.pt")


def nested(network: nn.Module) -> dict[str, dict[str, Tensor]]:
    """s2mel.pth keeps each of its three parts in a table of its own."""
    parts: dict[str, dict[str, Tensor]] = {}
    for name, value in network.state_dict().items():
        part, _, rest = name.partition(".")
        parts.setdefault(part, {})[rest] = value
    return parts


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("indextts2"))


@pytest.fixture(scope="session")
def engine(folder: Path) -> IndexTTS2:
    return IndexTTS2(1, folder, "fast")


def clip(seed: int, seconds: float = 1.5) -> np.ndarray:
    return hum(seed, seconds, config.SAMPLE_RATE)


@pytest.fixture(scope="session")
def voice(engine: IndexTTS2) -> Conditioning:
    return engine.condition([clip(1)], None)
