"""The house dialect, kept for ever: `GET /voices`, `POST /tts`."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import ConfigDict, Field

from kouji.audio.encoder import FORMATS

from . import gptsovits
from .auth import Client
from .documented import API_V2_ERRORS, AUDIO, ERRORS
from .gate import allowed
from .orders import order_of
from .responses import facts_of, headers_of, listening, marks_of
from .schemas import SpeechDefaults
from .service import Service
from .takes import Take
from .validation import json_of, validated
from .voices import voices_of

router = APIRouter(tags=["house"], responses=ERRORS)
Speaker = Annotated[Client, Depends(allowed("speech"))]


class HouseRequest(SpeechDefaults):
    """`POST /tts`: text, voice and language, and any field of the OpenAI dialect."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "你好，世界。", "voice": "female_1", "language": "zh"}]}
    )

    text: str
    return_: Annotated[Literal["url", "base64"], Field(alias="return")] = "url"


@router.get("/voices")
async def voices(request: Request, client: Speaker) -> list[dict[str, Any]]:
    """Who can speak."""
    return voices_of(request.app.state.service)


_SCHEMA = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "properties": {
            "text": {"type": "string"}, "voice": {"type": "string"}, "language": {"type": "string"},
            "return": {"enum": ["url", "base64"]},
        }, "required": ["text"]}}},
    }
}  # fmt: skip


@router.post("/tts", responses={**API_V2_ERRORS, **AUDIO}, openapi_extra=_SCHEMA)
async def tts(request: Request, client: Speaker) -> Response:
    """Say a text. A body with `text_lang`, `ref_audio_path` or `prompt_lang` is GPT-SoVITS' api_v2 instead."""
    body = await json_of(request)
    if gptsovits.is_theirs(body):
        return await gptsovits.speak(request, client, body)
    return await _speak(request, client, validated(HouseRequest, body))


@router.get("/tts", responses={**API_V2_ERRORS, **AUDIO})
async def tts_by_address(request: Request, client: Speaker) -> Response:
    """The same with the fields in the address."""
    body = dict(request.query_params)
    if gptsovits.is_theirs(body):
        return await gptsovits.speak(request, client, body)
    return await _speak(request, client, validated(HouseRequest, body))


async def _speak(request: Request, client: Client, body: HouseRequest) -> Response:
    service: Service = request.app.state.service
    asked = body.model_copy(update={"response_format": body.response_format or "wav"})
    order = await order_of(service, client, asked, body.text)
    spoken = await listening(request, service.say(order))
    data = await listening(request, spoken.whole())
    answer = facts_of(spoken, order)
    if body.timestamps not in (None, "none"):
        answer["timestamps"] = marks_of(spoken.marks, str(body.timestamps))
    if body.return_ == "base64":
        answer["audio"] = base64.b64encode(data).decode()
    else:
        name = request.app.state.takes.keep(Take(data, FORMATS[order.format].media_type), order.format)
        answer["audio_url"] = str(request.url_for("take", name=name))
    headers = {key: value for key, value in headers_of(spoken).items() if key != "Content-Type"}
    return JSONResponse(answer, headers={**headers, "X-Dialect": "house"})
