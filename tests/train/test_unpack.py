"""Voice pack -> modules -> voice pack."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from shutil import copytree

import pytest

pytest.importorskip("torch", reason="needs kouji[train]: pip install torch==2.13.0, then 'kouji[train]'")
pytest.importorskip("onnx", reason="needs kouji[train]")

from kouji.errors import InvalidInput
from kouji.train.export import GRAPHS, export
from kouji.train.unpack import unpack

PUBLISHED = Path(str(files("kouji.engines.native"))) / "weights"


def test_the_published_pack_comes_out_of_its_own_modules_again(tmp_path: Path) -> None:
    export(*unpack(PUBLISHED), tmp_path)
    for name in GRAPHS:
        assert (tmp_path / f"{name}.onnx").read_bytes() == (PUBLISHED / f"{name}.onnx").read_bytes()


def test_a_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"text\.onnx"):
        unpack(tmp_path)


@pytest.mark.parametrize("damage", [b"no graph at all", (PUBLISHED / "decoder.onnx").read_bytes()])
def test_a_file_that_is_no_graph_of_the_model_is_refused(damage: bytes, tmp_path: Path) -> None:
    pack = copytree(PUBLISHED, tmp_path / "pack")
    (pack / "pitch.onnx").write_bytes(damage)
    with pytest.raises(InvalidInput, match=r"pitch\.onnx"):
        unpack(pack)
