"""The route of ChatTTS' example server: several texts in, a zip of one mp3 each out.

Source: examples/api/main.py of 2noise/ChatTTS (AGPL-3.0) for the names of its fields, ChatTTS/core.py for the
defaults of the two tables of parameters. What cannot be done here is refused with the field's name.
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from kouji.engines import that_can
from kouji.errors import UnsupportedControl

from .auth import Client
from .batch import AT_ONCE
from .documented import ERRORS, Answers
from .gate import allowed
from .orders import order_of
from .refusals import unusable
from .responses import headers_of, listening, warnings_of
from .schemas import MAX_SEED, Sampling, SpeechDefaults, VoiceName

if TYPE_CHECKING:
    from kouji.engines.contract import Card

    from .service import Service, Spoken
    from .spoken import Order

router = APIRouter(tags=["ChatTTS"], responses=ERRORS)
_ZIP: Answers = {
    200: {
        "description": "A zip of 0.mp3, 1.mp3, …: one for each text.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_ABOUT_ALL = ("X-Engine", "X-Voice-Id", "X-Seed", "X-Sample-Rate", "X-Marking", "X-Attribution")
_SAMPLING = ("top_p", "top_k", "temperature", "repetition_penalty", "manual_seed")
_THROUGH_CODES = "codes"  # the preset that makes the sound without the decoder
Seed = Annotated[int, Field(ge=0, le=MAX_SEED)]


class _Params(BaseModel):
    """What both tables have. `show_tqdm`, and how a stream is cut, change nothing of the sound."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    prompt: Annotated[str, Field(max_length=200)] = ""
    top_p: Annotated[float, Field(gt=0, le=1, alias="top_P")] = 0.7
    top_k: Annotated[int, Field(ge=1, le=10000, alias="top_K")] = 20
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.7
    repetition_penalty: Annotated[float, Field(ge=0.1, le=20)] = 1.0
    max_new_token: int = 384
    min_new_token: int = 0
    show_tqdm: bool = True
    ensure_non_empty: bool = True
    manual_seed: Seed | None = None
    stream_batch: int = 24
    stream_speed: int = 12000
    pass_first_n_batches: int = 2


class RefineTextParams(_Params):
    """Of the pass that writes pauses and laughter into a text."""


class InferCodeParams(_Params):
    """Of the pass that speaks."""

    prompt: Annotated[str, Field(max_length=200)] = "[speed_5]"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.3
    repetition_penalty: Annotated[float, Field(ge=0.1, le=20)] = 1.05
    max_new_token: int = 2048
    spk_emb: VoiceName | None = None
    spk_smp: str | None = None
    txt_smp: str | None = None


class GenerateVoice(BaseModel):
    """`POST /generate_voice`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"text": ["你好。"], "skip_refine_text": True, "params_infer_code": {"spk_emb": "female_1"}}]
        },
    )

    text: Annotated[list[str], Field(min_length=1, max_length=64)]
    stream: bool = False
    lang: Annotated[str | None, Field(max_length=20)] = None
    skip_refine_text: bool = False
    refine_text_only: bool = False
    use_decoder: bool = True
    do_text_normalization: bool = True
    do_homophone_replacement: bool = False
    audio_seed: Annotated[int, Field(ge=0, lt=10**18, description="The speaker that it draws; 0: spk_emb speaks.")] = 0
    text_seed: Seed = 0
    params_refine_text: RefineTextParams = RefineTextParams()
    params_infer_code: InferCodeParams = InferCodeParams()


@router.post("/generate_voice", response_class=Response, responses=_ZIP)
async def generate_voice(
    body: GenerateVoice, request: Request, client: Annotated[Client, Depends(allowed("speech"))]
) -> Response:
    """Say several texts with one voice; either all of them are in the answer, or none."""
    service: Service = request.app.state.service
    asked = asked_of(body, service.host().card)
    orders = [await order_of(service, client, asked, text) for text in body.text]
    for text in body.text:
        service.check_length(text)
    said = await listening(request, _all_said(service, orders))
    spoken = [each for each, _ in said]
    headers = {name: value for name, value in headers_of(spoken[0]).items() if name in _ABOUT_ALL}
    if notices := list(dict.fromkeys(notice for each in spoken for notice in each.notices)):
        headers["X-Warnings"] = warnings_of(notices)
    headers |= {"X-Dialect": "chattts", "Content-Disposition": "attachment; filename=audio_files.zip"}
    return Response(_zipped([data for _, data in said]), media_type="application/zip", headers=headers)


def asked_of(body: GenerateVoice, card: Card) -> SpeechDefaults:
    """The same in the fields of speech.

    Raises:
        InvalidInput, UnsupportedControl: it cannot be done, at all or by this engine; names the field.
    """
    _check(body)
    code, usual = body.params_infer_code, InferCodeParams()
    sampling = {name: getattr(code, name) for name in _SAMPLING if getattr(code, name) != getattr(usual, name)}
    _check_able(body, card, samples=bool(sampling))
    return SpeechDefaults(
        voice=f"seed_{body.audio_seed}" if body.audio_seed else code.spk_emb,
        response_format="mp3", language=body.lang, seed=body.text_seed,
        preset=None if body.use_decoder else _THROUGH_CODES,
        normalize=None if body.do_text_normalization else "off",
        refine=None if body.skip_refine_text else body.params_refine_text.prompt or True,
        homophones=body.do_homophone_replacement or None,
        sampling=Sampling(**sampling) if sampling else None,
    )  # fmt: skip


def _check_able(body: GenerateVoice, card: Card, samples: bool) -> None:
    """Raises InvalidInput, UnsupportedControl where the engine lacks what is asked for."""
    if body.audio_seed and not card.makes_voice(f"seed_{body.audio_seed}"):
        raise unusable("audio_seed", f"draws no speaker with {card.id!r}", "Send 0, and a voice as spk_emb.")
    if not body.use_decoder and _THROUGH_CODES not in [preset.name for preset in card.presets]:
        raise unusable("use_decoder", f"cannot be false with {card.id!r}", "Leave it out.")
    for field, control, is_asked in (
        ("skip_refine_text", "refine", not body.skip_refine_text),
        ("do_homophone_replacement", "homophones", body.do_homophone_replacement),
        ("params_infer_code", "sampling", samples),
    ):
        if is_asked and control not in card.controls:
            raise UnsupportedControl(card.id, field, that_can(control))


def _check(body: GenerateVoice) -> None:
    """Raises InvalidInput for what is asked for and cannot be done."""
    if body.stream:
        raise unusable("stream", "has no place in a zip", "POST /v1/audio/speech streams.")
    if body.refine_text_only:
        raise unusable("refine_text_only", "makes no sound", "Leave it out.")
    code, refine = body.params_infer_code, body.params_refine_text
    if body.audio_seed and code.spk_emb:
        raise unusable("audio_seed", "and spk_emb both name a speaker", "Send one of them.")
    if code.spk_smp or code.txt_smp:
        hint = "Register the clip as a voice, with the consent of its owner, and send its name as spk_emb."
        raise unusable(f"params_infer_code.{'spk_smp' if code.spk_smp else 'txt_smp'}", "is not read", hint)
    _check_usual("params_infer_code", code, ("prompt",), "Write tags such as [speed_3] into the text, by sentence.")
    _check_usual("params_infer_code", code, ("max_new_token", "min_new_token", "ensure_non_empty"))
    if not body.skip_refine_text:
        ours = ("max_new_token", "min_new_token", "ensure_non_empty", *_SAMPLING)
        _check_usual("params_refine_text", refine, ours)


def _check_usual(table: str, params: _Params, names: tuple[str, ...], hint: str = "Leave it out.") -> None:
    usual = type(params)()
    for name in names:
        if getattr(params, name) != getattr(usual, name):
            shown = type(params).model_fields[name].alias or name
            raise unusable(f"{table}.{shown}", f"can only be {getattr(usual, name)!r}", hint)


async def _all_said(service: Service, orders: list[Order]) -> list[tuple[Spoken, bytes]]:
    """Each with its bytes, in the order of the texts; the first that fails ends the others."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(order: Order) -> tuple[Spoken, bytes]:
        async with places:
            spoken = await service.say(order)
            return spoken, await spoken.whole()

    tasks = [asyncio.ensure_future(one(order)) for order in orders]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


def _zipped(files: list[bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:  # mp3 is as small as it gets
        for index, data in enumerate(files):
            archive.writestr(f"{index}.mp3", data)
    return out.getvalue()
