"""`kouji voices`, `engines`, `licences`, `config`: tables for people, JSON for programs."""

import json
import subprocess
import sys
from typing import Any

import pytest

import kouji
from kouji.cli.main import main


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 0
    return capsys.readouterr().out


def parsed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    return json.loads(said(capsys, *arguments, "--json"))


def test_voices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    heading, *rows = said(capsys, "voices", "-e", "parrot").splitlines()
    assert heading.split() == ["id", "name", "language", "gender", "engine", "licence"]
    assert rows[0].split() == ["polly", "Polly", "en", "female", "parrot", "CC0-1.0"]


def test_voices_of_one_language_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert parsed(capsys, "voices", "-e", "parrot", "--language", "zh") == [
        {"id": "ara", "name": "Ara", "language": "zh", "gender": "male", "licence": "CC0-1.0", "engine": "parrot"}
    ]


def test_a_language_that_nobody_speaks_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "-e", "parrot", "--language", "tlh"]) == 2
    assert "There is no language called 'tlh'." in capsys.readouterr().err


def test_engines_of_third_parties_are_found(capsys: pytest.CaptureFixture[str]) -> None:
    names = [card["id"] for card in parsed(capsys, "engines")]
    assert (names[0], names[-1]) == ("native", "parrot")
    assert "parrot" in said(capsys, "engines")


def test_the_card_of_one_engine(capsys: pytest.CaptureFixture[str]) -> None:
    card = parsed(capsys, "engines", "parrot")
    assert card["sample_rate"] == 16000
    assert card["controls"]["speed"] == {"meaning": "times as fast", "low": 0.5, "high": 2.0, "parts": []}
    shown = said(capsys, "engines", "parrot")
    assert "speed: times as fast (0.5 to 2.0)" in shown
    assert "CC0-1.0" in shown


def test_an_unknown_engine_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["engines", "parot"]) == 2
    assert "Did you mean 'parrot'?" in capsys.readouterr().err


def test_licences_name_code_and_weights_and_give_the_credits(capsys: pytest.CaptureFixture[str]) -> None:
    found = parsed(capsys, "licences")
    names = {(row["engine"], row["part"]): row["name"] for row in found["licences"]}
    assert names["", "kouji"] == "Apache-2.0"
    assert names["native", "weights"] == "CC-BY-SA-4.0"
    shown = said(capsys, "licences")
    for credit in ("Yue Tan", "Kathleen", "Darshan Soni", "Tofugu", "LibriSpeech", "AISHELL-3", "VCTK", "LJ Speech"):
        assert credit in found["attribution"]["native"]
        assert credit in shown
    assert "Carnegie Mellon University" in found["attribution"]["pronunciation data"]
    assert "Carnegie Mellon University" in shown


def test_config_tells_values_and_sources(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KOUJI_VOICE", "ara")
    monkeypatch.setenv("KOUJI_VOISE", "ara")
    rows = {row["setting"]: row for row in parsed(capsys, "config", "--threads", "2")["settings"]}
    assert rows["voice"] == {"setting": "voice", "value": "ara", "source": "KOUJI_VOICE (environment)"}
    assert rows["threads"] == {"setting": "threads", "value": 2, "source": "flag"}
    assert main(["config"]) == 0
    shown = capsys.readouterr()
    assert "KOUJI_VOICE (environment)" in shown.out
    assert "KOUJI_VOISE is set, but there is no such setting." in shown.err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "--version").strip() == kouji.__version__


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    shown = said(capsys, "--help")
    for command in ("say", "voices", "engines", "licences", "phonemize", "config"):
        assert f"\n  {command} " in shown


@pytest.mark.parametrize("arguments", [[], ["sai", "你好"]])
def test_no_or_an_unknown_command_is_exit_code_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert main(arguments) == 2
    assert "--help" in capsys.readouterr().err


def test_a_reader_that_stops_early_is_no_error() -> None:
    command = f"{sys.executable} -m kouji licences | head -n 1"
    ran = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
