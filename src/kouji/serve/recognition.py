"""Whose voice is it? Clips compared with registered voices: `POST /v1/voices/verify`, `POST /v1/voices/identify`.

Only with those whose consent is in force, see kouji.casting.recognition.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile

from kouji.casting import Library
from kouji.errors import InvalidInput

from .auth import Client
from .clips import MAX_CLIP, check_clip, sound_of
from .documented import ERRORS
from .gate import allowed
from .refusals import unusable
from .validation import json_of, validated

router = APIRouter(tags=["voices"], responses=ERRORS)
Keeper = Annotated[Client, Depends(allowed("voices"))]
Clip = Annotated[str | bytes, Field(description="The clip: 1 to 30 s of one person; as JSON a data URL or https URL.")]
T = TypeVar("T")


class Identification(BaseModel):
    """`POST /v1/voices/identify`."""

    model_config = ConfigDict(extra="forbid")

    audio: Clip


class Verification(Identification):
    """`POST /v1/voices/verify`."""

    voice: Annotated[str, Field(max_length=200, description="The name of a registered voice.")]


def _body(of_form: Mapping[str, Any]) -> dict[str, Any]:
    """What the OpenAPI document says of a body that is a form or JSON; `of_form`: its other fields."""

    def schema(audio: Mapping[str, Any]) -> dict[str, Any]:
        properties = {"audio": audio, **of_form}
        return {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}

    return {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": schema({"type": "string", "format": "binary"})},
                "application/json": {"schema": schema({"type": "string", "description": "data URL or https URL"})},
            },
        }
    }


@router.post("/voices/verify", openapi_extra=_body({"voice": {"type": "string", "maxLength": 200}}))
async def verify(request: Request, client: Keeper) -> dict[str, Any]:
    """Whether a registered voice with a consent in force speaks in a clip: likeness, 0 to 1, and from which on it does.

    No proof of who speaks.
    """
    asked = await _asked(request, Verification)
    library, clip = Library(request.app.state.service.settings), await _clip(asked)
    found = await asyncio.to_thread(_heard, lambda: library.verify(asked.voice, clip))
    return {"voice": found.name, "likeness": found.likeness, "threshold": found.threshold, "same": found.same}


@router.post("/voices/identify", openapi_extra=_body({}))
async def identify(request: Request, client: Keeper) -> dict[str, Any]:
    """Which registered voices with a consent in force are nearest to a clip; `found` is null where none is near enough.

    Nobody else is searched. No proof of who speaks.
    """
    asked = await _asked(request, Identification)
    library, clip = Library(request.app.state.service.settings), await _clip(asked)
    found = await asyncio.to_thread(_heard, lambda: library.identify(clip))
    return {"found": found.found, "threshold": found.threshold, "voices": [asdict(near) for near in found.voices]}


M = TypeVar("M", bound=Identification)


async def _asked(request: Request, model: type[M]) -> M:
    """The fields, from a form or from JSON."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        return validated(model, await json_of(request))
    fields: dict[str, Any] = {}
    async with request.form(max_files=1, max_fields=4) as form:
        for name, value in form.multi_items():
            if name in fields:
                raise unusable(name[:100], "was sent twice")
            if isinstance(value, UploadFile) != (name == "audio"):
                raise unusable(name[:100], "is no file" if name == "audio" else "is a file")
            fields[name] = await value.read(MAX_CLIP + 1) if isinstance(value, UploadFile) else value
    return validated(model, fields)


async def _clip(asked: Identification) -> bytes:
    data = await sound_of(asked.audio, "audio") if isinstance(asked.audio, str) else asked.audio
    if len(data) > MAX_CLIP:
        raise unusable("audio", f"is larger than {MAX_CLIP // 1_000_000} MB")
    check_clip(data, "audio")
    return data


def _heard(compare: Callable[[], T]) -> T:
    """What comes of it; what is wrong with the clip is wrong with `audio`."""
    try:
        return compare()
    except InvalidInput as error:
        error.param = error.param or "audio"
        raise
