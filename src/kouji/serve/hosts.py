"""Each engine at work: its open session, its queue, and its rest when nobody needs it."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from kouji import config, engines
from kouji.speak import Session

from .cache import weights_digest
from .queue import Turns

if TYPE_CHECKING:
    from kouji.engines.contract import Card

    from .spoken import Piece

WARM_UP = {"zh": "你好。", "en": "Hello.", "ja": "こんにちは。", "ko": "안녕하세요.", "yue": "你好。"}


class Host:
    """One engine in one of its presets. Loaded when it is first needed, by one thread while the others wait."""

    def __init__(self, card: Card, settings: config.Config, n_workers: int) -> None:
        self.card = card
        self.turns: Turns[Piece] = Turns(
            min(max(n_workers, card.batch), settings.max_concurrency), settings.max_concurrency, settings.max_waiting
        )
        self._settings = settings
        self._session: Session | None = None
        self._identity = ""
        self._lock = threading.Lock()
        self._last_used = monotonic()

    def session(self) -> Session:
        """The engine, loaded. Slow the first time: for workers, not for the event loop.

        Raises:
            SpeechError: it cannot be loaded, as `engines.start` says.
        """
        with self._lock:
            self._last_used = monotonic()
            if self._session is None:
                session = Session(self.card, self._settings)
                session.open()
                models = config.models_folder(self._settings)
                self._session = session
                self._identity = f"{self._settings.preset}:{weights_digest(self.card, models)}:{self._lexicon()}"
            return self._session

    @property
    def identity(self) -> str:
        """What all sound of a loaded engine depends on: its weights, preset and the user's lexicon."""
        return self._identity

    @property
    def is_ready(self) -> bool:
        """Whether the engine is loaded."""
        return self._session is not None

    def warm_up(self) -> None:
        """Load the engine and have it say a word in each of its languages, so that nobody else waits for that."""
        session = self.session()
        for language in self.card.languages if self.card.voices else ():
            if language in WARM_UP:
                session.synthesize(WARM_UP[language], language=language)

    def rest(self, idle: float) -> bool:
        """Leave memory after `idle` seconds without a request; says whether it did."""
        with self._lock:
            is_idle = monotonic() - self._last_used > idle and not (self.turns.n_open or self.turns.n_waiting)
            if is_idle and self._session is not None:
                self._session = None
                return True
            return False

    def _lexicon(self) -> str:
        path = self._settings.lexicon
        return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""


class Hosts:
    """All engines by name and preset; each has its host from the first time it is named."""

    def __init__(self, settings: config.Config, n_workers: int) -> None:
        """`n_workers`: turns that one engine takes at once, each in a thread of its own; more where it batches."""
        self._settings, self._n_workers = settings, n_workers
        self._hosts: dict[tuple[str, str], Host] = {}  # (engine, preset where it is not the usual one)
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> Host:
        """The host of an engine. Raises UnknownName where there is none."""
        return self.of(name)

    def of(self, name: str, preset: str = "") -> Host:
        """The host of an engine in a preset; "" is that of the settings, else the engine's first.

        Raises:
            UnknownName: there is no such engine, or it has no such preset.
        """
        card = engines.card(name)
        engines.check_preset(card, preset)
        usual = self._settings.preset or next((each.name for each in card.presets), "")
        key = name, "" if preset == usual else preset
        with self._lock:
            if key not in self._hosts:
                settings = replace(self._settings, preset=preset or self._settings.preset)
                self._hosts[key] = Host(card, settings, self._n_workers)
            return self._hosts[key]

    def __iter__(self) -> Iterator[Host]:
        """Those that have been named so far."""
        return iter(list(self._hosts.values()))

    def close(self) -> None:
        """Stop all workers after their turns."""
        for host in self:
            host.turns.close()
