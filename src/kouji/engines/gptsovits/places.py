"""Where the files of GPT-SoVITS lie within a folder: as published, and what somebody trained beside them.

    FOLDER/*.ckpt  FOLDER/*.pth                  your own pair, or one of the two; the other is the published one
    FOLDER/…                                     the published files, under the paths of lj1995/GPT-SoVITS
    FOLDER/pretrained_models/…  FOLDER/GPT_SoVITS/pretrained_models/…     the same, in a copy of the release
"""

from __future__ import annotations

from pathlib import Path

from kouji.errors import BadCheckpoint, MissingWeights

REPOSITORY = "lj1995/GPT-SoVITS"
HUBERT = "chinese-hubert-base"
BERT = "chinese-roberta-wwm-ext-large"
SPEAKER = "sv/pretrained_eres2netv2w24s4ep4.ckpt"
VOCODER_V4 = "gsv-v4-pretrained/vocoder.pth"
S1 = {
    "v2": "gsv-v2final-pretrained/s1bert25hz-5kh-longer-epoch=12-step=369668.ckpt",
    "v2Pro": "s1v3.ckpt", "v2ProPlus": "s1v3.ckpt", "v4": "s1v3.ckpt",
}  # fmt: skip
S2 = {
    "v2": "gsv-v2final-pretrained/s2G2333k.pth", "v2Pro": "v2Pro/s2Gv2Pro.pth", "v2ProPlus": "v2Pro/s2Gv2ProPlus.pth",
    "v4": "gsv-v4-pretrained/s2Gv4.pth",
}  # fmt: skip
_INSIDE = (".", "pretrained_models", "GPT_SoVITS/pretrained_models")


def find(folder: Path, path: str) -> Path | None:
    """A published file, wherever it may lie."""
    for inside in _INSIDE:
        if (folder / inside / path).is_file():
            return folder / inside / path
    return None


def found(folder: Path, path: str) -> Path:
    """As `find`.

    Raises:
        MissingWeights: it is nowhere.
    """
    place = find(folder, path)
    if place is None:
        raise MissingWeights(f"{folder} lacks {path}.", f"It is {path} of {REPOSITORY} on Hugging Face.")
    return place


def s1(folder: Path, version: str) -> Path:
    """The first network: your own, else the published one.

    Raises:
        MissingWeights, BadCheckpoint: there is none, or more than one.
    """
    return _own(folder, ".ckpt") or found(folder, S1[version])


def s2(folder: Path, version: str) -> Path:
    """The second network. (Raises as `s1`.)"""
    return _own(folder, ".pth") or found(folder, S2[version])


def g2pw(folder: Path) -> Path | None:
    """The folder of g2pW, where there is one: it is no part of lj1995/GPT-SoVITS."""
    for inside in ("G2PWModel", "GPT_SoVITS/text/G2PWModel", "../text/G2PWModel"):
        if (folder / inside).is_dir():
            return folder / inside
    return None


def _own(folder: Path, ending: str) -> Path | None:
    places = sorted(path for path in folder.glob(f"*{ending}") if path.is_file())
    own = [path for path in places if not path.name.startswith(("s1v3", "s1bert25hz", "s2G", "s2D", "vocoder"))]
    if len(own) > 1:
        names = ", ".join(path.name for path in own)
        raise BadCheckpoint(f"{folder} has several files to choose from: {names}.", "Keep one pair in a folder.")
    return own[0] if own else None
