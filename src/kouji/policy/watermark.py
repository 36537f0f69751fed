"""Whether a sound gets its watermark: by default every one does, and who may leave it out is written down when they do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from kouji.errors import NotPermitted


def is_wanted(rule: str, asked: bool | None) -> bool:
    """Whether a sound is marked.

    Args:
        rule: of the house, one of kouji.config.WATERMARKS.
        asked: by the request; None: nothing.

    Raises:
        NotPermitted: none is asked for, and nobody may.
    """
    if asked is False and rule == "always":
        error = NotPermitted(
            "The watermark cannot be left out here.", "The setting `watermark = request` would allow it."
        )
        error.param = "watermark"
        raise error
    return rule != "off" if asked is None else asked


def id_of(metadata: Mapping[str, object], text: str) -> int:
    """32 bits of a hash of what made a sound: the same request has the same mark, and so the same bytes."""
    parts = json.dumps([text, dict(metadata)], sort_keys=True, ensure_ascii=True, default=str)
    return int.from_bytes(hashlib.sha256(parts.encode()).digest()[:4], "big")
