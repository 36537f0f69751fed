"""What was asked for last is not made again."""

import pytest

from kouji.runtime.remembered import Remembered


def test_what_was_made_is_given_again_and_the_oldest_goes_first() -> None:
    made: list[str] = []

    def ask(name: str) -> str:
        return kept.get(name, lambda: made.append(name) or name.upper())

    kept = Remembered[str](2)
    assert [ask(name) for name in "abacab"] == list("ABACAB")
    assert made == ["a", "b", "c", "b"]  # a was asked for again before c came, so that b had to go


def test_what_fails_is_tried_again() -> None:
    kept = Remembered[int](1)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 1) == 1
