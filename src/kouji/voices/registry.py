"""Voices in the records. Every function takes the open transaction."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from kouji.errors import AlreadyExists, UnknownName

from .voice import StoredClip, Voice, checked_name

if TYPE_CHECKING:
    from sqlalchemy import Connection


def add(db: Connection, voice: Voice) -> None:
    """Write a voice and its clips down.

    Raises:
        AlreadyExists: the name is taken.
    """
    from kouji.store.tables import clips, voices

    if _row(db, voice.name) is not None:
        raise AlreadyExists("voice", voice.name)
    db.execute(
        voices.insert().values(
            name=voice.name, language=voice.language, gender=voice.gender, description=voice.description,
            transcript=voice.transcript, created_at=voice.created_at, consent=voice.consent,
            embedding=np.asarray(voice.embedding, "<f4").tobytes(), findings=voice.findings,
        )
    )  # fmt: skip
    for position, clip in enumerate(voice.clips):
        db.execute(
            clips.insert().values(
                voice=voice.name, position=position, blob=clip.blob, duration=clip.duration, weight=clip.weight
            )
        )


def find(db: Connection, name: str) -> Voice | None:
    """The voice of that name, if there is one."""
    row = _row(db, name)
    return None if row is None else _voice(db, row)


def get(db: Connection, name: str, others: tuple[str, ...] = ()) -> Voice:
    """The voice of that name.

    Raises:
        UnknownName: there is none; names the nearest, also of `others`.
    """
    found = find(db, name)
    if found is None:
        raise UnknownName("voice", name, [*names(db), *others])
    return found


def names(db: Connection) -> list[str]:
    """All names, sorted."""
    from kouji.store.tables import voices

    return [row.name for row in db.execute(voices.select().with_only_columns(voices.c.name).order_by(voices.c.name))]


def all_voices(db: Connection) -> list[Voice]:
    """Every voice, by name."""
    from kouji.store.tables import voices

    return [_voice(db, row) for row in db.execute(voices.select().order_by(voices.c.name)).all()]


def remove(db: Connection, name: str) -> list[str]:
    """Take a voice out; returns the keys of files that no voice uses any more.

    Raises:
        UnknownName: there is none.
    """
    from kouji.store.tables import clips, voices

    gone = [clip.blob for clip in get(db, name).clips]
    db.execute(clips.delete().where(clips.c.voice == name))
    db.execute(voices.delete().where(voices.c.name == name))
    return [key for key in dict.fromkeys(gone) if not used(db, key)]


def rename(db: Connection, name: str, new: str) -> None:
    """Call a voice otherwise.

    Raises:
        UnknownName: there is none.
        AlreadyExists: the new name is taken.
        InvalidInput: the new name is no name.
    """
    from kouji.store.tables import voices

    new = checked_name(new)
    get(db, name)
    if _row(db, new) is not None:
        raise AlreadyExists("voice", new)
    db.execute(voices.update().where(voices.c.name == name).values(name=new))  # its clips follow


def used(db: Connection, blob: str) -> bool:
    """Whether any voice has the file among its clips."""
    from kouji.store.tables import clips

    return db.execute(clips.select().where(clips.c.blob == blob).limit(1)).first() is not None


def embeddings(db: Connection, consents: Collection[str] | None = None) -> tuple[list[str], np.ndarray]:
    """Names, and the embeddings (n, 256) in the same order: of all, or of the voices with one of these consents."""
    from kouji.store.tables import voices

    columns = voices.c.name, voices.c.embedding, voices.c.consent
    rows = db.execute(voices.select().with_only_columns(*columns).order_by(voices.c.name)).all()
    rows = [row for row in rows if consents is None or row.consent in consents]
    data = b"".join(row.embedding for row in rows)
    return [row.name for row in rows], np.frombuffer(data, "<f4").reshape(len(rows), -1 if rows else 256)


def _row(db: Connection, name: str) -> Any:
    from kouji.store.tables import voices

    return db.execute(voices.select().where(voices.c.name == name)).first()


def _voice(db: Connection, row: Any) -> Voice:
    from kouji.store.tables import clips

    of_voice = db.execute(clips.select().where(clips.c.voice == row.name).order_by(clips.c.position))
    return Voice(
        row.name, row.language, row.gender, row.description, row.transcript, row.created_at, row.consent,
        np.frombuffer(row.embedding, "<f4"), row.findings,
        tuple(StoredClip(clip.blob, clip.duration, clip.weight) for clip in of_voice),
    )  # fmt: skip
