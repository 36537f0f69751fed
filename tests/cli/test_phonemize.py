"""`kouji phonemize`: what will be said, line by line."""

import json
from pathlib import Path

import pytest

from kouji.cli.main import main


def test_one_object_per_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_text("银行\n\n不对\n", "utf-8")
    assert main(["phonemize", "--file", str(tmp_path / "lines.txt"), "--json"]) == 0
    bank, nothing, wrong = map(json.loads, capsys.readouterr().out.splitlines())
    assert list(bank) == ["text", "normalized", "units"]
    assert [unit["reading"] for unit in bank["units"]] == ["yin2", "hang2"]
    assert nothing["units"] == []
    assert [(unit["reading"], unit["said"]) for unit in wrong["units"]] == [("bu4", "bu2"), ("dui4", "dui4")]


def test_people_see_reading_and_sandhi(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phonemize", "不对", "--language", "zh"]) == 0
    heading, first, _ = capsys.readouterr().out.splitlines()
    assert heading == "不对"
    assert first.split("\t")[:3] == ["  不", "zh", "bu4 → bu2"]


def test_a_lone_surrogate_is_json_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phonemize", "好\udc80", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["text"] == "好\udc80"


def test_an_unknown_language_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phonemize", "好", "--language", "yui"]) == 2
    assert "Did you mean 'yue'?" in capsys.readouterr().err


def test_ssml_is_one_text_however_many_lines_it_has(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    document = '<speak>\n  <p>银行。</p>\n  <p><phoneme alphabet="pinyin" ph="chong2">重</phoneme>复</p>\n</speak>\n'
    (tmp_path / "text.ssml").write_text(document, "utf-8")
    assert main(["phonemize", "--file", str(tmp_path / "text.ssml"), "--json"]) == 0
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["normalized"] == "银行。重复"
    assert [unit["reading"] for unit in line["units"]] == ["yin2", "hang2", "chong2", "fu4"]


def test_words_of_one_call_and_text_as_it_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phonemize", "用C++写", "--pronounce", "C++==C加加", "--normalize", "off", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["normalized"] == "用C加加写"
    assert main(["phonemize", "打3折", "--normalize", "off"]) == 2
    assert "'3' cannot be said as it is written" in capsys.readouterr().err
    assert main(["phonemize", "好", "--pronounce", "好"]) == 2
    assert "Give WORD=HOW" in capsys.readouterr().err
