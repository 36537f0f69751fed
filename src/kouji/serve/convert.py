"""A recording said again with another voice: `POST /v1/audio/convert`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import Response

from kouji.engines import that_can
from kouji.engines.contract import CONVERSION
from kouji.errors import UnsupportedControl
from kouji.types import Request as Say

from .auth import Client
from .clips import MAX_CLIP, check_clip
from .documented import AUDIO, ERRORS
from .gate import allowed
from .orders import seed_of
from .responses import answered
from .schemas import FORMATS, MAX_SEED
from .service import Service
from .spoken import Order

router = APIRouter(tags=["OpenAI"], responses=ERRORS)


@router.post("/audio/convert", response_class=Response, responses=AUDIO)
async def convert(
    request: Request, client: Annotated[Client, Depends(allowed("speech"))],
    audio: Annotated[UploadFile, File(description="The recording: 0.5 s to 10 minutes of speech.")],
    model: Annotated[str, Form(max_length=200, description="The engine; else that of the settings.")] = "",
    voice: Annotated[str, Form(max_length=200, description="Whose voice says it.")] = "",
    ref_audio: Annotated[UploadFile | None, File(description="A clip whose voice is taken instead.")] = None,
    ref_text: Annotated[str, Form(max_length=4096, description="What is said in it.")] = "",
    seed: Annotated[int, Form(ge=-1, le=MAX_SEED)] = 0,
    response_format: Annotated[Literal[FORMATS], Form()] = "mp3",  # type: ignore[valid-type]
) -> Response:  # fmt: skip
    """Keep what is said and when, change who says it; the audio is sent while it is made."""
    service: Service = request.app.state.service
    engine = service.names.engine_of(model)
    card = service.host(engine).card
    if CONVERSION not in card.controls:
        raise UnsupportedControl(card.id, CONVERSION, that_can(CONVERSION))
    source = await _read(audio, "audio")
    speaker: dict[str, Any] = {"reference_text": ref_text} if ref_text else {}
    if ref_audio is not None:
        speaker["reference_audio"] = await _read(ref_audio, "ref_audio")
    usual = service.settings.voice if ref_audio is None else ""
    who, notices = service.names.voice_of(voice or usual, card)
    order = Order(
        Say("", who, seed=seed_of(seed), controls=speaker), engine, response_format, cache="off", client=client.name,
        notices=notices, source=source,
    )  # fmt: skip
    return await answered(request, service, order)


async def _read(upload: UploadFile, field: str) -> bytes:
    data = await upload.read(MAX_CLIP + 1)
    check_clip(data, field)
    return data
