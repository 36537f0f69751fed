"""Converted files speak as the official ones do, without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kouji.engines.contract import Conditioning
from kouji.engines.gptsovits import convert, eres2net, graphs_hearing, loading, onnx_stages
from kouji.engines.gptsovits.card import V2, V2PRO
from kouji.engines.gptsovits.engine import GPTSoVITSv2
from kouji.errors import BadCheckpoint, MissingWeights

from .conftest import clip, with_conversions, write_pair, write_shared
from .test_engine import said, utterance


@pytest.fixture(scope="module")
def converted(folder: Path) -> Path:
    return with_conversions(folder, V2)


def test_the_voice_that_is_learnt_is_the_same(converted: Path, voice: Conditioning, engine: GPTSoVITSv2) -> None:
    onnx = GPTSoVITSv2(1, converted, "exact")
    learnt = onnx.condition([clip(1)], "今天天气很好。")
    np.testing.assert_array_equal(learnt.arrays["codes"], voice.arrays["codes"])
    for name in ("style", "features"):
        np.testing.assert_allclose(learnt.arrays[name], voice.arrays[name], atol=1e-4)
    assert onnx.digest == engine.digest


def test_the_sound_is_the_same(converted: Path, voice: Conditioning, engine: GPTSoVITSv2) -> None:
    np.testing.assert_allclose(
        said(GPTSoVITSv2(1, converted, "exact"), voice, utterance()), said(engine, voice, utterance()), atol=1e-4
    )


def test_eight_bits_speak_too(converted: Path, voice: Conditioning) -> None:
    fast = GPTSoVITSv2(1, converted, "fast")
    samples = said(fast, voice, utterance())
    np.testing.assert_array_equal(samples, said(fast, voice, utterance()))
    assert len(samples) % 1280 == 0


def test_a_file_that_is_lost_later_is_told(converted: Path) -> None:
    lost = converted / "onnx" / "sound.onnx"
    content = lost.read_bytes()
    lost.unlink()
    try:
        with pytest.raises(MissingWeights, match=r"sound\.onnx"):
            GPTSoVITSv2(1, converted)
    finally:
        lost.write_bytes(content)


def test_a_conversion_that_says_one_sentence_at_a_time_is_of_an_earlier_version(converted: Path) -> None:
    import onnx

    path = converted / "onnx" / "step.onnx"
    content = path.read_bytes()
    graph = onnx.load(str(path), load_external_data=False)
    (x,) = (each for each in graph.graph.input if each.name == "x")
    x.type.tensor_type.shape.dim[0].dim_value = 1
    with np.load(converted / "onnx" / "small.npz") as file:
        small = dict(file)
    try:
        onnx.save(graph, str(path))
        with pytest.raises(BadCheckpoint, match="earlier version"):
            onnx_stages.OnnxReader(path.parent, 1, small)
    finally:
        path.write_bytes(content)


def test_the_pro_family_is_converted_with_what_it_hears_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = tuple((channels, 1, stride) for channels, _, stride in eres2net.STAGES)
    for module in (eres2net, graphs_hearing):
        monkeypatch.setattr(module, "STAGES", few)
    folder = tmp_path / "gptsovits-v2pro"
    write_shared(folder, speaker=True)
    write_pair(folder, "v2Pro")
    plain = loading.load(folder, "v2Pro", 1, False).ears
    convert.convert_v2pro(folder, False)
    onnx = loading.load(folder, "v2Pro", 1, False).ears
    rng = np.random.default_rng(0)
    magnitudes, bands = rng.random((1025, 50), np.float32), rng.standard_normal((120, 80), np.float32)
    expected = plain.style(magnitudes, bands)
    np.testing.assert_allclose(onnx.style(magnitudes, bands), expected, atol=1e-4 * np.abs(expected).max())
    assert V2PRO.converter.endswith("convert_v2pro")


def test_converted_files_need_no_torch(converted: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from pathlib import Path\n"
        "from kouji.engines.gptsovits.engine import GPTSoVITSv2\n"
        f"engine = GPTSoVITSv2(1, Path({str(converted)!r}), 'fast')\n"
        "assert 'kouji.layers.checkpoint' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
