"""IndexTTS 2 at a glance."""

from __future__ import annotations

from kouji.engines.contract import DENOISE, PRONUNCIATION, VOLUME, Card, Control, Licence, Preset, WeightFile

from .presets import MANNERS

_TERMS = "LicenseRef-bilibili-Model-Use-License"
_OTHERS = {
    "w2v-bert-2.0/config.json": "facebook/w2v-bert-2.0:config.json",
    "w2v-bert-2.0/model.safetensors": "facebook/w2v-bert-2.0:model.safetensors",
    "semantic_codec_model.safetensors": "amphion/MaskGCT:semantic_codec/model.safetensors",
    "campplus_cn_common.bin": "funasr/campplus:campplus_cn_common.bin",
    "bigvgan/config.json": "nvidia/bigvgan_v2_22khz_80band_256x:config.json",
    "bigvgan/bigvgan_generator.pt": "nvidia/bigvgan_v2_22khz_80band_256x:bigvgan_generator.pt",
}

CARD = Card(
    id="indextts2",
    summary="IndexTTS 2: speaks like a clip, with its emotion apart from its timbre, to the length that is asked for.",
    factory="kouji.engines.indextts2.engine:IndexTTS2",
    sample_rate=22050,
    languages=("zh", "en"),
    licences=(
        Licence("code", "Apache-2.0", "Kouji's own; the grammars in data/ are WeTextProcessing's (Apache-2.0)"),
        Licence(
            "weights", _TERMS,
            "bilibili IndexTeam: free to use; a licence of its own above 100 million monthly users or 1 billion RMB a "
            "year; its terms go with every copy; what it makes may not improve other AI models, non-commercial ones "
            "excepted",
        ),
        Licence("hf_cache/w2v-bert-2.0", "MIT", "Meta AI"),
        Licence(
            "hf_cache/semantic_codec_model.safetensors", "CC-BY-NC-4.0", "Amphion, MaskGCT; no commercial use",
            "Semantic codec of MaskGCT by Amphion, CC BY-NC 4.0",
        ),
        Licence("hf_cache/campplus_cn_common.bin", "Apache-2.0", "Alibaba, 3D-Speaker"),
        Licence("hf_cache/bigvgan", "MIT", "NVIDIA, BigVGAN v2"),
        Licence("qwen0.6bemo4-merge", "Apache-2.0", "Alibaba, Qwen3-0.6B; optional"),
    ),
    voices=(),
    controls={
        "speed": Control("Tempo: 2 is twice as fast.", 0.5, 2.0),
        "duration": Control("Seconds, to the sample, within half to twice the natural length."),
        "duration.tokens": Control("Exactly so many codes, 50 a second.", 1, 1500),
        "duration.slot": Control("Also tell the GPT the number of codes (experimental)."),
        "volume": VOLUME,
        "denoise": DENOISE,
        "pronunciation": PRONUNCIATION,
        "emotion.vector": Control("Weights of eight emotions, held back where the voice would suffer."),
        "emotion.reference": Control("The manner of a clip, with intensity 0 to 1; its timbre stays away."),
        "emotion.matrix": Control("Which exemplar of an emotion: nearest (to the voice) or random."),
        "voice.reference": Control("Speak like a clip of 3 to 15 seconds."),
        "pinyin": Control("银HANG2, 银行{hang2}: how a character is said."),
        "sampling": Control(
            "is_drawn, temperature, top_k, top_p, repetition_penalty, n_beams, length_penalty.",
            parts=("is_drawn", "temperature", "top_k", "top_p", "repetition_penalty", "n_beams", "length_penalty"),
        ),
        "segments": Control("interval_silence in seconds between, max_pieces in each."),
    },
    token_rate=50.0,
    files=(
        *map(WeightFile, ("config.yaml", "bpe.model", "gpt.pth", "s2mel.pth", "wav2vec2bert_stats.pt")),
        *map(WeightFile, ("feat1.pt", "feat2.pt")),
        WeightFile("glossary.yaml", optional=True),
        # Optional here, because they may also lie as Hugging Face's own cache keeps them; the engine asks for them.
        *(WeightFile(f"hf_cache/{path}", optional=True, origin=origin) for path, origin in _OTHERS.items()),
    ),
    hubs={"huggingface": "IndexTeam/IndexTTS-2", "modelscope": "IndexTeam/IndexTTS-2"},
    presets=tuple(Preset(name, manner.summary) for name, manner in MANNERS.items()),
    converter="kouji.engines.indextts2.int8:convert",
)  # fmt: skip
