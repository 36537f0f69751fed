"""`kouji batch`: all lines or an honest account, and the same command goes on."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

from kouji.audio.loudness import loudness
from kouji.cli.main import main
from kouji.jobs import workers
from kouji_sounds import FEMALE, MALE

BATCH = ("batch", "script.csv", "-o", "out", "--engine", "parrot", "--loudness", "off")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KOUJI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(*lines: str) -> None:
    Path("script.csv").write_text("id,text,voice,speed\n" + "".join(f"{line}\n" for line in lines), "utf-8")


def results() -> list[dict[str, object]]:
    return [json.loads(line) for line in Path("out/results.jsonl").read_text("utf-8").splitlines()]


def test_every_line_becomes_a_file_with_the_bytes_of_say(capsys: pytest.CaptureFixture[str]) -> None:
    write("a,你好，世界。,polly,", "b,Hello.,,2")
    assert main(BATCH) == 0
    main(["say", "你好，世界。", "-v", "polly", "-e", "parrot", "-o", "a.wav"])
    main(["say", "Hello.", "--speed", "2", "-e", "parrot", "-o", "b.wav"])
    for name in ("a.wav", "b.wav"):
        assert Path("out", name).read_bytes() == Path(name).read_bytes()
    first, second = results()
    assert (first["id"], first["file"], first["notices"], first["error"]) == ("a", "a.wav", [], None)
    assert second["duration"] == pytest.approx(soundfile.info("b.wav").duration)
    assert "out: 2 lines, results.jsonl" in capsys.readouterr().err


def test_every_line_is_labelled_and_marked_as_the_command_says(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a,Hello.,polly,", "b,Goodbye.,ara,")
    assert main(BATCH) == 0
    plain = Path("out/a.wav").read_bytes()
    assert main([*BATCH, "--no-marks"]) == 2
    assert "marks" in capsys.readouterr().err
    assert Path("out/a.wav").read_bytes() == plain
    monkeypatch.setenv("KOUJI_MARKS", "request")
    monkeypatch.setenv("KOUJI_WATERMARK", "request")
    assert main([*BATCH, "--label", "end", "--no-marks", "--no-watermark"]) == 0
    asked = ["--label", "end", "--no-marks", "--no-watermark", "-e", "parrot", "-v", "ara"]
    main(["say", "Goodbye.", *asked, "-o", "b.wav"])
    assert Path("out/b.wav").read_bytes() == Path("b.wav").read_bytes()
    assert soundfile.info("out/a.wav").duration > len(plain) / 32000 + 1
    assert b"AIGC" in plain
    assert b"AIGC" not in Path("out/a.wav").read_bytes()


def test_lines_are_minus_16_lufs_unless_told_otherwise() -> None:
    write("a,Hello there.,polly,")
    assert main([part for part in BATCH if part not in ("--loudness", "off")]) == 0
    assert loudness(*soundfile.read("out/a.wav")) == pytest.approx(-16, abs=0.1)


def test_all_faulty_lines_are_told_and_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    write("a,Hello.,,", "b,…,,", "c,Hello.,nobody,", "d,Hello.,,9", "a,Hello.,,")
    assert main(BATCH) == 2
    told = capsys.readouterr().err
    assert "4 lines of script.csv cannot be said" in told
    for number, part in ((3, "nothing to say"), (4, "nobody"), (5, "0.5 to 2"), (6, "line 2")):
        assert part in next(line for line in told.splitlines() if line.startswith(f"  line {number}:"))
    assert not Path("out").exists()


def test_a_second_time_nothing_is_made_again_but_what_was_taken_away_or_changed() -> None:
    write("a,One.,,", "b,Two.,,", "c,Three.,,")
    assert main(BATCH) == 0
    bytes_of_b = Path("out/b.wav").read_bytes()
    kept = Path("out/a.wav").stat().st_ino
    Path("out/b.wav").unlink()
    Path("out/c.wav").write_bytes(b"spoilt")
    assert main(BATCH) == 0
    assert Path("out/a.wav").stat().st_ino == kept
    assert Path("out/b.wav").read_bytes() == bytes_of_b
    assert soundfile.info("out/c.wav").duration > 0


def test_another_rule_for_the_watermark_makes_the_lines_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a,One.,,")
    assert main(BATCH) == 0
    marked = Path("out/a.wav").read_bytes()
    monkeypatch.setenv("KOUJI_WATERMARK", "off")
    assert main(BATCH) == 0
    assert Path("out/a.wav").read_bytes() != marked


@pytest.fixture
def ann() -> Path:
    """Some seconds of somebody, beside the script."""
    return Path(shutil.copy(FEMALE, "ann.flac"))


CLIPS = ("batch", "clips.csv", "-o", "out", "--loudness", "off")


def test_a_clip_beside_the_script_speaks_and_nothing_is_kept_of_it(ann: Path, folder: Path) -> None:
    Path("clips.csv").write_text(f"id,text,reference_audio,reference_text\na,Hello.,{ann},This is long\nb,Bye.,,\n")
    assert main(CLIPS) == 0
    main(["say", "Hello.", "--reference", str(ann), "--reference-text", "This is long", "-o", "a.wav"])
    assert soundfile.read("out/a.wav")[0].tolist() == soundfile.read("a.wav")[0].tolist()
    assert [path.name for path in (folder / "home").rglob("*") if path.is_file() and "kouji.db" not in path.name] == []


def test_another_clip_of_the_same_name_makes_its_lines_anew_and_no_others(ann: Path) -> None:
    Path("clips.csv").write_text(f"id,text,reference_audio\na,Hello.,{ann}\nb,Bye.,\n")
    assert main(CLIPS) == 0
    was = {name: (Path("out", name).read_bytes(), Path("out", name).stat().st_mtime_ns) for name in ("a.wav", "b.wav")}
    shutil.copy(MALE, ann)
    assert main(CLIPS) == 0
    assert Path("out/a.wav").read_bytes() != was["a.wav"][0]
    assert Path("out/b.wav").stat().st_mtime_ns == was["b.wav"][1]


def test_a_clip_that_was_changed_after_the_check_does_not_speak(
    ann: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("clips.csv").write_text(f"id,text,reference_audio\na,Hello.,{ann}\n")
    work = workers.work

    def changed_before(*given: object) -> None:
        ann.write_bytes(ann.read_bytes() + b"\0")
        work(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(workers, "work", changed_before)
    assert main(CLIPS) == 2
    assert "is another clip than when the script was checked" in capsys.readouterr().err
    assert not Path("out/a.wav").exists()


def test_a_clip_that_is_not_there_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    Path("clips.csv").write_text("id,text,reference_audio\na,Hello.,nobody.wav\n")
    assert main(CLIPS) == 2
    assert "line 2" in (told := capsys.readouterr().err)
    assert "nobody.wav cannot be read" in told


def test_a_mended_line_is_all_that_is_made_again() -> None:
    write("a,One.,,", "b,Two.,,")
    main(BATCH)
    kept, changed = Path("out/a.wav").stat().st_ino, Path("out/b.wav").read_bytes()
    write("a,One.,,", "b,Twenty-two.,,", "c,Three.,,")
    assert main(BATCH) == 0
    assert Path("out/a.wav").stat().st_ino == kept
    assert Path("out/b.wav").read_bytes() != changed
    assert [row["id"] for row in results()] == ["a", "b", "c"]


def test_what_is_not_made_shows_in_the_exit_code_and_the_results(capsys: pytest.CaptureFixture[str]) -> None:
    write("a,One.,,", "b,Two.,,")
    Path("out/b.wav").mkdir(parents=True)
    from kouji.jobs import leases

    patch = pytest.MonkeyPatch()
    patch.setattr(leases.Leases.__init__, "__defaults__", (30.0, 2, 0.01))
    try:
        assert main(BATCH) == 2
    finally:
        patch.undo()
    assert "1 of 2 lines are not there" in capsys.readouterr().err
    first, second = results()
    assert (first["error"], first["file"]) == (None, "a.wav")
    assert second["file"] is None
    assert "b.wav cannot be written" in str(second["error"])
    Path("out/b.wav").rmdir()
    assert main(BATCH) == 0


def test_several_workers_make_the_same_bytes_as_one() -> None:
    write(*(f"l{n},Line number {n}.,,1.5" for n in range(12)))
    assert main([*BATCH, "--workers", "2"]) == 0
    assert main([*BATCH[:3], "alone", *BATCH[4:]]) == 0
    for n in range(12):
        assert Path(f"out/l{n}.wav").read_bytes() == Path(f"alone/l{n}.wav").read_bytes()


@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGTERM])
def test_after_a_kill_the_same_command_goes_on(signal_: signal.Signals) -> None:
    write(*(f"l{n},This is line number {n}.,," for n in range(60)))
    command = [sys.executable, "-m", "kouji", *BATCH]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while len(list(Path("out").glob("*.wav"))) < 5:
        time.sleep(0.01)
        assert first.poll() is None
    first.send_signal(signal_)
    first.wait()
    made = {path: path.stat().st_ino for path in Path("out").glob("*.wav")}
    assert len(made) < 60
    assert main(BATCH) == 0
    assert len(list(Path("out").glob("*.wav"))) == 60
    assert list(Path("out").glob(".*")) == []
    again = [path for path, inode in made.items() if path.stat().st_ino != inode]
    assert again == []
    assert [row["state"] for row in results()] == ["done"] * 60


@pytest.mark.parametrize("loud", ["0", "-99", "very"])
def test_a_loudness_out_of_range_is_told(loud: str, capsys: pytest.CaptureFixture[str]) -> None:
    write("a,One.,,")
    assert main([*BATCH[:-1], loud]) == 2
    assert "-40 to -5 LUFS" in capsys.readouterr().err


def test_say_brings_its_sound_to_a_loudness_too() -> None:
    assert main(["say", "Hello there.", "-e", "parrot", "--loudness", "-20", "-o", "a.wav"]) == 0
    assert loudness(*soundfile.read("a.wav")) == pytest.approx(-20, abs=0.1)
