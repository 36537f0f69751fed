"""A recording said again with another voice: `POST /v1/audio/convert`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from kouji.engines import that_can
from kouji.engines.contract import CONVERSION
from kouji.errors import UnknownName, UnsupportedControl

from .auth import Client
from .clips import MAX_CLIP, check_clip
from .documented import AUDIO, ERRORS
from .gate import allowed
from .orders import order_of
from .responses import answered
from .schemas import Sound, SpeechDefaults, SpeechRequest
from .service import Service

router = APIRouter(tags=["OpenAI"], responses=ERRORS)


class Conversion(Sound):
    """The fields of a form: a recording, whose voice says it, and what may be asked of any sound."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    audio: Annotated[UploadFile, Field(description="The recording: 0.5 s to 10 minutes of speech.")]
    voice: Annotated[str | None, Field(max_length=200, description="Whose voice says it.")] = None
    ref_audio: Annotated[UploadFile | None, Field(description="A clip whose voice is taken instead.")] = None


@router.post("/audio/convert", response_class=Response, responses=AUDIO)
async def convert(
    request: Request, client: Annotated[Client, Depends(allowed("speech"))],
    form: Annotated[Conversion, Form(media_type="multipart/form-data")],
) -> Response:  # fmt: skip
    """Keep what is said and when, change who says it; the audio is sent while it is made."""
    service: Service = request.app.state.service
    card = service.host(service.names.engine_of(form.model), form.preset or "").card
    if CONVERSION not in card.controls:
        raise UnsupportedControl(card.id, CONVERSION, that_can(CONVERSION))
    for name in form.model_extra or {}:
        if name in SpeechRequest.model_fields:  # of words that are said; what nobody knows is told of
            raise UnknownName("argument", name, [*Conversion.model_fields])
    source = await _read(form.audio, "audio")
    clip = None if form.ref_audio is None else await _read(form.ref_audio, "ref_audio")
    asked = form.model_dump(exclude_unset=True, exclude={"audio", "ref_audio"})
    order = await order_of(service, client, SpeechDefaults.model_validate(asked), "", clip)
    return await answered(request, service, replace(order, source=source, cache="off"), whole=form.is_whole)


async def _read(upload: UploadFile, field: str) -> bytes:
    data = await upload.read(MAX_CLIP + 1)
    check_clip(data, field)
    return data
