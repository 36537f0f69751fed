"""Sequences of many threads in one batch: each as it would be alone, whoever comes, leaves or fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import sleep

import numpy as np
import pytest

from kouji.errors import SpeechError
from kouji.runtime.together import Together, alike

N = 97  # codes


class Network:
    """Each sequence's logits follow from its own codes alone; counts who is there."""

    def __init__(self) -> None:
        self.sums: list[int] = []
        self.sizes: list[int] = []
        self.rows: list[int] = []
        self.most_rows = 0
        self.n_made = self.n_first = 0
        self.wait: Callable[[], None] = lambda: None
        self.fail: Callable[[], None] = lambda: None
        self.refuse: Callable[[int], None] = lambda state: None

    def __call__(self) -> Network:
        assert not self.sums
        self.n_made += 1
        return self

    def join(self, state: int, n_rows: int) -> None:
        self.refuse(state)
        self.sums.append(state)
        self.rows.append(n_rows)
        self.most_rows = max(self.most_rows, len(self.rows) * max(self.rows))

    def leave(self, place: int) -> None:
        for each in (self.sums, self.rows):
            each[place] = each[-1]
            each.pop()

    def step(self, codes: np.ndarray) -> np.ndarray:
        self.wait()
        self.fail()
        assert len(codes) == len(self.sums)
        self.sizes.append(len(codes))
        self.sums = [(31 * known + int(code) + 1) % 10007 for known, code in zip(self.sums, codes, strict=True)]
        return np.stack([logits(known) for known in self.sums])


def logits(state: int) -> np.ndarray:
    return np.random.default_rng(state).random(N)


def begun(seed: int) -> tuple[int, np.ndarray]:
    return seed, logits(seed)


class Line:
    """So many codes, drawn with randomness of its own."""

    def __init__(self, seed: int, n: int) -> None:
        self.said: list[int] = []
        self._rng, self._n = np.random.default_rng(seed), n

    def draw(self, logits: np.ndarray) -> int | None:
        code = int((logits * self._rng.random(N)).argmax())
        self.said.append(code)
        return code if len(self.said) < self._n else None


def alone(seed: int, n: int) -> list[int]:
    line, state = Line(seed, n), seed
    while (code := line.draw(logits(state))) is not None:
        state = (31 * state + code + 1) % 10007
    return line.said


def together(network: Network, n_places: int = 16, n_rows: int = 10**6, n_first: int = 0) -> Together[int]:
    """`n_first`: no step is made before so many have come."""
    batch: Together[int] = Together(network, n_places, n_rows)

    def wait() -> None:
        while network.n_first and len(batch._members) + len(batch._entering) < network.n_first:
            sleep(0.002)
        network.n_first = 0

    network.n_first, network.wait = n_first, wait
    return batch


def whole(batch: Together[int], seed: int, n: int, line: Line | None = None) -> list[int]:
    line = line or Line(seed, n)
    member = batch.join(line, n, partial(begun, seed))
    try:
        batch.whole(member)
    finally:
        batch.leave(member)
    return line.said


def at_once(calls: list[Callable[[], list[int]]]) -> list[object]:
    """What each returns or raises, all begun at the same moment in threads of their own."""
    begin = threading.Barrier(len(calls))

    def call(number: int) -> object:
        begin.wait(timeout=10)
        try:
            return calls[number]()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(call, range(len(calls))))


def test_sixteen_at_once_are_what_each_is_alone() -> None:
    network = Network()
    batch = together(network, n_first=16)
    jobs = [(seed, 20 + 7 * seed) for seed in range(16)]
    found = at_once([partial(whole, batch, *job) for job in jobs])
    assert found == [alone(*job) for job in jobs]
    assert max(network.sizes) == 16
    assert sum(network.sizes) == sum(n - 1 for _, n in jobs)  # no step is made twice
    assert batch.n_held == 0
    assert not network.sums


def test_one_joins_while_others_are_under_way_and_leaves_before_them() -> None:
    network = Network()
    batch = together(network)
    long = Line(1, 50)
    first = batch.join(long, 50, partial(begun, 1))
    codes = batch.codes(first)
    head = [next(codes) for _ in range(5)]
    assert network.sizes == [1] * len(network.sizes)
    assert whole(batch, 2, 10) == alone(2, 10)
    assert network.sizes[-1] == 2
    assert batch.n_held == 1
    # What the others' steps have made of it meanwhile is not lost.
    assert len(long.said) >= 14
    assert head + list(codes) == alone(1, 50)
    batch.leave(first)
    assert batch.n_held == 0


def test_who_stops_listening_does_not_disturb_the_others() -> None:
    network = Network()
    batch = together(network, n_first=15)

    def some(seed: int) -> list[int]:
        line = Line(seed, 60)
        member = batch.join(line, 60, partial(begun, seed))
        codes = batch.codes(member)
        heard = [next(codes) for _ in range(seed)]
        batch.leave(member)
        return heard

    calls: list[Callable[[], list[int]]] = [partial(some, seed) for seed in range(1, 8)]
    calls += [partial(whole, batch, seed, 60) for seed in range(8, 16)]
    found = at_once(calls)
    assert found == [*(alone(n, 60)[:n] for n in range(1, 8)), *(alone(n, 60) for n in range(8, 16))]
    assert batch.n_held == 0
    assert not network.sums


class Wrong(Exception):
    """Something of one request."""


def test_an_error_of_one_is_told_to_that_one_alone() -> None:
    network = Network()
    batch = together(network)

    class Broken(Line):
        def draw(self, logits: np.ndarray) -> int | None:
            if len(self.said) == 5:
                raise Wrong("drawing")
            return super().draw(logits)

    def begin() -> tuple[int, np.ndarray]:
        raise Wrong("beginning")

    def refuse(state: int) -> None:
        if state == 3:
            raise Wrong("joining")

    network.refuse = refuse
    calls: list[Callable[[], list[int]]] = [partial(whole, batch, seed, 40) for seed in range(3, 10)]
    calls += [partial(whole, batch, 1, 40, Broken(1, 40)), lambda: [batch.join(Line(2, 40), 40, begin).n_rows]]
    *found, drawing, beginning = at_once(calls)
    assert str(found[0]) == "joining"
    assert found[1:] == [alone(seed, 40) for seed in range(4, 10)]
    assert (str(drawing), str(beginning)) == ("drawing", "beginning")
    assert batch.n_held == 0


def test_an_error_of_a_step_goes_to_who_made_it_and_the_others_go_on() -> None:
    network = Network()
    batch = together(network, n_first=10)
    left = [3]

    def fail() -> None:
        if len(network.sums) > 3 and left[0]:
            left[0] -= 1
            raise MemoryError("no room for the step")

    network.fail = fail
    found = at_once([partial(whole, batch, seed, 40) for seed in range(10)])
    failed = [seed for seed, each in enumerate(found) if isinstance(each, MemoryError)]
    assert len(failed) == 3
    assert all(found[seed] == alone(seed, 40) for seed in range(10) if seed not in failed)
    assert batch.n_held == 0


def test_when_the_program_is_told_to_stop_nobody_goes_on_from_half_a_step() -> None:
    network = Network()
    batch = together(network)
    others = [batch.join(Line(seed, 30), 30, partial(begun, seed)) for seed in (1, 2)]

    def fail() -> None:
        if len(network.sizes) == 5:
            raise KeyboardInterrupt

    network.fail = fail
    with pytest.raises(KeyboardInterrupt):
        whole(batch, 3, 30)
    for other in others:
        with pytest.raises(SpeechError, match="interrupted"):
            batch.whole(other)
        batch.leave(other)
    network.sizes.clear()
    assert whole(batch, 4, 5) == alone(4, 5)


def test_no_more_are_in_than_there_are_places_and_rows_for() -> None:
    network = Network()
    batch = together(network, 4, 150)
    jobs = [(seed, 10 + 9 * (seed % 7)) for seed in range(24)]
    found = at_once([partial(whole, batch, *job) for job in jobs])
    assert found == [alone(*job) for job in jobs]
    assert max(network.sizes) <= 4
    assert network.most_rows <= 150


def test_one_that_is_longer_than_all_rows_is_said_alone() -> None:
    network = Network()
    batch = together(network, 4, 50)
    found = at_once([partial(whole, batch, n, n) for n in (20, 80, 20, 20)])
    assert found == [alone(n, n) for n in (20, 80, 20, 20)]
    assert network.most_rows == 80


def test_streams_that_nobody_listens_to_do_not_keep_others_out() -> None:
    network = Network()
    batch = together(network, 2)
    members = [batch.join(Line(seed, 30), 30, partial(begun, seed)) for seed in (1, 2)]
    streams = [batch.codes(member) for member in members]
    heads = [next(stream) for stream in streams]
    assert whole(batch, 3, 10) == alone(3, 10)  # in this very thread, while both places are held
    rests = [list(stream) for stream in streams]
    assert [[head, *rest] for head, rest in zip(heads, rests, strict=True)] == [alone(1, 30), alone(2, 30)]


def test_several_sentences_of_one_thread_may_be_more_than_the_places() -> None:
    batch = together(Network(), 3)
    lines = [Line(seed, 12) for seed in range(8)]
    members = [batch.join(line, 12, partial(begun, seed)) for seed, line in enumerate(lines)]
    for member in members:
        batch.whole(member)
        batch.leave(member)
    assert [line.said for line in lines] == [alone(seed, 12) for seed in range(8)]


def test_nothing_is_held_between_requests() -> None:
    network = Network()
    batch = together(network)
    for seed in range(3):
        whole(batch, seed, 5)
    assert network.n_made == 3


@pytest.mark.parametrize("tile", [1, 2, 4, 8, 16])
def test_how_many_rows_come_out_alike_is_found(tile: int) -> None:
    def rows(numbers: np.ndarray) -> np.ndarray:
        """Rows behind the last whole tile are rounded otherwise."""
        behind = np.arange(len(numbers)) >= len(numbers) // tile * tile
        return numbers[:, None] + 1e-9 * behind[:, None]

    assert alike(rows, 16) == tile


def test_rows_that_depend_on_their_neighbours_are_never_alike() -> None:
    assert alike(lambda numbers: numbers + 1e-9 * np.arange(len(numbers)), 16) == 0
