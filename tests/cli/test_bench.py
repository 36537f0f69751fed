"""`kouji bench`: which benchmarks there are, and what one prints; the measuring itself takes minutes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kouji
from kouji.cli import bench
from kouji.cli.main import main

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SCRIPT = f"""
import sys
sys.path.insert(0, {str(BENCHMARKS)!r})
import numpy as np
from table import main, spoken
from kouji.errors import UnknownName
from kouji.types import Chunk


def prepare(folder):
    (folder / "weights").touch()


def measured(folder, preset, n_threads, seconds):
    if preset == "slow":
        raise UnknownName("preset", preset, ["exact", "fast"])
    assert (folder / "weights").is_file()
    chunks = iter([Chunk(np.zeros(0, np.float32)), Chunk(np.zeros(round(1000 * seconds), np.float32))])
    return {{**spoken(chunks, 1000), "stages": {{"flow": 2.0 * n_threads}}}}


if __name__ == "__main__":
    main("How much?", ("exact", "fast"), 4.0, prepare, measured)
"""


@pytest.fixture
def parrot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command that measures a parrot."""
    script = tmp_path / "parrot.py"
    script.write_text(SCRIPT, "utf-8")
    monkeypatch.setattr(bench, "_scripts", lambda: {"parrot": script})
    return ["bench", "parrot", "--work", str(tmp_path / "work")]


def test_the_engines_with_a_benchmark_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench"]) == 0
    assert {"cosyvoice", "indextts2"} <= set(capsys.readouterr().out.split())


def test_every_preset_is_measured_with_every_number_of_threads(
    parrot: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    given = [*parrot, "--threads", "1,2", "--presets", "fast"]
    given += ["--seconds", "2"]
    assert main([*given, "--json"]) == 0
    rows = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [(row["preset"], row["threads"], row["stages"]["flow"]) for row in rows] == [
        ("fast", 1, 2.0), ("fast", 2, 4.0),
    ]  # fmt: skip
    assert rows[0]["duration"] == 2
    assert rows[0]["peak"] > 10
    assert main(given) == 0
    table = capfd.readouterr().out.splitlines()
    assert [cell.strip() for cell in table[2].split("|")[1:6]] == ["preset", "threads", "CPU", "wall", "main"]
    assert table[4].startswith("| fast | 1 | ")
    assert table[-1].startswith("| fast | 2 | ")
    assert table[-1].split("|")[6].strip() == "2.000"


def test_what_cannot_be_measured_is_an_error_and_no_traceback(
    parrot: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    given = [*parrot, "--threads", "1"]
    assert main([*given, "--presets", "slow"]) == 2
    told = capfd.readouterr().err
    assert "error: There is no preset called 'slow'." in told
    assert "Traceback" not in told
    assert main([*given, "--seconds", "0"]) == 2
    assert "seconds = 0.0 is not possible" in capfd.readouterr().err


def test_what_is_no_benchmark_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "cosyvoise"]) == 2
    assert "cosyvoice" in capsys.readouterr().err
    assert main(["bench", "cosyvoice", "--threads", "many"]) == 2
    monkeypatch.setattr(kouji, "__file__", str(tmp_path / "site-packages" / "kouji" / "__init__.py"))
    capsys.readouterr()
    assert main(["bench", "cosyvoice"]) == 2
    assert "needs the source checkout" in capsys.readouterr().err
