"""All that one evaluation found."""

from __future__ import annotations

from dataclasses import dataclass, field

from .cost import Cost
from .figures import Row
from .foreign import Foreign


@dataclass(frozen=True)
class Results:
    """Rows of figures by system and set, and what is said of the engine as a whole."""

    engine: str  # id, "" where only recordings and baseline were judged
    rows: tuple[Row, ...]
    cost: Cost | None = None
    foreign: tuple[Foreign, ...] = ()
    same_again: dict[str, bool] = field(default_factory=dict)
    about: dict[str, str] = field(default_factory=dict)  # when, on what, with which versions

    def row(self, system: str, texts: str) -> Row | None:
        """The row of one system on one set."""
        return next((row for row in self.rows if (row.system, row.set) == (system, texts)), None)

    def rows_of(self, system: str) -> list[Row]:
        """All rows of a system."""
        return [row for row in self.rows if row.system == system]

    def figure(self, system: str, texts: str, name: str) -> float | None:
        """One figure, or None where it was not measured."""
        row = self.row(system, texts)
        return None if row is None else row.get(name)
