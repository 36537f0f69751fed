"""Many utterances, one sound."""

from itertools import pairwise

import numpy as np
import pytest

from kouji.audio.join import FADE, PAUSES, collect, join
from kouji.text.phonemes import PAUSES as MARKS
from kouji.types import Chunk, Mark

RATE = 16000


def tone(seconds: float) -> np.ndarray:
    """Starts and ends at its crest: the worst case for clicks."""
    return 0.5 * np.cos(2 * np.pi * 100 * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), np.float32)


def joined(*utterances: tuple[list[np.ndarray], str | float | None]) -> np.ndarray:
    chunks = (([Chunk(part) for part in parts], pause) for parts, pause in utterances)
    return collect(join(chunks, RATE))[0]


def gaps(samples: np.ndarray) -> list[float]:
    """Seconds of each silence inside."""
    quiet = np.abs(samples) < 1e-3
    edges = np.flatnonzero(np.diff(quiet.astype(int)))
    runs = [(end - start) / RATE for start, end in pairwise(edges) if quiet[start + 1]]
    return [run for run in runs if run > 0.02]


def test_every_pause_of_the_inventory_has_its_length() -> None:
    assert set(PAUSES) == {"", *MARKS}


@pytest.mark.parametrize("pause", PAUSES)
def test_the_pause_follows_the_punctuation(pause: str) -> None:
    samples = joined(([tone(0.3)], pause), ([tone(0.3)], "."))
    assert gaps(samples) == [pytest.approx(PAUSES[pause], abs=2 * FADE)]


def test_silence_of_the_engine_counts_towards_the_pause() -> None:
    first, second = [tone(0.3), silence(0.1), silence(0.1)], [silence(0.1), tone(0.3)]
    assert gaps(joined((first, "."), (second, "."))) == [pytest.approx(0.5, abs=2 * FADE)]


def test_silence_of_the_engine_is_never_cut() -> None:
    samples = joined(([tone(0.3), silence(0.9)], ","), ([tone(0.3), silence(0.2)], "."))
    assert gaps(samples) == [pytest.approx(0.9, abs=2 * FADE)]
    assert len(samples) == round(1.7 * RATE)


def test_there_is_no_click_at_any_edge() -> None:
    samples = joined(([tone(0.301)], ","), ([tone(0.207)], "."))
    steepest = np.abs(np.diff(tone(0.3))).max()
    assert np.abs(np.diff(samples, prepend=0, append=0)).max() < 1.5 * steepest


def test_nothing_is_added_before_the_first_and_after_the_last() -> None:
    assert len(joined(([tone(0.3)], "."))) == round(0.3 * RATE)


@pytest.mark.parametrize("n_chunk", [1, 7, 80, 81, 1000])
def test_the_size_of_the_chunks_makes_no_difference(n_chunk: int) -> None:
    whole = tone(0.3)
    parts = [whole[start : start + n_chunk] for start in range(0, len(whole), n_chunk)]
    np.testing.assert_array_equal(joined((parts, "."), (parts, ".")), joined(([whole], "."), ([whole], ".")))


def test_marks_count_from_the_start_of_the_whole() -> None:
    said = [Chunk(tone(0.3), (Mark("word", "好", 0.1, 0.3),))]
    samples, marks = collect(join([(said, "."), (said, ".")], RATE))
    assert [mark.start for mark in marks] == pytest.approx([0.1, 0.3 + PAUSES["."] + 0.1], abs=1e-3)
    assert len(samples) / RATE == pytest.approx(marks[-1].end)


def test_an_utterance_is_passed_on_before_the_next_is_begun() -> None:
    begun = []

    def utterances():  # type: ignore[no-untyped-def]
        for name in "ab":
            begun.append(name)
            yield [Chunk(tone(0.1))], "."

    next(join(utterances(), RATE))
    assert begun == ["a"]


def test_nothing_joined_is_nothing() -> None:
    assert len(joined()) == 0


# ---- pauses in seconds ---------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.2, 0.3, 1.0])
def test_a_pause_in_seconds_is_exact_whatever_silence_the_engine_leaves(seconds: float) -> None:
    for tail, head in [(0.0, 0.0), (0.12, 0.05), (0.05, 0.3), (0.6, 0.6)]:
        first, second = [tone(0.3), silence(tail / 2), silence(tail / 2)], [silence(head), tone(0.3)]
        samples = joined((first, seconds), (second, "."))
        assert len(samples) == pytest.approx(round((0.6 + seconds) * RATE), abs=16)  # fades are silent at the end


def test_silence_in_the_middle_is_no_silence_at_the_end() -> None:
    samples = joined(([tone(0.3), silence(0.4), tone(0.3), silence(0.4)], 0.1), ([tone(0.3)], "."))
    assert gaps(samples) == [pytest.approx(0.4, abs=2 * FADE), pytest.approx(0.1, abs=2 * FADE)]


def test_silence_before_and_after_the_whole_is_exact() -> None:
    chunks = [([Chunk(silence(0.1)), Chunk(tone(0.3)), Chunk(silence(0.1))], 0.5)]
    samples, _ = collect(join(chunks, RATE, lead=1.0))
    assert len(samples) == pytest.approx(round(1.8 * RATE), abs=16)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    assert loud[0] / RATE == pytest.approx(1.0, abs=FADE)
    assert (len(samples) - loud[-1]) / RATE == pytest.approx(0.5, abs=FADE)


def test_no_pause_at_all_leaves_the_silence_of_the_chunks() -> None:
    samples = joined(([tone(0.3), silence(0.2)], None), ([silence(0.1), tone(0.3)], "."))
    assert len(samples) == round(0.9 * RATE)


def test_marks_stay_with_their_sound_when_silence_is_cut() -> None:
    first = [Chunk(tone(0.3), (Mark("word", "a", 0.0, 0.3),)), Chunk(silence(0.3))]
    second = [Chunk(np.concatenate([silence(0.3), tone(0.3)]), (Mark("word", "b", 0.3, 0.6),))]
    _, marks = collect(join([(first, 0.1), (second, ".")], RATE))
    assert [mark.start for mark in marks] == [0.0, pytest.approx(0.4, abs=1e-3)]
