"""`kouji plan` and the lengths of `kouji say`."""

import json
from pathlib import Path

import pytest
import soundfile

from kouji.cli.main import main

TEXT = "今天下雨。我们回家吧。"


def test_a_plan_is_shown_and_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["plan", TEXT, "--duration", "3.2"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert "wanted 3.20 s" in shown[0]
    assert shown[1].split() == ["natural", "wanted", "pause", "pauses", "vowels", "consonants", "text"]
    assert [row.split()[-1] for row in shown[2:]] == ["今天下雨。", "我们回家吧。"]
    assert list(tmp_path.iterdir()) == []


def test_a_plan_as_json_adds_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", TEXT, "--duration-ratio", "0.8", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["target"] == pytest.approx(0.8 * plan["natural"], abs=1e-3)
    assert sum(plan["taken"].values()) == pytest.approx(plan["target"] - plan["natural"], abs=1e-3)
    in_all = sum(each["natural"] + each["pause"] for each in plan["utterances"])
    assert in_all == pytest.approx(plan["natural"], abs=1e-3)


def test_without_a_wish_the_plan_tells_what_is_feasible(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", TEXT]) == 0
    assert "feasible" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "seconds"), [(["--duration", "1.7"], 1.7), (["--n-tokens", "150"], 1.5)]
)
def test_the_file_has_the_length_that_was_asked_for(tmp_path: Path, arguments: list[str], seconds: float) -> None:
    path = tmp_path / "a.wav"
    assert main(["say", "我们回家吧。", *arguments, "-o", str(path)]) == 0
    assert soundfile.info(path).duration == pytest.approx(seconds, abs=1e-4)


def test_an_impossible_length_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["say", "三个字", "--duration", "600", "-o", str(tmp_path / "a.wav")]) == 2
    assert "Give " in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
