"""Clips come in many shapes; what is none is told."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kouji.errors import InvalidInput
from kouji.voices.clips import LONGEST, read_clip, read_clips


def encoded(samples: np.ndarray, format: str = "WAV", subtype: str | None = None) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, samples, 16000, format=format, subtype=subtype)
    return file.getvalue()


@pytest.mark.parametrize(
    ("format", "subtype"),
    [("WAV", "PCM_16"), ("WAV", "PCM_24"), ("WAV", "FLOAT"), ("FLAC", "PCM_24"), ("OGG", "VORBIS")],
)
def test_a_clip_is_read_in_every_depth_and_format(her: np.ndarray, format: str, subtype: str) -> None:
    clip = read_clip(encoded(her, format, subtype))
    assert clip.sample_rate == 16000
    assert clip.samples.dtype == np.float32
    assert abs(np.corrcoef(clip.samples[: len(her)], her)[0, 1]) > 0.99


def test_a_clip_that_was_streamed_is_read_though_its_head_does_not_say_how_long_it_is(her: np.ndarray) -> None:
    flac = encoded(her, "FLAC", "PCM_24")
    streamed = flac[:21] + bytes([flac[21] & 0xF0]) + bytes(4) + flac[26:]  # 36 bits say 0
    np.testing.assert_array_equal(read_clip(streamed).samples, read_clip(flac).samples)
    hours = encoded(np.zeros(int(LONGEST * 16000) + 16000, np.float32), "FLAC", "PCM_16")
    with pytest.raises(InvalidInput, match="longer than 30 minutes"):
        read_clip(hours[:21] + bytes([hours[21] & 0xF0]) + bytes(4) + hours[26:])


def test_a_path_its_bytes_and_its_samples_are_one_clip(her: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "声音.wav"
    path.write_bytes(encoded(her, subtype="FLOAT"))
    from_path, from_bytes = read_clip(path), read_clip(path.read_bytes())
    assert from_path.digest == from_bytes.digest
    np.testing.assert_array_equal(from_path.samples, read_clip((her, 16000)).samples)
    assert [clip.digest for clip in read_clips([path, str(path)])] == [from_path.digest] * 2


def test_two_channels_are_mixed(her: np.ndarray) -> None:
    clip = read_clip((np.stack([her, 0.5 * her], 1), 16000))
    assert clip.n_channels == 2
    np.testing.assert_allclose(clip.samples, 0.75 * her, atol=1e-6)


def test_channels_that_cancel_each_other_are_not_mixed_to_nothing(her: np.ndarray) -> None:
    np.testing.assert_array_equal(read_clip((np.stack([her, -her], 1), 16000)).samples, her)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "empty"),
        (b"RIFF\0\0\0\0WAVE", "cannot be read"),
        (b"not sound at all", "cannot be read"),
        (b"\0\0\0\x20ftypisom" + bytes(100), "MP4"),
        (b"\x1a\x45\xdf\xa3" + bytes(100), "Matroska"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI"),
    ],
)
def test_what_is_no_sound_file_is_told(data: bytes, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as error:
        read_clip(data)
    assert error.value.hint


@pytest.mark.parametrize(
    "clip",
    [
        (np.zeros(0, np.float32), 16000),
        (np.full(100, np.nan, np.float32), 16000),
        (np.zeros(100, np.int16), 16000),
        (np.zeros((2, 2, 2), np.float32), 16000),
        (np.zeros(100, np.float32), 0),
        (np.zeros(100, np.float32), 16000.0),
        (np.zeros(100, np.float32), True),
        (np.zeros(100, np.float32),),
        (np.zeros(int(LONGEST * 4000) + 4001, np.float32), 4000),
        17,
        None,
        "no such file.wav",
        "a\0b.wav",
    ],
)
def test_what_is_no_clip_is_told(clip: object) -> None:
    with pytest.raises(InvalidInput) as error:
        read_clip(clip)  # type: ignore[arg-type]
    assert error.value.hint


def test_no_clip_at_all_is_told() -> None:
    with pytest.raises(InvalidInput, match="needs a clip"):
        read_clips([])
