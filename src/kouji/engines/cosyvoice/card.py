"""CosyVoice-300M at a glance: three published variants of one network."""

from __future__ import annotations

from kouji.engines.contract import (
    AS_WRITTEN,
    CONVERSION,
    DENOISE,
    PRONUNCIATION,
    VOLUME,
    BuiltinVoice,
    Card,
    Control,
    Licence,
    Preset,
    WeightFile,
)

from .config import TOKEN_RATE
from .presets import PRESETS

_WEIGHTS = "Apache-2.0"
_FILES = ("llm.pt", "flow.pt", "hift.pt", "campplus.onnx", "speech_tokenizer_v1.onnx")

# id -> name in spk2info.pt, language, gender
SPEAKERS = {
    "chinese_female": ("中文女", "zh", "female"),
    "chinese_male": ("中文男", "zh", "male"),
    "japanese_male": ("日语男", "ja", "male"),
    "cantonese_female": ("粤语女", "yue", "female"),
    "english_female": ("英文女", "en", "female"),
    "english_male": ("英文男", "en", "male"),
    "korean_female": ("韩语女", "ko", "female"),
}
_VOICES = tuple(
    BuiltinVoice(id, f"{id.replace('_', ' ').capitalize()} ({name})", language, gender, _WEIGHTS)
    for id, (name, language, gender) in SPEAKERS.items()
)
_CONTROLS = {
    "speed": Control("Tempo: 2 is twice as fast.", 0.5, 2.0),
    "volume": VOLUME,
    "denoise": DENOISE,
    "pronunciation": PRONUNCIATION,
    "normalize": AS_WRITTEN,
    "duration": Control("Exact length in seconds, or 0.5 to 2 times the estimated one."),
    "duration.tokens": Control("Exactly so many speech tokens; 50 are a second.", 5, 3000),
    "voice.reference": Control("A recording to speak like, best 3 to 10 seconds with its transcript."),
}
_TAGS = Control("In the text: [laughter], [breath], <laughter>…</laughter>, <strong>…</strong>.")


def _card(variant: str, summary: str, voices: tuple[BuiltinVoice, ...], more: dict[str, Control]) -> Card:
    name = f"CosyVoice-300M{variant}"
    return Card(
        id=name.lower(),
        summary=summary,
        factory=f"kouji.engines.cosyvoice.engine:CosyVoice{variant.removeprefix('-')}",
        sample_rate=22050,
        languages=("zh", "en", "ja", "yue", "ko"),
        licences=(
            Licence("code", "Apache-2.0"),
            Licence("weights", _WEIGHTS, "FunAudioLLM (Alibaba); the speaker encoder is CAM++ of 3D-Speaker"),
            Licence("text tokenizer", "MIT", "OpenAI Whisper"),
        ),
        voices=voices,
        controls={**_CONTROLS, **more},
        files=(*map(WeightFile, _FILES), WeightFile("spk2info.pt", optional=not voices)),
        hubs={"huggingface": f"FunAudioLLM/{name}", "modelscope": f"iic/{name}"},
        presets=tuple(Preset(name, levers.summary) for name, levers in PRESETS.items()),
        converter="kouji.engines.cosyvoice.convert:convert",
        token_rate=TOKEN_RATE,
        devices=("cpu", "cuda", "tensorrt", "mps"),
        spans=("laughter", "strong") if "tags" in more else (),
        published={name: id for id, (name, _, _) in SPEAKERS.items()} if voices else {},
    )


BASE = _card(
    "", "Clones a voice from a few seconds, in its language or another; converts voices.", (),
    {CONVERSION: Control("A recording said again with another voice: what is said stays, and when.")},
)  # fmt: skip
SFT = _card("-SFT", "Seven speakers, five languages.", _VOICES, {})
INSTRUCT = _card(
    "-Instruct", "Seven speakers who take direction in words, laugh and breathe.", _VOICES,
    {"emotion.text": Control("How it is said, described in words."), "tags": _TAGS},
)  # fmt: skip
