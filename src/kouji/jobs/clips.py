"""The clips that jobs bring along: kept by consent, for as long as the job may need them, and not a moment longer.

    a row says that it lies there → the file, in a folder of this job alone → … → the job is over
        → the file goes → the row says so

The row comes before the file and is closed after it. Whatever is killed in between, `sweep` finds by the rows all that
may still lie around, on whichever store.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from kouji import config, policy
from kouji.errors import InvalidInput, SpeechError, StoreFailed
from kouji.store import Records, open_blobs
from kouji.store.blobs import key_of, within
from kouji.types import Request

from .job import OPEN, Order
from .script import CLIPS

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from kouji.policy import Consent

LONGEST = timedelta(days=7)  # that a job may keep clips; then it is cancelled
GRACE = 300.0  # seconds that handing in takes at most: a clip without a job is nobody's after that
_log = logging.getLogger(__name__)


def store_of(settings: config.Config) -> str:
    """URL of where they are kept: the setting, else within the results, which workers on all machines reach."""
    return settings.job_clips or within(config.results_url(settings), "clips")


def clips_of(requests: Iterable[Request]) -> set[str]:
    """Sha256 of the clips that lines of a job have brought along."""
    given = (request.controls.get(name) for request in requests for name in CLIPS)
    return {str(each["sha256"]) for each in given if isinstance(each, Mapping) and "path" not in each}


class Clips:
    """All of one database. Threads may share it."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def deposit(self, job: str, order: Order) -> None:
        """Keep the clips of an order for a job that is about to be, and the consents to them for good.

        Raises:
            NotPermitted: a consent has ended already.
            StoreFailed: they cannot be kept; `discard` whatever was.
        """
        from kouji.store.tables import job_clips

        place, now, known = within(order.clips, _folder_of(job)), datetime.now(UTC), set[str]()
        with self._records.begin() as db:
            for consent, digests in _by_consent(order).items():
                kept = policy.record(db, consent.with_clips(digests))
                policy.note(db, "keep", "", job=job, consent=kept.id, clips=list(digests))
                for digest in [digest for digest in digests if digest not in known]:
                    row = {"job": job, "sha256": digest, "place": place, "consent": kept.id, "kept_at": now}
                    db.execute(job_clips.insert().values(**row))
                    known.add(digest)
        _put(place, order.digests)

    def bring_back(self, job: str, needed: set[str], clips: Sequence[bytes]) -> None:
        """Keep clips again that went when the job ended, under the consents that are on record.

        Args:
            job: that is to be resumed.
            needed: sha256 of those that its lines ask for.
            clips: the very same bytes as before; none where all that is needed is there.

        Raises:
            InvalidInput: one that is needed is not among them, or another is.
            NotPermitted: a consent has ended.
            StoreFailed: they cannot be kept.
        """
        from kouji.store.tables import job_clips

        brought = {key_of(data): data for data in clips}
        with self._records.begin() as db:
            rows = {row.sha256: row for row in db.execute(job_clips.select().where(job_clips.c.job == job))}
            gone = {digest for digest in needed if digest not in rows or rows[digest].gone_at is not None}
            _check_brought(gone, set(brought), needed)
            place = _beside(rows[min(gone)].place, _folder_of(job)) if gone else ""
            for digest in sorted(gone):
                _check_consent(db, rows[digest])
                values = {"place": place, "kept_at": datetime.now(UTC), "gone_at": None}
                one = (job_clips.c.job == job, job_clips.c.sha256 == digest)
                db.execute(job_clips.update().where(*one).values(**values))
                policy.note(db, "keep", "", job=job, consent=rows[digest].consent, clips=[digest])
        if gone:
            _put(place, {brought[digest]: digest for digest in gone})

    def restored(self, job: str, request: Request) -> Request:
        """A line as it was handed in, with its clips.

        Raises:
            InvalidInput: the file of a clip is another one by now.
            NotPermitted: the consent to a clip has ended.
            StoreFailed: a clip cannot be read, or is kept no more.
        """
        controls = dict(request.controls)
        for name in CLIPS:
            known = controls.get(name)
            if isinstance(known, Mapping):
                path, digest = known.get("path"), str(known["sha256"])
                controls[name] = _of_path(str(path), digest) if path else self._of_store(job, digest)
        return replace(request, controls=controls)

    def _of_store(self, job: str, digest: str) -> bytes:
        from kouji.store.tables import job_clips

        with self._records.begin(swift=True) as db:
            one = (job_clips.c.job == job, job_clips.c.sha256 == digest, job_clips.c.gone_at.is_(None))
            row = db.execute(job_clips.select().where(*one)).first()
            if row is None:
                raise StoreFailed(f"The clip {digest[:12]} is kept no more.", "Hand the job in again.")
            _check_consent(db, row)
        return open_blobs(row.place).open(digest)

    def n_kept(self, job: str) -> int:
        """How many of a job may lie there now."""
        return sum(row.job == job for row in self._lying())

    def sweep(self, grace: float = GRACE) -> list[str]:
        """Delete the clips of jobs that are over, or that never came to be. What cannot be is tried the next time.

        Args:
            grace: seconds in which a job may still come to be, or be resumed.

        Returns:
            The jobs that are not over, and have kept clips for too long.
        """
        now, lying = datetime.now(UTC), self._lying()
        before = now - timedelta(seconds=grace)
        for place in {(row.job, row.place) for row in lying if _is_over(row, before)}:
            self._discard(*place)
        return sorted({row.job for row in lying if row.state in OPEN and row.kept_at < now - LONGEST})

    def discard(self, job: str) -> None:
        """Delete those of one job. What cannot be deleted is by a later `sweep`."""
        for place in {(row.job, row.place) for row in self._lying() if row.job == job}:
            self._discard(*place)

    def _discard(self, job: str, place: str) -> None:
        from kouji.store.tables import job_clips

        try:
            open_blobs(place).clear()
            with self._records.begin() as db:
                lying = (job_clips.c.job == job, job_clips.c.place == place, job_clips.c.gone_at.is_(None))
                went = job_clips.update().where(*lying).values(gone_at=datetime.now(UTC))
                if digests := list(db.execute(went.returning(job_clips.c.sha256)).scalars()):
                    policy.note(db, "discard", "", job=job, clips=sorted(digests))
        except SpeechError as error:
            _log.warning("Clips of the job %s cannot be deleted yet: %s", job, error)

    def _lying(self) -> list[Any]:
        """Rows of clips that may lie there, with what has become of their jobs."""
        from sqlalchemy import select

        from kouji.store.tables import job_clips, jobs

        both = job_clips.outerjoin(jobs, job_clips.c.job == jobs.c.id)
        query = select(job_clips, jobs.c.state, jobs.c.finished_at).select_from(both)
        with self._records.begin(swift=True) as db:
            return list(db.execute(query.where(job_clips.c.gone_at.is_(None))).all())


def _is_over(row: Any, before: datetime) -> bool:
    """Whether nobody needs a clip any more; one that came after the end is there for a job that is being resumed."""
    if row.state in OPEN:
        return False
    return bool(row.kept_at < before or (row.finished_at is not None and row.kept_at <= row.finished_at))


def _folder_of(job: str) -> str:
    """A new one each time: who is late to delete what was there before touches nothing else."""
    return f"{job}-{secrets.token_hex(4)}"


def _beside(place: str, folder: str) -> str:
    parts = urlsplit(place)
    return within(urlunsplit(parts._replace(path=parts.path.rpartition("/")[0])), folder)


def _put(place: str, digests: Mapping[bytes, str]) -> None:
    blobs = open_blobs(place)
    for data in digests:
        blobs.put(data)


def _by_consent(order: Order) -> dict[Consent, tuple[str, ...]]:
    """Who lets which clips be used."""
    found: dict[Consent, dict[str, None]] = {}
    for line in order.lines:
        for data in line.clips:
            assert line.consent is not None  # the ledger has looked
            found.setdefault(line.consent, {})[order.digests[data]] = None
    return {consent: tuple(digests) for consent, digests in found.items()}


def _check_consent(db: Connection, row: Any) -> None:
    policy.check(policy.consent_of(db, row.consent), f"clip:{row.sha256[:12]}")


def _check_brought(gone: set[str], brought: set[str], needed: set[str]) -> None:
    if lacking := sorted(gone - brought):
        raise InvalidInput(
            f"Its clips were deleted when the job ended: {', '.join(digest[:12] for digest in lacking)}.",
            "Resume it with the same clips, or hand it in again.", param="clips",
        )  # fmt: skip
    if others := sorted(brought - needed):
        reason = f"No line that is missing has the clip {others[0][:12]}."
        raise InvalidInput(reason, "Send the clips as they were.", param="clips")


def _of_path(path: str, digest: str) -> bytes:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise StoreFailed(f"{path} cannot be read: {error.strerror}.", "Bring the clip back.") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise InvalidInput(f"{path} is another clip than when the script was checked.", "Give the same command again.")
    return data
