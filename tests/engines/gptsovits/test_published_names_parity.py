"""Every tensor of the published files has its place, and every place its tensor: names and shapes, on no memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from kouji.engines.gptsovits import bert, eres2net, hubert, v4
from kouji.engines.gptsovits.container import Container
from kouji.engines.gptsovits.sovits import SoVITS
from kouji.engines.gptsovits.t2s import T2S
from kouji.errors import BadCheckpoint
from kouji.layers import checkpoint

FOLDER = Path(__file__).parents[2] / "parity" / "gptsovits" / "full"


def listed(part: str) -> dict[str, Tensor]:
    """A published file without its numbers."""
    rows = json.loads((FOLDER / part / "tensors.json").read_text("utf-8"))
    return {row["name"]: torch.empty(row["shape"], device="meta") for row in rows}


def config(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / part / "config.json").read_text("utf-8"))
    return found


def sovits(version: str) -> Callable[[dict[str, Tensor]], nn.Module]:
    sizes = config(f"sovits_{version}")
    return lambda state: SoVITS.from_container(Container(Path(f"s2G{version}.pth"), version, state, sizes))


def t2s(state: dict[str, Tensor]) -> nn.Module:
    return T2S.from_container(Container(Path("s1.ckpt"), "", state, config("s1")))


def sovits_v4(state: dict[str, Tensor]) -> nn.Module:
    return v4.SoVITSV4.from_container(Container(Path("s2Gv4.pth"), "v4", state, config("v4")))


def plain(
    make: Callable[[], nn.Module], rename: checkpoint.Rename,
    prepared: Callable[[dict[str, Tensor]], dict[str, Tensor]] = dict,
) -> Callable[[dict[str, Tensor]], nn.Module]:  # fmt: skip
    def load(state: dict[str, Tensor]) -> nn.Module:
        named = {checkpoint.renamed(name, rename): tensor for name, tensor in state.items()}
        with torch.device("meta"):
            network = make()
        checkpoint.load(network, prepared({name: t for name, t in named.items() if name is not None}), "listed")
        return network

    return load


PUBLISHED: dict[str, tuple[str, Callable[[dict[str, Tensor]], nn.Module]]] = {
    "s2G2333k.pth": ("sovits_v2", sovits("v2")),
    "s2Gv2Pro.pth": ("sovits_v2Pro", sovits("v2Pro")),
    "s2Gv2ProPlus.pth": ("sovits_v2ProPlus", sovits("v2ProPlus")),
    "s2Gv4.pth": ("v4", sovits_v4),
    "vocoder.pth": ("v4_vocoder", lambda state: v4.vocoder(state, "vocoder.pth")),
    "s1": ("s1", t2s),
    "HuBERT": ("hubert", plain(lambda: hubert.Hubert(hubert.HubertConfig()), hubert.RENAME, hubert.folded)),
    "BERT": ("bert", plain(lambda: bert.Bert(bert.BertConfig()), bert.names(24), bert.tied)),
    "ERes2NetV2": ("sv", plain(eres2net.ERes2NetV2, eres2net.RENAME)),
}


@pytest.mark.parametrize("part", PUBLISHED)
def test_the_published_file_fits(part: str) -> None:
    name, load = PUBLISHED[part]
    load(listed(name))


@pytest.mark.parametrize("part", ["s2G2333k.pth", "s2Gv2ProPlus.pth"])
def test_what_only_training_needs_may_be_missing(part: str) -> None:
    name, load = PUBLISHED[part]
    load({name: tensor for name, tensor in listed(name).items() if not name.startswith("enc_q.")})


@pytest.mark.parametrize("part", PUBLISHED)
def test_one_tensor_too_few_or_too_many_is_named(part: str) -> None:
    name, load = PUBLISHED[part]
    state = listed(name)
    lost = next(key for key in state if key.endswith("bias") and "enc_q" not in key and "cls" not in key)
    with pytest.raises(BadCheckpoint, match="1 missing"):
        load({key: value for key, value in state.items() if key != lost})
    with pytest.raises(BadCheckpoint, match="stranger"):
        load({**state, "stranger": torch.empty(1, device="meta")})


def test_v4_has_the_published_size() -> None:
    network = sovits_v4(listed("v4"))
    assert isinstance(network, v4.SoVITSV4)
    assert network.estimator.config == v4.DiTConfig()


def test_bert_has_as_many_layers_as_its_names_say() -> None:
    assert bert.layers_in(list(listed("bert"))) == 24
