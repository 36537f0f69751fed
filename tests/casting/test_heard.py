"""Threads that bring clips at the same time."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kouji.casting.heard import Heard


def test_eight_that_bring_the_same_clip_at_once_have_it_learnt_once() -> None:
    heard, n_learnt, together = Heard[object](4), [0], threading.Barrier(8)

    def hear() -> object:
        n_learnt[0] += 1
        time.sleep(0.05)
        return object()

    def bring(_: int) -> object:
        together.wait()
        return heard.get("clip", hear)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(bring, range(8)))
    assert n_learnt == [1]
    assert len(set(map(id, found))) == 1


def test_nobody_waits_for_the_clip_of_another() -> None:
    heard, may_end = Heard[str](4), threading.Event()

    def slow() -> str:
        assert may_end.wait(10)
        return "slow"

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(heard.get, "long clip", slow)
        assert heard.get("short clip", lambda: "short") == "short"
        may_end.set()
        assert other.result() == "slow"


def test_the_clip_that_was_not_brought_for_longest_is_forgotten_first() -> None:
    heard = Heard[int](2)
    heard.get("a", lambda: 1)
    heard.get("b", lambda: 1)
    heard.get("a", lambda: 2)
    heard.get("c", lambda: 1)
    assert (heard.get("a", lambda: 2), heard.get("b", lambda: 2)) == (1, 2)


def test_a_clip_that_could_not_be_learnt_is_tried_again() -> None:
    heard = Heard[int](2)
    with pytest.raises(ZeroDivisionError):
        heard.get("a", lambda: 1 // 0)
    assert heard.get("a", lambda: 7) == 7
