"""What all doors share: engines, queues, names, cache, counters. A door makes an `Order` and hands it in here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from time import monotonic

from kouji import config, engines
from kouji.audio.encoder import with_length
from kouji.engines.folders import installed
from kouji.policy import provenance
from kouji.types import Mark, Notice

from . import spoken
from .cache import AudioCache
from .hosts import Host, Hosts
from .memory import give_back
from .metrics import Metrics
from .names import Names
from .pronunciations import Pronunciations
from .queue import Ticket
from .refusals import TooLarge
from .shared import Shared
from .spoken import Opening, Order, Piece, Planned

MB = 1_000_000
_REST = 30.0  # seconds between looks for engines that nobody uses


class Service:
    """Everything between the doors and the hall."""

    def __init__(self, settings: config.Config) -> None:
        """Prepare; nothing is loaded yet.

        Raises:
            InvalidInput, MissingExtra: a file or a cache that the settings name cannot be used.
        """
        self.settings = settings
        self.names = Names.read(settings.engine, settings.aliases)
        self.metrics = Metrics()
        self.hosts = Hosts(settings, os.cpu_count() or 1)
        folder = Path(settings.cache_dir) if settings.cache_dir else None
        shared = Shared(settings.cache_url) if settings.cache_url else None
        self.pronunciations = Pronunciations(config.home_folder(settings) / "pronunciations")
        self.cache = AudioCache(settings.cache_mb * MB, folder, settings.cache_dir_mb * MB, shared)

    def host(self, engine: str = "", preset: str = "") -> Host:
        """The host of an engine; of the settings' one, where none is named. Raises UnknownName."""
        return self.hosts.of(engine or self.settings.engine, preset)

    def known(self) -> list[str]:
        """Every engine that is installed, that of the settings first."""
        return sorted(engines.names(), key=lambda name: name != self.settings.engine)

    def usable(self) -> list[str]:
        """Those whose weights are here too."""
        models = config.models_folder(self.settings)
        found = {card.id: state for card, state in installed(map(engines.card, self.known()), models)}
        return [name for name in self.known() if found.get(name, "ready") in ("ready", "converted")]

    @property
    def is_ready(self) -> bool:
        """Whether the engine of the settings could speak at once."""
        return self.host().is_ready

    async def say(self, order: Order) -> Spoken:
        """Queue an order and wait for its first sound: what is wrong with it is known before an answer begins.

        Raises:
            SpeechError: as `Session.start` and `Encoder` say.
            TooLarge: the text is longer than the settings allow.
            TooManyRequests, Overloaded: there is no place in the queue.
        """
        self.check_length(order.request.text)
        host = self.host(order.engine, order.preset)
        ticket = host.turns.submit(lambda: spoken.pieces(host, order, self.cache), order.client)
        answer = Spoken(ticket, order, self.metrics, self.settings)
        try:
            await answer.open()
        except BaseException:
            answer.close()
            raise
        return answer

    async def plan(self, order: Order) -> Planned:
        """How long an order would take, in its turn. (Raises as `say` does.)"""
        self.check_length(order.request.text)
        host = self.host(order.engine, order.preset)
        ticket = host.turns.submit(lambda: spoken.plans(host, order), order.client)
        try:
            found = await anext(ticket)
        finally:
            ticket.cancel()
        assert isinstance(found, Planned)
        return found

    def check_length(self, text: str) -> None:
        """Raises TooLarge where a text is longer than the settings allow."""
        limit = self.settings.max_characters
        if len(text) > limit:
            message, hint = f"The text has {len(text)} characters.", f"Send at most {limit} in one request."
            raise TooLarge(message, hint, status=400, code="input_too_long", param="input")

    async def start(self) -> None:
        """Load the engines that the settings name, then keep looking for those that nobody uses."""
        wanted = [self.settings.engine, *filter(None, map(str.strip, self.settings.preload.split(",")))]
        for name in dict.fromkeys(wanted):
            await asyncio.to_thread(self.hosts[name].warm_up)

    async def look_after(self) -> None:
        """For ever: engines that rest too long leave memory, and what is free in it goes back to the system."""
        idle = 60.0 * self.settings.idle_minutes
        while True:
            await asyncio.sleep(min(_REST, idle or _REST))
            for host in self.hosts if idle else ():
                host.rest(idle)
            await asyncio.to_thread(give_back)

    def close(self) -> None:
        """Stop the workers."""
        self.hosts.close()
        self.cache.close()


class Spoken:
    """An answer that is being made: iterate to get its pieces, close it when nobody listens any more."""

    def __init__(self, ticket: Ticket[Piece], order: Order, metrics: Metrics, settings: config.Config) -> None:
        self.order = order
        self.is_signed = False  # whether `whole` has put a manifest into it
        self._settings = settings
        self.opening = Opening()
        self.n_samples = 0  # of sound so far, at the rate of what is sent
        self.marks: list[Mark] = []
        self._ticket, self._metrics = ticket, metrics
        self._first: list[Piece] = []
        self._late: tuple[Notice, ...] = ()
        self._is_closed = False

    async def open(self) -> None:
        """Wait for the first sound, or raise what is wrong."""
        opening = await anext(self._ticket)
        assert isinstance(opening, Opening)
        self.opening = opening
        with suppress(StopAsyncIteration):
            while not self._first or not self._first[-1].n_samples:  # what is made now may be sent later
                self._first.append(await anext(self._ticket))
        self._metrics.first_sound(self.engine, monotonic() - self._ticket.submitted, opening.is_cached)

    async def __aiter__(self) -> AsyncIterator[Piece]:
        try:
            for piece in self._first:
                yield self._counted(piece)
            async for piece in self._ticket:
                yield self._counted(piece)
            self._metrics.done(self.engine, self.duration, self._ticket.spent)
        finally:
            self.close()

    async def whole(self) -> bytes:
        """All bytes at once, with their length in the head where the format has it there."""
        seal = provenance.sealer(self._settings, self.order.format, self.tags)
        data = b"".join([piece.data async for piece in self])
        data = with_length(data, self.order.format, self.n_samples)
        if seal is None:
            return data
        self.is_signed = True
        return await asyncio.to_thread(seal, data)

    def close(self) -> None:
        """Let go: no further sound is made."""
        if not self._is_closed:
            self._is_closed = True
            self._ticket.cancel()

    @property
    def duration(self) -> float:
        """Seconds of sound so far."""
        return self.n_samples / self.opening.sample_rate

    @property
    def engine(self) -> str:
        """Which engine speaks."""
        return self.order.engine

    @property
    def voice(self) -> str:
        """Who speaks."""
        return str((self.opening.metadata or {}).get("voice", ""))

    @property
    def language(self) -> str:
        """The language that was given or found."""
        return str((self.opening.metadata or {}).get("language", ""))

    @property
    def tags(self) -> dict[str, str]:
        """What it says of itself, where its format has a place for that."""
        found = (self.opening.metadata or {}).get("tags", {})
        assert isinstance(found, dict)
        return found

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the caller should know; more may come with the last piece."""
        return self.opening.notices + self._late

    @property
    def rtf(self) -> float:
        """Seconds of work per second of sound."""
        return self._ticket.spent / self.duration if self.duration else 0.0

    def _counted(self, piece: Piece) -> Piece:
        self.n_samples = piece.n_samples
        self._late += piece.notices
        self.marks.extend(piece.marks)
        return piece
