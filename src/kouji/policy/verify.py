"""What a sound file says of itself, and what is heard in it: every mark that is found.

    {"format": "wav", "ai_generated": true,
     "metadata": {"gb45438": {…}, "eu-ai-act-50": {…}, "kouji": {…}, "attribution": "…"},
     "c2pa": {"state": "Valid", …}, "watermark": {…}, "unchecked": []}

What is not there is null; what could not be looked for is named in "unchecked". Metadata can be taken off or made up by
anybody; a manifest says whether its signature holds; the watermark lies in the sound itself.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Any

from kouji.audio import tags
from kouji.audio.mp4 import is_mp4
from kouji.errors import InvalidInput, MissingExtra

from . import marks, provenance

_MAGIC = (
    (b"RIFF", "wav"), (b"fLaC", "flac"), (b"OggS", "ogg"), (b"ID3", "mp3"), (b"\xff\xf1", "aac"), (b"\xff\xf9", "aac"),
    (b"\xff\xfb", "mp3"), (b"\xff\xf3", "mp3"), (b"\xff\xf2", "mp3"),
)  # fmt: skip


def verify(data: bytes, most: int | None = None) -> dict[str, Any]:
    """Every mark of a sound file.

    Args:
        data: the whole file: wav, mp3, aac, m4a, flac or ogg.
        most: samples of all channels that are decoded from aac and m4a, which do not say how many they have.

    Raises:
        InvalidInput: it is none of them.
    """
    format = format_of(data)
    if not format:
        raise InvalidInput("This is no sound file that can be verified.", "Give wav, mp3, aac, m4a, flac or ogg.")
    said = marks.parsed(tags.read(io.BytesIO(data)))
    found: dict[str, Any] = {"format": format, "ai_generated": False, "metadata": said or None}
    unchecked = []
    looks: dict[str, Callable[[], dict[str, Any] | None]] = {
        "c2pa": partial(provenance.read, data, format),
        "watermark": partial(_watermark, data, most),
    }
    for kind, look in looks.items():
        try:
            found[kind] = look()
        except (MissingExtra, InvalidInput):
            found[kind] = None
            unchecked.append(kind)
    label, act, manifest = said.get("gb45438", {}), said.get("eu-ai-act-50", {}), found["c2pa"] or {}
    found["ai_generated"] = (
        str(label.get("Label")) in ("1", "2", "3")
        or act.get("ai_generated") is True
        or manifest.get("digital_source_type") == marks.GENERATED
        or found["watermark"] is not None
    )
    return {**found, "unchecked": unchecked}


def format_of(data: bytes) -> str:
    """wav, mp3, aac, m4a, flac or ogg, by the first bytes; "" for anything else."""
    if is_mp4(data[:8]):
        return "m4a"
    format = next((name for magic, name in _MAGIC if data.startswith(magic)), "")
    if data.startswith(b"ID3") and len(data) > 10:  # what follows the tag says it
        size = 10 + sum((byte & 127) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True))
        return next((name for magic, name in _MAGIC if magic != b"ID3" and data[size:].startswith(magic)), "mp3")
    return format


def _watermark(data: bytes, most: int | None) -> dict[str, Any] | None:
    """What is heard in the sound. Raises InvalidInput or MissingExtra where it cannot be decoded here."""
    from kouji.audio.files import read
    from kouji.audio.watermark import detect

    mark = detect(*read(io.BytesIO(data), most))
    return None if mark is None else asdict(mark)
