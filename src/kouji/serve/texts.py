"""What will be said, before it is said: `POST /v1/text/normalize`, `/v1/text/phonemize`, and `GET /v1/ssml`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from kouji.control import wording
from kouji.text import Lexicon, analyse_line, is_ssml, normalize
from kouji.text.ssml.supported import SUPPORTED

from .documented import ERRORS
from .gate import allowed
from .schemas import PhonemesRequest, TextRequest
from .service import Service

router = APIRouter(tags=["text"], responses=ERRORS, dependencies=[Depends(allowed("speech"))])


async def _of_bounded_length(body: TextRequest, request: Request) -> TextRequest:
    service: Service = request.app.state.service
    service.check_length(body.input)
    return body


async def _phonemes(body: PhonemesRequest, request: Request) -> PhonemesRequest:
    await _of_bounded_length(body, request)
    return body


Body = Annotated[TextRequest, Depends(_of_bounded_length)]


@router.post("/text/normalize")
async def normalized(body: Body) -> dict[str, Any]:
    """Numbers, dates, units and signs in words."""
    text = await asyncio.to_thread(normalize, body.input, body.language)
    return {"text": body.input, "normalized": text}


@router.post("/text/phonemize")
async def phonemized(body: Annotated[PhonemesRequest, Depends(_phonemes)], request: Request) -> dict[str, Any]:
    """Each line with its units: reading, what is said after sandhi, phonemes."""
    service: Service = request.app.state.service

    def lines() -> list[dict[str, object]]:
        asked = {"pronunciation": service.pronunciations.together(body.pronunciation)} if body.pronunciation else {}
        house = Lexicon.read(service.settings.lexicon) if service.settings.lexicon else None
        words = wording.lexicon_of(asked, house)
        parts = [body.input] if is_ssml(body.input) else body.input.splitlines() or [""]
        return [analyse_line(part, body.language, words, body.normalize == "off") for part in parts]

    return {"lines": await asyncio.to_thread(lines)}


@router.get("/ssml")
async def ssml(request: Request) -> dict[str, Any]:
    """The elements of SSML that are understood, and which engines do what they ask for."""
    service: Service = request.app.state.service
    cards = [service.host(name).card for name in service.usable()]
    tags = {}
    for name, tag in SUPPORTED.items():
        needed = tag.control.split()
        engines = {card.id: [control for control in needed if control in card.controls] for card in cards}
        tags[name] = {"attributes": tag.attributes, "meaning": tag.meaning, "controls": needed, "engines": engines}
    return {"tags": tags}
