"""The routes of CosyVoice's FastAPI server: form fields in, raw 16-bit samples out.

Source: runtime/python/fastapi/server.py of FunAudioLLM/CosyVoice (Apache-2.0), for routes and fields.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, UploadFile
from fastapi.responses import Response

from kouji.engines import that_can
from kouji.errors import UnsupportedControl
from kouji.types import Request as Say

from .auth import Client
from .clips import MAX_CLIP, check_clip
from .documented import AUDIO, ERRORS
from .gate import allowed
from .refusals import TooLarge
from .responses import answered
from .spoken import Order

if TYPE_CHECKING:
    from .service import Service

router = APIRouter(tags=["CosyVoice"], responses=ERRORS)
Speaker = Annotated[Client, Depends(allowed("speech"))]
Text = Annotated[str, Form(description="What to say.")]


@router.get("/inference_sft", include_in_schema=False)  # the official client sends its form with GET
@router.post("/inference_sft", response_class=Response, responses=AUDIO)
async def sft(request: Request, client: Speaker, tts_text: Text, spk_id: Annotated[str, Form()] = "") -> Response:
    """A voice that the server knows."""
    return await _speak(request, client, tts_text, spk_id, {})


@router.get("/inference_zero_shot", include_in_schema=False)  # the official client sends its form with GET
@router.post("/inference_zero_shot", response_class=Response, responses=AUDIO)
async def zero_shot(
    request: Request, client: Speaker, tts_text: Text, prompt_text: Annotated[str, Form()], prompt_wav: UploadFile
) -> Response:
    """A voice from a clip whose words are known."""
    clip = await _clip(request, prompt_wav)
    return await _speak(request, client, tts_text, "", {"reference_audio": clip, "reference_text": prompt_text})


@router.get("/inference_cross_lingual", include_in_schema=False)  # the official client sends its form with GET
@router.post("/inference_cross_lingual", response_class=Response, responses=AUDIO)
async def cross_lingual(request: Request, client: Speaker, tts_text: Text, prompt_wav: UploadFile) -> Response:
    """A voice from a clip in another language."""
    return await _speak(request, client, tts_text, "", {"reference_audio": await _clip(request, prompt_wav)})


@router.get("/inference_instruct", include_in_schema=False)  # the official client sends its form with GET
@router.post("/inference_instruct", response_class=Response, responses=AUDIO)
async def instruct(
    request: Request, client: Speaker, tts_text: Text, spk_id: Annotated[str, Form()],
    instruct_text: Annotated[str, Form()],
) -> Response:  # fmt: skip
    """A voice that the server knows, in a manner told in words."""
    return await _speak(request, client, tts_text, spk_id, {"emotion_text": instruct_text})


@router.get("/inference_instruct2", include_in_schema=False)  # the official client sends its form with GET
@router.post("/inference_instruct2", response_class=Response, responses=AUDIO)
async def instruct2(
    request: Request, client: Speaker, tts_text: Text, instruct_text: Annotated[str, Form()], prompt_wav: UploadFile
) -> Response:
    """A voice from a clip, in a manner told in words."""
    clip = await _clip(request, prompt_wav)
    return await _speak(request, client, tts_text, "", {"reference_audio": clip, "emotion_text": instruct_text})


async def _clip(request: Request, upload: UploadFile) -> bytes:
    """The bytes of a clip, for engines that listen to one."""
    service: Service = request.app.state.service
    card = service.host().card
    if "voice.reference" not in card.controls:
        raise UnsupportedControl(card.id, "prompt_wav", that_can("voice.reference"))
    data = await upload.read(MAX_CLIP + 1)
    if len(data) > MAX_CLIP:
        raise TooLarge("The clip is too large.", f"Send at most {MAX_CLIP // 1_000_000} MB.", param="prompt_wav")
    check_clip(data, "prompt_wav")
    return data


async def _speak(request: Request, client: Client, text: str, voice: str, controls: dict[str, Any]) -> Response:
    service: Service = request.app.state.service
    host = service.host()
    voice, notices = service.names.voice_of(voice, host.card)
    order = Order(Say(text, voice, controls=controls), host.card.id, "pcm", client=client.name, notices=notices)
    return await answered(request, service, order, headers={"X-Dialect": "cosyvoice"})
