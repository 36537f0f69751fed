"""Sound files: whole or not at all, and the same bytes for the same sound."""

import io
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kouji.audio import files, writer
from kouji.errors import InvalidInput, MissingExtra, OutputFailed, UnknownName

RATE = 24000
FORMATS = [format for format, codec in writer.FORMATS.items() if codec or find_spec("av")]


@pytest.fixture
def tone() -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE)).astype(np.float32)


def encoded(samples: np.ndarray, format: str) -> bytes:
    stream = io.BytesIO()
    files.write(stream, samples, RATE, format)
    return stream.getvalue()


@pytest.mark.parametrize("format", FORMATS)
def test_what_is_written_can_be_heard_again(tmp_path: Path, tone: np.ndarray, format: str) -> None:
    path = tmp_path / f"tone.{format}"
    files.write(path, tone, RATE)
    if format == "m4a":
        assert path.read_bytes()[4:12] == b"ftypM4A "
    else:
        assert soundfile.info(path).format == format.upper()
    samples, sample_rate = files.read(path)
    assert sample_rate == RATE
    assert len(samples) == len(tone)
    assert np.corrcoef(samples, tone)[0, 1] > 0.99


def test_the_same_sound_gives_the_same_bytes_at_any_time(tone: np.ndarray) -> None:
    first = {format: encoded(tone, format) for format in FORMATS}
    time.sleep(1.1)  # libsndfile seeds its stream numbers with the clock
    assert {format: encoded(tone, format) for format in FORMATS} == first


def test_minutes_of_ogg_do_not_overflow_the_encoder() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE * 120).astype(np.float32) / 10
    assert soundfile.info(io.BytesIO(encoded(noise, "ogg"))).duration == 120


def test_too_loud_is_clipped_and_does_not_wrap_around(tmp_path: Path) -> None:
    files.write(tmp_path / "loud.wav", np.array([1.5, -1.5, 0.0], np.float32), RATE)
    assert files.read(tmp_path / "loud.wav")[0] == pytest.approx([1.0, -1.0, 0.0], abs=1e-4)


def test_stereo_is_read_as_its_mean(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "two.wav", np.tile([0.5, 0.1], (100, 1)), RATE)
    assert files.read(tmp_path / "two.wav")[0] == pytest.approx(np.full(100, 0.3), abs=1e-4)


def test_what_is_no_sound_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "notes.wav").write_text("not sound")
    with pytest.raises(InvalidInput, match=r"notes\.wav"):
        files.read(tmp_path / "notes.wav")
    with pytest.raises(InvalidInput, match=r"missing\.wav"):
        files.read(tmp_path / "missing.wav")


def test_an_unknown_format_names_the_nearest(tmp_path: Path, tone: np.ndarray) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'mp3'"):
        files.write(tmp_path / "a.mp4", tone, RATE)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["a.m4a", "a"])
def test_m4a_without_its_extra_says_what_to_install(
    tmp_path: Path, tone: np.ndarray, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(writer, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="m4a") as caught:
        files.write(tmp_path / path, tone, RATE, "m4a")
    assert "kouji[media]" in str(caught.value.hint)
    assert not list(tmp_path.iterdir())


def test_m4a_has_the_rates_of_aac(tmp_path: Path, tone: np.ndarray) -> None:
    pytest.importorskip("av", reason="pip install 'kouji[media]'")
    with pytest.raises(InvalidInput, match="m4a cannot hold 23000 Hz"):
        files.write(tmp_path / "a.m4a", tone, 23000)
    assert not list(tmp_path.iterdir())


def test_aac_is_read_up_to_what_is_allowed(tmp_path: Path, tone: np.ndarray) -> None:
    pytest.importorskip("av", reason="pip install 'kouji[media]'")
    from kouji.audio.encoder import Encoder

    encoder = Encoder("aac", RATE, tags={"AIGC": "{}"})
    (tmp_path / "a.aac").write_bytes(encoder.add(tone) + encoder.finish())
    files.write(tmp_path / "a.m4a", tone, RATE)
    for name in ("a.aac", "a.m4a"):
        samples, sample_rate = files.read(tmp_path / name, 2 * RATE)
        assert (sample_rate, samples.dtype) == (RATE, np.float32)
        assert len(samples) == pytest.approx(len(tone), abs=2100)
        with pytest.raises(InvalidInput, match="too long"):
            files.read(tmp_path / name, RATE // 2)
    for data in (b"\0\0\0\x08ftyp", b"\0\0\0\x1cftypM4A " + bytes(500), b"\xff\xf1" + bytes(500)):
        (tmp_path / "b.m4a").write_bytes(data)
        with pytest.raises(InvalidInput):
            files.read(tmp_path / "b.m4a")


def test_a_file_name_may_not_lie_about_its_format(tmp_path: Path, tone: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match=r"a\.wav would hold mp3"):
        files.write(tmp_path / "a.wav", tone, RATE, "mp3")
    with pytest.raises(InvalidInput, match="which format"):
        files.write(tmp_path / "a", tone, RATE)


def test_gaps_in_the_samples_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        files.write(tmp_path / "a.wav", np.array([0.0, np.nan], np.float32), RATE)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    for format in FORMATS:
        path = tmp_path / f"a.{format}"
        path.write_bytes(b"old")
        code = (
            "import resource, numpy as np\n"
            "from kouji.audio.files import write\n"
            "from kouji.errors import OutputFailed\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (9000, 9000))\n"  # as if the disk had 9000 bytes left
            "noise = np.random.default_rng(0).uniform(-1, 1, 240_000).astype(np.float32)\n"
            f"try: write({str(path)!r}, noise, 24000)\n"
            "except OutputFailed as error: print(error)"
        )
        ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert "cannot be written to its end. Is the disk full?" in ran.stdout
        assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == len(FORMATS)


def test_an_error_on_the_way_leaves_nothing(tmp_path: Path, tone: np.ndarray) -> None:
    def interrupted() -> None:
        with writer.Writer(tmp_path / "a.wav", RATE) as file:
            file.add(tone)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("n_piece", [1000, 24000, 100_000])
def test_the_same_bytes_however_the_sound_is_cut(tmp_path: Path, format: str, n_piece: int) -> None:
    noise = np.random.default_rng(0).standard_normal(RATE * 3).astype(np.float32) / 5
    with writer.Writer(tmp_path / f"pieces.{format}", RATE) as file:
        for start in range(0, len(noise), n_piece):
            file.add(noise[start : start + n_piece])
    files.write(tmp_path / f"whole.{format}", noise, RATE)
    assert (tmp_path / f"pieces.{format}").read_bytes() == (tmp_path / f"whole.{format}").read_bytes()


def test_a_file_is_replaced_with_its_permissions_and_through_links(tmp_path: Path, tone: np.ndarray) -> None:
    real, link = tmp_path / "real.wav", tmp_path / "link.wav"
    real.write_bytes(b"old")
    real.chmod(0o640)
    link.symlink_to(real)
    files.write(link, tone, RATE)
    assert link.is_symlink()
    assert len(files.read(real)[0]) == len(tone)
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_new_file_gets_the_usual_permissions(tmp_path: Path, tone: np.ndarray) -> None:
    files.write(tmp_path / "a.wav", tone, RATE)
    (tmp_path / "other").touch()
    assert (tmp_path / "a.wav").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_device_is_written_into_and_not_replaced(tone: np.ndarray) -> None:
    writer.check_writable(Path("/dev/null"))
    files.write("/dev/null", tone, RATE, "wav")
    assert not os.path.isfile("/dev/null")


@pytest.mark.parametrize("path", ["no/such/folder/a.wav", ".", "a\0.wav", "x" * 300 + ".wav"])
def test_a_path_that_cannot_be_written_is_known_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputFailed) as caught:
        writer.check_writable(Path(path))
    assert caught.value.hint
    assert not list(tmp_path.iterdir())


def test_a_stream_gets_the_whole_file(tone: np.ndarray) -> None:
    stream = io.BytesIO()
    files.write(stream, tone, RATE)
    assert stream.getvalue()[:4] == b"RIFF"
    assert int.from_bytes(stream.getvalue()[4:8], "little") == len(stream.getvalue()) - 8
