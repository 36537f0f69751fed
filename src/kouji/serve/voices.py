"""Who can speak, as every dialect lists them; and voices that clients register, with the consent of their owners."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from fastapi.responses import Response

from kouji.casting import Library
from kouji.casting.library import Registered
from kouji.engines.contract import BuiltinVoice
from kouji.errors import UnknownName
from kouji.policy import Consent
from kouji.types import Request as Say

from .auth import Client
from .clips import MAX_CLIP, check_clip
from .documented import AUDIO, ERRORS
from .gate import allowed
from .responses import answered
from .service import Service
from .spoken import Order

router = APIRouter(tags=["OpenAI"], responses=ERRORS)
# What a voice says of itself: long enough to judge it by, and for its watermark to be read.
HELLO = {
    "zh": "你好，我的声音听起来是这样的。", "en": "Hello, this is what my voice sounds like.",
    "ja": "こんにちは。わたしのこえは、こんなかんじです。", "ko": "안녕하세요. 제 목소리는 이렇습니다.",
    "yue": "你好，我把声系咁样嘅。",
}  # fmt: skip
Keeper = Annotated[Client, Depends(allowed("voices"))]


def voices_of(service: Service, engine: str | None = None) -> list[dict[str, Any]]:
    """Voices of one engine, or of all that are ready; those of the settings' engine come first.

    Each is {"id", "name", "language", "gender", "licence", "engine"}.
    """
    names = [engine] if engine else service.usable()
    rows = [_builtin(voice, name) for name in names for voice in service.host(name).card.voices]
    library = Library(service.settings)
    able = [name for name in names if "voice.reference" in service.host(name).card.controls]
    if able and library.exists:
        rows += [_row(each, able[0]) for each in library.voices() if each.consent.revoked_at is None]
    return rows


def _builtin(voice: BuiltinVoice, engine: str) -> dict[str, Any]:
    return {
        "id": voice.id, "name": voice.name, "language": voice.language, "gender": voice.gender,
        "licence": voice.licence, "engine": engine,
    }  # fmt: skip


def _row(registered: Registered, engine: str) -> dict[str, Any]:
    voice = registered.voice
    return {
        "id": voice.name, "name": voice.description or voice.name, "language": voice.language, "gender": voice.gender,
        "licence": f"by consent of {registered.consent.person}", "engine": engine,
    }  # fmt: skip


@router.post("/audio/voices")
async def register(
    request: Request, client: Keeper,
    name: Annotated[str, Form(max_length=200)],
    consent: Annotated[str, Form(max_length=2000, description="What the owner of the voice agreed to, in words.")],
    audio_sample: Annotated[list[UploadFile], File(min_length=1, max_length=16)],
    person: Annotated[str, Form(max_length=2000, description="Who consents; without it the name.")] = "",
    ref_text: Annotated[str, Form(max_length=4096)] = "",
    language: Annotated[str, Form(max_length=20)] = "",
    description: Annotated[str, Form(max_length=2000)] = "",
) -> dict[str, Any]:  # fmt: skip
    """Register a voice from clips of one person, 3 to 30 seconds together, who has consented."""
    clips = [await upload.read(MAX_CLIP + 1) for upload in audio_sample]
    about = {"transcript": ref_text, "language": language, "description": description}
    return await registered(request.app.state.service, name, clips, Consent(person or name, consent), about)


async def registered(
    service: Service, name: str, clips: Sequence[bytes], agreed: Consent, about: Mapping[str, str],
    field: str = "audio_sample",
) -> dict[str, Any]:  # fmt: skip
    """Register a voice for all that knock: its row with "warnings". (Raises as `Casting.add` does.)

    `field`: of the request that holds the clips, for messages.
    """
    host = service.host()
    for data in clips:
        check_clip(data, field)

    def add() -> dict[str, Any]:
        voice, sample = host.session().casting.add(name, clips, agreed, **about)
        found = [finding for findings in sample.findings for finding in findings if finding.verdict != "ok"]
        row = _row(Registered(voice, agreed), host.card.id)
        return {**row, "warnings": [f"{finding.item}: {finding.message}" for finding in found]}

    return await asyncio.to_thread(add)


@router.delete("/audio/voices/{id}")
async def remove(id: str, request: Request, client: Keeper) -> dict[str, Any]:
    """Take a registered voice out, with its clips and all that engines have learnt of it."""
    service: Service = request.app.state.service
    await asyncio.to_thread(Library(service.settings).remove, id)
    return {"id": id, "deleted": True}


@router.get("/audio/voices/{id}/preview", response_class=Response, responses=AUDIO)
async def preview(id: str, request: Request, client: Annotated[Client, Depends(allowed("speech"))]) -> Response:
    """A voice says hello."""
    service: Service = request.app.state.service
    rows = {row["id"]: row for row in voices_of(service)}
    if id not in rows:
        raise UnknownName("voice", id, list(rows))
    language = rows[id]["language"] or service.host(rows[id]["engine"]).card.languages[0]
    order = Order(Say(HELLO.get(language, "1, 2, 3."), id, language), rows[id]["engine"], client=client.name)
    return await answered(request, service, order, whole=True)
