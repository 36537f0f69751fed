"""Which engines there are, and how to get at one by name."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from kouji.errors import UnknownName, UnsupportedControl, UnsupportedDevice
from kouji.policy.licences import attribution as named
from kouji.policy.licences import is_allowed

from . import folders
from .contract import INSTEAD, Card, Device, Engine

# A table to read, not a mechanism to guess: name -> where its card lies. Third parties add theirs with an
# entry point of the group `kouji.engines`, which points to a card in the same way.
ENGINES = {
    "native": "kouji.engines.native.card:CARD",
    "cosyvoice-300m": "kouji.engines.cosyvoice.card:BASE",
    "cosyvoice-300m-sft": "kouji.engines.cosyvoice.card:SFT",
    "cosyvoice-300m-instruct": "kouji.engines.cosyvoice.card:INSTRUCT",
    "indextts2": "kouji.engines.indextts2.card:CARD",
    "chattts": "kouji.engines.chattts.card:CARD",
    "gptsovits-v2": "kouji.engines.gptsovits.card:V2",
    "gptsovits-v2pro": "kouji.engines.gptsovits.card:V2PRO",
    "gptsovits-v2proplus": "kouji.engines.gptsovits.card:V2PROPLUS",
    "gptsovits-v4": "kouji.engines.gptsovits.card:V4",
}


def names() -> list[str]:
    """Every engine that is installed, ours first."""
    return [*ENGINES, *sorted(_third_party())]


def card(name: str) -> Card:
    """The card of an engine; imports neither its networks nor its weights.

    Raises:
        UnknownName: no such engine; names the nearest.
    """
    address = ENGINES.get(name) or _third_party().get(name)
    if address is None:
        raise UnknownName("engine", name, names())
    found: Card = _load(address)
    return found


def cards() -> Iterator[Card]:
    """The cards of all installed engines."""
    return map(card, names())


def start(
    card: Card, n_threads: int = 1, models: Path | None = None, preset: str = "", device: Device | None = None
) -> Engine:
    """Load an engine, with its weights.

    Args:
        card: of the engine.
        n_threads: processor threads.
        models: where downloaded models lie; needed where the card names files.
        preset: one of the card's; "": its first.
        device: where it runs; None: its own choice.

    Raises:
        UnknownName: no such preset.
        UnsupportedDevice: it does not run there.
        MissingWeights: the files are not there; says how to get them.
        BadCheckpoint: a file is not what it should be.
    """
    check_preset(card, preset)
    folder = folders.checked(card, models) if card.files else None
    return _made(card, n_threads, folder, preset, device)


def start_from(
    card: Card, folder: Path, n_threads: int = 1, preset: str = "", device: Device | None = None
) -> Engine:
    """`start`, with the files of a folder that somebody names."""
    check_preset(card, preset)
    found = folders.named(card, folder)
    return _made(card, n_threads, found, preset, device)


def _made(card: Card, n_threads: int, folder: Path | None, preset: str, device: Device | None) -> Engine:
    device = device or Device()
    more = {"device": device} if len(card.devices) > 1 else {}
    if not more and not device.is_plain:
        asked = " in ".join(filter(None, (device.name or "cpu", device.precision)))
        others = [each.id for each in cards() if len(each.devices) > 1]
        raise UnsupportedDevice(
            f"The engine {card.id!r} does not run on {asked}.",
            f"It runs on cpu in float32. Elsewhere run: {', '.join(others)}.",
        )
    engine: Engine = _load(card.factory)(n_threads=n_threads, folder=folder, preset=preset, **more)
    return engine


def convert(card: Card, models: Path, int8: bool = False) -> Path:
    """Make the files that an engine runs from without torch; returns their folder.

    Raises:
        UnsupportedControl: there is no conversion for this engine.
        MissingWeights, BadCheckpoint: as `start`.
    """
    if not card.converter:
        raise UnsupportedControl(card.id, "convert", [each.id for each in cards() if each.converter])
    folder = folders.checked(card, models)
    converted: Path = _load(card.converter)(folder, int8)
    return converted


def that_can(control: str) -> list[str]:
    """Engines whose card has the control, or what is made into it."""
    enough = {control, INSTEAD.get(control, control)}
    return [card.id for card in cards() if enough & card.controls.keys()]


def that_may(use: str) -> list[str]:
    """Engines whose licences know that use."""
    return [card.id for card in cards() if is_allowed(card.licences, use)]


def attribution(card: Card) -> str:
    """The credits that lie beside an engine and must travel with its voices; "" where there are none."""
    from importlib.resources import files

    notice = files(card.factory.split(":")[0].rpartition(".")[0]) / "ATTRIBUTION.md"
    return notice.read_text("utf-8") if notice.is_file() else ""


def credits(name: str) -> str:
    """What results of an engine must say, by the licences on its card; "" where nothing. Raises UnknownName."""
    return named(card(name).licences)


def check_preset(card: Card, preset: str) -> None:
    """Raises UnknownName where a preset is named that the engine lacks."""
    if preset and preset not in (known := [each.name for each in card.presets]):
        raise UnknownName("preset", preset, known or ["(this engine has none)"])


def _load(address: str) -> Any:
    module, name = address.split(":")
    return getattr(import_module(module), name)


def _third_party() -> dict[str, str]:
    """Name -> address of the card, from installed distributions."""
    # Takes 25 ms to import: only when somebody asks for more than our own.
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group="kouji.engines")}
