"""What a sound file says of itself: written into every format that has a place for it, read back, sound untouched."""

import io
import struct
import time
from collections.abc import Callable

import numpy as np
import pytest

from kouji.audio import files, tags
from kouji.audio.encoder import Encoder, with_length

RATE = 24000
SAID = {
    "AIGC": '{"Label":"1"}', "KOUJI": '{"engine":"native"}', "DESCRIPTION": "AI-generated speech",
    "ATTRIBUTION": "张三", "LONG": "x" * 70_000,
}  # fmt: skip
FILES = ("wav", "flac", "mp3", "ogg", "m4a")
STREAMS = ("wav", "flac", "mp3", "opus", "aac", "m4a")


@pytest.fixture
def tone() -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 220 * np.arange(3 * RATE) / RATE)).astype(np.float32)


def written(samples: np.ndarray, format: str, said: dict[str, str]) -> bytes:
    if format == "m4a":
        pytest.importorskip("av", reason="pip install 'kouji[media]'")
    file = io.BytesIO()
    files.write(file, samples, RATE, format, said)
    return file.getvalue()


def streamed(samples: np.ndarray, format: str, said: dict[str, str]) -> bytes:
    pytest.importorskip("av", reason="pip install 'kouji[media]'")
    encoder = Encoder(format, RATE, tags=said)
    data = encoder.add(samples[:5000])
    assert tags.read(io.BytesIO(data + bytes(80_000)))["AIGC"] == said["AIGC"]  # with the first bytes that leave
    return data + encoder.add(samples[5000:]) + encoder.finish()


@pytest.mark.parametrize("format", FILES)
def test_a_file_says_what_it_was_told_to_and_sounds_as_without(tone: np.ndarray, format: str) -> None:
    data = written(tone, format, SAID)
    assert tags.read(io.BytesIO(data)) == SAID
    plain, _ = files.read(io.BytesIO(written(tone, format, {})))
    assert np.array_equal(files.read(io.BytesIO(data))[0], plain)
    assert data == written(tone, format, SAID)


@pytest.mark.parametrize("format", STREAMS)
def test_a_stream_says_it_with_its_first_bytes(tone: np.ndarray, format: str) -> None:
    data = streamed(tone, format, SAID)
    assert tags.read(io.BytesIO(data)) == SAID
    assert data == streamed(tone, format, SAID)


@pytest.mark.parametrize("format", STREAMS)
def test_another_program_reads_the_same(tone: np.ndarray, format: str) -> None:
    import av

    with av.open(io.BytesIO(streamed(tone, format, SAID))) as found:
        read = {**found.metadata, **found.streams.audio[0].metadata}
        assert sum(frame.samples for frame in found.decode(audio=0)) >= len(tone)
    assert {name: read[name] for name in ("AIGC", "ATTRIBUTION", "LONG")} == {
        name: SAID[name] for name in ("AIGC", "ATTRIBUTION", "LONG")
    }


def test_a_whole_wav_has_its_sound_at_byte_44(tone: np.ndarray) -> None:
    encoder = Encoder("wav", RATE, tags=SAID)
    data = encoder.add(tone) + encoder.finish()
    whole = with_length(data, "wav", len(tone))
    assert struct.unpack("<4sI", whole[36:44]) == (b"data", 2 * len(tone))
    assert struct.unpack("<I", whole[4:8])[0] == len(whole) - 8
    assert np.array_equal(np.frombuffer(whole[44 : 44 + 2 * len(tone)], "<i2"), np.rint(tone * 32767))
    assert tags.read(io.BytesIO(whole)) == SAID


@pytest.mark.parametrize("format", ["pcm", "ulaw"])
def test_what_has_no_head_has_no_place_for_it(tone: np.ndarray, format: str) -> None:
    assert format not in tags.CARRIERS
    encoder, plain = Encoder(format, RATE, tags=SAID), Encoder(format, RATE)
    assert encoder.add(tone) == plain.add(tone)


def test_tags_of_other_programs_are_read() -> None:
    older = b"\x01" + "AIGC\0{}".encode("utf-16")
    frame = b"TXXX" + struct.pack(">I", len(older)) + b"\0\0" + older
    assert tags.read(io.BytesIO(b"ID3\x03\0\0" + bytes([0, 0, 0, len(frame)]) + frame)) == {"AIGC": "{}"}


def test_tags_of_iphones_and_itunes_are_read() -> None:
    def box(kind: bytes, *parts: bytes) -> bytes:
        return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)

    data = box(b"data", struct.pack(">II", 1, 0), b"{}")
    freeform = box(b"----", box(b"mean", bytes(4), b"com.apple.iTunes"), box(b"name", bytes(4), b"AIGC"), data)
    keys = box(b"keys", struct.pack(">II", 0, 1), box(b"mdta", b"KOUJI"))
    other = box(b"covr", box(b"data", struct.pack(">II", 13, 0), b"\xff\xd8"))
    listed = box(b"ilst", freeform, other, box(struct.pack(">I", 1), data))
    for meta in (box(b"meta", bytes(4), box(b"hdlr"), keys, listed), box(b"meta", box(b"hdlr"), keys, listed)):
        for folder in (box(b"udta", meta), meta):
            file = box(b"ftyp", b"M4A ") + box(b"mdat", bytes(99)) + box(b"moov", box(b"mvhd", bytes(9)), folder)
            assert tags.read(io.BytesIO(file)) == {"AIGC": "{}", "KOUJI": "{}"}


def test_a_million_boxes_in_one_another_or_in_a_row_are_not_followed() -> None:
    n = 1 << 18
    rows = (struct.pack(">I4s", 8, b"free") * n, struct.pack(">I4s", 8 * n, b"moov") * n)
    for row in (*rows, struct.pack(">I4s", 8 * n, b"moov") + struct.pack(">I4s", 8 * n, b"udta") * n):
        started = time.process_time()
        assert tags.read(io.BytesIO(struct.pack(">I4s4s", 12, b"ftyp", b"M4A ") + row)) == {}
        assert time.process_time() - started < 5  # some milliseconds; followed one by one, minutes


@pytest.mark.parametrize("make", [written, streamed])
def test_what_is_cut_off_or_altered_is_read_as_far_as_it_goes(
    tone: np.ndarray, make: Callable[[np.ndarray, str, dict[str, str]], bytes]
) -> None:
    rng = np.random.default_rng(0)
    short = {name: SAID[name] for name in ("AIGC", "KOUJI")}
    for format in FILES if make is written else STREAMS:
        data = make(tone[:6000], format, short)
        for _ in range(60):
            broken = bytearray(data[: rng.integers(len(data))])
            for at in rng.integers(max(1, min(len(broken), 600)), size=4):
                if len(broken):
                    broken[at] = rng.integers(256)
            tags.read(io.BytesIO(bytes(broken)))  # no error, no endless loop
