"""The licence gate: whether the weights of an engine may speak here, and what must be said with what they say.

    licences of a card + use of the deployment + what was accepted -> Permit, or LicenceDenied
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kouji import config
from kouji.errors import InvalidInput, LicenceDenied
from kouji.terms import USES, Licence

from .audit import note

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from kouji.store import Records

_LONGEST = 2000  # characters of a person's name


@dataclass(frozen=True)
class Permit:
    """Weights may speak; this goes with what they say."""

    engine: str
    attribution: str = ""  # who must be named
    training: str = "any"  # other models that may learn from it: "any" | "noncommercial" | "none"


@dataclass(frozen=True)
class Acceptance:
    """Somebody has accepted the terms of a part of an engine."""

    engine: str
    licence: str  # its name
    digest: str
    person: str
    accepted_at: datetime


class Gate:
    """The gate of one house. The records are opened where terms must have been accepted, and not before."""

    def __init__(self, settings: config.Config | None = None) -> None:
        self._settings = settings or config.Config()

    def permit(self, engine: str, licences: Sequence[Licence], others: Callable[[str], Iterable[str]]) -> Permit:
        """Let weights speak.

        Args:
            engine: whose.
            licences: of its parts.
            others: a use -> the engines that may be used for it, for the hint.

        Raises:
            LicenceDenied: the use is not allowed, is not known, or terms were not accepted; says what to do.
        """
        check_use(engine, licences, self._settings.use, others)
        lacking = [licence for licence in binding(licences) if licence.terms.accept]
        if lacking:
            accepted = {(each.licence, each.digest) for each in self.acceptances(engine)}
            lacking = [licence for licence in lacking if (licence.name, licence.digest) not in accepted]
        if lacking:
            raise LicenceDenied(
                f"The {lacking[0].terms.title} of {engine!r} ({lacking[0].part}) was not accepted here yet.",
                f"Read it at {lacking[0].terms.url}, then `kouji licences accept {engine}`.", engine, "acceptance",
            )  # fmt: skip
        return Permit(engine, attribution(licences), training(licences))

    def accept(self, engine: str, licences: Sequence[Licence], person: str) -> list[Acceptance]:
        """Write down that somebody accepts all terms of an engine that must be; returns what was written.

        Raises:
            InvalidInput: nobody accepts.
            StoreFailed: it cannot be kept.
        """
        if not person.strip() or len(person) > _LONGEST:
            raise InvalidInput("Nobody accepts these terms.", f"Give who does, in 1 to {_LONGEST} characters.")
        now, asked = datetime.now(UTC), [licence for licence in binding(licences) if licence.terms.accept]
        with self._records.begin() as db:
            return [
                record(db, Acceptance(engine, each.name, each.digest, person.strip(), now)) for each in asked
            ]

    def acceptances(self, engine: str = "") -> list[Acceptance]:
        """What was accepted, of one engine or of all, the newest first."""
        from kouji.store import may_exist

        if not may_exist(config.database_url(self._settings)):
            return []
        with self._records.begin(swift=True) as db:
            return [each for each in accepted(db) if engine in ("", each.engine)]

    def state(self, use: str, person: str) -> Path:
        """Write down what this deployment is for: a line of the settings file, and of the log. Returns the file.

        Raises:
            InvalidInput: no such use.
            OutputFailed: the file cannot be written.
        """
        path = config.remember("use", use)
        self.note("state", use=use, person=person, file=str(path))
        return path

    def note(self, action: str, **details: object) -> None:
        """A line in the log, of something that is no voice's."""
        with self._records.begin() as db:
            note(db, action, "", **details)

    @cached_property
    def _records(self) -> Records:
        from kouji.store import open_records

        return open_records(config.database_url(self._settings))


def binding(licences: Iterable[Licence]) -> list[Licence]:
    """Those of weights and data: the code is ours, or was installed by whoever runs it."""
    return [licence for licence in licences if licence.part != "code"]


def is_allowed(licences: Iterable[Licence], use: str) -> bool:
    """Whether the terms know that use. Every use is the whole of what a deployment does."""
    return all(use in licence.terms.uses for licence in binding(licences))


def check_use(
    engine: str, licences: Sequence[Licence], use: str, others: Callable[[str], Iterable[str]] = lambda use: ()
) -> None:
    """Refuse a use that a licence does not allow, and an unknown one where that matters.

    Raises:
        LicenceDenied: names the part, its licence, and who may instead.
    """
    narrow = [licence for licence in binding(licences) if licence.terms.uses != USES]
    if not narrow:
        return
    for licence in narrow:
        allowed = " and ".join(licence.terms.uses)
        what = f"{licence.part} of {engine!r}: {licence.name}, for {allowed} use only"
        if not use:
            hint = f"Say what yours is for: use = {_either(licence.terms.uses)} in {config.file()}, or KOUJI_USE=…"
            raise LicenceDenied(f"This deployment does not say what it is for ({what}).", hint, engine, "use")
        if use not in licence.terms.uses:
            may = ", ".join(others(use))
            hint = f"These may be used for it: {may}." if may else "No installed engine may be used for it."
            raise LicenceDenied(f"{engine!r} may not be used here (use = {use}; {what}).", hint, engine, "")


def check_training(engine: str, training: str, use: str) -> None:
    """Refuse sound of another model that may not train this one.

    Args:
        engine: whose sound it is.
        training: as of `Permit`.
        use: of the deployment that trains; "": not known.

    Raises:
        LicenceDenied: says whose terms forbid it.
    """
    if training == "any" or (training == "noncommercial" and use in ("personal", "research")):
        return
    what = "no other model" if training == "none" else "non-commercial models only"
    hint = "Take it out of the corpus."
    if training == "noncommercial" and not use:
        hint += f" Or say that yours is for personal or research use: use = … in {config.file()}, or KOUJI_USE=…"
    raise LicenceDenied(f"What {engine!r} says may train {what}.", hint, engine, "")


def attribution(licences: Iterable[Licence]) -> str:
    """All that results must say, in one line."""
    return "; ".join(dict.fromkeys(filter(None, (licence.attribution for licence in licences))))


def training(licences: Iterable[Licence]) -> str:
    """Which other models results may train: what the strictest part says."""
    found = {licence.terms.training for licence in binding(licences)}
    return next(each for each in ("none", "noncommercial", "any") if each in {*found, "any"})


def record(db: Connection, acceptance: Acceptance) -> Acceptance:
    """Keep an acceptance, with its line in the log."""
    from kouji.store.tables import acceptances as table

    db.execute(
        table.insert().values(
            engine=acceptance.engine, licence=acceptance.licence, digest=acceptance.digest, person=acceptance.person,
            accepted_at=acceptance.accepted_at,
        )
    )  # fmt: skip
    note(db, "accept", "", engine=acceptance.engine, licence=acceptance.licence, person=acceptance.person)
    return acceptance


def accepted(db: Connection) -> list[Acceptance]:
    """All that was accepted, the newest first."""
    from kouji.store.tables import acceptances as table

    rows = db.execute(table.select().order_by(table.c.id.desc()))
    return [Acceptance(row.engine, row.licence, row.digest, row.person, row.accepted_at) for row in rows]


def _either(words: Sequence[str]) -> str:
    return " or ".join(f'"{word}"' for word in words)
