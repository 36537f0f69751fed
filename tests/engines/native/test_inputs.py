from __future__ import annotations

import numpy as np
import pytest

from kouji.engines.native import inputs
from kouji.text.phonemes import inventory, segments


def names(phoneme: str) -> list[str]:
    return [list(segments())[k] for k in inputs.slots(phoneme)]


@pytest.mark.parametrize(
    ("phoneme", "expected"),
    [
        ("a", ["a", "a", "a"]), ("ja", ["j", "a", "a"]), ("aɪ", ["a", "a", "ɪ"]), ("waɪ", ["w", "a", "ɪ"]),
        ("jɑʊɚ", ["j", "ɑ", "ɚ"]), ("tɕʰ", ["tɕʰ", "tɕʰ", "tɕʰ"]), (",", ["_", "_", "_"]),
    ],
)  # fmt: skip
def test_a_phoneme_is_onset_nucleus_and_coda(phoneme: str, expected: list[str]) -> None:
    assert names(phoneme) == expected


def test_every_phoneme_of_every_language_has_its_slots() -> None:
    for phoneme in inventory():
        assert len(inputs.slots(phoneme)) == 3


def test_frames_know_their_token_and_their_place_in_it() -> None:
    token, position = inputs.positions(np.array([2, 0, 3]))
    assert token.tolist() == [0, 0, 2, 2, 2]
    np.testing.assert_allclose(position[:, 0], [0.25, 0.75, 1 / 6, 0.5, 5 / 6], atol=1e-6)


def test_every_token_knows_the_mark_that_ends_its_phrase() -> None:
    tokens = ("_", "a1", ",", "a1", "?")
    encoded = inputs.encode(tokens, (False, True, False, True, False), ["zh"] * 5)
    assert [inputs.PAUSES[k] for k in encoded.next_pause] == ["_", ",", ",", "?", "?"]


def test_tones_of_two_languages_are_not_the_same_number() -> None:
    zh = inputs.encode(("a1", "."), (True, False), ["zh", "zh"])
    en = inputs.encode(("a1", "."), (True, False), ["en", "en"])
    assert zh.tones[0] != en.tones[0]
    assert (zh.segments[0] == en.segments[0]).all()
