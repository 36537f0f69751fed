"""The mark in the sound: found after what happens to sound, never where it is not, and not heard."""

import hashlib
import io
from collections.abc import Callable

import numpy as np
import pytest

from kouji.audio.encoder import Encoder
from kouji.audio.files import read
from kouji.audio.resample import resample
from kouji.audio.watermark import Payload, Watermark, detect, marked
from kouji.audio.watermark.pattern import pattern
from kouji.audio.watermark.payload import N_CODED, coded, decoded, engine_number
from kouji.types import Chunk, Mark
from kouji_sounds import FEMALE, MALE, person

RATE = 24000
PAYLOAD = Payload(engine_number("native"), 0xC0FFEE42)
Sound = tuple[np.ndarray, int]


@pytest.fixture(scope="module")
def clean() -> np.ndarray:
    """Two people in turn, 6.4 seconds."""
    return np.concatenate([person(FEMALE, RATE), person(MALE, RATE)])


@pytest.fixture(scope="module")
def sound(clean: np.ndarray) -> np.ndarray:
    return with_mark(clean, RATE)


def with_mark(samples: np.ndarray, sample_rate: int, cuts: list[int] | None = None) -> np.ndarray:
    chunks = [Chunk(piece) for piece in np.split(samples, cuts or [])]
    return np.concatenate([chunk.samples for chunk in marked(chunks, sample_rate, PAYLOAD)])


def through(format: str, bit_rate: int | None) -> Callable[[np.ndarray], Sound]:
    def coded(samples: np.ndarray) -> Sound:
        encoder = Encoder(format, RATE, bit_rate=bit_rate)
        return read(io.BytesIO(encoder.add(samples) + encoder.finish()))

    return coded


def louder(decibels: float) -> Callable[[np.ndarray], Sound]:
    return lambda samples: (np.clip(samples * 10 ** (decibels / 20), -1, 1), RATE)


ATTACKS: dict[str, Callable[[np.ndarray], Sound]] = {
    "nothing": lambda samples: (samples, RATE),
    "mp3 at 64 kbit/s": through("mp3", 64000),
    "opus at 32 kbit/s": through("opus", 32000),
    "m4a as it is sent": through("m4a", None),
    "16 kHz": lambda samples: (resample(samples, RATE, 16000), 16000),
    "44.1 kHz": lambda samples: (resample(samples, RATE, 44100), 44100),
    "6 dB louder": louder(6),
    "so loud that it clips": louder(20),
    "6 dB softer": louder(-6),
    "8 bits": lambda samples: (np.round(samples * 127) / 127, RATE),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_three_seconds_from_anywhere_are_enough(sound: np.ndarray, attack: Callable[[np.ndarray], Sound]) -> None:
    samples, sample_rate = attack(sound)
    rng = np.random.default_rng(1)
    for start in rng.integers(0, len(samples) - 3 * sample_rate, 5):
        assert detect(samples[start : start + 3 * sample_rate], sample_rate) is not None


@pytest.mark.parametrize(
    "name", ["nothing", "mp3 at 64 kbit/s", "m4a as it is sent", "16 kHz", "6 dB louder", "6 dB softer"]
)
def test_it_says_which_engine_spoke_and_for_which_request(sound: np.ndarray, name: str) -> None:
    found = detect(*ATTACKS[name](sound))
    assert found is not None
    assert (found.engine, found.id, found.version) == ("native", "c0ffee42", 1)
    assert found.confidence > 0.9999


def test_a_recording_of_a_person_has_none(clean: np.ndarray) -> None:
    n_crop, step = 3 * RATE, RATE // 4
    crops = [clean[start : start + n_crop] for start in range(0, len(clean) - n_crop + 1, step)]
    assert len(crops) > 10
    assert [detect(crop, RATE) for crop in crops] == [None] * len(crops)


def test_a_minute_of_the_same_people_has_none_either(clean: np.ndarray) -> None:
    coloured = clean + 0.3 * np.concatenate([clean[1:], clean[:1]])  # what lasts in a sound is no pattern in it
    assert detect(np.concatenate([np.roll(coloured, 1000 * turn) for turn in range(10)]), RATE) is None


@pytest.mark.parametrize("n_samples", [0, 1, 500, 5000, 100_000])
def test_silence_and_noise_have_none(n_samples: int) -> None:
    assert detect(np.zeros(n_samples, np.float32), RATE) is None
    assert detect(np.random.default_rng(0).normal(0, 0.1, n_samples).astype(np.float32), RATE) is None


@pytest.mark.parametrize("sample_rate", [16000, 22050, 24000, 32000, 44100, 48000])
def test_every_rate_carries_it(sample_rate: int) -> None:
    samples = resample(person(FEMALE, RATE)[: 4 * RATE], RATE, sample_rate)
    found = detect(with_mark(samples, sample_rate), sample_rate)
    assert isinstance(found, Watermark)
    assert found.id == "c0ffee42"


@pytest.mark.parametrize("sample_rate", [22050, 24000])
def test_chunks_of_any_size_give_the_same_bytes(sample_rate: int) -> None:
    samples = resample(person(MALE, RATE)[: 3 * RATE], RATE, sample_rate)
    whole = with_mark(samples, sample_rate)
    assert len(whole) == len(samples)
    rng = np.random.default_rng(3)
    for cuts in (rng.integers(0, len(samples), 200), np.arange(1, 3000), [100, 100, 100]):
        np.testing.assert_array_equal(with_mark(samples, sample_rate, sorted(cuts)), whole)


def test_it_keeps_no_more_than_twenty_milliseconds_back() -> None:
    samples, n_given, n_back = person(MALE, RATE)[: 2 * RATE], 0, 0
    counts = []

    def given():  # type: ignore[no-untyped-def]
        nonlocal n_given
        for piece in np.split(samples, range(240, len(samples), 240)):
            n_given += len(piece)
            yield Chunk(piece)

    for chunk in marked(given(), RATE, PAYLOAD):
        n_back += len(chunk.samples)
        counts.append(n_given - n_back)
    assert max(counts) <= 0.020 * RATE
    assert counts[-1] == 0


def test_the_times_of_words_come_along() -> None:
    marks = tuple(Mark("word", word, 0.1 * number, 0.1) for number, word in enumerate("abc"))
    chunks = [Chunk(np.ones(10, np.float32), (mark,)) for mark in marks]
    assert [mark for chunk in marked(chunks, RATE, PAYLOAD) for mark in chunk.marks] == list(marks)


def test_it_is_far_below_the_speech_at_every_moment(clean: np.ndarray, sound: np.ndarray) -> None:
    def powers(samples: np.ndarray) -> np.ndarray:
        return (samples[: len(samples) // 1200 * 1200].reshape(-1, 1200) ** 2).mean(axis=1)  # of 50 ms each

    speech, change = powers(clean), powers(sound - clean)
    is_speech = speech > speech.max() / 1e4
    assert 10 * np.log10(speech.sum() / change.sum()) > 22
    assert (10 * np.log10(speech[is_speech] / change[is_speech])).min() > 9  # a fricative, all of it noise


def test_silence_stays_silence() -> None:
    speech = person(MALE, RATE)[RATE : 2 * RATE]
    samples = np.concatenate([np.zeros(5000, np.float32), speech, np.zeros(5000, np.float32)])
    sound = with_mark(samples, RATE)
    assert not sound[:5000].any()
    assert not sound[-5000:].any()
    assert not with_mark(np.zeros(7000, np.float32), RATE).any()
    assert list(marked([Chunk(np.zeros(0, np.float32))], RATE, PAYLOAD)) == []


def test_what_is_as_loud_as_it_can_be_does_not_pass_full_scale(clean: np.ndarray) -> None:
    assert np.abs(with_mark(clean / np.abs(clean).max(), RATE)).max() <= 1


def test_a_part_of_a_longer_sound_is_found_with_its_place() -> None:
    other, ours = person(FEMALE, RATE), with_mark(person(MALE, RATE)[: 5 * RATE], RATE)
    found = detect(np.concatenate([other, other, ours, other]), RATE)
    assert found is not None
    start = 2 * len(other) / RATE
    assert found.start < start + 2.5
    assert found.end > start + 2.5


def test_what_was_marked_once_can_be_read_for_ever() -> None:
    """Whoever changes the layout takes another key, and looks for both."""
    layout = pattern(coded(Payload(1, 0x12345678))).astype(np.int8).tobytes()
    assert hashlib.sha256(layout).hexdigest()[:16] == "28a8b2fb77c515d1"


def test_bits_survive_errors_and_are_not_read_out_of_noise() -> None:
    rng = np.random.default_rng(5)
    sent = 2.0 * coded(PAYLOAD) - 1
    assert all(decoded(sent + rng.normal(0, 0.8, N_CODED)) == PAYLOAD for _ in range(10))
    assert [decoded(rng.normal(0, 1, N_CODED)) for _ in range(10)] == [None] * 10
