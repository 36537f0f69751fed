"""Official folder → files for ONNX Runtime, with which the engine runs without torch.

    text.onnx lm.onnx codes.onnx regulator.onnx unet.onnx f0.onnx vocoder.onnx   the graphs, large tensors in NAME.bin
    text_embedding.npy speech_embedding.npy code_embedding.npy positions.npy     tables, of which only rows are read
    small.npz   speakers.npz                                                     what is left
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from torch import nn

from kouji.runtime import converted

from .config import FlowConfig, LMConfig
from .flow import Flow
from .hift import HiFT
from .lm import TokenLM
from .loading import SPEAKERS, speakers_of


def convert(folder: Path, int8: bool) -> Path:
    """Convert a model's folder; the files come to FOLDER/onnx or FOLDER/onnx-int8 once all are whole. Returns that.

    Raises:
        MissingExtra: the package onnx is not installed.
        BadCheckpoint: an official file is not what it should be.
    """
    with converted.draft(folder, int8) as (draft, place):
        speakers = speakers_of(folder)
        networks = (
            lambda: TokenLM.from_checkpoint(folder / "llm.pt"),
            lambda: Flow.from_checkpoint(folder / "flow.pt"),
            lambda: HiFT.from_checkpoint(folder / "hift.pt"),
        )
        for load in networks:  # one after the other: each is let go before the next is read
            write(load(), draft, int8)
        with (draft / SPEAKERS).open("wb") as file:
            np.savez(file, **speakers)  # type: ignore[arg-type]  # of `allow_pickle`, which is none of them
        converted.finish(draft, int8=int8)
    return place


def write(network: nn.Module, place: Path, int8: bool) -> None:
    """The files of one network, of any size."""
    weights = {name: tensor.detach().float().numpy() for name, tensor in network.state_dict().items()}
    if isinstance(network, TokenLM):
        _write_lm(weights, network.config, place, int8)
    elif isinstance(network, Flow):
        _write_flow(weights, network.config, place, int8)
    else:
        from kouji.runtime.build import part

        from . import graphs

        graphs.f0(part(weights, "f0_predictor.")).save(place)
        graphs.vocoder(weights).save(place)
        mixer, bias = weights["m_source.l_linear.weight"], weights["m_source.l_linear.bias"]
        converted.add_tables(place, mixer=mixer, mixer_bias=bias)


def _write_lm(weights: dict[str, np.ndarray], config: LMConfig, place: Path, int8: bool) -> None:
    from . import graphs

    renamed = dict(_as_encoder(weights, "text_encoder."))
    graphs.encoder("text", renamed, config.text, True, "text_encoder_affine_layer", int8).save(place)
    graphs.lm_step(weights, config, int8).save(place)
    np.save(place / "text_embedding.npy", weights["text_embedding.weight"])
    np.save(place / "speech_embedding.npy", weights["speech_embedding.weight"])
    scale = np.float32(1 / np.sqrt(config.lm.dim // config.lm.n_heads))
    layers = (f"llm.encoders.{number}.self_attn.linear_pos.weight" for number in range(config.lm.n_layers))
    np.save(place / "positions.npy", np.stack([weights[name] * scale for name in layers]))
    converted.add_tables(
        place, rows=weights["llm_embedding.weight"], lm_speaker=weights["spk_embed_affine_layer.weight"],
        lm_speaker_bias=weights["spk_embed_affine_layer.bias"], n_heads=np.array(config.lm.n_heads),
        text_dim=np.array(config.text.dim),
    )  # fmt: skip


def _write_flow(weights: dict[str, np.ndarray], config: FlowConfig, place: Path, int8: bool) -> None:
    from kouji.runtime.build import part

    from . import graphs

    graphs.encoder("codes", weights, config.encoder, False, "encoder_proj", int8).save(place)
    graphs.regulator(part(weights, "length_regulator.")).save(place)
    graphs.unet(part(weights, "unet."), config, int8).save(place)
    np.save(place / "code_embedding.npy", weights["input_embedding.weight"])
    converted.add_tables(
        place, flow_speaker=weights["spk_embed_affine_layer.weight"],
        flow_speaker_bias=weights["spk_embed_affine_layer.bias"], flow_dim=np.array(config.encoder.dim),
    )  # fmt: skip


def _as_encoder(weights: dict[str, np.ndarray], prefix: str) -> Iterator[tuple[str, np.ndarray]]:
    for name, value in weights.items():
        yield ("encoder." + name.removeprefix(prefix) if name.startswith(prefix) else name), value
