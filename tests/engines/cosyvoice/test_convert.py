"""Without torch: what was converted speaks by itself, in eight bits nearly the same, and a lost file is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kouji.engines.cosyvoice import convert, loading
from kouji.engines.cosyvoice.onnx_stages import OnnxStages
from kouji.errors import BadCheckpoint, MissingWeights
from kouji.runtime import converted
from kouji_cosyvoice import networks, stand_ins


def packed(place: Path, int8: bool) -> Path:
    place.mkdir(parents=True)
    for network in networks():
        convert.write(network, place, int8)
    speakers = {"中文女": np.random.default_rng(1).standard_normal(192).astype(np.float32)}
    with (place / loading.SPEAKERS).open("wb") as file:
        np.savez(file, **speakers)
    converted.finish(place, int8=int8)
    return place


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of models with one that was converted; its official files are gone."""
    models = tmp_path_factory.mktemp("models")
    for name, int8 in (("onnx", False), ("onnx-int8", True)):
        packed(models / "cosyvoice-300m-sft" / name, int8)
    stand_ins(models / "cosyvoice-300m-sft")
    return models


def test_the_command_speaks_without_torch(models: Path, tmp_path: Path) -> None:
    code = (
        "import sys, kouji; tts = kouji.load('cosyvoice-300m-sft');"
        "speech = tts.synthesize('今天天气很好。', voice='chinese_female', n_tokens=60);"
        "print(len(speech.samples), 'torch' in sys.modules, 'onnx' in sys.modules)"
    )
    environment = os.environ | {"KOUJI_MODELS": str(models)}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [str(round(60 / 50 * 22050)), "False", "False"]


def test_eight_bits_say_nearly_the_same(models: Path) -> None:
    exact, small = (OnnxStages(models / "cosyvoice-300m-sft" / name, 1) for name in ("onnx", "onnx-int8"))
    rng = np.random.default_rng(0)
    ids, codes, speaker = rng.integers(0, 50000, 20), rng.integers(0, 64, 30), rng.standard_normal(192)
    heard = []
    for stages in (exact, small):
        speaking = stages.begin(stages.encode_text(ids), speaker.astype(np.float32), codes)
        for token in codes:
            speaking.say(int(token))
        rows = stages.encode_codes(codes)
        x = rng.standard_normal((2, 80, 50)).astype(np.float32) * 0 + rows.std()
        field = stages.velocity(x, x, np.full(2, 0.5, np.float32), x[:, :, 0], x)
        heard.append((speaking.log_probs, rows, field))
    for ours, theirs in zip(*heard, strict=True):
        assert np.linalg.norm(ours - theirs) < 0.1 * np.linalg.norm(theirs)
        assert (ours != theirs).any()


def test_more_rows_than_the_cache_held_change_nothing(models: Path) -> None:
    """The cache and the table of positions grow under way; all at once is the same."""
    stages = OnnxStages(models / "cosyvoice-300m-sft" / "onnx", 1)
    codes = np.random.default_rng(0).integers(0, 64, 300)
    text = stages.encode_text(np.arange(10))
    step_by_step = stages.begin(text, None, codes[:5])
    for token in codes[5:]:
        step_by_step.say(int(token))
    np.testing.assert_allclose(step_by_step.log_probs, stages.begin(text, None, codes).log_probs, atol=1e-4)


def test_a_lost_file_is_told_before_anything_is_loaded(tmp_path: Path, models: Path) -> None:
    place = packed(tmp_path / "onnx", int8=False)
    (place / "unet.bin").write_bytes((place / "unet.bin").read_bytes()[:-1])
    with pytest.raises(MissingWeights, match=r"unet\.bin is missing or cut off"):
        OnnxStages(place, 1)
    (place / "manifest.json").write_text("{")
    with pytest.raises(BadCheckpoint, match="cannot be read"):
        OnnxStages(place, 1)


def test_a_folder_without_speakers_is_none_of_a_variant_that_has_some(tmp_path: Path) -> None:
    packed(tmp_path / "onnx", int8=False)
    with (tmp_path / "onnx" / loading.SPEAKERS).open("wb") as file:
        np.savez(file)
    (tmp_path / "onnx" / converted.MANIFEST).unlink()
    converted.finish(tmp_path / "onnx", int8=False)
    assert loading.load(tmp_path, 1, int8=False)
    with pytest.raises(BadCheckpoint, match=r"speakers\.npz has no speaker"):
        loading.load(tmp_path, 1, int8=False, needs_speakers=True)


def test_a_preset_of_32_bits_does_not_take_eight_bits_instead(tmp_path: Path) -> None:
    packed(tmp_path / "onnx-int8", int8=True)
    with pytest.raises(MissingWeights, match="32 bits"):
        loading.load(tmp_path, 1, int8=False)
    _, speakers = loading.load(tmp_path, 1, int8=True)
    assert list(speakers) == ["中文女"]
    assert json.loads((tmp_path / "onnx-int8" / "manifest.json").read_text("utf-8"))["int8"] is True
