"""One whole evaluation of an engine that only hums, and its report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kouji.cli.main import main
from kouji.errors import SpeechError, UnknownName
from kouji.eval import systems
from kouji.eval.cost import process_start, real_time_factor, size_of_weights
from kouji.eval.evaluate import evaluate
from kouji.eval.measure import Judges
from kouji.eval.memory import Memory
from kouji.eval.repeatability import same_again
from kouji.eval.report import write_report
from kouji.eval.sets import Item, text_sets


@pytest.fixture
def no_espeak(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(systems.shutil, "which", lambda name: None)


@pytest.mark.usefixtures("no_espeak")
def test_a_humming_engine_is_found_out(
    corpus: Path, humming: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sounds of the right length and register, and no word of it understood."""
    pytest.importorskip("pocketsphinx")
    pytest.importorskip("matplotlib")
    sets = text_sets(corpus, ["en-arctic"])
    judges = Judges(Memory(tmp_path / "measured.json"))
    monkeypatch.setattr(Judges, "recogniser", None)  # as before it was ever trained
    results, readings = evaluate(sets, judges, humming, corpus, with_cost=False)

    person, engine = results.row("recordings", "en-arctic"), results.row("hum", "en-arctic")
    assert person is not None
    assert engine is not None
    assert person.figures["word_error"] < 20
    assert engine.figures["word_error"] > 80
    assert person.figures["ovrl"] > engine.figures["ovrl"]
    assert engine.figures["duration_ratio"] == pytest.approx(1, abs=0.2)
    assert engine.figures["similarity"] < 0.8
    assert any("recogniser" in note for note in engine.notes)
    missing = results.row("espeak-ng", "en-arctic")
    assert missing is not None
    assert "not installed" in missing.notes[0]
    assert results.same_again == {"again": True, "batch": True}
    assert [(each.voice, each.language) for each in results.foreign] == [("english_1", "en")]

    page = write_report(tmp_path / "report", results, readings).read_text(encoding="utf-8")
    assert "How could I answer the question" in page
    assert "data:image/png;base64," in page
    assert "data:audio/mpeg;base64," in page
    assert "http" not in page.lower()  # nothing is fetched
    data = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    assert {row["system"] for row in data["rows"]} == {"recordings", "hum", "espeak-ng"}
    assert {bar["passed"] for bar in data["bars"]} >= {True, False, None}


def test_nothing_is_measured_twice(tmp_path: Path) -> None:
    asked: list[int] = []

    def count(clips: list[np.ndarray]) -> list[int]:
        asked.append(len(clips))
        return [len(clip) for clip in clips]

    clips = [np.zeros(3), np.ones(3), np.zeros(3), np.ones(4)]
    assert Memory(tmp_path / "m.json").ask("length", clips, count) == [3, 3, 3, 4]
    assert Memory(tmp_path / "m.json").ask("length", clips[:1], count) == [3]
    assert asked == [3]  # equal clips once
    Memory(tmp_path / "m.json").ask("another", clips[:1], count)
    assert asked == [3, 1]
    (tmp_path / "m.json").write_text('{"cut o', encoding="utf-8")
    assert Memory(tmp_path / "m.json").ask("length", clips[:1], count) == [3]


def test_an_engine_that_says_it_differently_each_time_is_caught(humming: Any, forgetful: Any) -> None:
    assert same_again(humming) == {"again": True, "batch": True}
    assert same_again(forgetful) == {"again": False, "batch": False}


def test_espeak_gets_pinyin_because_it_cannot_read_characters() -> None:
    assert systems.spelling(Item("你好，世界。", "zh")) == "ni2 hao3, shi4 jie4,"
    assert systems.spelling(Item("Hello.", "en")) == "Hello."
    with pytest.raises(UnknownName, match="espeak-ng"):
        systems.baseline("espeak")


def test_an_engine_is_timed_in_its_own_process() -> None:
    speed = real_time_factor("parrot", "Hello there.", "en", n_runs=1)
    assert 0 < speed["rtf"] < 1
    wall, cpu, megabytes = process_start("parrot", n_runs=1)
    assert 0 < cpu
    assert 0 < wall < 120
    assert 30 < megabytes < 400
    with pytest.raises(SpeechError, match="parrott"):
        real_time_factor("parrott", "Hello.", "en")


def test_weights_are_counted_by_the_card_or_by_the_folder() -> None:
    from kouji.engines.contract import Card, WeightFile

    card = Card("x", "", "kouji.eval.similarity:Nothing", 24000, ("en",), (), ())
    # That folder holds the speaker encoder, and no code is counted.
    assert 2.5 < size_of_weights(card) < 40
    assert size_of_weights(replace(card, files=(WeightFile("a.onnx", 3_000_000, ""),))) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--corpus", "{tmp}"], "no corpus"),
        (["--corpus", "{tmp}/nowhere"], "no corpus"),
        (["--engine", "nativ"], "nativ"),
        (["--set", "zh-word"], "Did you mean 'zh-words'?"),
        (["--limit", "0"], "nothing to judge"),
        (["--baseline", "espeak", "--engine", "none", "--set", "ko"], "Did you mean 'espeak-ng'?"),
        (["--listener", "fasterwhisper", "--engine", "none"], "Did you mean 'faster-whisper'?"),
        (["--engine", "none", "-o", "{tmp}/file/report"], "cannot be written"),
        (["--engine", "none", "--recogniser", "{tmp}/none.onnx"], "recogniser"),
    ],
)
def test_bad_requests_end_with_a_message_and_no_report(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    filled = [argument.format(tmp=tmp_path) for argument in arguments]
    output = [] if "-o" in arguments else ["-o", str(tmp_path / "report")]
    assert main(["eval", *filled, *output]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "report" / "report.json").exists()
