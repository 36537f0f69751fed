"""Request and markup -> how each utterance is delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kouji.types import Utterance


def delivered(utterance: Utterance, controls: Mapping[str, object]) -> Utterance:
    """The utterance with its delivery.

    Args:
        utterance: `controls` hold what the markup around it asks for; that outweighs the request. Its delivery holds
            what its emotion asks for; tempo, pitch and volume are added to that.
        controls: of the whole request, checked against the engine's card.
    """
    asked = {**controls, **utterance.controls}
    felt = utterance.delivery
    delivery = replace(
        felt,
        speed=felt.speed * float(asked.get("speed", 1.0)),  # type: ignore[arg-type]
        pitch=felt.pitch + float(asked.get("pitch", 0.0)),  # type: ignore[arg-type]
        volume=felt.volume + float(asked.get("volume", 0.0)),  # type: ignore[arg-type]
        denoise=float(asked.get("denoise", 0.0)),  # type: ignore[arg-type]
    )
    return replace(utterance, controls=asked, delivery=delivery)
