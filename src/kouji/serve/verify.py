"""`POST /v1/audio/verify`: every mark that is found in a sound."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Request, UploadFile

from kouji.policy.verify import format_of
from kouji.policy.verify import verify as look

from .auth import Client
from .clips import MAX_CLIP, MAX_SAMPLES, check_clip
from .documented import ERRORS
from .gate import allowed
from .refusals import TooLarge

router = APIRouter(tags=["about"], responses=ERRORS)


@router.post("/audio/verify")
async def verify(
    request: Request,
    client: Annotated[Client, Depends(allowed("speech"))],
    file: Annotated[UploadFile, File(description="wav, mp3, aac, m4a, flac or ogg.")],
) -> dict[str, Any]:
    """Whether a sound says that a machine made it, and every mark that is found in it."""
    return await asyncio.to_thread(checked, await file.read(MAX_CLIP + 1), "file")


def checked(data: bytes, field: str) -> dict[str, Any]:
    """The answer, for data of any size and kind.

    Raises:
        TooLarge: more bytes than a clip may have.
        InvalidInput: it is no sound.
    """
    if len(data) > MAX_CLIP:
        raise TooLarge("The file is too large.", f"Send at most {MAX_CLIP // 1_000_000} MB.", param=field)
    if format_of(data) not in ("aac", "m4a"):  # which libsndfile does not read, and which are decoded up to MAX_SAMPLES
        check_clip(data, field)
    return look(data, MAX_SAMPLES)
