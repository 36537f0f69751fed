"""The tables, as the last migration leaves them. Times are UTC, embeddings 256 little-endian float32."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)
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

acceptances = Table(
    "acceptances",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("engine", String(64), nullable=False, index=True),
    Column("licence", String(200), nullable=False),  # its name
    Column("digest", String(64), nullable=False),  # sha256 of the terms that were accepted
    Column("person", String, nullable=False),  # who accepts
    Column("accepted_at", Moment, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("key", String(200), unique=True),  # whoever asks again with it gets this job
    Column("fingerprint", String(64), nullable=False),  # sha256 of all that was asked for
    Column("place", String, nullable=False, index=True),  # URL of where the sound goes
    Column("settings", JSON, nullable=False),  # engine, preset, lexicon
    Column("output", JSON, nullable=False),  # format, loudness …
    Column("callback", JSON, nullable=False),  # url, events; {} for none
    Column("priority", Integer, nullable=False),  # higher goes first
    Column("state", String(16), nullable=False, index=True),
    Column("n_items", Integer, nullable=False),
    Column("n_done", Integer, nullable=False),
    Column("n_failed", Integer, nullable=False),
    Column("n_dead", Integer, nullable=False),
    Column("last_seq", Integer, nullable=False),  # of its newest event
    Column("created_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("owner", String(200), nullable=False, server_default="", index=True),  # who asked for it
)

job_items = Table(
    "job_items",
    metadata,
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("request", JSON, nullable=False),
    Column("fingerprint", String(64), nullable=False),  # sha256 of all that decides the bytes
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),  # not before
    Column("holder", String(200), nullable=False),  # who works on it; "" for nobody
    Column("lease_until", Moment),  # when others may take it over
    Column("file", String, nullable=False),  # its name in the place
    Column("sha256", String(64), nullable=False),  # of the file, known before it stands there
    Column("duration", Float, nullable=False),  # seconds
    Column("notices", JSON, nullable=False),
    Column("error", JSON, nullable=False),  # message, hint; {} for none
    Index("ix_job_items_state", "job", "state", "position"),
)

job_events = Table(
    "job_events",
    metadata,
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),  # 1, 2, 3 … without gaps
    Column("at", Moment, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("data", JSON, nullable=False),
)

job_clips = Table(
    "job_clips",
    metadata,
    # No foreign key: the row is there before the clip, and the clip before the job.
    Column("job", String(32), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("place", String, nullable=False),  # URL of the store that it lies in, of this job alone
    Column("consent", String(32), ForeignKey("consents.id"), nullable=False),
    Column("kept_at", Moment, nullable=False),
    Column("gone_at", Moment, index=True),  # null: it may lie there
)

callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", String(32), nullable=False),
    Column("seq", Integer, nullable=False),  # the event that is told
    Column("url", String, nullable=False),
    Column("state", String(16), nullable=False, index=True),  # queued | done | dead
    Column("attempts", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    ForeignKeyConstraint(["job", "seq"], ["job_events.job", "job_events.seq"], ondelete="CASCADE"),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("callback", Integer, ForeignKey("callbacks.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Moment, nullable=False),
    Column("status", Integer),  # of the answer; null where none came
    Column("error", String, nullable=False),  # "" where it was taken
)
