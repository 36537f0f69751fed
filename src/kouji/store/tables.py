"""The tables, as the last migration leaves them. Times are UTC, embeddings 256 little-endian float32."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import JSON, Column, Date, DateTime, Float, ForeignKey, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A time in UTC, also where the database (SQLite) keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Any time zone, as UTC."""
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """UTC, and it says so."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


# Named by rule, so that a migration can name what it changes on every database.
metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

consents = Table(
    "consents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person", String, nullable=False),  # who consents
    Column("statement", String, nullable=False),  # to what, in their words
    Column("until", Date),  # last day; null: until revoked
    Column("clips", JSON, nullable=False),  # sha256 of each clip as it was given
    Column("recorded_at", Moment, nullable=False),
    Column("revoked_at", Moment),
)

voices = Table(
    "voices",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("language", String(16), nullable=False),
    Column("gender", String(16), nullable=False),
    Column("description", String, nullable=False),
    Column("transcript", String, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("consent", String(32), ForeignKey("consents.id"), nullable=False),
    Column("embedding", LargeBinary, nullable=False),
    Column("findings", JSON, nullable=False),  # of the reference doctor, when the clips came in
)

clips = Table(
    "clips",
    metadata,
    Column("voice", String(64), ForeignKey("voices.name", ondelete="CASCADE", onupdate="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("blob", String(64), nullable=False, index=True),
    Column("duration", Float, nullable=False),  # seconds
    Column("weight", Float, nullable=False),  # share in the voice, 0 to 1
)

protected = Table(
    "protected",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("note", String, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("embedding", LargeBinary, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False, index=True),
    Column("action", String(32), nullable=False),
    Column("voice", String, nullable=False, index=True),
    Column("details", JSON, nullable=False),
)
