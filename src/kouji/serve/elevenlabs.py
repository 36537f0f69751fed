"""ElevenLabs' routes that speak, for its client and those that copy it.

    POST /v1/text-to-speech/{voice_id}[/stream][/with-timestamps]

Who speaks stands in elevenlabs_voices. What shapes the take alone (stability, similarity, neighbouring texts) and is
not had here is left aside with a warning; what changes what is said is refused. Its clients read failures as 422 with
a `detail`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from kouji.engines.contract import CONVERSION
from kouji.errors import InvalidInput
from kouji.types import Mark, Notice
from kouji.types import Request as Say

from .alignment import characters
from .auth import Client
from .documented import AUDIO, ELEVENLABS_ERRORS
from .gate import allowed
from .orders import seed_of
from .responses import answered, headers_of, listening
from .spoken import Order

if TYPE_CHECKING:
    from kouji.engines.contract import Card

    from .service import Service, Spoken

router = APIRouter(tags=["ElevenLabs"], responses=ELEVENLABS_ERRORS)
Speaker = Annotated[Client, Depends(allowed("speech"))]
OutputFormat = Annotated[
    str, Query(max_length=40, description="CODEC_RATE[_KBITS]: mp3_44100_128, pcm_24000, opus_48000_64, ulaw_8000.")
]
# aac, flac and m4a are ours.
_OUTPUT = re.compile(r"(mp3|pcm|opus|ulaw|alaw|wav|aac|flac|m4a)_(\d{4,6})(?:_(\d{2,3}))?")
_UNUSED = ("stability", "similarity_boost", "style", "use_speaker_boost")
_JSON: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"schema": {"type": "object"}}}}}


class VoiceSettings(BaseModel):
    """How a voice speaks; only the speed is known to every engine."""

    model_config = ConfigDict(extra="ignore")

    stability: float | None = None
    similarity_boost: float | None = None
    style: float | None = None
    use_speaker_boost: bool | None = None
    speed: Annotated[float | None, Field(ge=0.25, le=4)] = None


class Locator(BaseModel):
    """Pronunciations that are kept here, by their id; they have one version."""

    model_config = ConfigDict(extra="ignore")

    pronunciation_dictionary_id: Annotated[str, Field(max_length=80)]


class SpeechBody(BaseModel):
    """The body of all four routes."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"text": "Hello, world."}]})

    text: str
    model_id: Annotated[str, Field(max_length=200)] = ""
    language_code: Annotated[str | None, Field(max_length=20)] = None
    voice_settings: VoiceSettings | None = None
    seed: Annotated[int | None, Field(ge=0, lt=2**63)] = None
    previous_text: str | None = None
    next_text: str | None = None
    apply_text_normalization: Literal["auto", "on", "off"] | None = None
    pronunciation_dictionary_locators: Annotated[list[Locator] | None, Field(max_length=20)] = None


@router.post("/v1/text-to-speech/{voice_id}", response_class=Response, responses=AUDIO)
async def convert(
    voice_id: str, body: SpeechBody, request: Request, client: Speaker, output_format: OutputFormat = "mp3_44100_128"
) -> Response:
    """The whole sound."""
    order = order_for(request.app.state.service, client, voice_id, body, output_format)
    return await answered(request, request.app.state.service, order, whole=True)


@router.post("/v1/text-to-speech/{voice_id}/stream", response_class=Response, responses=AUDIO)
async def stream(
    voice_id: str, body: SpeechBody, request: Request, client: Speaker, output_format: OutputFormat = "mp3_44100_128"
) -> Response:
    """The sound as it is made."""
    order = order_for(request.app.state.service, client, voice_id, body, output_format)
    return await answered(request, request.app.state.service, order)


@router.post("/v1/text-to-speech/{voice_id}/with-timestamps", responses=_JSON)
async def convert_with_timestamps(
    voice_id: str, body: SpeechBody, request: Request, client: Speaker, output_format: OutputFormat = "mp3_44100_128"
) -> Response:
    """The whole sound, and when each character of what is said is said."""
    service: Service = request.app.state.service
    order = order_for(service, client, voice_id, body, output_format)
    spoken = await listening(request, service.say(order))
    data = await listening(request, spoken.whole())
    return JSONResponse(_timed(data, spoken.marks), headers=_json_headers(spoken))


@router.post("/v1/text-to-speech/{voice_id}/stream/with-timestamps", responses=_JSON)
async def stream_with_timestamps(
    voice_id: str, body: SpeechBody, request: Request, client: Speaker, output_format: OutputFormat = "mp3_44100_128"
) -> Response:
    """The same as it is made: a JSON object per line."""
    service: Service = request.app.state.service
    order = order_for(service, client, voice_id, body, output_format)
    spoken = await listening(request, service.say(order))

    async def lines() -> AsyncIterator[bytes]:
        async for piece in spoken:
            if piece.data or piece.marks:
                yield json.dumps(_timed(piece.data, piece.marks)).encode() + b"\n\n"

    return StreamingResponse(lines(), headers={**_json_headers(spoken), "Content-Type": "application/json"})


def models(service: Service) -> list[dict[str, Any]]:
    """`GET /v1/models` for whoever sends `xi-api-key`; OpenAI's clients get their own shape there."""
    cards = [service.host(name).card for name in service.usable()]
    return [
        {
            "model_id": card.id, "name": card.id, "description": card.summary, "can_do_text_to_speech": True,
            "can_do_voice_conversion": CONVERSION in card.controls, "can_be_finetuned": False,
            "maximum_text_length_per_request": service.settings.max_characters,
            "languages": [{"language_id": language, "name": language} for language in card.languages],
        }
        for card in cards
    ]  # fmt: skip


def order_for(service: Service, client: Client, voice_id: str, body: SpeechBody, output_format: str) -> Order:
    """What a body of this dialect asks for.

    Raises:
        SpeechError: a name or a format is not known, or the engine cannot do it.
    """
    match = _OUTPUT.fullmatch(output_format)
    if match is None:
        raise InvalidInput(
            f"output_format={output_format!r} is not possible.", "Give one like mp3_44100_128.", param="output_format"
        )
    codec, rate, kbits = match[1], int(match[2]), match[3]
    engine = service.names.engine_of(body.model_id)
    card = service.host(engine).card
    voice, notices = service.names.voice_of(voice_id, card)
    notices += _left_aside(body, card)
    speed = body.voice_settings.speed if body.voice_settings else None
    controls: dict[str, object] = {} if speed in (None, 1.0) else {"speed": speed}
    if body.apply_text_normalization == "off":
        controls["normalize"] = "off"
    if body.pronunciation_dictionary_locators:
        named = [locator.pronunciation_dictionary_id for locator in body.pronunciation_dictionary_locators]
        controls["pronunciation"] = service.pronunciations.together(named)
    request = Say(body.text, voice, body.language_code or "", seed_of(body.seed), controls)
    bit_rate = 1000 * int(kbits) if kbits else None
    return Order(request, engine, codec, rate, bit_rate, "use", client.name, notices)


def _left_aside(body: SpeechBody, card: Card) -> tuple[Notice, ...]:
    settings = body.voice_settings
    unused = [name for name in _UNUSED if settings and getattr(settings, name) is not None]
    unused += [name for name in ("previous_text", "next_text") if getattr(body, name) is not None]
    unused += [name[:100] for name in body.model_extra or {}][:20]
    return tuple(Notice("unsupported", f"The engine {card.id!r} has no {name}.") for name in unused)


def _timed(data: bytes, marks: Iterable[Mark]) -> dict[str, Any]:
    """Audio with its characters."""
    found = characters(marks)
    alignment = {
        "characters": [character for character, _, _ in found],
        "character_start_times_seconds": [round(start, 3) for _, start, _ in found],
        "character_end_times_seconds": [round(end, 3) for _, _, end in found],
    } if found else None  # fmt: skip
    return {"audio_base64": base64.b64encode(data).decode(), "alignment": alignment, "normalized_alignment": alignment}


def _json_headers(spoken: Spoken) -> dict[str, str]:
    return {name: value for name, value in headers_of(spoken).items() if name != "Content-Type"}
