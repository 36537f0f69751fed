"""What the two sides of ElevenLabs' WebSockets tell one another; see elevenlabs_live.

Source: `elevenlabs` 2.78 (MIT), types/initialize_connection.py and the files beside it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from .alignment import in_milliseconds
from .elevenlabs import Locator, SpeechBody, VoiceSettings
from .responses import credits_of, marking_of
from .validation import validated

if TYPE_CHECKING:
    from .continuous import Part
    from .service import Spoken


class Query(BaseModel):
    """What the address says. Times are always told and tags always understood; logs are the house's affair."""

    model_id: Annotated[str, Field(max_length=200)] = ""
    language_code: Annotated[str | None, Field(max_length=20)] = None
    output_format: Annotated[str, Field(max_length=40)] = "mp3_44100_128"
    inactivity_timeout: Annotated[int, Field(ge=1, le=180)] = 20  # seconds
    auto_mode: bool = False
    apply_text_normalization: Literal["auto", "on", "off"] | None = None
    seed: int | None = None


class GenerationConfig(BaseModel):
    """When a passage is spoken."""

    chunk_length_schedule: Annotated[list[float], Field(max_length=100)] | None = None


class Message(BaseModel):
    """Any message of a client."""

    model_config = ConfigDict(extra="allow")

    text: str | None = None
    voice_settings: VoiceSettings | None = None
    generation_config: Annotated[
        GenerationConfig | None, Field(validation_alias=AliasChoices("generation_config", "generator_config"))
    ] = None
    pronunciation_dictionary_locators: Annotated[list[Locator] | None, Field(max_length=20)] = None
    try_trigger_generation: bool | None = None
    flush: bool | None = None
    key: Annotated[str | None, Field(validation_alias=AliasChoices("xi-api-key", "xi_api_key"))] = None
    authorization: str | None = None
    context_id: Annotated[
        str | None, Field(max_length=200, validation_alias=AliasChoices("context_id", "contextId"))
    ] = None
    close_context: bool | None = None
    close_socket: bool | None = None

    @property
    def schedule(self) -> Sequence[float]:
        """How many characters each passage waits for."""
        return (self.generation_config and self.generation_config.chunk_length_schedule) or ()

    @property
    def token(self) -> str | None:
        """The key in it."""
        return self.key or (self.authorization or "").partition(" ")[2] or None


def body_of(query: Query, opening: Message, text: str) -> SpeechBody:
    """The request of the other routes that asks for the same."""
    settings, locators = opening.voice_settings, opening.pronunciation_dictionary_locators
    return validated(SpeechBody, {
        **dict.fromkeys(opening.model_extra or {}, True), "text": text, "model_id": query.model_id,
        "language_code": query.language_code, "seed": query.seed,
        "apply_text_normalization": query.apply_text_normalization,
        "voice_settings": settings.model_dump() if settings else None,
        "pronunciation_dictionary_locators": locators and [locator.model_dump() for locator in locators],
    })  # fmt: skip


def audio(data: bytes, alignment: object = None) -> dict[str, Any]:
    """Some sound."""
    shown = base64.b64encode(data).decode() if data else None
    return {"audio": shown, "isFinal": None, "alignment": alignment, "normalizedAlignment": alignment}


def audio_of(parts: Sequence[Part]) -> dict[str, Any]:
    """Parts that follow one another, with the time of each character from the start of the first."""
    marks = [mark for part in parts for mark in part.marks]
    return audio(b"".join(part.data for part in parts), in_milliseconds(marks, parts[0].start, parts[-1].end))


def about(spoken: Spoken) -> dict[str, Any]:
    """What goes with the first sound beyond ElevenLabs' own fields: theirs is in no header."""
    warnings = [notice.message for notice in spoken.notices]
    return {"warnings": warnings, "marking": marking_of(spoken), **credits_of(spoken)}


FINAL = {**audio(b""), "isFinal": True}
