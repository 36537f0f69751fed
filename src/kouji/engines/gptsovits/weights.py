"""A pair of official files to networks: the second first, for it says what it is and may be refused."""

from __future__ import annotations

from pathlib import Path

from kouji.errors import BadCheckpoint

from . import lora, places
from .container import VERSIONS, Container, read_s1, read_s2
from .sovits import SoVITS
from .t2s import T2S
from .v4 import SoVITSV4


def pair(s1: Path, s2: Path, version: str, folder: Path) -> tuple[T2S, SoVITS | SoVITSV4]:
    """Both networks.

    Args:
        s1: a .ckpt.
        s2: a .pth.
        version: that the second has to be of.
        folder: where the base of a LoRA is looked for.

    Raises:
        MissingWeights: a LoRA without its base.
        BadCheckpoint: a file is not what it should be.
    """
    found = second(s2, version, folder)
    first = read_s1(s1)
    sovits = SoVITSV4.from_container(found) if version == "v4" else SoVITS.from_container(found)
    t2s = T2S.from_container(first)
    if t2s.config.n_phones != sovits.config.n_phones:
        hint = "Both have to be of v2 or later."
        raise BadCheckpoint(f"{s1} knows {t2s.config.n_phones} phones, {s2} {sovits.config.n_phones}.", hint)
    return t2s, sovits


def second(path: Path, version: str, folder: Path) -> Container:
    """An s2 of that version, whole. (Raises as `pair`.)"""
    found = read_s2(path)
    if found.version != version:
        hint = f"Use the engine gptsovits-{found.version.lower()}." if found.version in VERSIONS else (
            f"Kouji speaks with {', '.join(VERSIONS)}."
        )  # fmt: skip
        raise BadCheckpoint(f"{path} is of {found.version}, not of {version}.", hint)
    if not found.is_lora:
        return found
    base = places.find(folder, places.S2[version])
    return lora.merged(found, read_s2(base) if base else None)
