"""The log of what was done with voices and accepted of licences. Lines are added, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

ACTIONS = (
    "register", "use", "rename", "export", "import", "delete", "revoke", "refuse", "protect", "unprotect",
    "verify", "identify",  # a voice that is heard compared with registered ones
    "keep", "discard",  # a clip that a job brings along, for as long as it runs
    "accept", "state", "unmark",  # terms of weights; what the deployment is for; a sound without its marks
)  # fmt: skip


@dataclass(frozen=True)
class Event:
    """Something that was done, or refused."""

    at: datetime
    action: str  # one of ACTIONS
    voice: str  # its name; "" for a clip that was never registered, and where no voice is meant
    details: dict[str, object]


def note(db: Connection, action: str, voice: str, **details: object) -> None:
    """Add a line; `details` are what JSON can hold."""
    from kouji.store.tables import audit

    assert action in ACTIONS
    db.execute(audit.insert().values(at=datetime.now(UTC), action=action, voice=voice, details=details))


def events(db: Connection, voice: str | None = None, limit: int = 1000) -> list[Event]:
    """The newest lines first, of one voice or of all."""
    from kouji.store.tables import audit

    query = audit.select().order_by(audit.c.id.desc()).limit(limit)
    if voice is not None:
        query = query.where(audit.c.voice == voice)
    return [Event(row.at, row.action, row.voice, row.details) for row in db.execute(query)]
