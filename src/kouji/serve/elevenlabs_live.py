"""ElevenLabs' WebSockets: text in while it is written, sound out with the time of each character.

    WS /v1/text-to-speech/{voice_id}/stream-input         one sound
    WS /v1/text-to-speech/{voice_id}/multi-stream-input   several, each a context with a `context_id`

    client: {text: " ", voice_settings, generation_config}  {text, try_trigger_generation, flush} …  {text: ""}
    server: {audio, alignment, normalizedAlignment} …  {isFinal: true}   or {message, error, code}, and the end

A sentence is spoken as soon as the text goes on after it, not before as many characters have come as a given
`chunk_length_schedule` says; `try_trigger_generation` does not wait for either, `flush` not even for its end.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from kouji.audio.encoder import rate_of
from kouji.errors import EmptyText

from .auth import Client
from .continuous import Continuous, Part
from .elevenlabs import order_for
from .elevenlabs_messages import FINAL, Message, Query, about, audio, audio_of, body_of
from .errors import problem_of
from .gate import Gate, key_in
from .growing import Passages
from .refusals import Refused, unusable
from .validation import validated

if TYPE_CHECKING:
    from .service import Service
    from .spoken import Order

AHEAD = 16  # passages that may wait for being spoken; further messages are read when there is room
MAX_CONTEXTS = 5  # of one connection at once, as ElevenLabs has it
PATIENCE = 10.0  # seconds for the message that brings the key, where the head has none
POLICY = 1008  # RFC 6455: how a connection ends whose client asks for what cannot be

router = APIRouter()


@router.websocket("/v1/text-to-speech/{voice_id}/stream-input")
async def stream_input(socket: WebSocket, voice_id: str) -> None:
    """One sound."""
    await _Connection(socket, voice_id, is_multi=False).run()


@router.websocket("/v1/text-to-speech/{voice_id}/multi-stream-input")
async def multi_stream_input(socket: WebSocket, voice_id: str) -> None:
    """Several, over one connection."""
    await _Connection(socket, voice_id, is_multi=True).run()


@dataclass(eq=False)
class _Context:
    """One sound that is asked for piece by piece."""

    name: str
    opening: Message
    passages: Passages
    deadline: float = 0.0  # when it ends, unless a message comes
    is_flushed: bool = True  # whether all its text is to be spoken as it stands
    is_heard: bool = False  # whether some of it was sent
    queue: asyncio.Queue[tuple[str, bool] | None] = field(default_factory=lambda: asyncio.Queue(AHEAD))


class _Connection:
    """One WebSocket."""

    def __init__(self, socket: WebSocket, voice_id: str, is_multi: bool) -> None:
        self._socket, self._voice_id, self._is_multi = socket, voice_id, is_multi
        self._service: Service = socket.app.state.service
        self._contexts: dict[str, _Context] = {}  # that take text
        self._speaking: dict[_Context, asyncio.Task[None]] = {}
        self._is_ending = False

    async def run(self) -> None:
        """Listen and speak until either side has had enough."""
        await self._socket.accept()
        wrong: BaseException | None = None
        try:
            self._query = validated(Query, dict(self._socket.query_params))
            async with asyncio.TaskGroup() as self._group:
                self._listener = self._group.create_task(self._listen())
        except* Exception as found:
            wrong = next((each for each in found.exceptions if isinstance(each, WebSocketDisconnect)), None)
            wrong = wrong or found.exceptions[0]
        with suppress(WebSocketDisconnect, RuntimeError):  # RuntimeError: starlette's, closed twice
            if wrong is None:
                await self._socket.close()
            elif not isinstance(wrong, WebSocketDisconnect):
                problem = problem_of(wrong)
                await self._send({"message": problem.message, "error": problem.code, "code": POLICY})
                shown = problem.message.encode()[:120].decode(errors="ignore")  # RFC 6455: at most 123 bytes
                await self._socket.close(POLICY, shown)

    # ---- listening -----------------------------------------------------------------------------

    async def _listen(self) -> None:
        self._client, first = await self._entered()
        self._check(Message())  # what the address asks for in vain is told at once
        if first is not None:
            await self._handle(first)
        last = monotonic()
        while True:
            ends = [context.deadline for context in self._contexts.values()]
            end = min(ends, default=last + self._query.inactivity_timeout)
            message: Message | None = None
            with suppress(TimeoutError):
                async with asyncio.timeout(None if self._is_ending else max(0.0, end - monotonic())):
                    message = await self._received()
            if message is None:
                await self._end_overdue()
            elif not self._is_ending:
                await self._handle(message)
            last = monotonic()

    async def _entered(self) -> tuple[Client, Message | None]:
        """Who it is, and the first message where that had to say it."""
        gate: Gate = self._socket.app.state.gate
        if key_in(self._socket.headers) or not gate.needs_keys:
            return await gate.client(self._socket, "speech"), None
        first = Message()
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                first = await self._received()
        return await gate.client(self._socket, "speech", first.token), first

    async def _received(self) -> Message:
        try:
            found = json.loads(await self._socket.receive_text())
        except (ValueError, RecursionError, KeyError) as error:  # KeyError: bytes instead of text
            raise _not_understood() from error
        if not isinstance(found, dict):
            raise _not_understood()
        return validated(Message, found)

    async def _handle(self, message: Message) -> None:
        """Do what one message asks for."""
        if self._is_multi and message.close_socket:
            self._is_ending = True
            for each in list(self._contexts.values()):
                await self._end(each)
            self._stop_if_done()
            return
        name = (message.context_id or "") if self._is_multi else ""
        context = self._contexts.get(name)
        if self._is_multi and message.close_context:
            if context is not None:
                await self._close(context)
            return
        if message.text is None and not message.flush:
            raise _not_understood()
        if context is None:
            if self._is_multi and not message.text:
                return  # of a sound that has ended meanwhile
            context = self._opened(name, message)
        elif message.voice_settings not in (None, context.opening.voice_settings):
            raise unusable("voice_settings", "cannot be used", "Give them in the first message alone.")
        await self._grow(context, message)

    def _opened(self, name: str, message: Message) -> _Context:
        if len(self._speaking) >= MAX_CONTEXTS:
            hint = f"At most {MAX_CONTEXTS} are open at once: send close_context."
            raise unusable("context_id", "cannot be used", hint)
        self._check(message)
        context = _Context(name, message, Passages(self._service.settings.max_characters, message.schedule))
        self._contexts[name] = context
        self._speaking[context] = self._group.create_task(self._speak(context))
        return context

    async def _grow(self, context: _Context, message: Message) -> None:
        """Take the text of a message, and have spoken what is ready."""
        context.deadline = monotonic() + self._query.inactivity_timeout
        if not self._is_multi and message.text == "":
            self._is_ending = True
            await self._end(context)
            return
        text = message.text or ""
        if text.strip():
            context.is_flushed = False
        ready = context.passages.add(text, bool(message.try_trigger_generation))
        if message.flush or self._query.auto_mode:
            ready += context.passages.rest()
            context.is_flushed = True
        if ready or message.flush:
            await context.queue.put((ready, bool(message.flush)))

    async def _end(self, context: _Context) -> None:
        """Have spoken what is left, and no more."""
        del self._contexts[context.name]
        await context.queue.put((context.passages.rest(), False))
        await context.queue.put(None)

    async def _close(self, context: _Context) -> None:
        """End a sound: what was flushed is still spoken, of anything else nobody wants to hear more."""
        if context.is_flushed:
            await self._end(context)
            return
        del self._contexts[context.name]
        task = self._speaking[context]
        task.cancel()
        await asyncio.wait([task])
        await self._tell_end(context)

    async def _end_overdue(self) -> None:
        """No message for too long: the sounds that wait for one are finished; a connection without any is ended."""
        if not (self._is_multi and self._speaking):
            message = f"No text has come for {self._query.inactivity_timeout} seconds."
            hint = 'Send " " while there is none yet, and "" when all is said.'
            raise Refused(message, hint, status=408, code="input_timeout_exceeded")
        now = monotonic()
        for context in [each for each in self._contexts.values() if each.deadline <= now]:
            await self._end(context)

    def _check(self, opening: Message) -> None:
        """Raises what can be told before there is a text."""
        order = self._order(opening, "")
        rate_of(order.format, self._service.host(order.engine).card.sample_rate, order.sample_rate)

    def _order(self, opening: Message, text: str) -> Order:
        body = body_of(self._query, opening, text)
        return order_for(self._service, self._client, self._voice_id, body, self._query.output_format)

    # ---- speaking ------------------------------------------------------------------------------

    async def _speak(self, context: _Context) -> None:
        """Speak what is in the queue of a context, one passage after the other."""
        sound = Continuous(self._service)
        try:
            while (entry := await context.queue.get()) is not None:
                text, is_flush = entry
                with suppress(EmptyText):  # a lone mark between two sentences
                    await self._say(context, sound, text)
                if is_flush and (data := await sound.settle()):
                    await self._send(audio(data), context)
            if data := await sound.finish():
                await self._send(audio(data), context)
        finally:
            sound.close()
        await self._tell_end(context)

    async def _say(self, context: _Context, sound: Continuous, text: str) -> None:
        """One passage. Silence between words goes with those that follow it, so that times can be added up."""
        if not text:
            return
        waiting: list[Part] = []
        has_words = False
        async with aclosing(sound.say(self._order(context.opening, text.strip()))) as parts:
            async for part in parts:
                waiting.append(part)
                is_word = any(mark.kind == "word" for mark in part.marks)
                has_words = has_words or is_word
                if is_word or not has_words:
                    await self._tell(context, waiting)
                    waiting = []
        await self._tell(context, waiting)

    async def _tell(self, context: _Context, parts: list[Part]) -> None:
        if not any(part.data for part in parts):
            return
        known = {} if context.is_heard else about(parts[0].spoken)
        context.is_heard = True
        await self._send({**audio_of(parts), **known}, context)

    async def _tell_end(self, context: _Context) -> None:
        del self._speaking[context]
        await self._send(FINAL, context)
        self._stop_if_done()

    def _stop_if_done(self) -> None:
        if self._is_ending and not self._speaking:
            self._listener.cancel()

    async def _send(self, message: dict[str, Any], context: _Context | None = None) -> None:
        named = {"contextId": context.name or None} if context is not None and self._is_multi else {}
        try:
            await self._socket.send_json({**message, **named})
        except RuntimeError as error:  # starlette's: sent after the close
            raise WebSocketDisconnect from error


def _not_understood() -> Refused:
    hint = 'A message is a JSON object with text: {"text": "Hello. "}.'
    return Refused("This message cannot be understood.", hint, status=400, code="invalid_message", param="text")
