"""Who works on what: one line at a time, for as long as the lease lasts.

Whoever is killed holds a lease that ends; then others take the line over. A worker that was only slow, and comes back
after that, finds that nothing of what it does counts any more: every step asks whether the line is still its own.
Machines that share a database must agree on the time to within a few seconds, as NTP makes them.
"""

from __future__ import annotations

import os
import secrets
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kouji.store import Records

from .job import OPEN, Item, Made
from .ledger import item_of, tell

if TYPE_CHECKING:
    from sqlalchemy import Connection

LEASE = 30.0  # seconds
ATTEMPTS = 5  # then a line is given up
BACK_OFF = 2.0  # seconds before the second attempt; twice that before the next, …
LONGEST_BACK_OFF = 300.0  # seconds


class Leases:
    """The leases of one worker."""

    def __init__(
        self, records: Records, seconds: float = LEASE, attempts: int = ATTEMPTS, back_off: float = BACK_OFF
    ) -> None:
        self._records, self._seconds, self._attempts, self._back_off = records, seconds, attempts, back_off
        self.holder = f"{_this_process()}:{secrets.token_hex(4)}"

    @property
    def seconds(self) -> float:
        """How long one lasts unless it is renewed."""
        return self._seconds

    def claim(self, job: str = "") -> Item | None:
        """A line to work on, of one job or of any; None where there is none now."""
        from kouji.store.tables import jobs

        order = (jobs.c.priority.desc(), jobs.c.created_at, jobs.c.id)
        query = jobs.select().where(jobs.c.state.in_(OPEN)).order_by(*order)
        if job:
            query = query.where(jobs.c.id == job)
        with self._records.begin() as db:
            for row in db.execute(query).all():
                if item := self._claim_of(db, row):
                    return item
        return None

    def _claim_of(self, db: Connection, job: Any) -> Item | None:
        from kouji.store.tables import job_items as items

        now = datetime.now(UTC)
        of_job = items.select().where(items.c.job == job.id).order_by(items.c.position).limit(1)
        waiting = of_job.where(items.c.state == "queued", items.c.due_at <= now)
        left = of_job.where(items.c.state == "running", items.c.lease_until < now)
        for query in (left, waiting):
            # Where the database can, whoever comes at the same time sees the next one (PostgreSQL); or waits (SQLite).
            while (row := db.execute(query.with_for_update(skip_locked=True)).first()) is not None:
                if row.attempts >= self._attempts:
                    self._end(db, row, "dead", error={"message": "The worker ended while it said this.", "hint": ""})
                    continue
                until = now + timedelta(seconds=self._seconds)
                one = (items.c.job == row.job, items.c.position == row.position)
                lease = {"holder": self.holder, "lease_until": until, "attempts": row.attempts + 1}
                db.execute(items.update().where(*one).values(state="running", **lease))
                self._begun(db, job)
                return item_of(db.execute(items.select().where(*one)).one())
        return None

    def _begun(self, db: Connection, job: Any) -> None:
        from kouji.store.tables import jobs

        first = jobs.update().where(jobs.c.id == job.id, jobs.c.state == "queued")
        if db.execute(first.values(state="running")).rowcount:
            tell(db, job.id, "running")

    def renew(self, item: Item) -> bool:
        """Hold on to a line; False where it is no longer ours, or its job was cancelled."""
        from kouji.store.tables import job_items, jobs

        until = datetime.now(UTC) + timedelta(seconds=self._seconds)
        with self._records.begin(swift=True) as db:
            wanted = db.execute(jobs.select().where(jobs.c.id == item.job, jobs.c.state.in_(OPEN))).first()
            renewed = db.execute(job_items.update().where(*self._ours(item)).values(lease_until=until)).rowcount
        return bool(renewed and wanted)

    def announce(self, item: Item, made: Made) -> bool:
        """Say what file is about to stand there, so that who comes after us knows it; False as of `renew`."""
        from kouji.store.tables import job_items, jobs

        values = {"file": made.file, "sha256": made.sha256, "duration": made.duration, "notices": list(made.notices)}
        with self._records.begin(swift=True) as db:
            wanted = db.execute(jobs.select().where(jobs.c.id == item.job, jobs.c.state.in_(OPEN))).first()
            if not wanted:
                return False
            return bool(db.execute(job_items.update().where(*self._ours(item)).values(**values)).rowcount)

    def finish(self, item: Item) -> bool:
        """The announced file is there; False where somebody else has the line."""
        from kouji.store.tables import job_items

        with self._records.begin() as db:
            row = db.execute(job_items.select().where(*self._ours(item)).with_for_update()).first()
            return row is not None and self._end(db, row, "done")

    def fail(self, item: Item, message: str, hint: str, again: bool) -> None:
        """The line could not be made.

        Args:
            item: the line.
            message: what happened.
            hint: what to do about it.
            again: whether another attempt may succeed.
        """
        from kouji.store.tables import job_items

        error = {"message": message, "hint": hint}
        with self._records.begin() as db:
            row = db.execute(job_items.select().where(*self._ours(item)).with_for_update()).first()
            if row is None:
                return
            if not again:
                self._end(db, row, "failed", error=error)
            elif row.attempts >= self._attempts:
                self._end(db, row, "dead", error=error)
            else:
                wait = min(LONGEST_BACK_OFF, self._back_off * 2 ** (row.attempts - 1))
                due = datetime.now(UTC) + timedelta(seconds=wait)
                values = {"state": "queued", "holder": "", "due_at": due, "error": error}
                db.execute(job_items.update().where(*self._ours(item)).values(**values))

    def give_back(self, item: Item) -> None:
        """Leave a line to others at once; this attempt does not count."""
        from kouji.store.tables import job_items

        with self._records.begin() as db:
            values = {"state": "queued", "holder": "", "attempts": job_items.c.attempts - 1}
            db.execute(job_items.update().where(*self._ours(item)).values(**values))

    def release_dead(self) -> int:
        """Free what processes of this machine hold that are no more; returns how many lines.

        Nobody has to wait for the end of a lease to go on with what was killed here.
        """
        from kouji.store.tables import job_items

        machine = _this_process().rsplit(":", 2)[0] + ":"
        query = job_items.select().where(job_items.c.state == "running", job_items.c.holder.startswith(machine))
        n_freed = 0
        with self._records.begin() as db:
            for row in db.execute(query).all():
                pid, born = row.holder.removeprefix(machine).split(":")[:2]
                if _born(int(pid)) != born:
                    one = (job_items.c.job == row.job, job_items.c.position == row.position)
                    past = datetime.now(UTC) - timedelta(seconds=1)
                    same = job_items.c.holder == row.holder
                    n_freed += db.execute(job_items.update().where(*one, same).values(lease_until=past)).rowcount
        return n_freed

    def _ours(self, item: Item) -> tuple[Any, ...]:
        from kouji.store.tables import job_items as items

        return (
            items.c.job == item.job, items.c.position == item.position, items.c.state == "running",
            items.c.holder == self.holder,
        )  # fmt: skip

    def _end(self, db: Connection, row: Any, state: str, error: dict[str, str] | None = None) -> bool:
        """A line is over; so is its job, if it was the last."""
        from kouji.store.tables import job_items as items
        from kouji.store.tables import jobs

        one = (items.c.job == row.job, items.c.position == row.position)
        values: dict[str, object] = {"state": state, "holder": "", "lease_until": None, "error": error or {}}
        db.execute(items.update().where(*one).values(**values))
        count = jobs.c[f"n_{state}"]
        job = db.execute(jobs.update().where(jobs.c.id == row.job).values({count: count + 1}).returning(jobs)).one()
        data: dict[str, object] = {"position": row.position, "name": row.name, "state": state}
        data |= {"file": row.file, "duration": row.duration} if state == "done" else {"error": error or {}}
        n_over = job.n_done + job.n_failed + job.n_dead
        tell(db, row.job, "item", **data, n_over=n_over, n_items=job.n_items)
        if n_over == job.n_items and job.state in OPEN:
            outcome = "dead" if job.n_dead else "failed" if job.n_failed else "done"
            values = {"state": outcome, "finished_at": datetime.now(UTC)}
            db.execute(jobs.update().where(jobs.c.id == row.job).values(**values))
            counts = {"n_done": job.n_done, "n_failed": job.n_failed, "n_dead": job.n_dead}
            tell(db, row.job, outcome, **counts, n_items=job.n_items)
        return True


def _this_process() -> str:
    """Machine, process and its birth; unlike a number alone never given twice."""
    namespace = os.readlink("/proc/self/ns/pid").removeprefix("pid:[").removesuffix("]") if _PROC else "0"
    machine = f"{socket.gethostname()[:100].replace(':', '-')}:{namespace}"
    return f"{machine}:{os.getpid()}:{_born(os.getpid())}"


_PROC = Path("/proc/self/ns/pid").is_symlink()


def _born(pid: int) -> str:
    """When a process began, in ticks since the machine did; "" for one that is no more."""
    if not _PROC:
        try:
            os.kill(pid, 0)
        except OSError:
            return ""
        return "0"
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]
