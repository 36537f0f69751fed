"""What a sound says of itself: that a machine made it, which, and on what terms; for file metadata and for headers.

| tag | follows |
| --- | --- |
| `AIGC` | GB 45438-2025, implicit label in file metadata: JSON of seven fields, all text |
| `EU_AI_ACT` | Regulation (EU) 2024/1689, Article 50(2): machine-readable, artificially generated; IPTC's word for it |
| `KOUJI` | our own: engine, id, attribution, what it may train |
| `DESCRIPTION`, `SOFTWARE`, `ATTRIBUTION` | for people, and for players that show them |

The same request gives the same marks, so that the same request gives the same bytes: ids are hashes of what was asked.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kouji.config import LABELS
from kouji.errors import InvalidInput, NotPermitted

KINDS = {"AIGC": "gb45438", "EU_AI_ACT": "eu-ai-act-50", "KOUJI": "kouji"}  # tag -> its name in X-Marking
GENERATED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
# Of GB 45438-2025, appendix E. Whoever passes a sound on replaces the fields of the propagator by their own; whoever
# makes it is its first propagator.
FIELDS = (
    "Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2",
)  # fmt: skip
_SURE = "1"  # Label: 1 is made by AI, 2 may be, 3 is suspected to be


@dataclass(frozen=True)
class Origin:
    """Where a sound comes from."""

    engine: str
    id: str  # see `fingerprint`
    producer: str = ""  # name or code of whoever runs the service; "": kouji
    attribution: str = ""
    training: str = "any"  # as of kouji.policy.Permit
    watermark: str = ""  # id of the one in the sound; "": there is none


def tags(origin: Origin) -> dict[str, str]:
    """Tag -> text, for `kouji.audio.tags`."""
    producer = origin.producer or "kouji"
    aigc = dict(zip(FIELDS, (_SURE, producer, origin.id, "", producer, origin.id, ""), strict=True))
    act = {
        "ai_generated": True, "regulation": "(EU) 2024/1689", "article": "50(2)", "digital_source_type": GENERATED,
    }  # fmt: skip
    own = {
        "engine": origin.engine, "id": origin.id, "training": origin.training,
        **({"attribution": origin.attribution} if origin.attribution else {}),
        **({"watermark": origin.watermark} if origin.watermark else {}),
    }  # fmt: skip
    return {
        "AIGC": _json(aigc),
        "EU_AI_ACT": _json(act),
        "KOUJI": _json(own),
        "DESCRIPTION": "AI-generated speech",
        "SOFTWARE": "kouji",
        **({"ATTRIBUTION": origin.attribution} if origin.attribution else {}),
    }


def parsed(found: Mapping[str, str]) -> dict[str, Any]:
    """Tags as they were read -> {kind: what it says}, those that say nothing left out."""
    said: dict[str, Any] = {}
    for name, kind in KINDS.items():
        try:
            value = json.loads(found.get(name, "null"))
        except ValueError:
            continue
        if name == "AIGC" and isinstance(value, dict):
            value = value.get("AIGC", value)  # some write it with its name around
        if isinstance(value, dict):
            said[kind] = value
    if text := found.get("ATTRIBUTION"):
        said["attribution"] = text
    return said


def kinds(found: Mapping[str, str]) -> list[str]:
    """Names of the marks in some tags, for headers."""
    return [kind for name, kind in KINDS.items() if name in found]


def are_wanted(rule: str, asked: bool) -> bool:
    """Whether a request gets its marks.

    Raises:
        NotPermitted: it asks for none, and nobody may.
    """
    if not asked and rule == "always":
        raise NotPermitted(
            "Marks cannot be left out here.", "The setting `marks = request` would allow it.", param="marks"
        )
    return asked and rule != "off"


def label_of(rule: str, asked: str) -> str:
    """Where a sound says aloud that a machine made it.

    Args:
        rule: of the house: "none", or what every sound has.
        asked: of the request; "": nothing is asked.

    Raises:
        InvalidInput: no such label.
        NotPermitted: less is asked for than the house wants.
    """
    if asked and asked not in LABELS:
        raise InvalidInput(f"label={asked!r} is not possible.", f"Give {', '.join(LABELS)}.")
    if rule == "none" or asked in (rule, "both"):
        return asked or rule
    if asked:
        raise NotPermitted(f"Every sound of this house has its label ({rule}).", "Leave `label` out.")
    return rule


def fingerprint(*parts: object) -> str:
    """64 hexadecimal digits of what was asked; two different ones cannot give the same."""
    digest = hashlib.sha256()
    for part in parts:
        feed(digest, part)
    return digest.hexdigest()


def feed(digest: hashlib._Hash, value: object) -> None:
    """Add a value so that two different ones cannot add the same bytes."""
    if isinstance(value, np.ndarray):
        parts: Sequence[object] = [str(value.dtype), str(value.shape), value.tobytes()]
    elif isinstance(value, Mapping):
        parts = [item for pair in sorted(value.items(), key=lambda pair: str(pair[0])) for item in pair]
    elif isinstance(value, (list, tuple)):
        parts = list(value)
    else:
        data = value if isinstance(value, bytes) else repr(value).encode("utf-8", "surrogatepass")
        digest.update(f"{type(value).__name__}:{len(data)}:".encode() + data)
        return
    digest.update(f"{type(value).__name__}[{len(parts)}]".encode())
    for part in parts:
        feed(digest, part)


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))
