"""Tells others what has become of a job: signed, again and again until it is taken, and every try is written down.

    POST URL
    X-Signature: t=1700000000,v1=HMAC-SHA256("1700000000." + body)
    X-Event-Id: JOB.SEQ                 the same in every try: who gets it twice knows

The URL never leads into a private network unless the house allows the name. Redirects are not followed.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kouji import __version__, config
from kouji.errors import InvalidInput
from kouji.policy.addresses import Resolve, Target, addresses_of, checked
from kouji.store import Records

from .job import EVENTS, Callback

_log = logging.getLogger(__name__)
ATTEMPTS = 8  # over about an hour, then it is given up
FIRST_WAIT, LONGEST_WAIT = 5.0, 3600.0  # seconds; each wait is three times the one before
TIME = 10.0  # seconds that a receiver has to answer
_LEASE = 60.0  # seconds in which nobody else tries the same


@dataclass(frozen=True)
class Delivery:
    """One try."""

    seq: int  # of the event
    at: datetime
    status: int | None  # of the answer; None where none came
    error: str  # "" where it was taken


def check(callback: Callback, settings: config.Config) -> None:
    """Refuse a callback that could never be made. The name is looked up when it is made.

    Raises:
        InvalidInput: there is no secret to sign with, the URL leads nowhere we go, or there is no such event.
    """
    secret(settings)
    checked(callback.url, allowed(settings), "callback.url")
    for event in callback.events:
        if event not in EVENTS:
            raise InvalidInput(
                f"There is no event called {event!r}.", f"Known: {', '.join(EVENTS)}.", param="callback.events"
            )


def secret(settings: config.Config) -> bytes:
    """What callbacks are signed with. Raises InvalidInput where there is none, or it is short."""
    hint = "Set callback_secret to a file that holds 16 bytes or more."
    if not settings.callback_secret:
        raise InvalidInput("Callbacks are not possible: there is no secret to sign them with.", hint)
    try:
        found = Path(settings.callback_secret).expanduser().read_bytes().strip()
    except OSError as error:
        raise InvalidInput(f"The secret of callbacks cannot be read: {error.strerror}.", hint) from error
    if len(found) < 16:
        raise InvalidInput("The secret of callbacks is too short.", hint)
    return found


def allowed(settings: config.Config) -> list[str]:
    """Names that callbacks may go to although they are private."""
    return [name.strip() for name in settings.callback_hosts.split(",") if name.strip()]


def signature(key: bytes, body: bytes, at: int) -> str:
    """What stands in `X-Signature`; `at` is the time in seconds since 1970, so that old ones can be refused."""
    return f"t={at},v1={hmac.new(key, f'{at}.'.encode() + body, hashlib.sha256).hexdigest()}"


class Postman:
    """Delivers what is due. Any number may work side by side."""

    def __init__(
        self, records: Records, settings: config.Config, first_wait: float = FIRST_WAIT, attempts: int = ATTEMPTS,
        resolve: Resolve = addresses_of,
    ) -> None:  # fmt: skip
        self._records, self._settings = records, settings
        self._first_wait, self._attempts, self._resolve = first_wait, attempts, resolve

    def work(self, over: threading.Event, idle: float = 1.0) -> None:
        """Deliver until `over`."""
        while not over.is_set():
            try:
                if self.deliver():
                    continue
            except Exception as error:  # the records may answer again later
                _log.warning("%s", error)
            over.wait(idle)

    def deliver(self) -> bool:
        """One try at one callback that is due; False where there is none."""
        row = self._claim()
        if row is None:
            return False
        body = self._body(row)
        status, error = self._post(row.url, f"{row.job}.{row.seq}", body)
        self._note(row, status, error)
        return True

    def _claim(self) -> Any:
        """Take one, and push it into the future, so that nobody else takes it while we try."""
        from kouji.store.tables import callbacks

        now = datetime.now(UTC)
        query = callbacks.select().where(callbacks.c.state == "queued", callbacks.c.due_at <= now)
        with self._records.begin() as db:
            query = query.order_by(callbacks.c.due_at, callbacks.c.id).limit(1)
            row = db.execute(query.with_for_update(skip_locked=True)).first()
            if row is not None:
                later = {"due_at": now + timedelta(seconds=_LEASE), "attempts": row.attempts + 1}
                db.execute(callbacks.update().where(callbacks.c.id == row.id).values(**later))
        return row

    def _body(self, row: Any) -> bytes:
        from kouji.store.tables import job_events

        query = job_events.select().where(job_events.c.job == row.job, job_events.c.seq == row.seq)
        with self._records.begin(swift=True) as db:
            event = db.execute(query).one()
        told = {"job": row.job, "seq": row.seq, "at": event.at.isoformat(), "event": event.kind, "data": event.data}
        return json.dumps(told, ensure_ascii=False).encode("utf-8", errors="backslashreplace")

    def _post(self, url: str, name: str, body: bytes) -> tuple[int | None, str]:
        """(status, what went wrong)."""
        try:
            target = checked(url, allowed(self._settings), "The callback", self._resolve)
            headers = {
                "Content-Type": "application/json", "User-Agent": f"kouji/{__version__}", "X-Event-Id": name,
                "X-Signature": signature(secret(self._settings), body, int(time.time())),
            }  # fmt: skip
            status = _post(target, body, headers)
        except InvalidInput as error:
            return None, error.message
        except (OSError, http.client.HTTPException) as error:
            return None, f"{type(error).__name__}: {error}"[:500]
        return status, "" if 200 <= status < 300 else f"The answer is {status}."

    def _note(self, row: Any, status: int | None, error: str) -> None:
        from kouji.store.tables import callbacks, deliveries

        now, attempts = datetime.now(UTC), row.attempts + 1
        state = "done" if not error else "dead" if attempts >= self._attempts else "queued"
        wait = min(LONGEST_WAIT, self._first_wait * 3 ** (attempts - 1))
        with self._records.begin() as db:
            db.execute(deliveries.insert().values(callback=row.id, at=now, status=status, error=error))
            later = {"state": state, "due_at": now + timedelta(seconds=wait)}
            db.execute(callbacks.update().where(callbacks.c.id == row.id).values(**later))


def deliveries_of(records: Records, job: str) -> list[Delivery]:
    """Every try for a job, the oldest first."""
    from sqlalchemy import select

    from kouji.store.tables import callbacks, deliveries

    query = select(callbacks.c.seq, deliveries.c.at, deliveries.c.status, deliveries.c.error)
    query = query.join_from(deliveries, callbacks).where(callbacks.c.job == job).order_by(deliveries.c.id)
    with records.begin(swift=True) as db:
        return [Delivery(*row) for row in db.execute(query)]


def _post(target: Target, body: bytes, headers: dict[str, str]) -> int:
    """The status of the answer; its body is not read."""
    connection = _Connection(target)
    try:
        connection.request("POST", target.path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


class _Connection(http.client.HTTPConnection):
    """To the address that was checked, under the name that was asked for."""

    def __init__(self, target: Target) -> None:
        super().__init__(target.host, target.port, timeout=TIME)
        self._target = target
        self.default_port = 443 if target.scheme == "https" else 80  # which the Host header leaves out

    def connect(self) -> None:
        """See HTTPConnection."""
        self.sock = socket.create_connection((str(self._target.address), self._target.port), TIME)
        if self._target.scheme == "https":
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self._target.host)
