"""The jobs of a house as rows: submitted, looked at, cancelled, resumed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kouji.errors import AlreadyExists, InvalidInput, StoreFailed, UnknownName
from kouji.store import Records
from kouji.types import Request

from .clips import GRACE, LONGEST, Clips, clips_of
from .job import KINDS, OPEN, Callback, Event, Item, Job, Order, Output

if TYPE_CHECKING:
    from sqlalchemy import Connection

_ROWS = 500  # that one statement inserts
_POLL = 0.2  # seconds between two looks at the events of a job


_NEW_ITEM: dict[str, object] = {
    "state": "queued", "attempts": 0, "holder": "", "file": "", "sha256": "", "duration": 0.0, "notices": [],
    "error": {},
}  # fmt: skip


class Ledger:
    """All jobs of one database. Threads may share it."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.clips = Clips(records)

    def submit(self, order: Order) -> Job:
        """Keep an order; whole or not at all. Whoever gives the key of an order again gets the same job.

        Raises:
            InvalidInput: there is nothing to do, two lines share a name, or one brings a clip without a consent.
            NotPermitted: a consent has ended already.
            AlreadyExists: the key belongs to another order.
            StoreFailed: it cannot be kept.
        """
        _check(order)
        name, job = secrets.token_hex(8), None
        brings_clips = bool(order.digests) and not (order.key and self.by_key(order.key))
        try:
            if brings_clips:
                self.clips.deposit(name, order)
            job = self._kept(name, order)
        finally:
            if brings_clips and (job is None or job.id != name):
                self.clips.discard(name)
        return job

    def _kept(self, name: str, order: Order) -> Job:
        try:
            return self._keep(name, order)
        except StoreFailed:
            if order.key and self.by_key(order.key):  # somebody gave it at the same time, and was faster
                return self._keep(name, order)
            raise

    def _keep(self, name: str, order: Order) -> Job:
        from kouji.store.tables import job_items, jobs

        now = datetime.now(UTC)
        with self.records.begin() as db:
            if order.key and (known := db.execute(jobs.select().where(jobs.c.key == order.key)).first()):
                if known.fingerprint != order.fingerprint:
                    raise AlreadyExists("job with the key", order.key)
                return _job(known)
            made = _made_before(db, order) if order.output.named else {}
            n_done = sum(order.print_of(line) in made for line in order.lines)
            is_done = n_done == len(order.lines)
            db.execute(
                jobs.insert().values(
                    id=name, kind=order.kind, key=order.key or None, fingerprint=order.fingerprint,
                    place=order.output.place, settings=order.settings, output=asdict(order.output),
                    callback=asdict(order.callback) if order.callback else {}, priority=order.priority,
                    owner=order.owner, state="done" if is_done else "queued", n_items=len(order.lines),
                    n_done=n_done, n_failed=0, n_dead=0, last_seq=0, created_at=now,
                    finished_at=now if is_done else None,
                )
            )  # fmt: skip
            rows = [
                {**_NEW_ITEM, "job": name, "position": position, "name": line.name, "due_at": now}
                | {"request": order.plain(line.request), "fingerprint": print_of}
                | made.get(print_of, {})
                for position, line in enumerate(order.lines)
                for print_of in [order.print_of(line)]
            ]
            for start in range(0, len(rows), _ROWS):
                db.execute(job_items.insert(), rows[start : start + _ROWS])
            tell(db, name, "queued", n_items=len(rows), n_done=n_done)
            if is_done:
                tell(db, name, "done", n_done=n_done, n_failed=0, n_dead=0, n_items=n_done)
        return self.get(name)

    def get(self, name: str, owner: str | None = None) -> Job:
        """One job; that of somebody else than `owner`, where one is named, is as good as none. Raises UnknownName."""
        from kouji.store.tables import jobs

        with self.records.begin(swift=True) as db:
            row = db.execute(jobs.select().where(jobs.c.id == name)).first()
        if row is None or owner not in (None, row.owner):
            raise UnknownName("job", name, None)
        return _job(row)

    def by_key(self, key: str) -> Job | None:
        """The job that was submitted with a key."""
        from kouji.store.tables import jobs

        with self.records.begin(swift=True) as db:
            row = db.execute(jobs.select().where(jobs.c.key == key)).first()
        return None if row is None else _job(row)

    def newest(self, state: str = "", limit: int = 100, owner: str | None = None) -> list[Job]:
        """The newest first, of one state or of all, of one owner or of all."""
        from kouji.store.tables import jobs

        query = jobs.select().order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit)
        if state:
            query = query.where(jobs.c.state == state)
        if owner is not None:
            query = query.where(jobs.c.owner == owner)
        with self.records.begin(swift=True) as db:
            return [_job(row) for row in db.execute(query)]

    def open_in(self, place: str) -> list[Job]:
        """The jobs that are not over and whose sound goes to a place."""
        from kouji.store.tables import jobs

        query = jobs.select().where(jobs.c.place == place, jobs.c.state.in_(OPEN))
        with self.records.begin(swift=True) as db:
            return [_job(row) for row in db.execute(query)]

    def claimable(self, limit: int = 100) -> list[str]:
        """The jobs with a line that somebody could begin now, in the order in which they go."""
        from sqlalchemy import and_, exists, or_, select

        from kouji.store.tables import job_items, jobs

        now = datetime.now(UTC)
        free = or_(
            and_(job_items.c.state == "queued", job_items.c.due_at <= now),
            and_(job_items.c.state == "running", job_items.c.lease_until < now),
        )
        query = select(jobs.c.id).where(jobs.c.state.in_(OPEN), exists().where(job_items.c.job == jobs.c.id, free))
        query = query.order_by(jobs.c.priority.desc(), jobs.c.created_at, jobs.c.id).limit(limit)
        with self.records.begin(swift=True) as db:
            return list(db.execute(query).scalars())

    def items(self, name: str, after: int = -1, limit: int | None = None) -> Iterator[Item]:
        """The lines of a job in their order: so many after that position."""
        from kouji.store.tables import job_items

        query = job_items.select().where(job_items.c.job == name, job_items.c.position > after)
        query = query.order_by(job_items.c.position).limit(limit)
        with self.records.begin(swift=True) as db:
            rows = db.execute(query).all()
        return (item_of(row) for row in rows)

    def cancel(self, name: str, **why: str) -> Job:
        """Stop a job. What is made stays; what is being made and clips are not kept. One that is over stays as it is.

        `why`: what its event tells.
        """
        from kouji.store.tables import jobs

        now = datetime.now(UTC)
        with self.records.begin() as db:
            stop = jobs.update().where(jobs.c.id == name, jobs.c.state.in_(OPEN))
            if db.execute(stop.values(state="cancelled", finished_at=now)).rowcount:
                tell(db, name, "cancelled", **why)
        self.clips.sweep()
        return self.get(name)

    def tidy(self, grace: float = GRACE) -> None:
        """Delete clips that nobody needs any more; jobs that have kept some for too long are cancelled.

        `grace`: as of `Clips.sweep`.
        """
        for name in self.clips.sweep(grace):
            self.cancel(name, reason=f"Nobody made it within {LONGEST.days} days, and clips are not kept for longer.")

    def resume(self, name: str, clips: Sequence[bytes] = ()) -> Job:
        """Take up again what was cancelled, failed or given up; what is done stays done.

        Args:
            name: of the job.
            clips: those that lines brought along, once more: they went when the job was over.

        Raises:
            InvalidInput: one that is needed is lacking, or another is given.
            NotPermitted: the consent to one has ended.
            StoreFailed: they cannot be kept.
        """
        job = self.get(name)
        if job.is_over and job.state != "done":
            lines = (item.request for item in self.items(name) if item.state != "done")
            try:
                self.clips.bring_back(name, clips_of(lines), clips)
            except StoreFailed:
                self.clips.discard(name)
                raise
        return self._resumed(name)

    def _resumed(self, name: str) -> Job:
        from kouji.store.tables import job_items, jobs

        with self.records.begin() as db:
            found = db.execute(jobs.select().where(jobs.c.id == name).with_for_update()).first()
            if found is not None and found.state not in (*OPEN, "done"):
                again = job_items.update().where(job_items.c.job == name, job_items.c.state.in_(("failed", "dead")))
                db.execute(again.values(state="queued", attempts=0, due_at=datetime.now(UTC), error={}, holder=""))
                state = "done" if found.n_done == found.n_items else "queued"
                end = found.finished_at if state == "done" else None
                values = {"state": state, "n_failed": 0, "n_dead": 0, "finished_at": end}
                db.execute(jobs.update().where(jobs.c.id == name).values(**values))
                tell(db, name, "resumed")
        return self.get(name)

    def redo(self, name: str, positions: list[int]) -> None:
        """Make lines of a job again that are done: somebody took their files away."""
        from kouji.store.tables import job_items, jobs

        with self.records.begin() as db:
            db.execute(jobs.select().where(jobs.c.id == name).with_for_update()).first()
            for position in positions:
                one = (job_items.c.job == name, job_items.c.position == position, job_items.c.state == "done")
                values = {"state": "queued", "attempts": 0, "due_at": datetime.now(UTC), "sha256": "", "holder": ""}
                if db.execute(job_items.update().where(*one).values(**values)).rowcount:
                    more = {"state": "queued", "n_done": jobs.c.n_done - 1, "finished_at": None}
                    db.execute(jobs.update().where(jobs.c.id == name).values(**more))
            tell(db, name, "resumed")

    def events(self, name: str, after: int = 0, limit: int = 1000) -> list[Event]:
        """What happened to a job after the event of that number."""
        from kouji.store.tables import job_events

        query = job_events.select().where(job_events.c.job == name, job_events.c.seq > after)
        with self.records.begin(swift=True) as db:
            rows = db.execute(query.order_by(job_events.c.seq).limit(limit)).all()
        return [Event(row.seq, row.at, row.kind, row.data) for row in rows]

    def follow(self, name: str, after: int = 0, poll: float = _POLL) -> Iterator[Event]:
        """Events as they happen, from the one after that number to the one that ends the job. Raises UnknownName."""
        while True:
            over = self.get(name).is_over  # looked at first: the events of its end are there then
            found = self.events(name, after)
            yield from found
            after = found[-1].seq if found else after
            if over and not found:
                return
            if not found:
                time.sleep(poll)


def _made_before(db: Connection, order: Order) -> dict[str, dict[str, object]]:
    """Fingerprint of a line -> what an earlier job left of it in the same place. Files may have gone since."""
    from kouji.store.tables import job_items, jobs

    query = job_items.select().join(jobs).where(jobs.c.place == order.output.place, job_items.c.state == "done")
    kept = ("state", "file", "sha256", "duration", "notices")
    rows = db.execute(query.order_by(jobs.c.created_at)).all()
    return {row.fingerprint: {name: getattr(row, name) for name in kept} for row in rows}


def tell(db: Connection, job: str, kind: str, **data: object) -> int:
    """Add an event, and the callback that it asks for. Returns its number.

    The row of the job is locked on the way, so that numbers follow one another without gaps, in the order in which
    others come to see them.
    """
    from kouji.store.tables import callbacks, job_events, jobs

    now = datetime.now(UTC)
    count = jobs.update().where(jobs.c.id == job).values(last_seq=jobs.c.last_seq + 1)
    row = db.execute(count.returning(jobs.c.last_seq, jobs.c.callback)).one()
    db.execute(job_events.insert().values(job=job, seq=row.last_seq, at=now, kind=kind, data=data))
    if kind in row.callback.get("events", ()):
        values = {"job": job, "seq": row.last_seq, "url": row.callback["url"], "state": "queued", "attempts": 0}
        db.execute(callbacks.insert().values(due_at=now, **values))
    return int(row.last_seq)


def item_of(row: Any) -> Item:
    """A row of job_items."""
    return Item(
        row.job, row.position, row.name, Request(**row.request), row.state, row.attempts, row.holder, row.file,
        row.sha256, row.duration, tuple(row.notices), row.error,
    )  # fmt: skip


def _job(row: Any) -> Job:
    callback = None
    if row.callback:
        callback = Callback(row.callback["url"], tuple(row.callback["events"]))
    return Job(
        row.id, row.kind, row.state, row.n_items, row.n_done, row.n_failed, row.n_dead, row.last_seq, row.created_at,
        row.finished_at, Output(**row.output), row.settings, callback, row.priority, row.key or "", row.owner,
    )  # fmt: skip


def _check(order: Order) -> None:
    if order.kind not in KINDS:
        raise UnknownName("kind of job", order.kind, KINDS)
    if not order.lines or (order.kind == "speech" and len(order.lines) != 1):
        raise InvalidInput(f"A job of {len(order.lines)} lines is no {order.kind}.", "Give at least one line.")
    if not -100 <= order.priority <= 100:
        raise InvalidInput(f"priority={order.priority} is not possible.", "Give -100 to 100.")
    if len(order.key) > 200:
        raise InvalidInput("The idempotency key is too long.", "Give at most 200 characters.")
    for line in order.lines:
        if line.clips and not (line.consent and order.clips):
            hint = "Say who consents to what, or register the voice and give its name."
            raise InvalidInput(f"The line {line.name!r} brings a clip without a consent.", hint)
    names = [line.name.casefold() for line in order.lines]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"Two lines are called {twice!r}.", "Give every line a name of its own.")
