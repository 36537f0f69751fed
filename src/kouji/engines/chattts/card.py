"""ChatTTS at a glance."""

from __future__ import annotations

from kouji.engines.contract import (
    AS_WRITTEN,
    DENOISE,
    PRONUNCIATION,
    VOLUME,
    Card,
    Control,
    Licence,
    Preset,
    VoicesByRule,
    WeightFile,
)

from .config import TOKEN_RATE
from .presets import PRESETS
from .prompts import STYLES, WITHIN

_SUMS = {
    "asset/Decoder.safetensors": "77aa55e0a977949c4733df3c6f876fa85860d3298cba63295a7bc6901729d4e0",
    "asset/DVAE.safetensors": "1d0b044a8368c0513100a2eca98456b289e6be6a18b7a63be1bcaa315ea874d9",
    "asset/Embed.safetensors": "2ff0be7134934155741b643b74e32fb6bf3eec41257984459b2ed60cdb4c48b0",
    "asset/Vocos.safetensors": "07e5561491cce41f7f90cfdb94b2ff263ff5742c3d89339db99b17ad82cc3f44",
    "asset/gpt/config.json": "0aaa1ecd96c49ad4f473459eb1982fa7ad79fa5de08cde2781bf6ad1f9a0c236",
    "asset/gpt/model.safetensors": "cd0806fd971f52f6a22c923ec64982b305e817bcc41ca83417fcf9141b984a0f",
    "asset/tokenizer/special_tokens_map.json": "bd0ac9d9bb1657996b5c5fbcaa7d80f8de530d01a283da97f89deae5b1b8d011",
    "asset/tokenizer/tokenizer_config.json": "43e9d658b554fa5ee8d8e1d763349323bfef1ed7a89c0794220ab8861387d421",
    "asset/tokenizer/tokenizer.json": "843838a64e121e23e774cc75874c6fe862198d9f7dd43747914633a8fd89c20e",
}
_SIZES = {
    "asset/gpt/config.json": 762,
    "asset/tokenizer/special_tokens_map.json": 7847,
    "asset/tokenizer/tokenizer_config.json": 11028,
    "asset/tokenizer/tokenizer.json": 448604,
}
_WEIGHTS = "CC-BY-NC-4.0"

CARD = Card(
    id="chattts",
    summary="ChatTTS: talks as people do, with pauses, laughter and fillers; for research and education.",
    factory="kouji.engines.chattts.engine:ChatTTS",
    sample_rate=24000,
    languages=("zh", "en"),
    licences=(
        Licence("code", "Apache-2.0", "Kouji's own"),
        Licence(
            "weights", _WEIGHTS, "2noise; not for commercial use. All files of the model folder",
            "ChatTTS by 2noise, CC BY-NC 4.0",
        ),
        Licence("vocoder's architecture", "MIT", "Vocos, Hubert Siuzdak"),
        Licence("quantiser's arithmetic", "MIT", "vector-quantize-pytorch, Phil Wang"),
    ),
    voices=(),
    named=VoicesByRule(
        r"(?:seed_)?\d{1,18}|蘁淰[\u3d01-\u3d06\u4e00-\u8dff]{100,2000}",
        'voice="seed_2" (where the folder has statistics of speakers), or a speaker as text, which begins with 蘁淰',
    ),
    controls={
        "speed": Control("Tempo: 2 is twice as fast.", 0.5, 2.0),
        "volume": VOLUME,
        "denoise": DENOISE,
        "pronunciation": PRONUNCIATION,
        "normalize": AS_WRITTEN,
        "duration": Control("Exact length in seconds, or 0.5 to 2 times the estimated one."),
        "duration.tokens": Control("Exactly so many steps; 46.875 are a second.", 2, 2048),
        "voice.reference": Control("A recording to speak like, 3 to 10 seconds, with its transcript."),
        "sampling": Control(
            "temperature, top_p, top_k, repetition_penalty; manual_seed is the official one.",
            parts=("temperature", "top_p", "top_k", "repetition_penalty", "manual_seed"),
        ),
        "refine": Control("Pauses and laughter are written into the text first: True, or [oral_N][laugh_N][break_N]."),
        "homophones": Control("True: characters go through the table of homophones that the model's folder has."),
        "tags": Control("In the text: [uv_break], [laugh], [lbreak]; [speed_N], [oral_N], [laugh_N], [break_N]."),
    },
    tags=(*WITHIN, *(f"{kind}_{number}" for kind, most in STYLES.items() for number in range(most + 1))),
    files=(
        *(WeightFile(path, _SIZES.get(path, 0), digest) for path, digest in _SUMS.items()),
        WeightFile("asset/spk_stat.txt", optional=True),
        WeightFile("asset/spk_stat.pt", optional=True),
        WeightFile("asset/homophones_map.json", optional=True),
    ),
    retired=tuple(f"asset/{name}.pt" for name in ("GPT", "Decoder", "DVAE", "DVAE_full", "Vocos", "tokenizer")),
    hubs={"huggingface": "2Noise/ChatTTS"},
    presets=tuple(Preset(name, levers.summary) for name, levers in PRESETS.items()),
    converter="kouji.engines.chattts.convert:convert",
    token_rate=TOKEN_RATE,
)  # fmt: skip
