from __future__ import annotations

import gc
import io
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from kouji.audio.encoder import FORMATS, UNKNOWN_SIZE, Encoder, rate_of
from kouji.errors import InvalidInput, UnknownName

av = pytest.importorskip("av", reason="pip install 'kouji[media]'")
RATE = 24000
CODED = ("mp3", "opus", "aac", "m4a", "flac")


def melody(seconds: float = 2.0, rate: int = RATE) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    # It rises: no moment is like another.
    return (0.4 * np.sin(2 * np.pi * (200 * time + 150 * time**2))).astype(np.float32)


def encoded(samples: np.ndarray, format: str, cut: int = 1777, **settings: int) -> bytes:
    encoder = Encoder(format, RATE, **settings)
    pieces = [encoder.add(samples[start : start + cut]) for start in range(0, len(samples), cut)]
    return b"".join([*pieces, encoder.finish()])


def decoded(data: bytes) -> tuple[np.ndarray, int]:
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(audio=0))
        resampler = av.AudioResampler(format="flt", layout="mono")
        parts = [out.to_ndarray()[0] for frame in [*frames, None] for out in resampler.resample(frame)]
        return np.concatenate(parts), frames[0].sample_rate


@pytest.mark.parametrize("format", [*CODED, "wav"])
def test_what_is_sent_is_what_was_said(format: str) -> None:
    samples = melody()
    heard, rate = decoded(encoded(samples, format))
    ours = samples if rate == RATE else np.interp(np.arange(2 * rate) / rate, np.arange(len(samples)) / RATE, samples)
    assert len(heard) == pytest.approx(len(ours), abs=0.1 * rate)  # codecs pad to whole frames
    lag = int(np.argmax(np.correlate(heard[: rate // 5], ours[: rate // 10], "valid")))
    n = min(len(ours), len(heard) - lag) - rate // 10
    assert np.corrcoef(heard[lag : lag + n], ours[:n])[0, 1] > 0.99


@pytest.mark.parametrize("format", list(FORMATS))
def test_the_same_samples_are_the_same_bytes_however_they_are_cut(format: str) -> None:
    samples = melody(0.7)
    assert encoded(samples, format, 999) == encoded(samples, format, 16000)
    assert encoded(samples, format, 999, sample_rate=16000) == encoded(samples, format, 16000, sample_rate=16000)


@pytest.mark.parametrize("format", list(FORMATS))
def test_the_first_bytes_come_with_the_first_fifth_of_a_second(format: str) -> None:
    assert Encoder(format, RATE).add(melody(0.2))


def test_a_wav_stream_says_that_its_length_is_unknown_unless_it_is_known() -> None:
    stream = encoded(melody(), "wav")
    assert struct.unpack("<I", stream[4:8]) == struct.unpack("<I", stream[40:44]) == (UNKNOWN_SIZE,)
    whole = encoded(melody(), "wav", n_samples=2 * RATE)
    assert struct.unpack("<I", whole[40:44]) == (4 * RATE,)
    assert len(whole) == 44 + 4 * RATE


def test_a_stream_has_the_samples_of_a_file() -> None:
    file = io.BytesIO()
    soundfile.write(file, melody(), RATE, "PCM_16", format="WAV")
    ours = np.frombuffer(encoded(melody(), "pcm"), "<i2")
    theirs, _ = soundfile.read(io.BytesIO(file.getvalue()), dtype="int16")
    assert np.abs(ours.astype(int) - theirs).max() <= 1  # libsndfile scales by 32768 or 32767, by version


@pytest.mark.parametrize(("law", "subtype"), [("ulaw", "ULAW"), ("alaw", "ALAW")])
def test_telephone_codes_are_those_of_libsndfile(law: str, subtype: str) -> None:
    samples = melody()
    heard, _ = soundfile.read(
        io.BytesIO(encoded(samples, law)), channels=1, samplerate=RATE, format="RAW", subtype=subtype, dtype="float32"
    )
    np.testing.assert_allclose(heard, samples, atol=0.02)  # a step of the coarsest segment used here
    assert np.abs(heard - samples).mean() < 0.004


@pytest.mark.parametrize("format", list(FORMATS))
def test_nothing_said_is_still_a_stream(format: str) -> None:
    assert isinstance(Encoder(format, RATE).finish(), bytes)


def test_a_rate_that_a_format_cannot_carry_is_refused() -> None:
    with pytest.raises(InvalidInput, match="sample_rate=44100 is not possible in opus"):
        Encoder("opus", RATE, 44100)
    assert rate_of("opus", 22050) == 24000
    assert rate_of("opus", 96000) == 48000
    with pytest.raises(UnknownName, match="format"):
        Encoder("mp4", RATE)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads of C are seen on Linux alone")
@pytest.mark.parametrize("format", CODED)
@pytest.mark.parametrize("n_pieces", [0, 1])
def test_a_stream_that_is_given_up_leaves_no_threads_behind(format: str, n_pieces: int) -> None:
    def n_threads() -> int:
        return len(list(Path("/proc/self/task").iterdir()))

    before = n_threads()
    gc.disable()  # which may come much later
    try:
        for _ in range(5):
            encoder = Encoder(format, 24000)
            for _ in range(n_pieces):
                encoder.add(np.zeros(24000, np.float32))
            encoder.close()
            encoder.close()
            del encoder
        assert n_threads() <= before
    finally:
        gc.enable()
