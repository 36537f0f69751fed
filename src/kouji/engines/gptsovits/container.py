"""The files of GPT-SoVITS, as data: which model is in one, its sizes and its tensors. Nothing in them is run.

    s1 .ckpt, s2 .pth    {"weight": {name: half}, "config": {…} or a pickled utils.HParams, "info": "8epoch_96iter…"}
                         and "lora_rank" where only a difference to the published model was saved

Newer files have two digits in the place of the zip's "PK", which say what they are.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from kouji.errors import BadCheckpoint
from kouji.layers import checkpoint

VERSIONS = ("v2", "v2Pro", "v2ProPlus", "v4")  # that we speak with

# First two bytes -> model, and whether it is a difference. Source: process_ckpt.py of RVC-Boss/GPT-SoVITS.
HEADERS = {
    b"00": ("v1", False), b"01": ("v2", False), b"02": ("v3", False), b"03": ("v3", True), b"04": ("v4", True),
    b"05": ("v2Pro", False), b"06": ("v2ProPlus", False),
}  # fmt: skip
# MD5 of the first 8192 bytes of what the authors published. Source: as above.
PUBLISHED = {
    "dc3c97e17592963677a4a1681f30c653": "v1", "6642b37f3dbb1f76882b69937c95a5f3": "v2",
    "43797be674a37c1c83ee81081941ed0f": "v3", "4f26b9476d0c5033e04162c486074374": "v4",
    "c7e9fce2223f3db685cdfa1e6368728a": "v2Pro", "66b313e39455b57ab1b0bc0b239c9d0a": "v2ProPlus",
}  # fmt: skip
_WIDTHS = {512: "v2Pro", 768: "v2ProPlus"}  # channels of the generator
_MADE_FOR_TRAINING = ("optimizer", "optimizer_states", "pytorch-lightning_version", "iteration")


class Values:
    """What a pickled `utils.HParams` becomes: its attributes, and nothing that could do anything."""


@dataclass(frozen=True)
class Container:
    """One file."""

    path: Path
    version: str  # "v1" | "v2" | "v2Pro" | "v2ProPlus" | "v3" | "v4"; "": the file is an s1
    weights: Mapping[str, Tensor]  # as they are stored
    config: Mapping[str, Any]
    info: str = ""
    lora_rank: int = 0  # 0: it is whole

    @property
    def is_lora(self) -> bool:
        """Whether it is only a difference to the published model."""
        return self.lora_rank > 0


def read_s1(path: Path) -> Container:
    """An s1 `.ckpt`.

    Raises:
        BadCheckpoint: cut off, not mere data, or another kind of file.
    """
    content, _ = _opened(path)
    weights, config, info, _ = _parts(path, content)
    if "model.ar_predict_layer.weight" not in weights:
        hint = "Give the .ckpt of GPT_weights*, and the .pth of SoVITS_weights* in its own place."
        raise BadCheckpoint(f"{path} is no s1 (GPT) of GPT-SoVITS.", hint)
    return Container(path, "", weights, config, info)


def read_s2(path: Path) -> Container:
    """An s2 `.pth`; which version it is of is found from what is in it.

    Raises:
        BadCheckpoint: cut off, not mere data, another kind of file, or what it says of itself is not so.
    """
    content, head = _opened(path)
    weights, config, info, rank = _parts(path, content)
    claimed, is_lora = HEADERS.get(head, ("", rank > 0))
    if bool(rank) != is_lora or any(".lora_A." in name for name in weights) != is_lora:
        raise BadCheckpoint(f"{path} does not say the rank of its LoRA, or has none.", "Save it again.")
    if not claimed:
        claimed = PUBLISHED.get(_start(path), "")
    version = claimed if is_lora else _version(path, weights, claimed)
    return Container(path, version, weights, config, info, rank)


def _version(path: Path, weights: Mapping[str, Tensor], claimed: str) -> str:
    """What the tensors are of; a claim decides only between versions that have the same."""
    table, first = weights.get("enc_p.text_embedding.weight"), weights.get("dec.conv_pre.weight")
    if table is None:
        hint = "Give the .pth of SoVITS_weights*, or a published s2G."
        raise BadCheckpoint(f"{path} is no s2 (SoVITS) of GPT-SoVITS.", hint)
    if any(name.startswith("cfm.") for name in weights):
        named = re.search(r"v[34]", path.name.lower())
        version = claimed or (named[0] if named else "")
        if version not in ("v3", "v4"):
            hint = "Both have the same tensors. Write v3 or v4 into the name of the file."
            raise BadCheckpoint(f"{path} may be of v3 or of v4.", hint)
        return version
    if table.shape[0] == 322:
        version = "v1"
    elif "sv_emb.weight" not in weights:
        version = "v2"
    else:
        width = first.shape[0] if first is not None else 0
        version = _WIDTHS.get(width) or (claimed if claimed in _WIDTHS.values() else "v2Pro")
    if claimed and claimed != version:
        hint = "Somebody changed its first bytes; save it again."
        raise BadCheckpoint(f"{path} says it is of {claimed}, but holds {version}.", hint)
    return version


def _opened(path: Path) -> tuple[io.BytesIO | None, bytes]:
    """What is to be unpickled, where it is not the file as it lies there, and its first two bytes."""
    if not path.is_file():
        raise BadCheckpoint(f"There is no file {path}.", "Is the folder complete?")
    with path.open("rb") as file:
        head = file.read(2)
    if head == b"PK":
        if not zipfile.is_zipfile(path):
            raise BadCheckpoint(f"{path} is cut off.", "Download or copy it again.")
        return None, head
    if head not in HEADERS:
        raise BadCheckpoint(f"{path} is no file of GPT-SoVITS: it begins with {head!r}.", "Is it the right one?")
    content = io.BytesIO(b"PK" + path.read_bytes()[2:])
    if not zipfile.is_zipfile(content):
        raise BadCheckpoint(f"{path} is cut off.", "Download or copy it again.")
    content.seek(0)
    return content, head


def _parts(path: Path, content: io.BytesIO | None) -> tuple[dict[str, Tensor], dict[str, Any], str, int]:
    found = checkpoint.unpickled(path, content, [(Values, "utils.HParams")])
    if not isinstance(found, Mapping) or not isinstance(found.get("weight"), Mapping):
        of_training = isinstance(found, Mapping) and any(name in found for name in _MADE_FOR_TRAINING)
        hint = "Give the file in SoVITS_weights* or GPT_weights*." if of_training else "Is it of another model?"
        kind = "a state of training" if of_training else "no file of GPT-SoVITS"
        raise BadCheckpoint(f"{path} is {kind}: it has no table of weights.", hint)
    weights = found["weight"]
    wrong = [name for name, value in weights.items() if not (isinstance(name, str) and isinstance(value, Tensor))]
    if wrong:
        raise BadCheckpoint(f"{path} holds something else than a tensor at {wrong[0]!r}.", "Is it of another model?")
    rank = found.get("lora_rank", 0)
    if isinstance(rank, bool) or not isinstance(rank, int) or not 0 <= rank <= 1024:
        raise BadCheckpoint(f"{path} has lora_rank={rank!r}.", "A positive whole number is expected.")
    config = _plain(found.get("config", {}))
    return dict(weights), config if isinstance(config, dict) else {}, str(found.get("info", "")), rank


def _plain(value: Any) -> Any:
    """Attributes and tables within one another as dictionaries."""
    if isinstance(value, Values):
        value = vars(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _start(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.md5(file.read(8192), usedforsecurity=False).hexdigest()
