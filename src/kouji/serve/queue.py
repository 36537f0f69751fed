"""Who speaks next: a bounded queue of one engine, fair between its clients.

A request is worked on in turns; a turn lasts until there is a new piece of sound. Then the worker takes whoever is
due first: a new request at the time it came, one that is being heard at the moment its listener runs out of sound.
So first sounds come early, nobody's stream stutters while another's runs ahead, and no request starves.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import math
import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from time import monotonic
from typing import Generic, Protocol, TypeVar

from .refusals import Overloaded, TooManyRequests

MAX_BUFFERED = 6  # pieces made ahead of a slow reader; then its turns wait for it
LATER = 1.0  # seconds that each further request of one client stands back behind those of others

log = logging.getLogger("kouji.serve")


class Piece(Protocol):
    """Something that is heard for a while."""

    @property
    def duration(self) -> float:
        """Seconds of sound; 0 for what is only said about it."""
        ...


T = TypeVar("T", bound=Piece)
_Entry = tuple[float, int, "Ticket[T]"]


class Ticket(AsyncIterator[T], Generic[T]):
    """One request in the queue; iterate to get its pieces, cancel when nobody listens any more."""

    def __init__(self, queue: Turns[T], make: Callable[[], Iterator[T]], client: str, due: float) -> None:
        self.client = client
        self.submitted = monotonic()
        self.due = due
        self._queue, self._make = queue, make
        self._loop = asyncio.get_running_loop()
        self._pieces: deque[T] = deque()
        self._arrived = asyncio.Event()
        self._error: BaseException | None = None
        self._iterator: Iterator[T] | None = None
        self._heard = 0.0  # seconds of sound made so far
        self._first_sound: float | None = None
        self._n_made = self._n_taken = 0  # pieces; the first is written by workers alone, the second by the listener
        self.spent = 0.0  # seconds of work so far
        self.has_begun = self.is_running = self.is_parked = self.is_finished = self.is_cancelled = self.has_left = False

    async def __anext__(self) -> T:
        while not self._pieces:
            if self.is_finished:
                if self._error is not None:
                    raise self._error
                raise StopAsyncIteration
            self._arrived.clear()
            await self._arrived.wait()
        piece = self._pieces.popleft()
        self._n_taken += 1
        if self.is_parked and self.n_ahead <= MAX_BUFFERED // 2:
            self._queue.resume(self)
        return piece

    def cancel(self) -> None:
        """Nobody listens any more: no further turn is taken."""
        self._queue.cancel(self)

    def advance(self) -> tuple[list[T], bool, BaseException | None]:
        """Take one turn, in a worker: (pieces, whether it was the last, what went wrong)."""
        made: list[T] = []
        started = monotonic()
        try:
            if self._iterator is None:
                self._iterator = self._make()
            for piece in self._iterator:
                made.append(piece)
                self._n_made += 1
                if piece.duration > 0:
                    self._heard += piece.duration
                    self._first_sound = self._first_sound or monotonic()
                    self.due = self._first_sound + self._heard
                    return made, False, None
            return made, True, None
        except BaseException as error:
            return made, True, error
        finally:
            self.spent += monotonic() - started

    def close(self) -> None:
        """Let go of what the work holds; only while no turn is taken."""
        close = getattr(self._iterator, "close", None)
        self._iterator = None
        if close is not None:
            close()

    def deliver(self, pieces: list[T], is_last: bool, error: BaseException | None) -> None:
        """Hand over to the listener, from a worker."""

        def arrive() -> None:
            self._pieces.extend(pieces)
            self._error, self.is_finished = error, is_last
            self._arrived.set()

        self.later(lambda _: arrive())

    def later(self, call: Callable[[Ticket[T]], None]) -> None:
        """Have the listener's event loop call something, from a worker."""
        try:
            self._loop.call_soon_threadsafe(call, self)
        except RuntimeError:  # the loop has ended, and so has the listener
            self.is_cancelled = True

    @property
    def n_ahead(self) -> int:
        """Pieces that the listener has not taken yet."""
        return self._n_made - self._n_taken


class Turns(Generic[T]):
    """The queue."""

    def __init__(self, n_workers: int, max_open: int, max_waiting: int) -> None:
        """Prepare; the workers start with the first request.

        Args:
            n_workers: turns taken at the same instant, each in a thread of its own.
            max_open: requests that have begun and not ended.
            max_waiting: requests beside those; one more is refused. One client may hold half of all places.
        """
        self.n_workers = n_workers
        self.max_open = max_open
        self.max_waiting = max_waiting
        self.max_of_client = max(1, (max_open + max_waiting) // 2)
        self._ready = threading.Condition()
        self._waiting: list[_Entry[T]] = []
        self._open: list[_Entry[T]] = []
        self._count = itertools.count()
        self._n_open = self._n_waiting = 0
        self._of_client: Counter[str] = Counter()
        self._seconds = 1.0  # of work that a request takes, on average
        self._workers: list[threading.Thread] = []
        self._is_closed = False

    @property
    def n_waiting(self) -> int:
        """Requests that have not begun."""
        return self._n_waiting

    @property
    def n_open(self) -> int:
        """Requests that have begun and not ended."""
        return self._n_open

    def submit(self, make: Callable[[], Iterator[T]], client: str = "") -> Ticket[T]:
        """Queue a request.

        Args:
            make: called in a worker; its pieces are taken one turn at a time, in any of the worker threads.
            client: whose it is.

        Raises:
            TooManyRequests: the client holds half of all places already.
            Overloaded: all places are taken.
        """
        with self._ready:
            if self._n_waiting >= self.max_waiting and self._n_open >= self.max_open:
                raise Overloaded(self._retry_after())
            n_held = self._of_client[client]
            if n_held >= self.max_of_client:
                raise TooManyRequests(f"{n_held} of your requests are waiting already.", self._retry_after())
            ticket = Ticket(self, make, client, monotonic() + LATER * n_held)
            self._of_client[client] += 1
            self._n_waiting += 1
            heapq.heappush(self._waiting, (ticket.due, next(self._count), ticket))
            self._start_workers()
            self._ready.notify()
        return ticket

    def cancel(self, ticket: Ticket[T]) -> None:
        """See `Ticket.cancel`."""
        with self._ready:
            if ticket.is_cancelled or ticket.is_finished:
                return
            ticket.is_cancelled = True
            if not ticket.is_running:
                ticket.close()
                self._leave(ticket)

    def resume(self, ticket: Ticket[T]) -> None:
        """The reader has caught up: its turns go on."""
        with self._ready:
            if ticket.is_parked and not ticket.is_cancelled:
                ticket.is_parked = False
                heapq.heappush(self._open, (ticket.due, next(self._count), ticket))
                self._ready.notify()

    def close(self) -> None:
        """Stop the workers after their turns."""
        with self._ready:
            self._is_closed = True
            self._ready.notify_all()
        for worker in self._workers:
            worker.join(timeout=10)

    def _start_workers(self) -> None:
        if len(self._workers) < min(self.n_workers, self._n_waiting + self._n_open):
            worker = threading.Thread(target=self._work, name="kouji-engine", daemon=True)
            self._workers.append(worker)
            worker.start()

    def _work(self) -> None:
        while (ticket := self._take()) is not None:
            pieces, is_last, error = ticket.advance()
            ticket.deliver(pieces, is_last, error)
            self._settle(ticket, is_last)

    def _take(self) -> Ticket[T] | None:
        """The next in turn, as soon as there is one; None when the server stops."""
        with self._ready:
            while True:
                if self._is_closed:
                    return None
                ticket = self._first()
                if ticket is not None:
                    ticket.is_running = True
                    return ticket
                self._ready.wait()

    def _first(self) -> Ticket[T] | None:
        for heap in (self._waiting, self._open):
            while heap and heap[0][2].is_cancelled:
                heapq.heappop(heap)
        may_begin = self._waiting and self._n_open < self.max_open
        if may_begin and not (self._open and self._open[0][0] <= self._due(self._waiting[0][2])):
            _, _, ticket = heapq.heappop(self._waiting)
            self._n_waiting -= 1
            self._n_open += 1
            ticket.has_begun = True
            return ticket
        return heapq.heappop(self._open)[2] if self._open else None

    def _due(self, ticket: Ticket[T]) -> float:
        """When one that waits is due: a client stands back behind others, not behind itself."""
        return ticket.due if len(self._of_client) > 1 else ticket.submitted

    def _settle(self, ticket: Ticket[T], is_last: bool) -> None:
        with self._ready:
            ticket.is_running = False
            if is_last or ticket.is_cancelled:
                ticket.close()
                self._seconds += 0.1 * (ticket.spent - self._seconds)
                self._leave(ticket)
            elif ticket.n_ahead >= MAX_BUFFERED:
                ticket.is_parked = True
                # The reader may have caught up before it could see that it has to say so.
                ticket.later(self._unpark)
            else:
                heapq.heappush(self._open, (ticket.due, next(self._count), ticket))
            self._ready.notify()

    def _unpark(self, ticket: Ticket[T]) -> None:
        if ticket.n_ahead <= MAX_BUFFERED // 2:
            self.resume(ticket)

    def _leave(self, ticket: Ticket[T]) -> None:
        if ticket.has_left:  # made to its end, and then cancelled before its listener had heard of that
            return
        ticket.has_left = True
        if ticket.has_begun:
            self._n_open -= 1
        else:
            self._n_waiting -= 1
        self._of_client[ticket.client] -= 1
        if not self._of_client[ticket.client]:
            del self._of_client[ticket.client]

    def _retry_after(self) -> int:
        """Seconds until the queue will have gone down by half, as the last requests went."""
        seconds = self._seconds * (self._n_waiting + self._n_open) / self.n_workers / 2
        return min(60, max(1, math.ceil(seconds)))
