"""A request of the OpenAI dialect -> an order for the hall. What cannot be done is said here or there, not ignored."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from kouji.engines import that_can
from kouji.engines.contract import INSTEAD
from kouji.errors import UnknownName, UnsupportedControl
from kouji.text import is_ssml
from kouji.types import Notice, Request

from .clips import Hear, clip_of
from .names import WITHOUT_INSTRUCTIONS
from .refusals import unusable
from .schemas import Emotion, SpeechDefaults, SpeechRequest, VoiceRef
from .spoken import Order

if TYPE_CHECKING:
    from kouji.engines.contract import Card

    from .auth import Client
    from .service import Service

PCM_RATE = 24000  # Hz: what OpenAI's clients take raw samples for


async def order_of(
    service: Service, client: Client, body: SpeechDefaults, text: str, clip: bytes | None = None, hear: Hear = clip_of
) -> Order:
    """The order of a request.

    Args:
        service: that will speak.
        client: who asks.
        body: of the request.
        text: what to say.
        clip: that came beside the body, whose voice is taken.
        hear: reads the clips that the body names.

    Raises:
        SpeechError: a name is not known, a field contradicts another, or the engine cannot do it.
    """
    engine = service.names.engine_of(body.model)
    preset = body.preset or ""
    card = service.host(engine, preset).card
    usual = service.settings.voice if clip is None and body.ref_audio is None else ""  # a clip outweighs it
    voice, notices = service.names.voice_of(_voice(body) or usual, card)
    notices += _left_aside(body, service.settings.unknown_fields == "refuse")
    if body.instructions and body.model in WITHOUT_INSTRUCTIONS:
        notices += (Notice("instructions_ignored", f"{body.model!r} reads no instructions."),)
    _check_instructions(body, card)
    format = body.response_format or "mp3"
    rate = body.sample_rate or (PCM_RATE if format == "pcm" else None)
    controls = await _controls(body, card, hear) | ({} if clip is None else {"reference_audio": clip})
    if body.pronunciation:
        controls["pronunciation"] = service.pronunciations.together(body.pronunciation)
    language = body.language or service.settings.language
    asked = body.watermark, body.label or "", body.marks is not False
    request = Request(text, voice, language, seed_of(body.seed), controls, *asked)
    return Order(
        request, engine, format, rate, None, body.cache or "use", client.name, notices, None, preset, body.loudness
    )


def check_input_type(body: SpeechRequest) -> None:
    """Raises InvalidInput where the text is not of the type that is said to be."""
    if body.input_type is not None and (body.input_type == "ssml") != is_ssml(body.input):
        hint = "SSML begins with <speak." if body.input_type == "ssml" else "What begins with <speak is SSML."
        raise unusable("input_type", "cannot be understood", hint)


def seed_of(seed: int | None) -> int:
    """The seed of a request: 0 unless given, any where -1 is."""
    if seed is not None and seed >= 0:
        return seed
    return 0 if seed is None else secrets.randbelow(2**31)


def _voice(body: SpeechDefaults) -> str:
    return body.voice.id if isinstance(body.voice, VoiceRef) else body.voice or ""


def _left_aside(body: SpeechDefaults, is_strict: bool) -> tuple[Notice, ...]:
    """Fields that nobody knows: refused, or told of."""
    unknown = list(body.model_extra or {})
    if body.params is not None:
        unknown.append("params")
    if unknown and is_strict:
        raise UnknownName("argument", unknown[0][:100], [*type(body).model_fields])
    return tuple(Notice("unknown_field", f"There is no field {name[:100]!r}.") for name in unknown[:20])


def _check_instructions(body: SpeechDefaults, card: Card) -> None:
    able = {"emotion.text", INSTEAD.get("emotion.text", "")} & set(card.controls)
    if _reads_instructions(body) and not able:
        raise UnsupportedControl(card.id, "instructions", that_can("emotion.text"))


def _reads_instructions(body: SpeechDefaults) -> bool:
    return bool(body.instructions) and body.model not in WITHOUT_INSTRUCTIONS


async def _controls(body: SpeechDefaults, card: Card, hear: Hear) -> dict[str, Any]:
    """The arguments of the hall that the fields stand for; the hall checks them against the card."""
    found: dict[str, Any] = {
        "speed": body.speed if body.speed != 1.0 else None,
        "pitch": body.pitch,
        "volume": body.volume,
        "denoise": body.denoise,
        "duration": _duration(body),
        "duration_ratio": body.duration_ratio,
        "n_tokens": body.n_tokens,
        "style": body.style,
        "reference_text": body.ref_text,
        "normalize": "off" if body.normalize == "off" else None,
        "sampling": (body.sampling.model_dump(exclude_none=True) if body.sampling else None) or None,
        **body.own,
        **_emotion(body),
    }
    if body.ref_audio is not None:
        found["reference_audio"] = await hear(body.ref_audio, "ref_audio", card, "voice.reference")
    if isinstance(body.emotion, Emotion) and body.emotion.audio is not None:
        clip = await hear(body.emotion.audio, "emotion.audio", card, "emotion.reference")
        found["emotion_reference"] = clip
    return {name: value for name, value in found.items() if value is not None}


def _duration(body: SpeechDefaults) -> float | None:
    if body.duration is not None and body.duration_ms is not None:
        raise unusable("duration", "cannot be understood", "Give duration or duration_ms, not both.")
    wanted = body.duration if body.duration_ms is None else body.duration_ms / 1000
    if body.duration_tolerance_ms is not None and wanted is None:
        raise unusable("duration_tolerance_ms", "cannot be understood", "It goes with duration or duration_ms.")
    return wanted


def _emotion(body: SpeechDefaults) -> dict[str, Any]:
    given = body.emotion
    found: dict[str, Any] = {"emotion_text": body.instructions} if _reads_instructions(body) else {}
    if isinstance(given, str):
        return found | {"emotion": given}
    if given is None:
        return found
    ways = [name for name in ("name", "vector", "text", "audio") if getattr(given, name) is not None]
    if len(ways) != 1:
        raise unusable("emotion", "cannot be understood", "Give one of name, vector, text and audio.")
    if given.text is not None and found:
        raise unusable("emotion", "cannot be understood", "Give instructions or emotion.text, not both.")
    emotion = given.name if given.name is not None else given.vector
    return found | {"emotion": emotion, "intensity": given.alpha} | ({"emotion_text": given.text} if given.text else {})
