"""Sequences of several requests go on side by side: each joins when it comes, and leaves when it ends.

A network that makes one code after the other spends most of a step on reading its weights; it reads them once for all
sequences that go on together. There is no thread for it: whoever waits for codes first makes the steps for everybody
until it has its own, then the next of those who wait. What is drawn, and with what randomness, is each sequence's own
business, so that codes do not depend on who else is there, as far as the network's numbers do not.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition
from typing import Generic, Protocol, TypeVar

import numpy as np

from kouji.errors import SpeechError

State = TypeVar("State")
Given = TypeVar("Given", contravariant=True)


def alike(rows: Callable[[np.ndarray], np.ndarray], most: int) -> int:
    """By how many rows a network has to compute so that each comes out the same to the bit, whatever the others are.

    Products of few rows may be rounded otherwise than those of many, and the last of an odd number otherwise than its
    like: that depends on the processor, the threads and the library, so it is tried out.

    Args:
        rows: of some fixed rows those with these numbers (n,), below `most` -> what comes out of them, (n, ...).
        most: rows at a time.

    Returns:
        1, 2, 4 … up to `most`: any multiple of so many rows will do. 0: none does.
    """
    everything = np.arange(most)
    whole = rows(everything)
    if not np.array_equal(rows(everything[::-1]), whole[::-1]):
        return 0
    tile = 1
    while tile < most:
        counts = [tile * times for times in (1, 2, 3, 5, 6, 7) if tile * times < most]
        if all(np.array_equal(rows(everything[-n:]), whole[-n:]) for n in counts):
            break
        tile *= 2
    return min(tile, most)


class Line(Protocol):
    """One sequence: what was drawn so far, and how the next is drawn."""

    said: list[int]

    def draw(self, logits: np.ndarray) -> int | None:
        """Logits (n,) -> the code to go on with, which is in `said` then; None: it is over."""
        ...


class Side(Protocol[Given]):
    """The network with its sequences side by side, each at a place from 0 on. One thread at a time is in here."""

    def join(self, state: Given, n_rows: int) -> None:
        """Take one in, at the next place, and make room for so many rows. If it raises, it is not in."""
        ...

    def leave(self, place: int) -> None:
        """Let one go; the last one moves to its place."""
        ...

    def step(self, codes: np.ndarray) -> np.ndarray:
        """All go on, with codes (B,) -> logits (B, n). If it raises, it can be asked the same again."""
        ...


class Member(Generic[State]):
    """A sequence in the batch; to be left by whoever joined."""

    def __init__(self, line: Line, n_rows: int) -> None:
        self.line, self.n_rows = line, n_rows
        self.wanted = math.inf  # codes that its owner wants to be woken for; else at the end
        self.is_over = False
        self.error: Exception | None = None
        self._begun: tuple[State, np.ndarray] | None = None
        self._code: int | None = None  # to go on with

    @property
    def is_due(self) -> bool:
        """Whether there is something for its owner."""
        return self.is_over or len(self.line.said) >= self.wanted

    def _end(self, error: Exception | None = None) -> None:
        self.error, self.is_over = error, True

    def _draw(self, logits: np.ndarray) -> None:
        if self.is_over:
            return
        try:
            self._code = self.line.draw(logits)
        except Exception as error:
            self._end(error)
        else:
            self.is_over = self._code is None


class Together(Generic[State]):
    """The sequences of all requests that go on in the same network, with the same weights.

    What goes wrong in drawing, beginning or joining goes to the sequence that it belongs to. What goes wrong in a step
    of all goes to whoever makes it; the others ask for the same step again.
    """

    def __init__(self, side: Callable[[], Side[State]], n_places: int, n_rows: int) -> None:
        """Prepare; nothing is held until somebody joins, nor when the last one has left.

        Args:
            side: makes the network's places.
            n_places: sequences that go on at once; further ones wait.
            n_rows: cached rows of all of them, if each had as many as the longest may get. Who would go beyond waits;
                one alone may.
        """
        self._make, self._n_places, self._n_rows = side, n_places, n_rows
        self._changed = Condition()
        self._waiting: deque[Member[State]] = deque()
        self._held: list[Member[State]] = []  # those who have a place, or are about to take it
        self._entering: list[Member[State]] = []  # those of them who have begun, for the next step
        self._members: list[Member[State]] = []  # and who are in, by place; changed only by who steps
        self._side: Side[State] | None = None
        self._is_stepping = False

    @property
    def n_held(self) -> int:
        """Places that are taken."""
        return len(self._held)

    def join(self, line: Line, n_rows: int, begin: Callable[[], tuple[State, np.ndarray]]) -> Member[State]:
        """Join as soon as there is a place; makes the others' steps meanwhile.

        Args:
            line: how it is drawn.
            n_rows: rows of the cache that it may need, at most.
            begin: makes what it goes on from, and the first logits (n,); called once there is a place, in this thread.
        """
        member: Member[State] = Member(line, n_rows)
        with self._changed:
            self._waiting.append(member)
        try:
            self._until(lambda: self._has_place(member))
            begun = begin()
        except BaseException:
            self.leave(member)
            raise
        with self._changed:
            member._begun = begun
            self._entering.append(member)
            self._changed.notify_all()
        return member

    def leave(self, member: Member[State]) -> None:
        """Give the place back, at the end or before."""
        with self._changed:
            member.is_over = True
            for queue in (self._waiting, self._entering):
                if member in queue:
                    queue.remove(member)
            if not self._is_stepping:  # or else who steps does it
                self._let_go()
            self._changed.notify_all()

    def whole(self, member: Member[State]) -> None:
        """Wait for the end of a sequence. Raises what its `draw` raised."""
        member.wanted = math.inf
        self._until(lambda: member.is_over)
        if member.error is not None:
            raise member.error

    def codes(self, member: Member[State]) -> Iterator[int]:
        """The codes of a sequence as they are drawn. Raises what its `draw` raised, once they are through."""
        n = 0
        while True:
            member.wanted = n + 1
            self._until(lambda: member.is_due)
            while n < len(member.line.said):
                n += 1
                yield member.line.said[n - 1]
            if member.is_over and n == len(member.line.said):
                break
        if member.error is not None:
            raise member.error

    def _has_place(self, member: Member[State]) -> bool:
        """Whether it has one, which it takes where it can."""
        if member in self._held:
            return True
        n = len(self._held) + 1
        needed = n * max([member.n_rows, *(each.n_rows for each in self._held)])
        if self._waiting[0] is not member or (n > 1 and (n > self._n_places or needed > self._n_rows)):
            return False
        self._waiting.popleft()
        self._held.append(member)
        return True

    def _until(self, is_so: Callable[[], bool]) -> None:
        """Make steps for all, or wait while another does, until something is so."""
        with self._changed:
            try:
                while not is_so():
                    if self._is_stepping or not (self._members or self._entering):
                        self._changed.wait()
                    else:
                        self._step()
            finally:
                self._changed.notify_all()  # another may make the steps now

    def _step(self) -> None:
        """One step of all; others may wait for it, join and leave meanwhile. With the lock, which it lets go."""
        self._is_stepping = True
        entering, self._entering = self._entering, []
        self._changed.release()
        try:
            for member in entering:
                self._take_in(member)
            going = [member for member in self._members if not member.is_over]
            if going and len(going) == len(self._members):
                assert self._side is not None
                logits = self._side.step(np.array([member._code for member in going], np.int64))
                for member, row in zip(going, logits, strict=True):
                    member._draw(row)
        except Exception:
            raise
        except BaseException:
            # The program is to stop, wherever it was: who knows which of the others have gone on already.
            for member in self._members:
                member._end(SpeechError("What was said together was interrupted.", "Ask again."))
            raise
        finally:
            self._changed.acquire()
            self._is_stepping = False
            if any(member.is_due for member in self._held):
                self._changed.notify_all()
            self._let_go()

    def _take_in(self, member: Member[State]) -> None:
        begun, member._begun = member._begun, None
        if begun is None or member.is_over:
            return
        state, logits = begun
        member._draw(logits)
        if member.is_over:
            return
        try:
            self._side = self._side or self._make()
            self._side.join(state, member.n_rows)
        except Exception as error:
            member._end(error)
        else:
            self._members.append(member)

    def _let_go(self) -> None:
        """Those who are over lose their places; with the lock, while nobody is within a step."""
        for place in reversed(range(len(self._members))):
            if self._members[place].is_over:
                assert self._side is not None
                self._side.leave(place)
                self._members[place] = self._members[-1]
                self._members.pop()
        self._held = [member for member in self._held if not member.is_over]
        if not self._held:
            self._side = None
