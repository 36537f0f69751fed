"""The deny list: voices of people who do not want to be cloned, known by embedding alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from kouji.errors import AlreadyExists, NotPermitted, UnknownName

if TYPE_CHECKING:
    from sqlalchemy import Connection

# Cosine from which on two clips count as one person's.
NEAR = 0.80


@dataclass(frozen=True)
class Protected:
    """A voice that may not be cloned."""

    name: str
    note: str
    added_at: datetime
    embedding: np.ndarray  # (256,) float32 of length 1, see kouji.audio.speaker


def protect(db: Connection, name: str, embedding: np.ndarray, note: str = "") -> None:
    """Put a voice on the list.

    Raises:
        AlreadyExists: the name is on it.
    """
    from kouji.store.tables import protected as table

    if db.execute(table.select().where(table.c.name == name)).first() is not None:
        raise AlreadyExists("protected voice", name)
    data = np.asarray(embedding, "<f4").tobytes()
    db.execute(table.insert().values(name=name, note=note, added_at=datetime.now(UTC), embedding=data))


def unprotect(db: Connection, name: str) -> None:
    """Take a voice off the list.

    Raises:
        UnknownName: it is not on it.
    """
    from kouji.store.tables import protected as table

    if db.execute(table.delete().where(table.c.name == name)).rowcount == 0:
        raise UnknownName("protected voice", name, [each.name for each in protected(db)])


def protected(db: Connection) -> list[Protected]:
    """The whole list, by name."""
    from kouji.store.tables import protected as table

    return [
        Protected(row.name, row.note, row.added_at, np.frombuffer(row.embedding, "<f4"))
        for row in db.execute(table.select().order_by(table.c.name))
    ]


def guard(db: Connection, embedding: np.ndarray) -> None:
    """Refuse a voice (256,) that is too close to one of the list.

    Raises:
        NotPermitted: names the protected voice and how close it is.
    """
    listed = protected(db)
    if not listed:
        return
    likeness = np.stack([each.embedding for each in listed]) @ embedding
    nearest = int(likeness.argmax())
    if likeness[nearest] >= NEAR:
        raise NotPermitted(
            f"This voice is too close to the protected voice {listed[nearest].name!r} "
            f"({likeness[nearest]:.2f}; {NEAR:.2f} is the limit).",
            "Use another speaker. Whoever keeps the list can take a voice off it: `kouji voices unprotect NAME`.",
        )
