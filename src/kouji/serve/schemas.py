"""What a request of the OpenAI dialect may hold: OpenAI's own fields, then ours.

Ours may stand at the top level or come through `extra_body` of OpenAI's client, which is the same. null is as good as
left out. Ranges that depend on the engine are checked against its card, by the hall.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kouji.audio.loudness import LOUDEST, QUIETEST
from kouji.config import LABELS

from .spoken import CACHE_MODES

FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm", "m4a")
MAX_SEED = 2**63 - 1

Rate = Annotated[int, Field(ge=8000, le=96000)]
Pronunciation = Annotated[
    dict[str, str | dict[str, str]],
    Field(description="Words and how they are said: pinyin, jyutping, ARPABET, kana, hangul, or =other text."),
]
PronunciationId = Annotated[str, Field(max_length=80)]
_Words = Pronunciation | PronunciationId
Pronunciations = _Words | Annotated[list[_Words], Field(max_length=20)]
Weight = Annotated[float, Field(ge=0, le=1)]


# A name, or a speaker as text: ChatTTS' are about a thousand characters long.
VoiceName = Annotated[str, Field(max_length=4096)]


class VoiceRef(BaseModel):
    """A voice as an object."""

    id: VoiceName


class Emotion(BaseModel):
    """How it is said: one of name, vector, text and audio."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str | None, Field(max_length=40, description="happy, angry, sad, …")] = None
    vector: Annotated[list[Weight] | None, Field(min_length=8, max_length=8)] = None
    text: Annotated[str | None, Field(max_length=4096, description="In words, for engines that read them.")] = None
    audio: Annotated[str | None, Field(description="A clip whose manner is taken: data URL, https URL.")] = None
    alpha: Annotated[float | None, Field(ge=0, le=1, description="How strongly.")] = None


class Sampling(BaseModel):
    """Of engines that sample."""

    model_config = ConfigDict(extra="forbid")

    temperature: Annotated[float | None, Field(ge=0, le=2)] = None
    top_p: Annotated[float | None, Field(gt=0, le=1)] = None
    top_k: Annotated[int | None, Field(ge=1, le=10000)] = None
    repetition_penalty: Annotated[float | None, Field(ge=0.1, le=20)] = None
    is_drawn: Annotated[bool | None, Field(description="false: the likeliest each time.")] = None
    n_beams: Annotated[int | None, Field(ge=1, le=100)] = None
    sample_steps: Annotated[int | None, Field(ge=1, le=1000, description="Of a flow.")] = None
    length_penalty: Annotated[float | None, Field(ge=-10, le=10)] = None
    manual_seed: Annotated[int | None, Field(ge=0, le=MAX_SEED, description="ChatTTS' own.")] = None


class Sound(BaseModel):
    """What may be asked of any sound, whether it is a text that is said or a recording."""

    model_config = ConfigDict(extra="allow")

    model: Annotated[str, Field(max_length=200, description="An engine or an alias, see /v1/models.")] = ""
    preset: Annotated[str, Field(max_length=40, description="Of the engine, see /v1/capabilities.")] | None = None
    response_format: Literal[FORMATS] | None = None  # type: ignore[valid-type]
    sample_rate: Rate | None = None
    seed: Annotated[int | None, Field(ge=-1, le=MAX_SEED, description="-1: any, told in X-Seed.")] = None
    volume: Annotated[float | None, Field(ge=-96, le=96, description="dB.")] = None
    denoise: Annotated[float | None, Field(ge=0, le=1, description="Less noise: 0 is off, 1 is most.")] = None
    loudness: Annotated[
        float | None, Field(ge=QUIETEST, le=LOUDEST, description="LUFS that the whole is brought to, once it is made.")
    ] = None
    ref_text: Annotated[str | None, Field(max_length=4096)] = None
    watermark: Annotated[bool | None, Field(description="false: none, where the house allows it.")] = None
    label: Annotated[
        Literal[LABELS] | None,  # type: ignore[valid-type]
        Field(description="Says aloud that a machine speaks."),
    ] = None
    marks: Annotated[bool | None, Field(description="false: the file is not marked; where the house allows it.")] = None
    stream: Annotated[bool | None, Field(description="false: one body with its length.")] = None

    @property
    def is_whole(self) -> bool:
        """Whether one body is wanted instead of a stream."""
        return self.stream is False


class OfOneEngine(BaseModel):
    """What one engine or another can be asked for, by the names of Python; those that lack it refuse it."""

    refine: Annotated[
        bool | Annotated[str, Field(max_length=200)] | None,
        Field(
            union_mode="left_to_right",  # "true" in an address is true
            description="true, or [oral_2][laugh_0][break_6]: pauses and laughter are written into the text first.",
        ),
    ] = None
    homophones: Annotated[bool | None, Field(description="true: through the model's table of homophones.")] = None
    interval_silence: Annotated[float | None, Field(ge=0, le=60, description="Seconds between pieces.")] = None
    max_pieces: Annotated[int | None, Field(ge=1, le=10_000)] = None
    text_split_method: Annotated[str | None, Field(max_length=40, description="cut0 to cut5.")] = None
    emotion_reference_text: Annotated[
        str | None, Field(max_length=4096, description="What is said in the clip of the emotion.")
    ] = None
    emotion_matrix: Annotated[str | None, Field(max_length=40, description="nearest or random.")] = None
    duration_slot: bool | None = None

    @property
    def own(self) -> dict[str, object]:
        """What is asked for; false is what every engine does."""
        found = {name: getattr(self, name) for name in OfOneEngine.model_fields}
        return {name: value for name, value in found.items() if value is not None and value is not False}


class Extensions(OfOneEngine, Sound):
    """Fields beyond OpenAI's, of a text that is said."""

    language: Annotated[str | None, Field(max_length=20, description="zh, en, ja, ko, yue; else found out.")] = None
    duration: Annotated[float | None, Field(gt=0, le=3600, description="Seconds that it shall take.")] = None
    duration_ms: Annotated[int | None, Field(gt=0, le=3_600_000)] = None
    duration_ratio: Annotated[float | None, Field(gt=0, le=10)] = None
    duration_tolerance_ms: Annotated[int | None, Field(ge=10, le=3_600_000, description="10 is always kept.")] = None
    n_tokens: Annotated[int | None, Field(ge=1, le=100_000)] = None
    pitch: Annotated[float | None, Field(ge=-48, le=48, description="Semitones.")] = None
    emotion: str | Emotion | None = None
    style: Annotated[str | None, Field(max_length=200)] = None
    ref_audio: Annotated[str | None, Field(description="A voice to speak like: data URL, https URL.")] = None
    sampling: Sampling | None = None
    normalize: Annotated[
        Literal["auto", "on", "off"] | None, Field(description="off: the text is said as it is written.")
    ] = None
    pronunciation: Pronunciations | None = None
    timestamps: Literal["none", "word", "phoneme"] | None = None
    cache: Literal[CACHE_MODES] | None = None  # type: ignore[valid-type]
    params: Annotated[dict[str, Any] | None, Field(description="Of other servers; left aside with a warning.")] = None


class SpeechDefaults(Extensions):
    """A request without its text."""

    voice: VoiceName | VoiceRef | None = None
    instructions: Annotated[str | None, Field(max_length=4096)] = None
    speed: Annotated[float | None, Field(ge=0.25, le=4.0)] = None


class SpeechRequest(SpeechDefaults):
    """`POST /v1/audio/speech`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": "native", "input": "Hello, world.", "voice": "english_1"},
                {"model": "tts-1", "input": "你好，世界。", "voice": "alloy", "response_format": "wav", "seed": 7},
            ]
        }
    )

    model: Annotated[str, Field(max_length=200, description="An engine or an alias, see /v1/models.")]
    input: Annotated[str, Field(description="What to say.")]
    stream_format: Literal["audio", "sse"] | None = None
    input_type: Annotated[
        Literal["text", "ssml"] | None, Field(description="Without it, what begins with <speak is SSML.")
    ] = None


class BatchItem(SpeechDefaults):
    """One text of a batch; what it does not say, the batch says."""

    input: str
    id: Annotated[str | None, Field(max_length=200)] = None


class BatchRequest(SpeechDefaults):
    """`POST /v1/audio/speech/batch`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"model": "native", "items": [{"input": "One."}, {"input": "Two.", "seed": 3}]},
            ]
        }
    )

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=64)]


class TextRequest(BaseModel):
    """`POST /v1/text/normalize`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"input": "3.5 km", "language": "en"}]})

    input: str
    language: Annotated[str | None, Field(max_length=20)] = None


class PhonemesRequest(TextRequest):
    """`POST /v1/text/phonemize`."""

    normalize: Literal["auto", "on", "off"] | None = None
    pronunciation: Pronunciations | None = None


class ErrorBody(BaseModel):
    """What went wrong, and with which field."""

    message: str
    type: str
    param: str | None
    code: str


class ErrorAnswer(BaseModel):
    """Every failure looks like this."""

    error: ErrorBody
