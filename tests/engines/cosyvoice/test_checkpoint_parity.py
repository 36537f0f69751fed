"""The published files of CosyVoice fit the networks tensor by tensor; nothing else does."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import torch

from kouji.engines.cosyvoice import flow, hift, lm
from kouji.errors import BadCheckpoint
from kouji.layers import checkpoint
from kouji_parity import ROOT

NETWORKS = {"llm": (lm.TokenLM, lm.RENAME), "flow": (flow.Flow, flow.RENAME), "hift": (hift.HiFT, hift.RENAME)}
LISTS = [
    pytest.param(path, id=f"parity-{path.relative_to(ROOT).with_suffix('')}")
    for path in sorted((ROOT / "cosyvoice" / "full").glob("tensors_*.json"))
]


def published(path: Path) -> tuple[Any, dict[str, torch.Tensor]]:
    """The network of the official size, and the tensors of the list without values."""
    make, rename = NETWORKS[path.stem.removeprefix("tensors_")]
    with torch.device("meta"):
        rows = json.loads(path.read_text("utf-8"))
        state = {checkpoint.renamed(row["name"], rename): torch.empty(row["shape"]) for row in rows}
        # The weight-norm pairs as they will be once folded.
        folded = {
            re.sub(r"\.weight_v$", ".weight", name): value
            for name, value in state.items()
            if not name.endswith(".weight_g")
        }
        return make(), folded


@pytest.mark.parametrize("path", LISTS)
def test_every_published_tensor_has_its_place(path: Path) -> None:
    model, state = published(path)
    checkpoint.load(model, state, path.name)


@pytest.mark.parametrize("path", LISTS)
def test_a_file_of_another_model_is_refused(path: Path) -> None:
    model, state = published(path)
    state["stranger.weight"] = state.pop(next(name for name in state if name.endswith("bias")))
    with pytest.raises(BadCheckpoint, match=r"1 missing .*1 left over \(stranger.weight\)"):
        checkpoint.load(model, state, path.name)


class Malice:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch ran",)


@pytest.mark.parametrize("make", [lm.TokenLM, flow.Flow, hift.HiFT])
def test_parity_of_refusals(make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, cut off, of another variant, with code inside: an error by name, and nothing is run."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "model.pt"
    with pytest.raises(BadCheckpoint, match="There is no file"):
        make.from_checkpoint(path)
    torch.save({"text_embedding.weight": torch.zeros(60515, 4)}, path)
    with pytest.raises(BadCheckpoint, match="of another model"):
        make.from_checkpoint(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadCheckpoint, match="cannot be read"):
        make.from_checkpoint(path)
    torch.save({"text_embedding.weight": Malice()}, path)
    with pytest.raises(BadCheckpoint, match="not mere data"):
        make.from_checkpoint(path)
    assert not (tmp_path / "ran").exists()
