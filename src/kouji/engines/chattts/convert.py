"""Official folder → files for ONNX Runtime, with which the engine runs without torch.

    gpt.onnx head_text.onnx head_code.onnx decoder.onnx dvae.onnx encoder.onnx vocoder.onnx   large tensors in NAME.bin
    emb_text.npy emb_code.npy   tables, of which only rows are read
    small.npz tokenizer.json    what is left; statistics.npz where the folder has statistics of speakers
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from kouji.runtime import converted

from . import networks
from .config import Config
from .loading import STATISTICS, TOKENIZER, statistics_of


def convert(folder: Path, int8: bool) -> Path:
    """Convert a model's folder; the files come to FOLDER/onnx or FOLDER/onnx-int8 once all are whole. Returns that.

    Raises:
        MissingExtra: the package onnx is not installed.
        BadCheckpoint: an official file is not what it should be.
    """
    with converted.draft(folder, int8) as (draft, place):
        for name in networks.FILES:  # one after the other: each is let go before the next is read
            write(name, networks.read(folder, name, Config()), Config(), draft, int8)
        shutil.copyfile(folder / TOKENIZER, draft / Path(TOKENIZER).name)
        if (statistics := statistics_of(folder)) is not None:
            with (draft / STATISTICS).open("wb") as file:
                np.savez(file, spread=statistics.spread, mean=statistics.mean)
        converted.finish(draft, int8=int8)
    return place


def write(name: str, network: nn.Module, config: Config, place: Path, int8: bool) -> None:
    """The files of one network, of any size."""
    from . import graphs

    w: dict[str, Any] = {key: tensor.detach().float().numpy() for key, tensor in network.state_dict().items()}
    if name == "embed":
        np.save(place / "emb_text.npy", w["emb_text.weight"])
        np.save(place / "emb_code.npy", w["emb_code.weight"])
        for head in ("head_text", "head_code"):
            graphs.head(head, w[f"{head}.weight"], int8).save(place)
    elif name == "gpt":
        graphs.gpt(w, config.gpt, int8).save(place)
        converted.add_tables(place, n_layers=np.array(config.gpt.n_layers), n_heads=np.array(config.gpt.n_heads))
    elif name == "decoder":
        graphs.to_mel(name, w, config.decoder, False).save(place)
    elif name == "vocos":
        graphs.vocoder(w, config.vocos, False).save(place)
    else:
        graphs.to_mel(name, w, config.dvae.decoder, False).save(place)
        graphs.encoder(w, config.dvae).save(place)
        names = {"into": "project_in.weight", "into_bias": "project_in.bias", "out": "project_out.weight"}
        names["out_bias"] = "project_out.bias"
        groups = range(len(network.groups))  # type: ignore[arg-type]  # a list of modules
        groups_by_name = {f"{ours}{n}": w[f"groups.{n}.{theirs}"] for n in groups for ours, theirs in names.items()}
        converted.add_tables(place, **groups_by_name)
