"""`kouji voices`, from the first clip to the last line of the log."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kouji.cli.main import main
from kouji_sounds import FEMALE, person


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder and a house of one's own, and a clip of six seconds in it."""
    monkeypatch.setenv("KOUJI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    soundfile.write(tmp_path / "ann.wav", np.tile(person(FEMALE), 2), 16000)
    return tmp_path / "ann.wav"


def add(clip: Path, name: str = "ann", *more: str) -> int:
    return main(["voices", "add", name, str(clip), "--consent", "for tests", "--consent-by", "Ann", *more])


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> object:
    capsys.readouterr()
    assert main(["voices", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_whole_life_of_a_voice(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert add(clip, "ann", "--until", "2999-12-31", "--language", "en") == 0
    assert "ann: registered from 5." in capsys.readouterr().out
    voice = shown(capsys, "show", "ann")
    assert isinstance(voice, dict)
    assert (voice["consent"]["person"], voice["consent"]["until"]) == ("Ann", "2999-12-31")
    (row,) = [row for row in shown(capsys, "list") if row["id"] == "ann"]  # type: ignore[attr-defined]
    assert (row["language"], row["engine"], row["licence"]) == ("en", "any", "consent to 2999-12-31")
    assert main(["say", "Hello.", "-v", "ann"]) == 0
    assert soundfile.info("speech.wav").duration > 0.4

    assert main(["voices", "export", "ann", "ann.kvoice"]) == 0
    assert main(["voices", "rename", "ann", "anna"]) == 0
    assert main(["voices", "import", "ann.kvoice"]) == 0
    found = shown(capsys, "identify", str(clip))
    assert isinstance(found, dict)
    assert (found["found"], [each["name"] for each in found["voices"]]) == ("ann", ["ann", "anna"])
    assert shown(capsys, "verify", "anna", str(clip))["same"] is True  # type: ignore[index]
    assert main(["voices", "verify", "ann", str(clip)]) == 0
    assert "ann: the same voice, likeness 1.000 (the same from 0.80 on)" in capsys.readouterr().out
    assert main(["voices", "revoke", "ann"]) == 0
    assert main(["say", "Hello.", "-v", "ann"]) == 2
    assert "revoked the consent" in capsys.readouterr().err
    assert main(["voices", "remove", "anna"]) == 0
    assert main(["say", "Hello.", "-v", "anna"]) == 2
    assert "no voice called 'anna'" in capsys.readouterr().err
    log = shown(capsys, "log", "ann")
    actions = [row["action"] for row in log]  # type: ignore[attr-defined]
    assert actions == ["refuse", "revoke", "verify", "identify", "import", "export", "use", "register"]
    for command in (
        ["voices"],
        ["voices", "show", "ann"],
        ["voices", "log", "--limit", "2"],
        ["voices", "identify", str(clip)],
    ):
        assert main(command) == 0


def test_a_protected_voice_is_not_cloned(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "protect", "Someone Known", str(clip), "--note", "asked for it"]) == 0
    assert add(clip) == 2
    assert main(["say", "Hello.", "--reference", str(clip)]) == 2
    assert "too close to the protected voice 'Someone Known'" in capsys.readouterr().err
    assert not Path("speech.wav").exists()
    (row,) = shown(capsys, "protected")  # type: ignore[misc]
    assert (row["name"], row["note"]) == ("Someone Known", "asked for it")
    assert main(["voices", "protected"]) == 0
    assert main(["voices", "unprotect", "Someone Known"]) == 0
    assert main(["say", "Hello.", "--reference", str(clip)]) == 0


def test_a_clip_is_examined(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices", "check", str(clip)]) == 0
    assert "ann.wav: ok" in capsys.readouterr().out
    soundfile.write("silent.wav", np.zeros(48000), 16000)
    assert main(["voices", "check", "silent.wav", "--json"]) == 2
    (report,) = json.loads(capsys.readouterr().out)
    assert report["verdict"] == "refused"
    assert report["findings"][0]["advice"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["add", "a", "ann.wav"],
        ["add", "a", "ann.wav", "--consent", "x"],
        ["add", "a", "ann.wav", "--consent", "", "--consent-by", "Ann"],
        ["add", "a", "ann.wav", "--consent", "x", "--consent-by", "Ann", "--until", "soon"],
        ["add", "a", "ann.wav", "--consent", "x", "--consent-by", "Ann", "--until", "2020-01-01"],
        ["add", "../a", "ann.wav", "--consent", "x", "--consent-by", "Ann"],
        ["add", "female_1", "ann.wav", "--consent", "x", "--consent-by", "Ann"],
        ["add", "a", "film.mp4", "--consent", "x", "--consent-by", "Ann"],
        ["add", "a", "empty.wav", "--consent", "x", "--consent-by", "Ann"],
        ["add", "a", "missing.wav", "--consent", "x", "--consent-by", "Ann"],
        ["import", "ann.wav"],
        ["import", "missing.kvoice"],
        ["show", "nobody"],
        ["remove", "nobody"],
        ["verify", "female_1", "ann.wav"],
        ["identify", "empty.wav"],
        ["export", "nobody", "a.kvoice"],
        ["--language", "xx"],
    ],
)
def test_a_mistake_is_told_and_stores_nothing(
    clip: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    Path("film.mp4").write_bytes(b"\0\0\0\x20ftypisom" + bytes(1000))
    Path("empty.wav").touch()
    assert main(["voices", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert "hint:" in told
    assert not list(Path("home").rglob("references/*/*"))
    shutil.rmtree("home", ignore_errors=True)


def test_listing_makes_no_database(clip: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voices"]) == 0
    assert "female_1" in capsys.readouterr().out
    assert not Path("home").exists()
