"""An engine, and what is opened with it when it is first needed: its licence, its voices, the words of the user."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kouji import config, engines
from kouji.control import Interpreter, Understood, describe, read_by
from kouji.engines.contract import Card, Device, Engine
from kouji.policy import Gate, Permit

if TYPE_CHECKING:
    from kouji.casting import Casting, Library
    from kouji.text import Lexicon


class Opened:
    """One engine by its card."""

    def __init__(
        self, card: Card, settings: config.Config | None = None, engine: Engine | None = None,
        folder: Path | None = None,
    ) -> None:  # fmt: skip
        """Open an engine by its card when it first speaks, or take one that is open.

        Args:
            card: of the engine.
            settings: of the house.
            engine: that is open; its own card has the licences of its weights.
            folder: of its files; by default where `kouji models` keeps them.
        """
        self.card = card
        self.settings = settings or config.Config()
        self.gate = Gate(self.settings)
        self.interpreter: Interpreter = self._understood  # what understands emotion_text for an engine that does not
        self._given, self._folder = engine, folder

    @property
    def sample_rate(self) -> int:
        """Of all sound from here, Hz."""
        return self.card.sample_rate

    def permit(self) -> Permit:
        """What the licences of the weights ask of this house; nothing is loaded before it is granted.

        Raises:
            LicenceDenied: they do not allow its use, or were not accepted; says what to do.
        """
        card = self._given.card if self._given else self.card
        return self.gate.permit(card.id, card.licences, engines.that_may)

    @cached_property
    def engine(self) -> Engine:
        """Loaded when it is first asked for. (Raises as `engines.start` does, and `permit`.)"""
        if self._given:
            return self._given
        self.permit()
        settings = self.settings
        device = Device(settings.device, settings.precision)
        if self._folder:
            return engines.start_from(self.card, self._folder, settings.threads, settings.preset, device)
        return engines.start(self.card, settings.threads, config.models_folder(settings), settings.preset, device)

    def open(self) -> None:
        """Load the engine now. (Raises as `engines.start` does, and `permit`.)"""
        assert self.engine

    @cached_property
    def casting(self) -> Casting:
        """Whose voices this engine can speak with."""
        from kouji.casting import Casting

        return Casting(self.card, lambda: self.engine, self.settings)

    @property
    def library(self) -> Library:
        """The registered voices: list, show, remove, revoke, protect …"""
        return self.casting.library

    @cached_property
    def lexicon(self) -> Lexicon | None:
        """The user's own pronunciations, where the settings name a file of them."""
        from kouji.text import Lexicon

        return Lexicon.read(self.settings.lexicon) if self.settings.lexicon else None

    def made_with(self, permit: Permit) -> dict[str, object]:
        """What the metadata of every sound tell of the engine."""
        told: dict[str, object] = {"attribution": permit.attribution} if permit.attribution else {}
        if self.card.presets:
            told["preset"] = self.settings.preset or self.card.presets[0].name
        return told

    def _understood(self, description: str) -> Understood:
        """By the engine's own reader of descriptions, where its weights are at hand, else by Kouji's."""
        reader = getattr(self.engine, "reader", None)
        return read_by(reader, description) if reader else describe(description)
