"""Bytes on their way to the client: audio as it is made, or as events, or whole."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response, StreamingResponse

from kouji.audio.encoder import FORMATS
from kouji.audio.tags import CARRIERS
from kouji.policy.marks import kinds

from .errors import Gone, problem_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kouji.types import Mark, Notice

    from .service import Service, Spoken
    from .spoken import Order

TOKENS_PER_SECOND = 20  # of sound, as OpenAI counts its audio tokens (1,200 a minute)
_MOST_TOLD = 200  # characters of a voice in a header: names fit

T = TypeVar("T")


async def answered(
    request: Request, service: Service, order: Order, *, whole: bool = False, headers: Mapping[str, str] | None = None
) -> Response:
    """Say an order as the body of the answer.

    Args:
        request: whose client may hang up.
        service: that speaks.
        order: what to say.
        whole: one body with its length, instead of a stream.
        headers: beside the usual ones.
    """
    spoken = await listening(request, service.say(order))
    if not whole:
        return StreamingResponse(data_of(spoken), headers={**headers_of(spoken), **(headers or {})})
    body = await listening(request, spoken.whole())
    return Response(body, headers={**headers_of(spoken), **headers_of_end(spoken), **(headers or {})})


async def listening(request: Request, work: Awaitable[T]) -> T:
    """Wait for some work as long as the client is there. Raises Gone when it hangs up; the work is cancelled."""

    async def hung_up() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass

    task, watch = asyncio.ensure_future(work), asyncio.ensure_future(hung_up())
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise Gone
    finally:
        watch.cancel()
        if not task.done():
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # how it ends is nobody's news
            task.cancel()


async def data_of(spoken: Spoken) -> AsyncIterator[bytes]:
    """The bytes of an answer."""
    async for piece in spoken:
        if piece.data:
            yield piece.data


async def events_of(spoken: Spoken, timestamps: str = "none") -> AsyncIterator[bytes]:
    """OpenAI's server-sent events of an answer."""
    try:
        async for piece in spoken:
            if piece.data:
                audio = base64.b64encode(piece.data).decode()
                yield event({"type": "speech.audio.delta", "audio": audio})
        done: dict[str, Any] = {"type": "speech.audio.done", "usage": usage(spoken)}
        if timestamps != "none":
            done["timestamps"] = marks_of(spoken.marks, timestamps)
        yield event(done)
    except Exception as error:
        yield event({"type": "speech.audio.error", **problem_of(error).openai})
    # Not in the specification, but some clients wait for it.
    yield b"data: [DONE]\n\n"


def event(data: Mapping[str, Any]) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def usage(spoken: Spoken) -> dict[str, int]:
    """Tokens in OpenAI's sense: one per character, and 20 per second of sound."""
    n_in = len(spoken.order.request.text)
    n_out = round(TOKENS_PER_SECOND * spoken.duration)
    return {"input_tokens": n_in, "output_tokens": n_out, "total_tokens": n_in + n_out}


def marks_of(marks: Iterable[Mark], kind: str) -> list[dict[str, Any]]:
    """Times of the words or phonemes, in seconds."""
    return [
        {"text": mark.text, "start": round(mark.start, 3), "end": round(mark.end, 3)}
        for mark in marks
        if mark.kind == kind
    ]


def facts_of(spoken: Spoken, order: Order) -> dict[str, Any]:
    """What a JSON answer tells about a sound that is whole."""
    return {
        "format": order.format,
        "sample_rate": spoken.opening.sample_rate,
        "duration": round(spoken.duration, 4),
        "voice": spoken.voice,
        "language": spoken.language,
        "seed": order.request.seed,
        "warnings": [notice.message for notice in spoken.notices],
        "marking": marking_of(spoken),
        **credits_of(spoken),
    }


def marking_of(spoken: Spoken) -> list[str]:
    """How a sound is marked, for a machine and for ears: what its format has no place for is not there."""
    heard = (spoken.opening.metadata or {}).get("marking", [])
    assert isinstance(heard, list)
    written = kinds(spoken.tags) if spoken.order.format in CARRIERS else []
    return [*heard, *written, *(["c2pa"] if spoken.is_signed else [])]


def credits_of(spoken: Spoken) -> dict[str, str]:
    """Who must be named with a sound, where its licence asks that."""
    text = str((spoken.opening.metadata or {}).get("attribution", ""))
    return {"attribution": text} if text else {}


def _told(voice: str) -> str:
    """Names may be of any script. Of a speaker as text, which is more than proxies carry, the start."""
    return quote(voice if len(voice) <= _MOST_TOLD else f"{voice[:_MOST_TOLD]}…", safe=" :")


def headers_of(spoken: Spoken) -> dict[str, str]:
    """What is known before the sound."""
    opening, order = spoken.opening, spoken.order
    known = opening.metadata or {}
    media_type = FORMATS[order.format].media_type
    if order.format == "pcm":
        media_type += f";rate={opening.sample_rate};channels=1"
    found = {
        "Content-Type": media_type,
        "X-Engine": spoken.engine,
        "X-Voice-Id": _told(spoken.voice),
        "X-Language": spoken.language,
        "X-Seed": str(known.get("seed", "")),
        "X-Sample-Rate": str(opening.sample_rate),
        "X-Cache": "hit" if opening.is_cached else "miss",
        "X-Marking": ", ".join(marking_of(spoken)) or "none",
    }
    if credits := credits_of(spoken):
        found["X-Attribution"] = quote(credits["attribution"], safe=" :;,/()'`&+")
    if spoken.notices:
        found["X-Warnings"] = warnings_of(spoken.notices)
    return found


def headers_of_end(spoken: Spoken) -> dict[str, str]:
    """What is known after it."""
    return {"X-Audio-Duration-Ms": str(round(1000 * spoken.duration)), "X-RTF": f"{spoken.rtf:.4f}"}


def warnings_of(notices: Iterable[Notice]) -> str:
    """Notices as one header: JSON in ASCII, [{"code", "message"}], of which at most 4 kB are sent."""
    shown: list[dict[str, str]] = []
    for notice in notices:
        shown.append({"code": notice.code, "message": notice.message})
        if len(json.dumps(shown)) > 4000:
            shown[-1] = {"code": "more", "message": "There are more warnings than fit here."}
            break
    return json.dumps(shown)

