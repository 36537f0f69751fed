"""`kouji say`: text in, a whole file out, or an error and no file."""

import io
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kouji.cli.main import main
from kouji.types import Chunk, Utterance

SAY = ("say", "--engine", "parrot")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_speaker_among_the_controls_outweighs_the_voice_of_the_settings_and_no_flag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KOUJI_VOICE", "english_1")
    asked = ["say", "Hello.", "-e", "native", "--control", "speaker_id=female_1", "-o", str(tmp_path / "a.wav")]
    assert main(asked) == 0
    assert "female_1" in capsys.readouterr().err
    assert main([*asked, "--voice", "english_2"]) == 2
    assert "more than once" in capsys.readouterr().err
    assert main([*asked, "--control", "speaker_id=male_1"]) == 2
    assert "given twice" in capsys.readouterr().err


@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "ogg"])
def test_the_ending_decides_the_format(folder: Path, format: str) -> None:
    assert main([*SAY, "你好，世界。", "-o", f"hello.{format}"]) == 0
    assert soundfile.info(f"hello.{format}").format == format.upper()
    assert left(folder) == [f"hello.{format}"]


def test_without_a_name_it_is_speech_wav(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SAY, "你好"]) == 0
    assert main([*SAY, "你好", "--format", "mp3"]) == 0
    assert left(folder) == ["speech.mp3", "speech.wav"]
    assert "speech.wav: " in capsys.readouterr().err


def test_a_name_without_ending_gets_the_format_of_the_settings(folder: Path) -> None:
    assert main([*SAY, "你好", "-o", "hello", "--format", "flac"]) == 0
    assert soundfile.info("hello").format == "FLAC"


def test_the_same_command_gives_the_same_bytes(folder: Path) -> None:
    for name in ("a.ogg", "b.ogg"):
        main([*SAY, "你好，世界。", "--seed", "4", "--voice", "polly", "-o", name])
    main([*SAY, "你好，世界。", "--seed", "5", "--voice", "polly", "-o", "c.ogg"])
    assert Path("a.ogg").read_bytes() == Path("b.ogg").read_bytes() != Path("c.ogg").read_bytes()


def test_noise_suppression_is_off_unless_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    say = ("say", "--engine", "native", "Hello.")
    for name, asked in (("plain", ()), ("off", ("--denoise", "0")), ("less", ("--denoise", "1"))):
        assert main([*say, *asked, "-o", f"{name}.wav"]) == 0
    plain, off, less = (soundfile.read(f"{name}.wav")[0] for name in ("plain", "off", "less"))
    assert np.array_equal(plain, off)
    assert len(plain) == len(less)
    assert not np.array_equal(plain, less)
    assert main([*say, "--denoise", "1.5"]) == 2
    assert "denoise=1.5 is not possible" in capsys.readouterr().err


def test_speed_is_obeyed(folder: Path) -> None:
    main([*SAY, "你好", "-o", "plain.wav"])
    main([*SAY, "你好", "-o", "fast.wav", "--speed", "2"])
    assert soundfile.info("fast.wav").duration == pytest.approx(soundfile.info("plain.wav").duration / 2)


def test_the_text_may_come_from_a_file(folder: Path) -> None:
    Path("story.txt").write_text("\ufeff你好，世界。", "utf-8")
    main([*SAY, "--file", "story.txt", "-o", "a.wav"])
    main([*SAY, "你好，世界。", "-o", "b.wav"])
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()


@pytest.mark.parametrize("arguments", [[], ["-"], ["--file", "-"]])
def test_a_pipe_in_and_a_pipe_out(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "kouji", *SAY, *arguments, "-o", "-"]
    ran = subprocess.run(command, input="你好，世界。".encode(), capture_output=True, check=True)
    assert ran.stderr == b""
    assert int.from_bytes(ran.stdout[4:8], "little") == len(ran.stdout) - 8
    assert soundfile.info(io.BytesIO(ran.stdout)).duration > 0.5


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["你好", "--voice", "poly"], "There is no voice called 'poly'.", "Did you mean 'polly'?"),
        (["你好", "--language", "enn"], "There is no language called 'enn'.", "Did you mean 'en'?"),
        (["你好", "--format", "flak"], "There is no format called 'flak'.", "Did you mean 'flac'?"),
        (["你好", "-o", "a.mp4"], "There is no format called 'mp4'.", "Did you mean 'mp3'?"),
        (["你好", "-e", "parot"], "There is no engine called 'parot'.", "Did you mean 'parrot'?"),
        (["你好", "-o", "no/where/a.wav"], "no/where/a.wav cannot be written", "Create the folder no/where first."),
        (["你好", "-o", "a.wav", "--format", "mp3"], "a.wav would hold mp3", "Call it a.mp3."),
        ([""], "There is nothing to say in ''.", "Give at least one letter"),
        (["……"], "There is nothing to say", "Give at least one letter"),
        (["你好", "--seed", "-1"], "seed=-1 is not possible.", "whole number"),
        (["你好", "--seed", "x"], "Invalid value for '--seed'", "kouji say --help"),
        (["你好", "--voise", "polly"], "No such option: --voise", "kouji say --help"),
        (["你好", "世界"], "unexpected extra argument", "kouji say --help"),
        (["你好", "--threads", "0"], "threads = 0", "1 to 64"),
        (["你好", "--file", "a.txt"], "The text is given twice.", "not both"),
        (["--file", "none.txt"], "none.txt cannot be read", "Give a text file."),
        (["你好", "--lexicon", "none.txt"], "none.txt", "UTF-8"),
    ],
)
def test_a_mistake_is_told_with_its_remedy_and_leaves_no_file(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str, hint: str
) -> None:
    assert main(["say", "-e", "parrot", *arguments]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: ")
    assert message in first
    assert second.startswith("hint:  ")
    assert hint in second
    assert left(folder) == []


def test_text_that_is_not_utf8_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("gbk.txt").write_bytes("你好".encode("gbk"))
    assert main([*SAY, "--file", "gbk.txt"]) == 2
    assert "gbk.txt is not UTF-8" in capsys.readouterr().err


def test_a_folder_that_may_not_be_written_is_told_before_the_work(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("taken.wav").mkdir()
    assert main([*SAY, "你好", "-o", "taken.wav"]) == 2
    assert "taken.wav cannot be written: Is a directory." in capsys.readouterr().err
    assert left(folder) == ["taken.wav"]


def test_an_old_file_survives_a_mistake(folder: Path) -> None:
    Path("a.wav").write_bytes(b"old")
    assert main([*SAY, "……", "-o", "a.wav"]) == 2
    assert Path("a.wav").read_bytes() == b"old"


def test_what_was_left_out_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SAY, "你好🙂"]) == 0
    assert "note:  These characters have no sound and were skipped: 🙂" in capsys.readouterr().err


def test_a_lone_surrogate_does_not_crash(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SAY, "\udc80"]) == 2
    assert main([*SAY, "你好\udc80"]) == 0
    capsys.readouterr()


def test_a_defect_of_ours_is_exit_code_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(self: object, name: str) -> None:
        raise RuntimeError("the parrot is dead")

    monkeypatch.setattr("kouji_parrot.engine.Parrot.builtin", broken)
    assert main([*SAY, "你好"]) == 1
    assert "error: RuntimeError: the parrot is dead" in capsys.readouterr().err


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopping_is_exit_code_130(folder: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "kouji", *SAY, "-o", "a.wav"]

    def listen() -> None:  # a shell's background job, as which these tests may run, is deaf to Ctrl-C
        signal.signal(how, signal.SIG_DFL)

    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=listen) as running:
        assert running.stdin
        running.stdin.write("你好。".encode() * 100_000)  # more than a pipe holds, so it is reading once this returns
        running.stdin.flush()
        running.send_signal(how)
        _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, b"error: Stopped.\n")
    assert left(folder) == []


def test_stopping_in_the_middle_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: object, utterance: Utterance, *rest: object) -> Iterator[Chunk]:
        if utterance.index == 3:
            raise KeyboardInterrupt
        yield Chunk(np.ones(40_000, np.float32))

    monkeypatch.setattr("kouji_parrot.engine.Parrot.synthesize", interrupted)
    Path("a.wav").write_bytes(b"old")
    assert main([*SAY, "好。" * 9, "-o", "a.wav"]) == 130
    assert left(folder) == ["a.wav"]
    assert Path("a.wav").read_bytes() == b"old"


def test_long_work_shows_progress_on_a_terminal_only(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "第一句。第二句。第三句。第四句。第五句。"
    main([*SAY, text])
    assert "speaking" not in capsys.readouterr().err
    pty = pytest.importorskip("pty")
    here, there = pty.openpty()
    command = [sys.executable, "-m", "kouji", *SAY, text]
    subprocess.run(command, stderr=there, check=True, env=os.environ | {"TERM": "xterm"})
    os.close(there)
    assert b"speaking" in os.read(here, 100_000)
    os.close(here)
