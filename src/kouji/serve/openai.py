"""OpenAI's routes: speech, models, and the voices that its clients look for.

    POST /audio/speech   POST /audio/plan   GET /models   GET /models/{id}   GET /audio/models   GET /audio/voices

under /v1, and for clients that leave it out or put /api before it, there too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response, StreamingResponse

import kouji
from kouji.audio.encoder import FORMATS as ENCODERS
from kouji.errors import InvalidInput, UnknownName

from . import elevenlabs
from .auth import Client
from .documented import AUDIO, ERRORS
from .gate import allowed
from .orders import check_input_type, order_of
from .responses import answered, events_of, headers_of, listening
from .schemas import FORMATS, SpeechRequest
from .service import Service
from .voices import voices_of

router = APIRouter(tags=["OpenAI"], responses=ERRORS)
_CREATED = int(Path(kouji.__file__).stat().st_mtime)

Speaker = Annotated[Client, Depends(allowed("speech"))]


@router.post("/audio/speech", response_class=Response, responses=AUDIO)
async def speech(body: SpeechRequest, request: Request, client: Speaker) -> Response:
    """Say a text. The audio is sent while it is made; what is wrong is told before its first byte."""
    service: Service = request.app.state.service
    check_input_type(body)
    order = await order_of(service, client, body, body.input)
    order = request.app.state.idempotency.check(request.headers.get("idempotency-key"), client.name, body, order)
    if body.stream_format == "sse":
        spoken = await listening(request, service.say(order))
        headers = {**headers_of(spoken), "Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
        return StreamingResponse(events_of(spoken, body.timestamps or "none"), headers=headers)
    if body.timestamps not in (None, "none"):
        raise InvalidInput(
            "timestamps have no place in plain audio.", 'Ask for "stream_format": "sse".', param="timestamps"
        )
    return await answered(request, service, order, whole=body.is_whole)


@router.post("/audio/plan")
async def plan(body: SpeechRequest, request: Request, client: Speaker) -> dict[str, Any]:
    """How long a request would take, which lengths are feasible, and where a wanted one would come from; no sound."""
    service: Service = request.app.state.service
    order = await order_of(service, client, body, body.input)
    found = await service.plan(order)
    assert found.plan is not None
    return {**found.plan.plain(), "engine": order.engine, "warnings": [notice.message for notice in found.notices]}


@router.get("/models")
async def models(request: Request, client: Speaker) -> Any:
    """The engines that are ready to speak, then the aliases that stand for them.

    Whoever sends `xi-api-key` is a client of ElevenLabs and gets the list in its shape.
    """
    service: Service = request.app.state.service
    if "xi-api-key" in request.headers:
        return elevenlabs.models(service)
    aliases = [
        _row(name) | {"alias_of": target or service.settings.engine} for name, target in service.names.models.items()
    ]
    return {"object": "list", "data": [*(_model(service, name) for name in service.usable()), *aliases]}


@router.get("/models/{id}")
async def model(id: str, request: Request, client: Speaker) -> dict[str, Any]:
    """One of them."""
    service: Service = request.app.state.service
    engine = service.names.engine_of(id)
    if engine not in service.usable():
        raise UnknownName("model", id, service.usable())
    return _model(service, engine) | {"id": id}


@router.get("/audio/models")
async def audio_models(request: Request, client: Speaker) -> dict[str, Any]:
    """The engines as Open WebUI lists them."""
    service: Service = request.app.state.service
    return {"models": [{"id": name, "name": service.host(name).card.summary} for name in service.usable()]}


@router.get("/audio/voices")
async def voices(
    request: Request,
    client: Speaker,
    model: Annotated[str | None, Query(description="Only those of one engine.")] = None,
    legacy: Annotated[bool, Query(description="Names alone.")] = False,
) -> dict[str, Any]:
    """Who can speak."""
    service: Service = request.app.state.service
    rows = voices_of(service, service.names.engine_of(model) if model else None)
    if legacy:
        return {"voices": [row["id"] for row in rows]}
    return {"voices": rows, "object": "list", "data": rows}


def _model(service: Service, name: str) -> dict[str, Any]:
    card = service.host(name).card
    spoken = [{"name": row["id"], "language": row["language"], "gender": row["gender"]}
              for row in voices_of(service, name)]  # fmt: skip
    return _row(name) | {
        "task": "text-to-speech",
        "language": list(card.languages),
        "sample_rate": card.sample_rate,
        "voices": spoken,
        "capabilities": {
            "controls": {each: [control.low, control.high] for each, control in card.controls.items()},
            "formats": {each: list(ENCODERS[each].rates) for each in FORMATS},
            "streaming": True,
        },
    }


def _row(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _CREATED, "owned_by": "kouji"}
