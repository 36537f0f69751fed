"""Who can speak, as every dialect lists them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .service import Service


def voices_of(service: Service, engine: str | None = None) -> list[dict[str, Any]]:
    """Voices of one engine, or of all that are ready; those of the settings' engine come first.

    Each is {"id", "name", "language", "gender", "licence", "engine"}.
    """
    names = [engine] if engine else service.usable()
    return [asdict(voice) | {"engine": name} for name in names for voice in service.host(name).card.voices]
