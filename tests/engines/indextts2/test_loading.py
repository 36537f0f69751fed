"""Folders that are not what they should be: named errors, nothing run, nothing half done."""

from __future__ import annotations

import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml

from kouji import engines
from kouji.engines.indextts2 import config, int8, voice, weights
from kouji.engines.indextts2.card import CARD
from kouji.engines.indextts2.engine import IndexTTS2
from kouji.engines.indextts2.pieces import Pieces
from kouji.errors import BadCheckpoint, InvalidInput, MissingWeights, SpeechError, UnknownName

from .conftest import VALUES


class Malice:
    """A pickle of this runs a command when it is opened without care."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.witness}",)


@pytest.fixture
def broken(folder: Path, tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(folder, tmp_path / "model"))


PARTS = (
    "gpt.pth", "s2mel.pth", "feat1.pt", "feat2.pt", "hf_cache/semantic_codec_model.safetensors",
    "hf_cache/bigvgan/bigvgan_generator.pt",
)  # fmt: skip


@pytest.mark.parametrize("part", [*PARTS, "bpe.model", "config.yaml"])
@pytest.mark.parametrize("how", ["missing", "cut off", "another"])
def test_a_part_that_is_missing_cut_off_or_another_is_named(broken: Path, part: str, how: str) -> None:
    path = broken / part
    if how == "missing":
        path.unlink()
    elif how == "cut off":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if part != "config.yaml" else b"gpt: [")
    else:
        path.write_bytes(b"<html>not found</html>")
    with pytest.raises((BadCheckpoint, MissingWeights), match=path.name.split(".")[0].replace("generator", "")):
        IndexTTS2(1, broken, "official")


@pytest.mark.parametrize("part", [part for part in PARTS if not part.endswith("safetensors")])
def test_code_in_a_pickle_never_runs(broken: Path, tmp_path: Path, part: str) -> None:
    witness = tmp_path / "ran"
    torch.save({"weight": torch.ones(2), "evil": Malice(witness)}, broken / part)
    with pytest.raises(BadCheckpoint, match="not mere data"):
        IndexTTS2(1, broken, "official")
    (broken / part).write_bytes(pickle.dumps({"evil": Malice(witness)}, protocol=2))
    with pytest.raises(BadCheckpoint):
        IndexTTS2(1, broken, "official")
    assert not witness.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values["gpt"].update(layers=3),
        lambda values: values["gpt"].update(model_dim="wide"),
        lambda values: values["gpt"].update(layers=-1),
        lambda values: values["s2mel"]["DiT"].update(depth=5),
        lambda values: values["s2mel"]["length_regulator"].update(sampling_ratios=[1, 2]),
        lambda values: values.update(emo_num=[1, 2, 3]),
        lambda values: values.update(emo_num=[2] * 8),
        lambda values: values.update(version=2.5),
        lambda values: values.update(gpt_checkpoint="../../gpt.pth"),
        lambda values: values.update(gpt=[1]),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    broken: Path, change: Callable[[dict[str, object]], None]
) -> None:
    values = yaml.safe_load(yaml.safe_dump(VALUES))
    change(values)
    (broken / "config.yaml").write_text(yaml.safe_dump(values), "utf-8")
    with pytest.raises(BadCheckpoint):
        IndexTTS2(1, broken, "official")


def test_a_configuration_that_names_code_is_refused(broken: Path, tmp_path: Path) -> None:
    witness = tmp_path / "ran"
    (broken / "config.yaml").write_text(f"gpt: !!python/object/apply:os.system ['touch {witness}']", "utf-8")
    with pytest.raises(BadCheckpoint, match=r"config\.yaml"):
        IndexTTS2(1, broken, "official")
    assert not witness.exists()


def test_the_cache_of_hugging_face_is_a_place_too(broken: Path) -> None:
    cache = broken / "hf_cache"
    place = cache / "models--amphion--MaskGCT" / "snapshots" / "265c6cef" / "semantic_codec"
    place.mkdir(parents=True)
    (cache / "semantic_codec_model.safetensors").rename(place / "model.safetensors")
    assert weights.read_codec(config.read(broken), broken)


def test_a_vocoder_with_another_configuration_is_refused(broken: Path) -> None:
    (broken / "hf_cache" / "bigvgan" / "config.json").write_text('{"upsample_initial_channel": "many"}', "utf-8")
    with pytest.raises(BadCheckpoint, match="upsample_initial_channel"):
        IndexTTS2(1, broken, "official")


def test_a_glossary_is_read_and_a_bad_one_refused(broken: Path) -> None:
    (broken / "glossary.yaml").write_text("C++: {zh: C 加加, en: C plus plus}\nRTX: R T X\n", "utf-8")
    IndexTTS2(1, broken, "official")
    (broken / "glossary.yaml").write_text("C++: 3\n", "utf-8")
    with pytest.raises(BadCheckpoint, match=r"C\+\+"):
        IndexTTS2(1, broken, "official")


def test_the_eight_bit_gpt_is_made_again_for_another_checkpoint(broken: Path) -> None:
    sizes = config.read(broken)
    first = int8.prepared(sizes, broken)
    before = (first / "gpt.onnx").stat().st_mtime_ns
    assert (int8.prepared(sizes, broken) / "gpt.onnx").stat().st_mtime_ns == before
    os.utime(broken / "gpt.pth", ns=(1, 1))
    assert (int8.prepared(sizes, broken) / "gpt.onnx").stat().st_mtime_ns != before
    assert [path.name for path in broken.iterdir() if "int8" in path.name] == [int8.FOLDER]


def test_an_eight_bit_gpt_that_was_cut_off_is_made_again(broken: Path) -> None:
    sizes = config.read(broken)
    weights_of_it = int8.prepared(sizes, broken) / "gpt.bin"
    whole = weights_of_it.read_bytes()
    weights_of_it.write_bytes(whole[: len(whole) // 2])
    assert (int8.prepared(sizes, broken) / "gpt.bin").read_bytes() == whole
    assert IndexTTS2(1, broken, "light")


def test_a_conversion_that_fails_leaves_nothing(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(broken / int8.FOLDER, ignore_errors=True)

    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("kouji.runtime.build.Builder.save", full)
    with pytest.raises(SpeechError, match="No space left"):
        int8.prepared(config.read(broken), broken)
    assert [path.name for path in broken.iterdir() if "int8" in path.name] == []


def test_there_is_a_conversion_to_eight_bits_and_no_other(broken: Path) -> None:
    assert (int8.convert(broken, True) / "gpt.onnx").is_file()
    with pytest.raises(InvalidInput):
        int8.convert(broken, False)


@pytest.mark.parametrize("part", ["gpt.pth", "s2mel.pth", "hf_cache/campplus_cn_common.bin"])
def test_what_other_weights_learnt_is_told_apart(broken: Path, part: str) -> None:
    sizes = config.read(broken)
    before = voice.digest(sizes, broken)
    os.utime(broken / part, ns=(1, 1))
    assert voice.digest(sizes, broken) == before
    content = bytearray((broken / part).read_bytes())
    content[::1024] = bytes(byte ^ 1 for byte in content[::1024])  # other weights differ everywhere
    (broken / part).write_bytes(content)
    assert voice.digest(sizes, broken) != before


def test_no_folder_and_no_such_preset_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="kouji models pull indextts2"):
        engines.start(CARD, 1, tmp_path)
    with pytest.raises(UnknownName):
        IndexTTS2(1, folder, "slow")


def test_another_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bpe.model").write_bytes(b"\x0a\xff\xff")
    with pytest.raises(BadCheckpoint):
        Pieces(tmp_path / "bpe.model")
