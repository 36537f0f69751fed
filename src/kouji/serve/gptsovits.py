"""The dialect of GPT-SoVITS' api_v2: `GET|POST /tts` with text_lang, and SillyTavern's `GET /speakers`, `POST /`.

By body on the main port, or alone on a port of its own (9880 is what its clients expect).

Source: api_v2.py of RVC-Boss/GPT-SoVITS (MIT) for fields and defaults; the tts extension of SillyTavern for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from kouji.errors import InvalidInput, SpeechError, UnknownName
from kouji.types import Notice
from kouji.types import Request as Say

from .auth import Client
from .documented import API_V2_ERRORS, AUDIO
from .errors import problem_of
from .gate import allowed
from .orders import seed_of
from .responses import answered
from .spoken import Order
from .validation import json_of, validated
from .voices import voices_of

if TYPE_CHECKING:
    from kouji.engines.contract import Card

    from .service import Service

LANGUAGES = {
    "auto": "", "auto_yue": "yue", "zh": "zh", "all_zh": "zh", "en": "en", "ja": "ja", "all_ja": "ja", "ko": "ko",
    "all_ko": "ko", "yue": "yue", "all_yue": "yue",
}  # fmt: skip
_MEDIA = {"wav": "wav", "raw": "pcm", "ogg": "opus", "aac": "aac", "mp3": "mp3", "flac": "flac", "m4a": "m4a"}
# Knobs of sampling that an engine may have; what it lacks is left aside with a warning, as these change the take and
# not what is said. The defaults are api_v2's.
_SAMPLING = {"top_k": 15, "top_p": 1.0, "temperature": 1.0, "repetition_penalty": 1.35, "sample_steps": 32}
_TRUE, _FALSE = ("true", "1", "2", "3", "yes"), ("false", "0", "no", "")

router = APIRouter(tags=["GPT-SoVITS"], responses=API_V2_ERRORS)
Speaker = Annotated[Client, Depends(allowed("speech"))]


class ApiV2Request(BaseModel):
    """The fields of api_v2 that mean something here. How it cuts and batches is its own affair, and left aside."""

    model_config = ConfigDict(extra="ignore")

    text: str
    text_lang: str = "auto"
    ref_audio_path: Annotated[str | None, Field(description="A voice: its name, or a path that ends in it.")] = None
    prompt_text: str | None = None
    prompt_lang: str | None = None
    speed_factor: Annotated[float, Field(ge=0.1, le=10)] = 1.0
    seed: Annotated[int, Field(ge=-1, lt=2**63)] = -1
    media_type: Literal["wav", "raw", "ogg", "aac", "mp3", "flac", "m4a"] = "wav"
    streaming_mode: bool = False
    top_k: int = 15
    top_p: float = 1.0
    temperature: float = 1.0
    repetition_penalty: float = 1.35
    sample_steps: int = 32

    @field_validator("streaming_mode", mode="before")
    @classmethod
    def _as_a_word(cls, value: object) -> object:
        """0 to 3, a bool, or the word "true": clients send all of them."""
        word = str(value).lower()
        return True if word in _TRUE else False if word in _FALSE else value

    @field_validator("text_lang")
    @classmethod
    def _known(cls, value: str) -> str:
        if value.lower() not in LANGUAGES:
            raise ValueError(f"give one of {', '.join(LANGUAGES)}")
        return value.lower()


def is_theirs(body: Mapping[str, object]) -> bool:
    """Whether a body at `/tts` speaks this dialect."""
    return any(name in body for name in ("text_lang", "ref_audio_path", "prompt_lang"))


async def speak(request: Request, client: Client, body: dict[str, Any]) -> Response:
    """Answer a request of this dialect."""
    service: Service = request.app.state.service
    try:
        asked = validated(ApiV2Request, body)
        order = _order(service, client, asked, request.app.state.refer_audio.get(client.name, ""))
        headers = {"X-Dialect": "gptsovits"} | ({"Content-Type": "audio/ogg"} if asked.media_type == "ogg" else {})
        return await answered(request, service, order, whole=not asked.streaming_mode, headers=headers)
    except (SpeechError, RequestValidationError) as error:
        return _failed(error)


@router.get("/set_refer_audio")
async def set_refer_audio(request: Request, client: Speaker, refer_audio_path: str = "") -> Response:
    """Who speaks for this client from now on, where a request names nobody."""
    service: Service = request.app.state.service
    try:
        voice = _voice(refer_audio_path, service.host().card)
    except SpeechError as error:
        return _failed(error)
    request.app.state.refer_audio[client.name] = voice
    return JSONResponse({"message": "success"})


@router.get("/set_gpt_weights")
@router.get("/set_sovits_weights")
async def set_weights(client: Speaker) -> Response:
    """Refused: weights are chosen where the server is started."""
    return _failed(InvalidInput("Weights are not changed over the net.", "Start the server with --engine."))


@router.get("/control")
async def control(client: Speaker) -> Response:
    """Refused: nobody ends or restarts the server over the net."""
    return JSONResponse({"message": "control is switched off."}, 403)


@router.get("/speakers")
async def speakers(request: Request, client: Speaker) -> list[dict[str, Any]]:
    """The voices as SillyTavern lists them."""
    rows = voices_of(request.app.state.service)
    return [{"name": row["id"], "voice_id": row["id"], "lang": row["language"]} for row in rows]


@router.post("/", responses=AUDIO)
async def sillytavern(request: Request, client: Speaker) -> Response:
    """SillyTavern's adapter for GPT-SoVITS: the voice is `speaker`, `target_voice` or `ref_audio_path`."""
    body = await json_of(request)
    named = next((body[name] for name in ("speaker", "target_voice", "ref_audio_path") if body.get(name)), None)
    return await speak(request, client, {**body, "ref_audio_path": named})


def _order(service: Service, client: Client, asked: ApiV2Request, refer_audio: str) -> Order:
    host = service.host()
    voice = _voice(asked.ref_audio_path, host.card) if asked.ref_audio_path else refer_audio
    controls: dict[str, object] = {} if asked.speed_factor == 1.0 else {"speed": asked.speed_factor}
    notices: tuple[Notice, ...] = ()
    sampling = {name: getattr(asked, name) for name, default in _SAMPLING.items() if getattr(asked, name) != default}
    if had := [name for name in sampling if _samples(host.card, name)]:
        controls |= {"sampling": {name: sampling.pop(name) for name in had}}
    for name in sampling:
        notices += (Notice("unsupported", f"The engine {host.card.id!r} has no {name}."),)
    request = Say(asked.text, voice, LANGUAGES[asked.text_lang], seed_of(asked.seed), controls)
    return Order(request, host.card.id, _MEDIA[asked.media_type], client=client.name, notices=notices)


def _samples(card: Card, name: str) -> bool:
    """Whether an engine has that knob; one that does not say which it has has all but those of a flow."""
    control = card.controls.get("sampling")
    return control is not None and (name in control.parts if control.parts else name != "sample_steps")


def _voice(path: str, card: Card) -> str:
    """The voice that a path names: `./参考音频/female_1.wav` is female_1. Nothing is read from there."""
    name = PurePosixPath(re.sub(r"\\", "/", path)).name
    known = [voice.id for voice in card.voices]
    for candidate in (name, name.rpartition(".")[0]):
        if candidate in known:
            return candidate
    raise UnknownName("voice", name[:100], known)


def _failed(error: Exception) -> JSONResponse:
    """As api_v2 fails: 400 with a message, whatever was wrong; a full queue as it is."""
    problem = problem_of(error)
    status = problem.status if problem.retry_after is not None else 400
    return JSONResponse({"message": "tts failed", "Exception": problem.message}, status, problem.headers)


async def tts(request: Request, client: Speaker) -> Response:
    """`/tts` of a port that speaks this dialect alone."""
    body = dict(request.query_params) if request.method == "GET" else await json_of(request)
    return await speak(request, client, body)
