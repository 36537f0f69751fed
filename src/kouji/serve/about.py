"""What the server says of itself: health, readiness, counters, capabilities, licences."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client.exposition import CONTENT_TYPE_LATEST

import kouji
from kouji.audio.encoder import FORMATS as ENCODERS
from kouji.engines.licences import licences as all_licences

from .auth import Client
from .documented import ERRORS
from .gate import allowed
from .schemas import FORMATS
from .service import Service

router = APIRouter(tags=["about"])
_PLAIN: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("/health", responses=_PLAIN)
async def health(request: Request) -> Response:
    """The server is alive: `OK` to whoever accepts plain text first, JSON to others."""
    if request.headers.get("accept", "").startswith("text/plain"):
        return PlainTextResponse("OK")
    return JSONResponse({"status": "ok", "version": kouji.__version__})


@router.get("/ready", responses={503: {"description": "The engine is still being loaded."}})
async def ready(request: Request) -> Response:
    """The engine of the settings is loaded and warm."""
    service: Service = request.app.state.service
    return JSONResponse({"ready": service.is_ready}, 200 if service.is_ready else 503)


@router.get("/metrics", response_class=PlainTextResponse, responses={**ERRORS, **_PLAIN})
async def metrics(request: Request, client: Annotated[Client, Depends(allowed("metrics"))]) -> Response:
    """Counters for Prometheus."""
    service: Service = request.app.state.service
    return Response(service.metrics.text(service.hosts), headers={"Content-Type": CONTENT_TYPE_LATEST})


@router.get("/v1/capabilities", responses=ERRORS)
async def capabilities(request: Request, client: Annotated[Client, Depends(allowed("speech"))]) -> dict[str, Any]:
    """Engines with their cards, formats, limits and aliases."""
    service: Service = request.app.state.service
    settings, usable = service.settings, service.usable()
    cards = [
        {key: value for key, value in asdict(service.host(name).card).items() if key not in ("factory", "converter")}
        | {"ready": name in usable, "loaded": service.host(name).is_ready}
        for name in service.known()
    ]
    return {
        "version": kouji.__version__,
        "engine": settings.engine,
        "engines": cards,
        "formats": {name: {"media_type": ENCODERS[name].media_type, "rates": ENCODERS[name].rates} for name in FORMATS},
        "limits": {
            "max_characters": settings.max_characters,
            "max_body_mb": settings.max_body_mb,
            "max_concurrency": settings.max_concurrency,
            "max_waiting": settings.max_waiting,
            "rate_limit": settings.rate_limit,
            "unknown_fields": settings.unknown_fields,
        },
        "aliases": {"models": dict(service.names.models), "voices": dict(service.names.voices)},
    }


@router.get("/v1/licences", responses=ERRORS)
def licences(request: Request, client: Annotated[Client, Depends(allowed("speech"))]) -> dict[str, Any]:
    """What is licensed how, what it is used for here, what was accepted, and the credits that must be passed on."""
    service: Service = request.app.state.service
    return all_licences(service.settings)
