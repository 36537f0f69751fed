"""Named moments in the sound."""

from __future__ import annotations

import numpy as np
import pytest

from kouji.audio.cues import with_cues
from kouji.types import Chunk, Cue, Mark, Unit, Utterance

RATE = 1000


def utterance(*cues: tuple[str, int], pause: float | None = None) -> Utterance:
    units = tuple(Unit(letter, "en", "", "", ("a", "b")[:n], pause="") for letter, n in (("x", 1), ("y", 1), ("z", 2)))
    found = tuple(Cue(name, unit) for name, unit in cues)
    return Utterance("xyz", "xyz", units, "en", cues=found, pause=pause)


def chunks(with_words: bool = True) -> list[Chunk]:
    marks = [
        (Mark("word", letter, at + 0.1, at + 0.9), Mark("phoneme", "a", at, at + 1)) for at, letter in enumerate("xyz")
    ]
    return [Chunk(np.full(RATE, number, np.float32), mark if with_words else ()) for number, mark in enumerate(marks)]


def told(*cues: tuple[str, int], with_words: bool = True, **given: float) -> dict[str, float]:
    lead = given.pop("lead", 0.0)
    said = list(with_cues(chunks(with_words), utterance(*cues, **given), RATE, lead))
    np.testing.assert_array_equal(np.concatenate([c.samples for c in said]), np.repeat([0, 1, 2], RATE))
    return {mark.text: mark.start for chunk in said for mark in chunk.marks if mark.kind == "mark"}


def test_a_cue_is_where_its_word_begins() -> None:
    assert told(("a", 0), ("b", 1), ("c", 2)) == {"a": 0.1, "b": 1.1, "c": 2.1}


def test_a_cue_after_all_words_is_where_the_last_ends() -> None:
    assert told(("end", 3)) == {"end": 2.9}


def test_cues_on_the_far_side_of_silence() -> None:
    assert told(("start", -1), ("a", 0), ("end", 4), lead=1.5, pause=0.5) == {"start": -1.5, "a": 0.1, "end": 3.5}


def test_without_times_of_words_a_cue_follows_the_share_of_phonemes() -> None:
    assert told(("a", 0), ("c", 2), ("end", 3), with_words=False) == {"a": 0.0, "c": 1.5, "end": 3.0}


def test_a_cue_comes_as_soon_as_its_word_is_known() -> None:
    stream = with_cues(chunks(), utterance(("a", 0), ("end", 3)), RATE)
    assert [mark.text for mark in next(stream).marks if mark.kind == "mark"] == ["a"]


def test_nothing_to_tell_changes_nothing() -> None:
    given = chunks()
    assert list(with_cues(given, utterance(), RATE)) == given


def test_the_marks_of_others_stay() -> None:
    said = list(with_cues(chunks(), utterance(("b", 1)), RATE))
    assert [len(chunk.marks) for chunk in said] == [2, 3, 2]
    assert said[1].marks[-1] == Mark("mark", "b", pytest.approx(1.1), pytest.approx(1.1))
