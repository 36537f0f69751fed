"""Folders that are not what they should be, and folders of your own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from kouji import engines
from kouji.engines.gptsovits import loading, networks, places, weights
from kouji.engines.gptsovits.card import V2, V2PRO, V2PROPLUS
from kouji.engines.gptsovits.engine import GPTSoVITSv2, GPTSoVITSv2Pro
from kouji.errors import BadCheckpoint, MissingWeights

from .conftest import clip, official_s1, official_s2, write_pair


@pytest.fixture
def mine(folder: Path, tmp_path: Path) -> Path:
    """A copy to change."""
    return Path(shutil.copytree(folder, tmp_path / "models" / "gptsovits-v2"))


@pytest.mark.parametrize("card", [V2, V2PRO, V2PROPLUS], ids=lambda card: card.id)
def test_every_version_is_an_engine_that_can_be_asked_for(card: object) -> None:
    assert card in list(engines.cards())


def test_a_folder_with_your_own_pair_speaks_with_it(mine: Path) -> None:
    torch.save(official_s1(7), mine / "xxx-e15.ckpt")
    torch.save(official_s2(8), mine / "xxx_e8_s96.pth")
    assert places.s1(mine, "v2").name == "xxx-e15.ckpt"
    parts = loading.load(mine, "v2", 1, False)
    others = loading.load(mine.parent / "gptsovits-v2", "v2", 1, False)
    assert parts.ears.digest == others.ears.digest
    (mine / "xxx_e8_s96.pth").unlink()
    assert loading.load(mine, "v2", 1, False).ears.digest != parts.ears.digest


def test_two_pairs_in_one_folder_are_told(mine: Path) -> None:
    for name in ("a.pth", "b.pth"):
        torch.save(official_s2(8), mine / name)
    with pytest.raises(BadCheckpoint, match=r"a\.pth, b\.pth"):
        GPTSoVITSv2(1, mine)


def test_a_copy_of_the_release_is_a_folder_too(mine: Path, tmp_path: Path) -> None:
    inside = tmp_path / "GPT-SoVITS" / "GPT_SoVITS" / "pretrained_models"
    shutil.move(mine, inside)
    assert networks.hubert(tmp_path / "GPT-SoVITS") is not None
    assert GPTSoVITSv2(1, tmp_path / "GPT-SoVITS").condition([clip(1)], None).arrays["style"].shape == (512,)


def test_the_pro_family_asks_for_what_it_hears_speakers_by(mine: Path) -> None:
    write_pair(mine, "v2Pro")
    with pytest.raises(MissingWeights, match="eres2netv2"):
        GPTSoVITSv2Pro(1, mine).condition([clip(1)], None)


def test_another_version_is_refused_and_the_right_engine_named(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "read_s1", None)  # which is not even opened
    torch.save(official_s2(8, is_pro=True), mine / "pro.pth")
    with pytest.raises(BadCheckpoint, match="gptsovits-v2pro"):
        GPTSoVITSv2(1, mine)
    v3 = official_s2(8)
    v3["weight"]["cfm.estimator.proj_out.bias"] = torch.zeros(100)
    torch.save(v3, mine / "pro.pth")
    with pytest.raises(BadCheckpoint, match="of v3 or of v4"):
        GPTSoVITSv2(1, mine)
    (mine / "pro.pth").rename(mine / "my_v3.pth")
    with pytest.raises(BadCheckpoint, match="of v3, not of v2"):
        GPTSoVITSv2(1, mine)


@pytest.mark.parametrize("which", [places.S1["v2"], places.S2["v2"]])
@pytest.mark.parametrize("how", ["missing", "cut off", "another"])
def test_a_part_that_is_missing_cut_off_or_another_is_named(mine: Path, which: str, how: str) -> None:
    path = mine / which
    if how == "missing":
        path.unlink()
    elif how == "cut off":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    else:
        path.write_bytes(b"<html>not found</html>")
    with pytest.raises((BadCheckpoint, MissingWeights), match=path.stem[:5]):
        GPTSoVITSv2(1, mine)


@pytest.mark.parametrize(
    "name",
    [
        f"{places.HUBERT}/config.json", f"{places.HUBERT}/pytorch_model.bin", f"{places.BERT}/config.json",
        f"{places.BERT}/pytorch_model.bin", f"{places.BERT}/tokenizer.json",
    ],
)  # fmt: skip
def test_what_it_hears_and_reads_with_is_checked_too(mine: Path, name: str) -> None:
    path = mine / name
    path.write_bytes(b"<html>")
    broken = GPTSoVITSv2(1, mine)
    with pytest.raises(BadCheckpoint, match=path.name.replace(".", r"\.")):
        broken.condition([clip(1)], "今天天气很好。")


def test_a_training_with_other_sizes_is_told(mine: Path) -> None:
    s2 = official_s2(8)
    s2["config"] = {"model": s2["config"]["model"] | {"filter_channels": 32}}
    torch.save(s2, mine / "other.pth")
    with pytest.raises(BadCheckpoint, match="of another shape"):
        GPTSoVITSv2(1, mine)
    s2["config"] = {}
    torch.save(s2, mine / "other.pth")
    with pytest.raises(BadCheckpoint, match="no sizes"):
        GPTSoVITSv2(1, mine)


def test_a_v1_pair_is_refused(mine: Path) -> None:
    s2 = official_s2(8)
    s2["weight"]["enc_p.text_embedding.weight"] = torch.zeros(322, 192)
    torch.save(s2, mine / "old.pth")
    with pytest.raises(BadCheckpoint, match="is of v1"):
        GPTSoVITSv2(1, mine)
