"""Where the files of other publishers lie within a model folder."""

from __future__ import annotations

from pathlib import Path

from kouji.errors import MissingWeights

# Name -> path below hf_cache/ as the newer official loaders keep it; and where it comes from: repository, path in it.
AUXILIARIES = {
    "w2vbert": ("w2v-bert-2.0/model.safetensors", "facebook/w2v-bert-2.0", "model.safetensors"),
    "codec": ("semantic_codec_model.safetensors", "amphion/MaskGCT", "semantic_codec/model.safetensors"),
    "campplus": ("campplus_cn_common.bin", "funasr/campplus", "campplus_cn_common.bin"),
    "bigvgan": (
        "bigvgan/bigvgan_generator.pt",
        "nvidia/bigvgan_v2_22khz_80band_256x",
        "bigvgan_generator.pt",
    ),
}


def auxiliary(folder: Path, name: str) -> Path:
    """The file of a model that another publisher gives out.

    Raises:
        MissingWeights: it is at neither place; names both.
    """
    short, repository, inside = AUXILIARIES[name]
    cache = folder / "hf_cache"
    places = [cache / short, *sorted(cache.glob(f"models--{repository.replace('/', '--')}/snapshots/*/{inside}"))]
    for place in places:
        if place.is_file():
            return place
    raise MissingWeights(f"{cache} lacks {short}.", f"It is {inside} of {repository} on Hugging Face.")
