"""Word errors: the arithmetic, the normalisation, and a recording that is heard."""

from __future__ import annotations

import numpy as np
import pytest

from kouji.errors import UnsupportedControl
from kouji.eval.error_rate import edits, error_rate
from kouji.eval.listeners import Sphinx, available
from kouji.eval.words import characters, english_words, word_error
from kouji_sounds import FEMALE, MALE, person

SENTENCE = "How could I answer the question on the spur of the moment."
needs_sphinx = pytest.mark.skipif("pocketsphinx" not in available(), reason="pocketsphinx is not installed")


@pytest.mark.parametrize(
    ("wanted", "heard", "n"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),  # replaced
        ("a b c", "a c", 1),  # left out
        ("a b c", "a b b c", 1),  # inserted
        ("a b c d", "b c x d e", 3),
        ("", "a b", 2),
        ("a b", "", 2),
    ],
)
def test_edits_are_counted(wanted: str, heard: str, n: int) -> None:
    assert edits(wanted.split(), heard.split()) == n


def test_edits_agree_with_the_textbook_recursion() -> None:
    def textbook(a: str, b: str) -> int:
        if not a or not b:
            return len(a) + len(b)
        same = a[0] == b[0]
        return min(textbook(a[1:], b[1:]) + (not same), 1 + textbook(a[1:], b), 1 + textbook(a, b[1:]))

    rng = np.random.default_rng(0)
    for _ in range(50):
        a, b = ("".join(rng.choice(list("abc"), rng.integers(0, 6))) for _ in range(2))
        assert edits(a, b) == textbook(a, b)


def test_long_clips_count_more_than_short_ones() -> None:
    rate = error_rate([["a"], list("bcdefghij")], [["x"], list("bcdefghij")])
    assert rate.pooled == 10


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Yes -- and NO, sir!", "yes and no sir"),
        ("Mr. O'Neil's well-known café, etc.", "mister oneils well known cafe et cetera"),
        ("In 1905, 2011 and 1900.", "in nineteen oh five twenty eleven and nineteen hundred"),
        ("1,234 of 12007", "one thousand two hundred thirty four of twelve thousand seven"),
    ],
)
def test_words_are_compared_as_they_are_said(text: str, words: str) -> None:
    assert " ".join(english_words(text)) == words


def test_chinese_is_compared_by_character() -> None:
    assert characters("你好，世界！ OK") == list("你好世界ok")
    rate = error_rate([characters("你好，世界。")], [characters("你好 世")], separator="")
    assert (rate.pooled, rate.heard) == (25, ("你好世",))


@needs_sphinx
def test_a_recording_is_understood_and_another_one_before_it_changes_nothing() -> None:
    her, him = person(FEMALE), person(MALE)
    alone = word_error([her], 16000, [SENTENCE])
    assert alone.pooled < 20
    after = word_error([him, her], 16000, ["", SENTENCE])
    assert after.heard[1] == alone.heard[0]


def test_pocketsphinx_refuses_other_languages() -> None:
    with pytest.raises(UnsupportedControl, match="zh"):
        Sphinx().transcribe(np.ones(16000, np.float32), 16000, "zh")
