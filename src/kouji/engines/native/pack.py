"""A voice pack carries the licence that its owner gives: `licence.json` beside the weights.

    {"name": "CC-BY-4.0", "credits": "read by Zhang San", "uses": ["personal", "research", "commercial"]}

`uses` is what the recordings' own licences leave. Packs without the file are under the licence on the card.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kouji.engines.contract import Card, Licence
from kouji.errors import BadCheckpoint

FILE = "licence.json"


def licensed(card: Card, folder: Path) -> Card:
    """The card with the licence of a pack.

    Raises:
        BadCheckpoint: the file is there and does not say it.
    """
    path = folder / FILE
    if not path.is_file():
        return card
    try:
        found = json.loads(path.read_text("utf-8"))
        name, credits, uses = str(found["name"]), str(found["credits"]), tuple(map(str, found["uses"]))
    except (ValueError, KeyError, TypeError) as error:
        raise BadCheckpoint(f"{path} is no licence: {error!r}.", "See docs/licences.md.") from error
    terms = Licence("weights", name).terms
    left = tuple(use for use in terms.uses if use in uses)
    narrowed = replace(terms, uses=left, attribution=terms.attribution or bool(credits))
    others = tuple(licence for licence in card.licences if licence.part != "weights")
    return replace(card, licences=(*others, Licence("weights", name, credits, own=narrowed)))


def write(folder: Path, name: str, credits: str, uses: Sequence[str]) -> None:
    """Put the licence of a pack beside its weights."""
    text = json.dumps({"name": name, "credits": credits, "uses": list(uses)}, ensure_ascii=False, indent=1)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")
