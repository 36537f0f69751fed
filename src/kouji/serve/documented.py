"""What the OpenAPI document says of answers that are no JSON, and of failures."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from kouji.audio.encoder import FORMATS

from .schemas import ErrorAnswer

_MEANINGS = {
    400: "A field cannot be used; `param` says which.",
    401: "No key, or a wrong one.",
    403: "The key does not open this door.",
    404: "There is no such model, voice or job.",
    408: "The body came too slowly.",
    409: "The idempotency key stands for another request.",
    413: "More bytes than the server takes.",
    415: "The body has another type than the route reads.",
    429: "Too many requests of this client; `Retry-After` says when to come back.",
    500: "A defect of the server.",
    501: "Packages for this are not installed.",
    503: "Too many requests wait already, or the engine cannot be loaded.",
}

Answers = dict[int | str, dict[str, Any]]


class Detail(BaseModel):
    """ElevenLabs' shape of a failure."""

    detail: list[dict[str, Any]] | dict[str, Any]


class Failed(BaseModel):
    """The shape of GPT-SoVITS' api_v2."""

    message: str
    Exception: str | None = None


def _answers(model: Any, *, besides: Answers | None = None) -> Answers:
    found: Answers = {status: {"description": meaning, "model": model} for status, meaning in _MEANINGS.items()}
    return {**found, **(besides or {})}


ERRORS = _answers(ErrorAnswer)
ELEVENLABS_ERRORS = _answers(
    Detail, besides={422: {"description": "A field cannot be used; `detail` says which.", "model": Detail}}
)
API_V2_ERRORS = _answers(ErrorAnswer | Failed)
_BINARY = {"schema": {"type": "string", "format": "binary"}}

AUDIO: Answers = {
    200: {
        "description": "The audio, or its events.",
        "content": {
            **{format.media_type: _BINARY for format in FORMATS.values()},
            "text/event-stream": {"schema": {"type": "string"}},
            "audio/ogg": _BINARY,
        },
    }
}
