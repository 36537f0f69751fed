"""Conversions are whole or not there, whoever interrupts them and however many make them at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kouji.errors import OutputFailed
from kouji.runtime import converted

SLOW = """
import sys, time
from pathlib import Path
from kouji.runtime import converted
place = Path(sys.argv[1])
with converted.replaced(place) as made:
    print("at it", flush=True)
    for number in range(3):
        (made / f"part{number}").write_text(sys.argv[2])
        time.sleep(float(sys.argv[3]))
    converted.finish(made, by=sys.argv[2])
"""


def started(place: Path, name: str, pause: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SLOW, str(place), name, str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def is_at_it(process: subprocess.Popen[str]) -> bool:
    assert process.stdout
    return process.stdout.readline() == "at it\n"


def test_a_full_disk_is_said_and_leaves_what_stood_there(tmp_path: Path) -> None:
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "old").write_text("still here")
    with pytest.raises(OutputFailed, match="No space left on device") as refused, converted.draft(tmp_path, False):
        raise OSError(28, "No space left on device")
    assert "disk full" in refused.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["onnx"]
    assert (tmp_path / "onnx" / "old").read_text() == "still here"


def test_what_was_killed_is_swept_up_by_the_next(tmp_path: Path) -> None:
    place = tmp_path / "onnx"
    killed = started(place, "first", 60)
    assert is_at_it(killed)
    killed.kill()
    killed.communicate()
    assert (tmp_path / "onnx.part").is_dir()
    (tmp_path / "onnx.part" / "left").write_text("half")
    with converted.replaced(place) as made:
        (made / "whole").write_text("")
    assert [path.name for path in tmp_path.rglob("*")] == ["onnx", "whole"]


def test_two_at_once_take_turns(tmp_path: Path) -> None:
    place = tmp_path / "onnx"
    first = started(place, "first", 0.15)
    assert is_at_it(first)
    second = started(place, "second", 0)
    assert first.wait() == second.wait() == 0
    for each in (first, second):
        each.communicate()
    assert converted.checked(place)["by"] == "second"
    assert {path.read_text() for path in place.glob("part*")} == {"second"}
    assert [path.name for path in tmp_path.iterdir()] == ["onnx"]


def test_others_may_read_what_was_made(tmp_path: Path) -> None:
    with converted.replaced(tmp_path / "onnx") as made:
        converted.finish(made)
    expected = 0o777 & ~_umask()
    assert (tmp_path / "onnx").stat().st_mode & 0o777 == expected
    assert json.loads((tmp_path / "onnx" / converted.MANIFEST).read_text("utf-8")) == {"files": {}}


def _umask() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return umask
