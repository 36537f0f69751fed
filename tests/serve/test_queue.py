from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from kouji import config, engines
from kouji.serve.hosts import Host
from kouji.serve.queue import MAX_BUFFERED, Turns
from kouji.serve.refusals import Overloaded, TooManyRequests


@dataclass(frozen=True)
class Sound:
    name: str
    duration: float = 1.0


def test_all_pieces_come_in_order() -> None:
    async def run() -> list[str]:
        turns = Turns[Sound](2, 4, 4)
        ticket = turns.submit(lambda: iter([Sound("head", 0), Sound("a"), Sound("b"), Sound("tail", 0)]))
        names = [piece.name async for piece in ticket]
        turns.close()
        return names

    assert asyncio.run(run()) == ["head", "a", "b", "tail"]


def test_an_engine_that_says_requests_together_gets_as_many_as_it_can_take() -> None:
    card, settings = engines.card("native"), config.load({})
    assert Host(card, settings, 2).turns.n_workers == 2
    assert Host(replace(card, batch=16), settings, 2).turns.n_workers == 16
    assert Host(replace(card, batch=16), replace(settings, max_concurrency=5), 2).turns.n_workers == 5


def test_new_requests_are_heard_before_others_go_on() -> None:
    """Three requests of two seconds, one worker: everyone's first second is made before anyone's next."""
    order: list[str] = []
    gate = threading.Event()

    def say(name: str) -> Iterator[Sound]:
        gate.wait(5)
        for part in "12":
            order.append(name + part)
            yield Sound(name + part, 10.0)

    async def run() -> None:
        turns = Turns[Sound](1, 10, 10)
        tickets = [turns.submit(lambda name=name: say(name), name) for name in "abc"]  # type: ignore[misc]
        gate.set()
        for ticket in tickets:
            assert len([piece async for piece in ticket]) == 2
        turns.close()

    asyncio.run(run())
    assert order == ["a1", "b1", "c1", "a2", "b2", "c2"]


def test_a_client_with_many_requests_lets_others_pass() -> None:
    order: list[str] = []
    gate = threading.Event()

    def say(name: str) -> Iterator[Sound]:
        gate.wait(5)
        order.append(name)
        yield Sound(name)

    async def run() -> None:
        turns = Turns[Sound](1, 1, 20)
        tickets = [turns.submit(lambda n=n: say(f"many{n}"), "many") for n in range(5)]  # type: ignore[misc]
        tickets.append(turns.submit(lambda: say("one"), "one"))
        gate.set()
        for ticket in tickets:
            assert [piece async for piece in ticket]
        turns.close()

    asyncio.run(run())
    assert order.index("one") <= 2


def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    gate = threading.Event()

    def say() -> Iterator[Sound]:
        gate.wait(5)
        yield Sound("a")

    async def run() -> None:
        turns = Turns[Sound](1, 1, 3)
        tickets = [turns.submit(say, "a"), turns.submit(say, "a")]
        with pytest.raises(TooManyRequests) as refused:
            turns.submit(say, "a")
        assert refused.value.retry_after >= 1
        while not turns.n_open:
            await asyncio.sleep(0.01)
        tickets += [turns.submit(say, "b"), turns.submit(say, "b")]
        with pytest.raises(Overloaded) as full:
            turns.submit(say, "c")
        assert full.value.status == 503
        assert full.value.retry_after >= 1
        gate.set()
        for ticket in tickets:
            assert [piece async for piece in ticket]
        assert (turns.n_open, turns.n_waiting) == (0, 0)
        assert [piece async for piece in turns.submit(say, "c")]
        turns.close()

    asyncio.run(run())


def test_what_nobody_listens_to_is_not_made() -> None:
    made: list[int] = []
    ended = threading.Event()

    def say() -> Iterator[Sound]:
        try:
            for n in range(1000):
                made.append(n)
                yield Sound("a", 0.01)
        finally:
            ended.set()

    async def run() -> None:
        turns = Turns[Sound](1, 2, 2)
        waiting = turns.submit(say, "x")
        await anext(waiting)
        waiting.cancel()
        unheard = turns.submit(say, "y")
        unheard.cancel()
        await asyncio.to_thread(ended.wait, 5)
        for _ in range(100):
            if turns.n_open + turns.n_waiting == 0:
                break
            await asyncio.sleep(0.01)
        assert (turns.n_open, turns.n_waiting) == (0, 0)
        turns.close()

    asyncio.run(run())
    assert ended.is_set()
    assert len(made) < 1000


def test_who_hangs_up_just_when_all_is_made_gives_one_place_back_and_no_more() -> None:
    gate = threading.Event()

    def stays() -> Iterator[Sound]:
        gate.wait(5)
        yield Sound("a")

    async def run() -> tuple[int, int]:
        turns = Turns[Sound](1, 2, 2)
        for _ in range(3):
            ticket = turns.submit(lambda: iter([Sound("a")]), "one")
            assert (await anext(ticket)).name == "a"
            until = time.monotonic() + 5
            while turns.n_open and time.monotonic() < until:
                time.sleep(0.001)  # the loop stands still: it has not heard yet that there is no more
            ticket.cancel()
        held = [turns.submit(stays, "one") for _ in range(turns.max_of_client)]
        with pytest.raises(TooManyRequests):
            turns.submit(lambda: iter([Sound("a")]), "one")
        gate.set()
        for each in held:
            assert [piece async for piece in each]
        turns.close()
        return turns.n_open, turns.n_waiting

    assert asyncio.run(run()) == (0, 0)


def test_a_slow_reader_does_not_pile_up_sound() -> None:
    made: list[int] = []

    def say() -> Iterator[Sound]:
        for n in range(100):
            made.append(n)
            yield Sound(str(n), 0.01)

    async def run() -> list[str]:
        turns = Turns[Sound](1, 2, 2)
        ticket = turns.submit(say)
        await anext(ticket)
        await asyncio.sleep(0.2)
        assert len(made) <= 2 * MAX_BUFFERED
        rest = [piece.name async for piece in ticket]
        turns.close()
        return rest

    assert asyncio.run(run()) == [str(n) for n in range(1, 100)]


def test_an_error_reaches_the_listener_after_what_was_made() -> None:
    def say() -> Iterator[Sound]:
        yield Sound("a")
        raise ValueError("broken")

    async def run() -> list[str]:
        turns = Turns[Sound](1, 2, 2)
        ticket, names = turns.submit(say), []
        with suppress(ValueError):
            async for piece in ticket:
                names.append(piece.name)
            names.append("no error")
        turns.close()
        return names

    assert asyncio.run(run()) == ["a"]


def test_a_client_alone_does_not_stand_back_behind_itself() -> None:
    """All of its requests have their first sound before any goes on."""
    order: list[str] = []
    gate = threading.Event()

    def say(name: str) -> Iterator[Sound]:
        gate.wait(5)
        for part in "12":
            order.append(name + part)
            yield Sound(name + part, 0.05)

    async def run() -> None:
        turns = Turns[Sound](1, 10, 10)
        tickets = [turns.submit(lambda name=name: say(name), "one") for name in "abcd"]  # type: ignore[misc]
        gate.set()
        for ticket in tickets:
            assert len([piece async for piece in ticket]) == 2
        turns.close()

    asyncio.run(run())
    assert [name[1] for name in order] == ["1"] * 4 + ["2"] * 4
