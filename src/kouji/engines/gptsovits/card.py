"""GPT-SoVITS at a glance: the published versions that we speak with."""

from __future__ import annotations

from kouji.engines.contract import DENOISE, PRONUNCIATION, VOLUME, Card, Control, Licence, Preset, WeightFile

from . import places
from .config import N_PLACES, SAMPLE_RATE, SAMPLE_RATE_V4, TOKEN_RATE
from .presets import PRESETS


def _sampling(*more: str) -> Control:
    parts = ("is_drawn", "temperature", "top_k", "top_p", "repetition_penalty", *more)
    return Control(f"{', '.join(parts)}.", parts=parts)


_CONTROLS = {
    "speed": Control("Tempo: 2 is twice as fast.", 0.5, 2.0),
    "volume": VOLUME,
    "denoise": DENOISE,
    "pronunciation": PRONUNCIATION,
    "duration": Control("Exact length in seconds, or 0.5 to 2 times the estimated one."),
    "duration.tokens": Control("Exactly so many semantic codes; 25 are a second.", 5, 1500),
    "voice.reference": Control("A recording to speak like; with its transcript it has 3 to 10 seconds."),
    "emotion.reference": Control("The manner of another clip of 3 to 10 seconds, whose transcript must be given."),
    "emotion.transcript": Control("emotion_reference_text: what is said in that clip."),
    "sampling": _sampling(),
    "segments": Control("interval_silence in seconds between the pieces of a sentence."),
    "segments.cut": Control("text_split_method: cut0 to cut5, where a sentence is cut into pieces."),
}


def _card(version: str, summary: str, *more: str, sample_rate: int = SAMPLE_RATE) -> Card:
    licences = [
        Licence("code", "Apache-2.0", "Kouji's own, after RVC-Boss/GPT-SoVITS (MIT)"),
        Licence("weights", "MIT", "RVC-Boss, GPT-SoVITS"),
        Licence(places.HUBERT, "MIT", "TencentGameMate"),
        Licence(places.BERT, "Apache-2.0", "HFL, Chinese-BERT-wwm"),
    ]
    if places.SPEAKER in more:
        licences.append(Licence(places.SPEAKER, "Apache-2.0", "Alibaba, 3D-Speaker"))
    files = (
        f"{places.HUBERT}/config.json", f"{places.HUBERT}/pytorch_model.bin", f"{places.BERT}/config.json",
        f"{places.BERT}/tokenizer.json", f"{places.BERT}/pytorch_model.bin", *more,
    )  # fmt: skip
    return Card(
        id=f"gptsovits-{version.lower()}",
        summary=summary,
        factory=f"kouji.engines.gptsovits.engine:GPTSoVITS{version}",
        sample_rate=sample_rate,
        languages=("zh", "en", "ja", "ko", "yue"),
        licences=tuple(licences),
        voices=(),
        controls={**_CONTROLS, "sampling": _sampling("sample_steps")} if version == "v4" else _CONTROLS,
        # The pair itself may be your own, wherever it lies in the folder; the engine asks for it.
        files=(
            *map(WeightFile, files),
            WeightFile(places.S1[version], optional=True), WeightFile(places.S2[version], optional=True),
        ),
        hubs={"huggingface": places.REPOSITORY},
        presets=tuple(Preset(name, levers.summary) for name, levers in PRESETS.items()),
        converter=f"kouji.engines.gptsovits.convert:convert_{version.lower()}",
        batch=N_PLACES,
        token_rate=TOKEN_RATE,
    )  # fmt: skip


V2 = _card("v2", "GPT-SoVITS v2: speaks like a clip of 3 to 10 seconds, in five languages; or like whom you trained.")
V2PRO = _card("v2Pro", "GPT-SoVITS v2Pro: as v2, and nearer to the speaker.", places.SPEAKER)
V2PROPLUS = _card("v2ProPlus", "GPT-SoVITS v2ProPlus: as v2Pro, with a larger generator.", places.SPEAKER)
V4 = _card(
    "v4", "GPT-SoVITS v4: 48 kHz, a flow that goes on from the recording; also LoRA trainings.", places.VOCODER_V4,
    sample_rate=SAMPLE_RATE_V4,
)  # fmt: skip
