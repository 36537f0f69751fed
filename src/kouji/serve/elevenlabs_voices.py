"""ElevenLabs' routes about voices: who can speak, a voice from clips, its settings, its end.

    GET /v1/voices, /v2/voices, /v1/voices/{voice_id}[/settings], /v1/voices/settings/default
    POST /v1/voices/add   DELETE /v1/voices/{voice_id}

Their form has no field for consent, without which no voice is kept here: it comes in `labels`, as JSON with `consent`
(what the owner of the voice agreed to, in words) and, where that is not the voice's name, `person`.
"""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, Response, UploadFile

from kouji.casting import Library
from kouji.errors import UnknownName
from kouji.policy import Consent
from kouji.types import Notice

from .auth import Client
from .clips import MAX_CLIP
from .documented import ELEVENLABS_ERRORS
from .gate import allowed
from .refusals import unusable
from .responses import warnings_of
from .service import Service
from .voices import Keeper, registered, voices_of

router = APIRouter(tags=["ElevenLabs"], responses=ELEVENLABS_ERRORS)
Speaker = Annotated[Client, Depends(allowed("speech"))]
SETTINGS = {"stability": None, "similarity_boost": None, "style": None, "use_speaker_boost": None, "speed": 1.0}


@router.get("/v1/voices")
async def voices(request: Request, client: Speaker) -> dict[str, Any]:
    """Who can speak."""
    return {"voices": [_voice(row, request) for row in voices_of(request.app.state.service)]}


@router.get("/v2/voices")
async def voices_2(
    request: Request, client: Speaker, search: str | None = None,
    page_size: Annotated[int, Query(ge=1, le=100)] = 10, next_page_token: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The same in pages."""
    found = [_voice(row, request) for row in voices_of(request.app.state.service)]
    found = [voice for voice in found if (search or "").lower() in f"{voice['voice_id']} {voice['name']}".lower()]
    start = int(next_page_token) if next_page_token and next_page_token.isdecimal() and len(next_page_token) < 9 else 0
    end = start + page_size
    has_more = end < len(found)
    token = str(end) if has_more else None
    page = found[start:end]
    return {"voices": page, "has_more": has_more, "total_count": len(found), "next_page_token": token}


@router.get("/v1/voices/{voice_id}")
async def voice(voice_id: str, request: Request, client: Speaker) -> dict[str, Any]:
    """One of them."""
    rows = {row["id"]: row for row in voices_of(request.app.state.service)}
    if voice_id not in rows:
        raise UnknownName("voice", voice_id, list(rows))
    return _voice(rows[voice_id], request)


@router.get("/v1/voices/settings/default")
async def default_settings(client: Speaker) -> dict[str, Any]:
    """How a voice speaks unless a request says otherwise."""
    return SETTINGS


@router.get("/v1/voices/{voice_id}/settings")
async def settings(voice_id: str, request: Request, client: Speaker) -> dict[str, Any]:
    """The same of one voice: they do not differ."""
    await voice(voice_id, request, client)
    return SETTINGS


@router.post("/v1/voices/add")
async def add(
    request: Request, response: Response, client: Keeper,
    name: Annotated[str, Form(max_length=200)],
    files: Annotated[list[UploadFile], File(min_length=1, max_length=16)],
    labels: Annotated[str, Form(max_length=8000, description="JSON; `consent` must be in it, `person` may.")] = "",
    description: Annotated[str | None, Form(max_length=2000)] = None,
    remove_background_noise: Annotated[bool | None, Form()] = None,
) -> dict[str, Any]:  # fmt: skip
    """A voice from clips of one person, 3 to 30 seconds together, who has consented."""
    known = _labels(labels)
    agreed = Consent(known.get("person") or name, known.get("consent", ""))
    clips = [await upload.read(MAX_CLIP + 1) for upload in files]
    about = {"language": known.get("language", "")[:20], "description": description or ""}
    row = await registered(request.app.state.service, name, clips, agreed, about, "files")
    notices = [Notice("clip", warning) for warning in row["warnings"]]
    if remove_background_noise:
        notices.append(Notice("unsupported", "remove_background_noise is left aside: give clips without noise."))
    if notices:
        response.headers["X-Warnings"] = warnings_of(notices)
    return {"voice_id": row["id"], "requires_verification": False}


@router.delete("/v1/voices/{voice_id}")
async def remove(voice_id: str, request: Request, client: Keeper) -> dict[str, str]:
    """Take a registered voice out, with its clips and all that engines have learnt of it."""
    service: Service = request.app.state.service
    await asyncio.to_thread(Library(service.settings).remove, voice_id)
    return {"status": "ok"}


def _labels(text: str) -> dict[str, str]:
    """Labels as they came: a JSON object of texts, or nothing."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        found = None
    if found is None and text.strip() == "null":
        found = {}
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise unusable("labels", "cannot be used", "They are a JSON object of texts.")
    if not found.get("consent", "").strip():
        hint = 'Give what the owner of the voice agreed to: {"consent": "for my audio book", "person": "Ann"}.'
        raise unusable("labels", "cannot be used", hint)
    return found


def _voice(row: dict[str, Any], request: Request) -> dict[str, Any]:
    return {
        "voice_id": row["id"], "name": row["name"], "category": "premade", "description": row["licence"],
        "labels": {"language": row["language"], "gender": row["gender"], "engine": row["engine"]},
        "preview_url": str(request.url_for("preview", id=row["id"])), "settings": SETTINGS, "samples": [],
        "available_for_tiers": [], "high_quality_base_model_ids": [row["engine"]],
    }  # fmt: skip
