"""Noise suppression: hiss falls, speech stays, and how the sound was cut does not matter."""

import numpy as np
import pytest

from kouji.audio.denoise import denoised
from kouji.audio.join import collect
from kouji.types import Chunk, Mark
from kouji_sounds import FEMALE, person

RATE = 24000


@pytest.fixture(scope="module")
def clean() -> np.ndarray:
    """A person speaks for some seconds, with half a second of nothing before, between and after."""
    pause = np.zeros(RATE // 2, np.float32)
    spoken = person(FEMALE, RATE)
    return np.concatenate([pause, spoken, pause, spoken, pause])


@pytest.fixture(scope="module")
def noisy(clean: np.ndarray) -> np.ndarray:
    """The same with white noise 20 dB below the speech."""
    noise = np.random.default_rng(1).standard_normal(len(clean))
    return (clean + 0.1 * np.sqrt(np.mean(clean[clean != 0] ** 2)) * noise).astype(np.float32)


def less_noisy(samples: np.ndarray, strength: float = 1.0, cuts: list[int] | None = None) -> np.ndarray:
    return collect(denoised([Chunk(piece) for piece in np.split(samples, cuts or [])], RATE, strength))[0]


def level(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples.astype(float) ** 2)))


def test_noise_in_pauses_falls_and_speech_stays(clean: np.ndarray, noisy: np.ndarray) -> None:
    made = less_noisy(noisy)
    assert len(made) == len(noisy)
    frames = clean[: len(clean) // 480 * 480].reshape(-1, 480)
    silent, loud = (
        np.repeat(each, 480)
        for each in (~frames.any(axis=1), level(clean) < 10 * np.log10(np.mean(frames**2, axis=1) + 1e-12))
    )
    before, after = noisy[: len(silent)], made[: len(silent)]
    assert level(after[silent]) < level(before[silent]) - 10
    assert level(after[loud]) == pytest.approx(level(before[loud]), abs=1)


def test_a_strength_of_a_half_does_half_as_much(noisy: np.ndarray) -> None:
    pause = noisy[: RATE // 2]
    falls = [level(pause) - level(less_noisy(noisy, strength)[: RATE // 2]) for strength in (0.5, 1.0)]
    assert falls[0] == pytest.approx(falls[1] / 2, abs=1)


def test_clean_speech_is_hardly_touched(clean: np.ndarray) -> None:
    spoken = clean[RATE // 2 :]  # it begins with a word
    assert level(less_noisy(spoken) - spoken) < level(spoken) - 15
    assert level(less_noisy(spoken)) == pytest.approx(level(spoken), abs=0.5)


@pytest.mark.parametrize("rate", [16000, 22050, 24000, 32000, 44100])
def test_how_it_is_cut_does_not_matter(noisy: np.ndarray, rate: int) -> None:
    samples = noisy[:60000]
    pieces = np.split(samples, [1, 2, 700, 701, 30000, 30000, 59999])
    whole, _ = collect(denoised([Chunk(samples)], rate, 0.7))
    cut, _ = collect(denoised([Chunk(piece) for piece in pieces], rate, 0.7))
    np.testing.assert_array_equal(cut, whole)


def test_sound_comes_at_most_a_tenth_of_a_second_later(noisy: np.ndarray) -> None:
    n_heard = n_given = 0

    def given():
        nonlocal n_given
        for piece in np.split(noisy, range(240, len(noisy), 240)):
            n_given += len(piece)
            yield Chunk(piece)

    for chunk in denoised(given(), RATE, 1.0):
        n_heard += len(chunk.samples)
        assert n_given - n_heard <= 0.1 * RATE
    assert n_heard == len(noisy)


def test_the_hiss_does_not_come_back_at_the_very_end(noisy: np.ndarray) -> None:
    end = slice(-RATE // 10, None)
    assert level(less_noisy(noisy)[end]) < level(noisy[end]) - 10


def test_silence_stays_silent_and_marks_stay(noisy: np.ndarray) -> None:
    marks = tuple(Mark("word", str(number), number, number + 0.5) for number in range(3))
    samples = np.concatenate([np.zeros(5000, np.float32), noisy[:5000], np.zeros(5000, np.float32)])
    pieces = [Chunk(samples[:6000], marks[:1]), Chunk(samples[6000:], marks[1:2]), Chunk(samples[:0], marks[2:])]
    made, kept = collect(denoised(pieces, RATE, 1.0))
    assert kept == marks
    assert not made[samples == 0].any()


@pytest.mark.parametrize("n_samples", [0, 1, 100, 800, 3000])
def test_the_shortest_sounds_keep_their_length(noisy: np.ndarray, n_samples: int) -> None:
    assert len(less_noisy(noisy[:n_samples])) == n_samples


def test_a_strength_of_zero_is_the_very_same_sound(noisy: np.ndarray) -> None:
    np.testing.assert_array_equal(less_noisy(noisy, 0.0), noisy)
