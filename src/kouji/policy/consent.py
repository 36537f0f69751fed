"""Consent: who lets their voice be used, for what, and until when."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from kouji.errors import InvalidInput, NotPermitted

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LONGEST = 2000  # characters of a statement or a person's name


@dataclass(frozen=True)
class Consent:
    """A statement of one person about clips of their voice. It is kept for good, also when the voice is gone."""

    person: str  # who consents
    statement: str  # to what
    until: date | None = None  # last day on which the voice may be used; None: until revoked
    clips: tuple[str, ...] = ()  # sha256 of each clip, as it was given
    recorded_at: datetime | None = None  # None: not recorded yet
    revoked_at: datetime | None = None
    id: str = ""

    def __post_init__(self) -> None:
        """Raises InvalidInput where nobody consents to nothing."""
        for what, text in (("who consents", self.person), ("a statement of consent", self.statement)):
            if not text.strip() or len(text) > _LONGEST:
                raise InvalidInput(
                    f"A voice needs {what}, in 1 to {_LONGEST} characters.",
                    'Give the person, and what they agreed to: "for the audio guide of the museum".',
                )

    def with_clips(self, clips: tuple[str, ...]) -> Consent:
        """The same consent, about these clips (sha256 each)."""
        return replace(self, clips=clips)


def parse_day(text: str) -> date:
    """A day as 2027-12-31. Raises InvalidInput."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no day.", "Write it as 2027-12-31.") from error


def check(consent: Consent, voice: str, today: date | None = None) -> None:
    """Refuse what the person did not consent to, or no longer does.

    Raises:
        NotPermitted: revoked, or the last day is over.
    """
    if consent.revoked_at is not None:
        raise NotPermitted(
            f"{consent.person} revoked the consent to use the voice {voice!r} on {consent.revoked_at:%Y-%m-%d}.",
            "Use another voice, or register it again with a new consent.",
        )
    if consent.until is not None and (today or datetime.now(UTC).date()) > consent.until:
        raise NotPermitted(
            f"The consent of {consent.person} to use the voice {voice!r} ended on {consent.until}.",
            "Use another voice, or register it again with a new consent.",
        )


def record(db: Connection, consent: Consent) -> Consent:
    """Write a consent down; returns it with its id and time.

    Raises:
        NotPermitted: it has ended already.
    """
    from kouji.store.tables import consents

    check(replace(consent, revoked_at=None), "that is to be registered")
    kept = replace(consent, id=uuid4().hex, recorded_at=consent.recorded_at or datetime.now(UTC))
    db.execute(
        consents.insert().values(
            id=kept.id, person=kept.person, statement=kept.statement, until=kept.until, clips=list(kept.clips),
            recorded_at=kept.recorded_at, revoked_at=kept.revoked_at,
        )
    )  # fmt: skip
    return kept


def consent_of(db: Connection, id: str) -> Consent:
    """The consent of that id, which must exist."""
    from kouji.store.tables import consents

    row = db.execute(consents.select().where(consents.c.id == id)).one()
    return Consent(row.person, row.statement, row.until, tuple(row.clips), row.recorded_at, row.revoked_at, row.id)


def in_force(db: Connection, today: date | None = None) -> set[str]:
    """The ids of all consents that `check` lets pass."""
    from kouji.store.tables import consents

    today = today or datetime.now(UTC).date()
    lasts = consents.c.until.is_(None) | (consents.c.until >= today)
    query = consents.select().with_only_columns(consents.c.id).where(consents.c.revoked_at.is_(None), lasts)
    return {row.id for row in db.execute(query)}


def revoke(db: Connection, id: str) -> None:
    """From now on the voice does not speak."""
    from kouji.store.tables import consents

    now = datetime.now(UTC)
    db.execute(consents.update().where(consents.c.id == id, consents.c.revoked_at.is_(None)).values(revoked_at=now))
