"""Files that the official training saved, read as data."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kouji.engines.gptsovits import container, lora
from kouji.errors import BadCheckpoint, MissingWeights
from kouji_parity import Case, cases

from .parity_sizes import noise

CASES = cases("gptsovits/*/container/lora_merge")  # beside it lie the files and what is in them
HERE = Path(__file__).parents[2] / "parity" / "gptsovits" / "tiny" / "container"


def listed(case: Case) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((case.path.parent / "index.json").read_text("utf-8"))
    return found


def read(path: Path) -> container.Container:
    return container.read_s1(path) if path.suffix == ".ckpt" else container.read_s2(path)


@pytest.mark.parametrize("case", CASES)
def test_files_say_what_they_are_and_hold_what_was_saved(case: Case) -> None:
    for row in listed(case):
        found = read(case.path.parent / row["file"])
        assert (found.version, found.info) == (row.get("version", ""), row["info"])
        assert (found.is_lora, found.lora_rank) == (row.get("lora", False), row.get("lora_rank", 0))
        assert set(found.weights) == set(row["tensors"])
        for name, shape in row["tensors"].items():
            assert found.weights[name].dtype == torch.float16
            expected = noise(f"ct.{name}", tuple(shape)).astype(np.float16)
            np.testing.assert_array_equal(found.weights[name].numpy(), expected)
        assert isinstance(found.config, dict)
        assert "model" in found.config


@pytest.mark.parametrize("case", CASES)
def test_a_difference_and_its_base_are_the_official_sum(case: Case) -> None:
    (row,) = (row for row in listed(case) if row.get("lora"))
    difference = read(case.path.parent / row["file"])
    base = {name[5:]: torch.from_numpy(array) for name, array in case.arrays.items() if name.startswith("base:")}
    whole = lora.merged_weights(difference.weights, base, difference.lora_rank, row["file"])
    for name, array in case.arrays.items():
        if name.startswith("merged:"):
            np.testing.assert_allclose(whole[name[7:]].numpy(), array, atol=1e-5)


# ---- files that are not what they should be ----------------------------------------------------------


class Malice:
    """A pickle of this runs a command when it is opened without care."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.witness}",)


def saved(path: Path, head: bytes = b"PK", **more: Any) -> Path:
    """A small s2."""
    weights = {"enc_p.text_embedding.weight": torch.zeros(732, 2), "dec.conv_pre.weight": torch.zeros(512, 4, 7)}
    weights |= more.pop("weight", {})
    torch.save({"weight": weights, "config": {"model": {}}, "info": "1epoch", **more}, path)
    path.write_bytes(head + path.read_bytes()[2:])
    return path


@pytest.mark.parametrize("head", [b"PK", b"05"])
def test_code_in_a_file_is_refused_and_not_run(tmp_path: Path, head: bytes) -> None:
    path = saved(tmp_path / "evil.pth", head, config=Malice(tmp_path / "witness"))
    with pytest.raises(BadCheckpoint, match="not mere data"):
        container.read_s2(path)
    (tmp_path / "plain.pth").write_bytes(pickle.dumps(Malice(tmp_path / "witness")))
    with pytest.raises(BadCheckpoint, match=r"plain\.pth"):
        container.read_s2(tmp_path / "plain.pth")
    assert not (tmp_path / "witness").exists()


def test_other_classes_of_the_same_module_are_refused(tmp_path: Path) -> None:
    content = (HERE / "v2_e8_s96.pth").read_bytes()
    assert content.count(b"cutils\nHParams\n") == 1
    (tmp_path / "other.pth").write_bytes(content.replace(b"cutils\nHParams\n", b"cutils\nOParams\n"))
    with pytest.raises(BadCheckpoint):
        container.read_s2(tmp_path / "other.pth")


@pytest.mark.parametrize("name", ["v2_e8_s96.pth", "pro_e4_s48.pth", "demo-e15.ckpt"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_file_that_is_cut_off_is_named(tmp_path: Path, name: str, share: float) -> None:
    path = tmp_path / name
    content = (HERE / name).read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(BadCheckpoint, match=name):
        read(path)


def wrong_files(tmp_path: Path) -> dict[str, tuple[Callable[[], Path], str]]:
    trained = {"model": {"a": torch.zeros(1)}, "iteration": 3, "optimizer": {}, "learning_rate": 0.1}

    def state_of_training() -> Path:
        torch.save(trained, tmp_path / "G_1.pth")
        return tmp_path / "G_1.pth"

    return {
        "a state of training": (state_of_training, "state of training"),
        "an s1 as s2": (lambda: Path(shutil.copy(HERE / "demo-e15.ckpt", tmp_path / "s1.pth")), "no s2"),
        "a header that lies": (lambda: saved(tmp_path / "liar.pth", b"06"), "says it is of v2ProPlus, but holds v2"),
        "v3 or v4": (lambda: saved(tmp_path / "x.pth", weight={"cfm.a": torch.zeros(1)}), "of v3 or of v4"),
        "no rank": (lambda: saved(tmp_path / "l.pth", b"04", weight={"cfm.a": torch.zeros(1)}), "rank"),
        "not a tensor": (lambda: saved(tmp_path / "n.pth", weight={"a": 3}), "something else than a tensor"),
    }


@pytest.mark.parametrize(
    "how", ["a state of training", "an s1 as s2", "a header that lies", "v3 or v4", "no rank", "not a tensor"]
)
def test_another_file_is_named(tmp_path: Path, how: str) -> None:
    make, says = wrong_files(tmp_path)[how]
    with pytest.raises(BadCheckpoint, match=says):
        container.read_s2(make())


def test_an_s2_is_no_s1() -> None:
    with pytest.raises(BadCheckpoint, match="no s1"):
        container.read_s1(HERE / "v2_e8_s96.pth")


def test_width_tells_the_pro_versions_apart_without_a_header(tmp_path: Path) -> None:
    speaker = {"sv_emb.weight": torch.zeros(6, 7)}
    assert container.read_s2(saved(tmp_path / "a.pth", weight=speaker)).version == "v2Pro"
    wide = speaker | {"dec.conv_pre.weight": torch.zeros(768, 4, 7)}
    assert container.read_s2(saved(tmp_path / "b.pth", weight=wide)).version == "v2ProPlus"


def test_a_difference_without_its_base_or_with_another_is_refused() -> None:
    difference = container.read_s2(HERE / "v4_e2_s24_l4.pth")
    with pytest.raises(MissingWeights, match="LoRA"):
        lora.merged(difference, None)
    with pytest.raises(BadCheckpoint, match="needs v4"):
        lora.merged(difference, container.read_s2(HERE / "v2_e8_s96.pth"))
    with pytest.raises(BadCheckpoint, match="has not so"):
        lora.merged_weights(difference.weights, {}, difference.lora_rank, "x")
