"""`kouji train native` on twenty-three recordings: too little to learn from, enough to walk every stage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree, ignore_patterns

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs kouji[train]: pip install torch==2.13.0, then 'kouji[train]'")
pytest.importorskip("numba", reason="needs kouji[train]")

import torch

from kouji.audio.corpus import read_rows
from kouji.engines.native.engine import Native
from kouji.errors import InvalidInput
from kouji.eval.recogniser import Recogniser
from kouji.text import analyse
from kouji.train import pipeline
from kouji.train.unpack import unpack

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
TINY = pipeline.Recipe(
    acoustic_steps=4, vocoder_steps=4, polish_steps=2, recogniser_steps=2, emotion_steps=2, transcribe=False,
    teacher=False,
)  # fmt: skip


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recipe")
    pipeline.run(CORPUS, folder / "work", folder / "pack", TINY, lambda line: None)
    return folder


def say(pack: Path, voice: str, text: str) -> np.ndarray:
    engine = Native(folder=pack)
    (utterance,) = analyse(text).utterances
    chunks = engine.synthesize(utterance, engine.builtin(voice), np.random.default_rng(0))
    return np.concatenate([chunk.samples for chunk in chunks])


def test_the_pack_of_a_tiny_corpus_speaks(work: Path) -> None:
    samples = say(work / "pack", "female_1", "你好")
    assert np.isfinite(samples).all()
    assert 0.2 < len(samples) / 24000 < 5
    assert np.abs(samples).max() > 1e-3


def test_a_finished_recipe_is_not_trained_again(work: Path) -> None:
    before = (work / "work" / "model" / "acoustic.pt").stat().st_mtime_ns
    lines: list[str] = []
    pipeline.run(CORPUS, work / "work", work / "pack_2", TINY, lines.append)
    assert (work / "work" / "model" / "acoustic.pt").stat().st_mtime_ns == before
    assert np.array_equal(say(work / "pack", "female_1", "你好"), say(work / "pack_2", "female_1", "你好"))


def test_the_losses_of_every_step_are_finite(work: Path) -> None:
    for stem in ("acoustic", "vocoder"):
        rows = read_rows(work / "work" / "model" / f"{stem}.jsonl")
        assert rows
        assert all(np.isfinite(value) for row in rows for value in row.values())


def test_the_recipes_recogniser_hears_something(work: Path) -> None:
    judge = Recogniser.load(work / "pack" / "recogniser.onnx")
    assert isinstance(judge.syllables(say(work / "pack", "female_1", "你好"), 24000), list)


def test_training_on_begins_with_the_packs_weights(work: Path) -> None:
    copytree(work / "work", work / "work_on", ignore=ignore_patterns("model", "predicted"))
    more = replace(TINY, start=work / "pack", acoustic_steps=1, vocoder_steps=1, polish_steps=0)
    pipeline.run(CORPUS, work / "work_on", work / "pack_on", more, lambda line: None)
    after, before = (
        torch.nn.utils.parameters_to_vector([p for module in unpack(pack) for p in module.parameters()])
        for pack in (work / "pack_on", work / "pack")
    )
    assert 0 < (after - before).abs().mean() < 1e-4 < before.abs().mean()


def test_nothing_comes_of_no_steps_from_nothing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="single step"):
        pipeline.run(CORPUS, tmp_path / "work", tmp_path / "pack", replace(TINY, acoustic_steps=0), lambda line: None)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"manifest\.jsonl"):
        pipeline.run(tmp_path, tmp_path / "work", tmp_path / "pack", TINY, lambda line: None)
