"""One sound out of texts that come one after the other, in any format, with the pauses of a text that was read at once.

    orders ─→ 16-bit samples of each ─→ pauses between ─→ one encoder ─→ [Part, Part, …] ─→ finish
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from kouji.audio.encoder import Encoder
from kouji.audio.join import PAUSES, quiet_at_start
from kouji.text.punctuation import pause_for, stronger
from kouji.types import Mark

if TYPE_CHECKING:
    from .service import Service, Spoken
    from .spoken import Order

T = TypeVar("T")


@dataclass(frozen=True)
class Part:
    """Some bytes of the sound, and what was put into them."""

    data: bytes
    start: float  # seconds from the start of the whole
    end: float
    marks: tuple[Mark, ...]  # times from the start of the whole
    spoken: Spoken  # what it is of


class Continuous:
    """A sound that grows by one order after the other."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._encoder: Encoder | None = None
        self._lock = threading.Lock()  # the encoder works in threads; who lets go of it waits for them
        self._rate = 0  # Hz, of the engine
        self._n_done = self._n_quiet = 0  # samples so far, and the silence at their end
        self._pause = ""  # what the last text asks for behind it: a key of PAUSES

    async def say(self, order: Order) -> AsyncGenerator[Part, None]:
        """Parts of what an order adds to it, as they are made.

        Args:
            order: its format and rates are those of the whole, the same in all orders.

        Raises:
            SpeechError: as `Service.say`; the sound can go on all the same.
        """
        spoken = await self._service.say(replace(order, format="pcm", sample_rate=None, bit_rate=None))
        spoken.order = order  # as it is heard
        try:
            self._rate = spoken.opening.sample_rate
            if self._encoder is None:
                self._encoder = Encoder(
                    order.format, self._rate, order.sample_rate, order.bit_rate, tags=spoken.tags
                )
            begun: int | None = None
            async for piece in spoken:
                samples = np.frombuffer(piece.data, "<i2")
                n_gap = self._n_gap(samples) if begun is None and len(samples) else 0
                start = self._n_done
                data = await self._added(np.pad(samples, (n_gap, 0)))
                if begun is None and len(samples):
                    begun = start + n_gap
                marks = _later(piece.marks, (start if begun is None else begun) / self._rate)
                yield Part(data, start / self._rate, self._n_done / self._rate, marks, spoken)
            self._pause = pause_after(order.request.text)
        finally:
            spoken.close()

    async def settle(self) -> bytes:
        """What an encoder holds back until more follows, pushed out by the pause that is due anyway."""
        n_silent = self._n_gap(np.zeros(0, np.int16))
        return await self._added(np.zeros(n_silent, np.int16)) if n_silent else b""

    async def finish(self) -> bytes:
        """The last bytes."""
        encoder = self._encoder
        return b"" if encoder is None else await asyncio.to_thread(self._locked, encoder.finish)

    def close(self) -> None:
        """Let go of it."""
        if self._encoder is not None:
            self._locked(self._encoder.close)

    async def _added(self, samples: np.ndarray) -> bytes:
        encoder = self._encoder
        assert encoder is not None
        n_quiet = quiet_at_start(samples[::-1] / np.float32(32767))
        self._n_quiet = self._n_quiet + n_quiet if n_quiet == len(samples) else n_quiet
        self._n_done += len(samples)
        return await asyncio.to_thread(self._locked, lambda: encoder.add(samples))

    def _n_gap(self, following: np.ndarray) -> int:
        """Samples of silence before what follows, beside the silence that is there already."""
        n_wanted = round(PAUSES[self._pause] * self._rate) if self._n_done else 0
        n_lead = quiet_at_start(following / np.float32(32767))
        return max(0, n_wanted - self._n_quiet - n_lead)

    def _locked(self, work: Callable[[], T]) -> T:
        with self._lock:
            return work()


def pause_after(text: str) -> str:
    """The pause that the marks at the end of a text ask for; without any it ends like a sentence."""
    pause = ""
    for mark in reversed(text.rstrip()):
        if mark.isalnum():
            break
        pause = stronger(pause, pause_for(mark))
    return pause or "."


def _later(marks: tuple[Mark, ...], offset: float) -> tuple[Mark, ...]:
    return tuple(replace(mark, start=mark.start + offset, end=mark.end + offset) for mark in marks)
