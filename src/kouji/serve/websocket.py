"""Text in while it is written, sound out while it is made: `WS /v1/audio/speech/stream`.

    client: session.config {fields of a speech request}   input.text {text}   input.done {}   session.close {}
    server: audio.start {index, text, format, sample_rate, voice, seed}   binary   audio.done {index, duration}
            session.done {}   error {error}

A sentence is spoken as soon as the text goes on after it; `input.done` speaks what is left. Several `input.done`
may follow one another; `session.done` answers each once all is spoken.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from fastapi.exceptions import RequestValidationError

from kouji.errors import EmptyText, SpeechError

from .auth import Client
from .errors import problem_of
from .gate import Gate
from .growing import Sentences
from .orders import order_of
from .refusals import Refused
from .responses import credits_of, marking_of
from .schemas import SpeechDefaults
from .validation import validated

if TYPE_CHECKING:
    from .service import Service

IDLE = 120.0  # seconds without a message; then the session ends
AHEAD = 16  # sentences that may wait for being spoken; further messages are read when there is room

router = APIRouter()
_END = None  # in the queue: tell that all before it has been spoken


@router.websocket("/audio/speech/stream")
async def stream(socket: WebSocket) -> None:
    """One session."""
    gate: Gate = socket.app.state.gate
    try:
        client = await gate.client(socket, "speech")
    except Refused as refused:
        await socket.accept()
        await _tell(socket, refused)
        await socket.close(1008)
        return
    await socket.accept()
    queue: asyncio.Queue[tuple[SpeechDefaults, str] | None] = asyncio.Queue(AHEAD)
    speaker = asyncio.create_task(_speak(socket, client, queue))
    try:
        await _listen(socket, queue)
        await socket.close()
    except (WebSocketDisconnect, RuntimeError):  # starlette's RuntimeError: sent after the close
        pass
    except TimeoutError:
        await socket.close(1001)
    finally:
        speaker.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await speaker


async def _listen(socket: WebSocket, queue: asyncio.Queue[tuple[SpeechDefaults, str] | None]) -> None:
    """Read messages until the session is closed."""
    service: Service = socket.app.state.service
    config = SpeechDefaults(response_format="pcm")
    sentences = Sentences(service.settings.max_characters)
    while True:
        try:
            async with asyncio.timeout(IDLE):
                message = _message(await socket.receive_text())
            kind = message.pop("type", None)
            if kind == "session.close":
                return
            if kind == "session.config":
                config = validated(SpeechDefaults, {"response_format": "pcm", **message})
            elif kind == "input.text" and isinstance(message.get("text"), str):
                for sentence in sentences.add(message["text"]):
                    await queue.put((config, sentence))
            elif kind == "input.done":
                for sentence in sentences.rest():
                    await queue.put((config, sentence))
                await queue.put(_END)
            else:
                raise _unknown("Send session.config, input.text with text, input.done or session.close.")
        except (SpeechError, RequestValidationError) as error:
            await _tell(socket, error)


async def _speak(
    socket: WebSocket, client: Client, queue: asyncio.Queue[tuple[SpeechDefaults, str] | None]
) -> None:
    """Speak what is in the queue, one sentence after the other."""
    index = 0
    while True:
        entry = await queue.get()
        if entry is _END:
            await socket.send_json({"type": "session.done"})
            continue
        try:
            await _say(socket, client, *entry, index)
        except EmptyText:
            continue  # a lone mark between two sentences
        except SpeechError as error:
            await _tell(socket, error)
        index += 1


async def _say(socket: WebSocket, client: Client, config: SpeechDefaults, text: str, index: int) -> None:
    service: Service = socket.app.state.service
    order = await order_of(service, client, config, text)
    spoken = await service.say(order)
    start = {
        "type": "audio.start", "index": index, "text": text, "format": order.format,
        "sample_rate": spoken.opening.sample_rate, "voice": spoken.voice, "language": spoken.language,
        "seed": order.request.seed, "warnings": [notice.message for notice in spoken.notices],
        "marking": marking_of(spoken), **credits_of(spoken),
    }  # fmt: skip
    try:
        await socket.send_json(start)
        async for piece in spoken:
            if piece.data:
                await socket.send_bytes(piece.data)
        await socket.send_json({"type": "audio.done", "index": index, "duration": round(spoken.duration, 4)})
    finally:
        spoken.close()


def _message(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _unknown("A message is a JSON object with a type.") from error
    if not isinstance(found, dict):
        raise _unknown("A message is a JSON object with a type.")
    return found


def _unknown(hint: str) -> Refused:
    return Refused("This message cannot be understood.", hint, status=400, code="invalid_message", param="type")


async def _tell(socket: WebSocket, error: Exception) -> None:
    await socket.send_json({"type": "error", **problem_of(error).openai})
