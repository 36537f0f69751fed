"""The Wyoming protocol of Home Assistant, over TCP.

    describe → info      synthesize → audio-start, audio-chunk …, audio-stop
    synthesize-start, synthesize-chunk …, synthesize-stop → the same per sentence, then synthesize-stopped

A client that streams text sends a plain `synthesize` with all of it too, for servers that cannot: it is passed over.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import Attribution, Describe, Info, TtsProgram, TtsVoice
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

import kouji
from kouji.errors import EmptyText, SpeechError
from kouji.types import Request

from .errors import problem_of
from .growing import Sentences
from .spoken import Order
from .voices import voices_of

if TYPE_CHECKING:
    from .service import Service

IDLE = 600.0  # seconds without an event; Home Assistant opens a connection per request
MAX_LINE = 1_000_000  # bytes of an event's head

log = logging.getLogger("kouji.serve")
_HOME = Attribution(name="Kouji", url="https://pypi.org/project/kouji/")


async def serve(service: Service, host: str, port: int) -> None:
    """Listen until the task is cancelled."""
    server = await listen(service, host, port)
    log.info("Wyoming on tcp://%s:%d", host, port)
    async with server:
        await server.serve_forever()


async def listen(service: Service, host: str, port: int) -> asyncio.Server:
    """A server that accepts connections."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(service, writer)
        try:
            while True:
                async with asyncio.timeout(IDLE):
                    event = await async_read_event(reader)
                if event is None:
                    break
                await session.handle(event)
        except (OSError, TimeoutError, ValueError, KeyError, TypeError, AttributeError, UnicodeError) as error:
            log.debug("A Wyoming connection ended: %r", error)  # hung up, or no Wyoming at all
        finally:
            writer.close()

    return await asyncio.start_server(connected, host, port, limit=MAX_LINE)


class Session:
    """One connection."""

    def __init__(self, service: Service, writer: asyncio.StreamWriter) -> None:
        self._service, self._writer = service, writer
        peer = writer.get_extra_info("peername")
        self._client = str(peer[0]) if peer else "unknown"
        self._streamed: Sentences | None = None
        self._voice: SynthesizeVoice | None = None
        self._has_begun = False

    async def handle(self, event: Event) -> None:
        """Do what one event asks for."""
        if Describe.is_type(event.type):
            await self._send(info(self._service).event())
        elif Ping.is_type(event.type):
            await self._send(Pong(text=Ping.from_event(event).text).event())
        elif SynthesizeStart.is_type(event.type):
            self._streamed, self._has_begun = Sentences(self._service.settings.max_characters), False
            self._voice = SynthesizeStart.from_event(event).voice
        elif SynthesizeChunk.is_type(event.type) and self._streamed is not None:
            await self._say_all(list(self._streamed.add(SynthesizeChunk.from_event(event).text)))
        elif SynthesizeStop.is_type(event.type) and self._streamed is not None:
            await self._say_all(list(self._streamed.rest()))
            await self._end()
            self._streamed = None
            await self._send(SynthesizeStopped().event())
        elif Synthesize.is_type(event.type) and self._streamed is None:
            asked = Synthesize.from_event(event)
            self._voice, self._has_begun = asked.voice, False
            await self._say_all([asked.text])
            await self._end()

    async def _say_all(self, texts: list[str]) -> None:
        for text in texts:
            try:
                await self._say(text)
            except EmptyText:
                continue
            except SpeechError as error:
                problem = problem_of(error)
                await self._send(Error(text=problem.message, code=problem.code).event())

    async def _say(self, text: str) -> None:
        """One text as chunks of 16-bit samples; the first says how they are to be played."""
        voice = self._voice or SynthesizeVoice()
        host = self._service.host()
        named, _ = self._service.names.voice_of(voice.name or "", host.card)
        language = (voice.language or "").replace("_", "-").partition("-")[0]
        if language and not named and language in host.card.languages:
            named = host.card.default_voice(language).id
        order = Order(Request(text, named or self._service.settings.voice), host.card.id, "pcm", client=self._client)
        spoken = await self._service.say(order)
        rate = spoken.opening.sample_rate
        try:
            if not self._has_begun:
                self._has_begun = True
                await self._send(AudioStart(rate=rate, width=2, channels=1).event())
            async for piece in spoken:
                if piece.data:
                    await self._send(AudioChunk(rate=rate, width=2, channels=1, audio=piece.data).event())
        finally:
            spoken.close()

    async def _end(self) -> None:
        if self._has_begun:
            await self._send(AudioStop().event())

    async def _send(self, event: Event) -> None:
        await async_write_event(event, self._writer)


def info(service: Service) -> Info:
    """What is offered: the engine of the settings, with its voices."""
    card = service.host().card
    voices = [
        TtsVoice(
            name=row["id"], attribution=_HOME, installed=True, description=row["name"], version=kouji.__version__,
            # The voice's own language first: that is how Home Assistant groups them; it speaks the others too.
            languages=[row["language"], *(each for each in card.languages if each != row["language"])],
        )
        for row in voices_of(service, card.id)
    ]  # fmt: skip
    program = TtsProgram(
        name="kouji", attribution=_HOME, installed=True, description=card.summary, version=kouji.__version__,
        voices=voices, supports_synthesize_streaming=True,
    )  # fmt: skip
    return Info(tts=[program])
