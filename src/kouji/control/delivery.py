"""Request and markup -> how each utterance is delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kouji.types import Delivery, Utterance


def delivered(utterance: Utterance, controls: Mapping[str, object]) -> Utterance:
    """The utterance with its delivery.

    Args:
        utterance: `controls` hold what the markup around it asks for; that outweighs the request.
        controls: of the whole request, checked against the engine's card.
    """
    asked = {**controls, **utterance.controls}
    delivery = Delivery(
        speed=float(asked.get("speed", 1.0)),  # type: ignore[arg-type]
        pitch=float(asked.get("pitch", 0.0)),  # type: ignore[arg-type]
    )
    return replace(utterance, controls=asked, delivery=delivery)
