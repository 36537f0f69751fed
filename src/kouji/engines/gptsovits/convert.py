"""Official files → files for ONNX Runtime, with which the engine runs without torch.

    start.onnx step.onnx prior.onnx sound.onnx     what speaks; large tensors in NAME.bin
    features.onnx told.onnx field.onnx vocoder.onnx  of v4 instead of sound.onnx
    bert.onnx codes.onnx style.onnx speaker.onnx   what reads and hears
    words.npy                                      BERT's table of words, of which only rows are read
    vocabulary.json                                its words
    small.npz                                      other tables and small maps
    manifest.json                                  what is there, and what voices are learnt with
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from torch import nn

from kouji.runtime import converted

from . import loading, networks, places, v4, weights
from .bert import Bert
from .config import STEPS
from .generator import Generator
from .hubert import Hubert
from .sovits import Hearing, SoVITS
from .t2s import T2S


def convert(folder: Path, int8: bool, version: str) -> Path:
    """Convert a folder; the files come to FOLDER/onnx or FOLDER/onnx-int8 once all are whole. Returns that.

    Raises:
        MissingExtra: the package onnx is not installed.
        MissingWeights, BadCheckpoint: an official file is not what it should be.
    """
    with converted.draft(folder, int8) as (draft, place):
        write_pair(folder, version, draft, int8)  # which is out of memory before BERT is read
        write_meaning(networks.bert(folder), networks.vocabulary(folder).words, draft, int8)
        converted.finish(draft, digest=loading.digest(places.s2(folder, version), folder))
    return place


convert_v2: Callable[[Path, bool], Path] = partial(convert, version="v2")
convert_v2pro: Callable[[Path, bool], Path] = partial(convert, version="v2Pro")
convert_v2proplus: Callable[[Path, bool], Path] = partial(convert, version="v2ProPlus")
convert_v4: Callable[[Path, bool], Path] = partial(convert, version="v4")


def write_pair(folder: Path, version: str, place: Path, int8: bool) -> None:
    """Both networks of a version, and what hears for them."""
    t2s, sovits = weights.pair(places.s1(folder, version), places.s2(folder, version), version, folder)
    write_reader(t2s, place, int8)
    if isinstance(sovits, SoVITS):
        write_decoder(sovits, place)
    else:
        write_decoder_v4(sovits, v4.read_vocoder(places.found(folder, places.VOCODER_V4)), place, int8)
    write_ears(networks.hubert(folder), sovits, place, int8)
    if sovits.config.is_pro:
        write_speaker(networks.speaker(folder), place)


def write_reader(network: T2S, place: Path, int8: bool) -> None:
    """The first network, of any size."""
    from . import graphs

    w = _arrays(network)
    graphs.t2s_start(w, network.config, int8).save(place)
    graphs.t2s_step(w, network.config, int8).save(place)
    converted.add_tables(
        place, text_embedding=w["text_embedding.weight"], audio_embedding=w["audio_embedding.weight"],
        text_scale=w["text_scale"], audio_scale=w["audio_scale"], bert_proj=w["bert_proj.weight"],
        bert_proj_bias=w["bert_proj.bias"],
    )  # fmt: skip


def write_decoder(network: SoVITS, place: Path) -> None:
    """The second network, of any size."""
    from kouji.runtime.build import part

    from . import graphs

    w = _arrays(network)
    graphs.prior(part(w, "enc_p."), network.config).save(place)
    graphs.sound(w, network.config).save(place)
    converted.add_tables(
        place, codes=w["codes.weight"], phones=w["enc_p.text_embedding.weight"],
        dim_latent=np.array(network.config.dim_latent),
    )  # fmt: skip
    if network.config.is_pro:
        converted.add_tables(place, ge_to512=w["ge_to512.weight"], ge_to512_bias=w["ge_to512.bias"])


def write_decoder_v4(network: v4.SoVITSV4, vocoder: Generator, place: Path, int8: bool) -> None:
    """The second network of v4, of any size. What it is told at each step is a table for each number of steps."""
    from kouji.runtime.build import part

    from . import graphs, graphs_v4

    w, of_vocoder = _arrays(network), _arrays(vocoder)
    field, config = part(w, "estimator."), network.estimator.config
    graphs.prior(part(w, "enc_p."), network.config).save(place)
    graphs_v4.features(w, network.config).save(place)
    graphs_v4.told(field, config).save(place)
    graphs_v4.field(field, config, int8).save(place)
    graphs_v4.vocoder(of_vocoder, vocoder.config.width).save(place)
    converted.add_tables(
        place, codes=w["codes.weight"], phones=w["enc_p.text_embedding.weight"], rates=field["rates"],
        dim_text=np.array(config.dim_text),
        **{f"moments{n}": network.moments(n).numpy() for n in STEPS},
    )  # fmt: skip


def write_ears(network: Hubert, hearing: Hearing, place: Path, int8: bool) -> None:
    """What learns a voice. Codes are compared with a table, so that HuBERT stays in 32 bits."""
    from . import graphs_hearing

    heard = _arrays(hearing)
    graphs_hearing.codes(_arrays(network), network.config, heard).save(place)
    graphs_hearing.style(heard).save(place)


def write_speaker(network: nn.Module, place: Path) -> None:
    """What the Pro family hears besides."""
    from . import graphs_hearing

    graphs_hearing.speaker(_arrays(network)).save(place)


def write_meaning(network: Bert, words: Mapping[str, int], place: Path, int8: bool) -> None:
    """What reads Chinese."""
    from . import graphs_hearing

    w = _arrays(network)
    graphs_hearing.bert(w, network.config, "dynamic" if int8 else "float32").save(place)
    np.save(place / "words.npy", w["word.weight"])
    (place / "vocabulary.json").write_text(json.dumps({"model": {"vocab": dict(words)}}), "utf-8")
    converted.add_tables(place, word_places=w["position.weight"] + w["token_type.weight"][0])


def _arrays(network: nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.detach().float().numpy() for name, tensor in network.state_dict().items()}
