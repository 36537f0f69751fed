"""The folder as it is published: read strictly, old layouts refused; converted, it speaks without torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from kouji.engines import folders
from kouji.engines.chattts import convert, loading, networks
from kouji.engines.chattts.card import CARD
from kouji.engines.chattts.config import Config
from kouji.engines.chattts.onnx_stages import OnnxStages
from kouji.errors import BadCheckpoint, MissingWeights
from kouji_chattts import CONFIG, DIM, statistics, tokenizer_file
from kouji_chattts import networks as small
from kouji_parity import ROOT

PARITY = ROOT / "chattts" / "full"


def official(network: nn.Module, name: str) -> dict[str, torch.Tensor]:
    """The tensors of a small network by the published names."""
    state = {}
    for key, tensor in network.state_dict().items():
        if name == "gpt":
            state |= apart(key, tensor)
        elif name == "embed":
            state |= by_stream(key, tensor)
        else:
            key = key.replace("groups.", "vq_layer.quantizer.rvqs.")
            key = key.replace(".scale", ".gamma" if name == "vocos" else ".weight")
            if name == "vocos":
                key = f"head.out.{key[5:]}" if key.startswith("head.") else f"backbone.{key}"
            state[key] = tensor
    return {key: tensor.clone().contiguous() for key, tensor in state.items()}


def apart(key: str, tensor: torch.Tensor) -> dict[str, torch.Tensor]:
    for whole, parts in (("qkv", ("self_attn.q", "self_attn.k", "self_attn.v")), ("gate_up", ("mlp.gate", "mlp.up"))):
        if f".{whole}." in key:
            pieces = tensor.chunk(len(parts))
            return {key.replace(whole, f"{part}_proj"): piece for part, piece in zip(parts, pieces, strict=True)}
    return {key.replace("o_proj", "self_attn.o_proj").replace("down_proj", "mlp.down_proj"): tensor}


def by_stream(key: str, tensor: torch.Tensor) -> dict[str, torch.Tensor]:
    base = key.removesuffix(".weight")
    pieces = tensor.chunk(4) if "code" in key else [tensor]
    named = {f"{base}.{number}" if len(pieces) > 1 else base: piece for number, piece in enumerate(pieces)}
    if "head" not in key:
        return {f"{name}.weight": piece for name, piece in named.items()}
    both = {}
    for name, piece in named.items():
        both[f"{name}.parametrizations.weight.original0"] = piece.norm(dim=1, keepdim=True)
        both[f"{name}.parametrizations.weight.original1"] = 3 * piece
    return both


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with a small one in the published layout."""
    models = tmp_path_factory.mktemp("models")
    for name, path in networks.FILES.items():
        place = models / "chattts" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        save_file(official(small()[name], name), place)
    place = models / "chattts" / loading.TOKENIZER
    place.parent.mkdir(parents=True)
    place.write_text(tokenizer_file(), "utf-8")
    return models


@pytest.mark.parametrize("name", networks.FILES)
def test_published_names_become_ours_and_change_nothing(models: Path, name: str) -> None:
    found = networks.read(models / "chattts", name, CONFIG).state_dict()
    for key, tensor in small()[name].state_dict().items():
        torch.testing.assert_close(found[key], tensor)


@pytest.mark.parametrize("name", sorted(path.name.split(".")[1] for path in PARITY.glob("tensors.*.json")))
def test_parity_of_the_published_chattts_names_and_shapes(name: str) -> None:
    """On the meta device, at the official size; one tensor less or more is told."""
    rows = json.loads((PARITY / f"tensors.{name}.json").read_text("utf-8"))
    listed = {row["name"]: torch.empty(row["shape"], device="meta") for row in rows}
    networks.network(name, listed, Config(), name)
    *_, last = [row["name"] for row in rows if "feature_extractor" not in row["name"] and "istft" not in row["name"]]
    with pytest.raises(BadCheckpoint, match="missing"):
        networks.network(name, {key: tensor for key, tensor in listed.items() if key != last}, Config(), name)
    if name != "gpt":
        with pytest.raises(BadCheckpoint, match=r"left over \(strange\)"):
            networks.network(name, {**listed, "strange": torch.empty(1, device="meta")}, Config(), name)


def test_unused_rows_of_the_published_transformer_do_no_harm(models: Path) -> None:
    state = official(small()["gpt"], "gpt") | {"embed_tokens.weight": torch.zeros(32, DIM)}
    networks.network("gpt", state, CONFIG, "gpt")


def test_an_old_layout_is_refused_without_opening_its_pickles(tmp_path: Path) -> None:
    (tmp_path / "asset").mkdir()
    (tmp_path / "asset" / "GPT.pt").write_bytes(b"cposix\nsystem\n")
    for load in (lambda: folders.named(CARD, tmp_path), lambda: folders.adopt(CARD, tmp_path / "models", tmp_path)):
        with pytest.raises(MissingWeights, match=r"older layout: asset/GPT\.pt can run code and were not opened"):
            load()


def test_every_file_of_the_card_has_its_sum() -> None:
    needed = [file for file in CARD.files if not file.optional]
    assert {file.path for file in needed} >= {*networks.FILES.values(), loading.TOKENIZER}
    assert all(len(file.sha256) == 64 for file in needed)


@pytest.mark.parametrize("name", ["spk_stat.txt", "spk_stat.pt"])
def test_statistics_of_speakers_are_read_from_the_folder(tmp_path: Path, name: str) -> None:
    from kouji.engines.chattts import base16384

    ours = statistics()
    values = np.concatenate([ours.spread, ours.mean])
    (tmp_path / "asset").mkdir()
    if name.endswith("txt"):
        (tmp_path / "asset" / name).write_text(base16384.encode(values.astype("<f2").tobytes()), "utf-8")
    else:
        torch.save(torch.from_numpy(values.copy()), tmp_path / "asset" / name)
    found = loading.statistics_of(tmp_path)
    assert found is not None
    assert (found.mean == ours.mean).all()
    assert (found.spread == ours.spread).all()
    assert loading.statistics_of(tmp_path / "nowhere") is None


# ---- converted -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def converted(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with both conversions; the official files are gone."""
    place = tmp_path_factory.mktemp("converted")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(convert, "Config", lambda: CONFIG)
        patch.setattr(loading, "statistics_of", lambda *_: statistics())
        patch.setattr(convert, "statistics_of", lambda *_: statistics())
        for int8 in (False, True):
            made = convert.convert(models / "chattts", int8)
            made.rename(place / made.name)
    (place / "models" / "chattts").mkdir(parents=True)
    for name in ("onnx", "onnx-int8"):
        (place / name).rename(place / "models" / "chattts" / name)
    return place / "models"


@pytest.mark.parametrize("preset", ["exact", "fast"])
def test_the_command_speaks_without_torch(converted: Path, preset: str) -> None:
    code = (
        f"import sys, kouji; tts = kouji.load('chattts', preset={preset!r});"
        "speech = tts.synthesize('今天天气很好。', voice='seed_2', n_tokens=100);"
        "print(len(speech.samples), 'onnx' in sys.modules)"
    )
    hidden = "import sys; sys.modules['torch'] = None; "  # as where it is not installed
    environment = os.environ | {"KOUJI_MODELS": str(converted), "KOUJI_USE": "research"}
    ran = subprocess.run([sys.executable, "-c", hidden + code], capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [str(100 * 512), "False"]


def test_eight_bits_say_nearly_the_same(converted: Path) -> None:
    exact, narrow = (OnnxStages(converted / "chattts" / name, 1) for name in ("onnx", "onnx-int8"))
    rows = exact.text_rows(np.random.default_rng(0).integers(0, 21000, (1, 20)))
    heard = []
    for stages in (exact, narrow):
        speaking = stages.begin(rows, np.ones((1, 20), bool))
        speaking.say(stages.code_rows(np.array([[1, 2, 3, 4]])))
        heard.append((speaking.hidden, stages.code_logits(speaking.hidden), stages.text_logits(speaking.hidden)))
    for ours, theirs in zip(*heard, strict=True):
        assert np.linalg.norm(ours - theirs) < 0.1 * np.linalg.norm(theirs)
        assert (ours != theirs).any()


def test_more_positions_than_the_cache_held_change_nothing(converted: Path) -> None:
    """The cache grows under way; all at once is the same."""
    stages = OnnxStages(converted / "chattts" / "onnx", 1)
    rows = stages.text_rows(np.random.default_rng(0).integers(0, 21000, (1, 300)))
    step_by_step = stages.begin(rows[:, :5], np.ones((1, 5), bool))
    for row in rows[0, 5:]:
        step_by_step.say(row[None])
    at_once = stages.begin(rows, np.ones((1, 300), bool))
    np.testing.assert_allclose(step_by_step.hidden, at_once.hidden, atol=1e-4)


def test_a_lost_file_is_told(converted: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(converted / "chattts" / "onnx", tmp_path / "onnx")
    (tmp_path / "onnx" / "gpt.bin").write_bytes(b"")
    with pytest.raises(MissingWeights, match=r"gpt\.bin is missing or cut off"):
        loading.load(tmp_path, 1, int8=False)
    (tmp_path / "onnx" / "manifest.json").write_text("{")
    with pytest.raises(BadCheckpoint, match="Convert again"):
        loading.load(tmp_path, 1, int8=False)
