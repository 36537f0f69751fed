"""Makes the lines of jobs, one after another: claim, speak, announce, put in place, finish.

Killed at any point it leaves either no file and a line that others make again, or a whole file that others find
announced. Both ways there is one file of a line, and its bytes are the same.
"""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace

import numpy as np

from kouji import config, engines
from kouji.audio import loudness
from kouji.audio.encoder import Encoder
from kouji.audio.resample import resample
from kouji.audio.writer import FORMATS, Writer
from kouji.errors import SpeechError, StoreFailed
from kouji.policy import provenance
from kouji.speak import Session
from kouji.store import Records
from kouji.types import Request

from .job import Item, Job, Made
from .leases import Leases
from .ledger import Ledger
from .places import Place, open_place

_log = logging.getLogger(__name__)
_IDLE = 0.5  # seconds between two looks for work
_PASSING = (500, 502, 503)  # status of errors that another attempt may get over


class Runner:
    """One worker. It says one line at a time."""

    def __init__(self, records: Records, settings: config.Config, leases: Leases | None = None) -> None:
        self._ledger = Ledger(records)
        self._leases = leases or Leases(records)
        self._settings = settings
        self._session: tuple[dict[str, str], Session] | None = None
        self.stopping = threading.Event()  # set from outside: the line at hand is given back, then it ends

    def work(self, job: str = "", drain: bool = False) -> int:
        """Work until stopped; returns how many lines were tried.

        Args:
            job: on this job alone; ends when nothing of it is left to claim.
            drain: end when no job is open any more.

        Raises:
            StoreFailed: the records do not answer when it starts.
        """
        self._leases.release_dead()
        n_tried = n_silent = 0
        while not self.stopping.is_set():
            try:
                item = self._leases.claim(job)
                n_silent = 0
            except StoreFailed as error:
                n_silent += 1
                _log.warning("%s", error)
                if n_tried == 0 and n_silent == 1:
                    raise
                self.stopping.wait(min(30.0, _IDLE * 2**n_silent))
                continue
            if item is not None:
                self.make(item)
                n_tried += 1
                continue
            self._tidy()
            if (drain or job) and not self._is_anything_open(job):
                break
            self._leases.release_dead()
            self.stopping.wait(_IDLE)
        return n_tried

    def work_on(self, job: str) -> None:
        """Make lines of a job as long as there is one that can be begun. (Raises as `work`.)"""
        while not self.stopping.is_set() and (item := self._leases.claim(job)) is not None:
            self.make(item)

    def missed(self) -> list[str]:
        """The jobs that wait for somebody."""
        self._leases.release_dead()
        self._tidy()
        return self._ledger.claimable()

    def make(self, item: Item) -> None:
        """Say one line that was claimed, and tell its rows how that went."""
        try:
            with self._heartbeat(item) as lost:
                job = self._ledger.get(item.job)
                place = open_place(job.output)
                if item.sha256 and place.holds(item.file, item.sha256):
                    self._leases.finish(item)  # whoever had it before us was killed just before this
                else:
                    self._say(item, job, place, lost)
        except _Lost:
            self._leases.give_back(item)
        except SpeechError as error:
            self._leases.fail(item, error.message, error.hint, again=error.status in _PASSING)
        except KeyboardInterrupt:
            self._leases.give_back(item)
            raise
        except Exception as error:  # a defect, or memory that has run out: told, tried again, then given up
            _log.exception("%s of job %s", item.name, item.job)
            self._leases.fail(item, f"{type(error).__name__}: {error}", "", again=True)
        self._tidy()

    def _say(self, item: Item, job: Job, place: Place, lost: threading.Event) -> None:
        def check(n_said: int, n_all: int) -> None:
            if lost.is_set() or self.stopping.is_set():
                raise _Lost

        speech = self._session_of(job).speak(self._request_of(item), check)
        rate = job.output.sample_rate or speech.sample_rate
        samples = resample(speech.samples, speech.sample_rate, rate)
        if job.output.loudness is not None:
            samples = loudness.brought_to(samples, rate, job.output.loudness)
        seal = provenance.sealer(self._settings, job.output.format, speech.tags)
        data = _file(samples, rate, job.output.format, speech.tags, seal)
        file, digest = place.file_of(item.name, data), hashlib.sha256(data).hexdigest()
        notices = tuple(asdict(notice) for notice in speech.notices)
        if not self._leases.announce(item, Made(file, digest, round(speech.duration, 6), notices)):
            raise _Lost
        if not place.holds(file, digest):
            place.put(file, data)
        self._leases.finish(item)

    def _request_of(self, item: Item) -> Request:
        """What is to be said, with its clips. Raises _Lost where the job is over, and they went with it."""
        try:
            return self._ledger.clips.restored(item.job, item.request)
        except StoreFailed:
            if self._ledger.get(item.job).is_over:
                raise _Lost from None
            raise

    def _tidy(self) -> None:
        """Delete the clips of jobs that are over: of the one at hand, or of one that somebody left behind."""
        try:
            self._ledger.tidy()
        except StoreFailed as error:
            _log.warning("%s", error)

    def _session_of(self, job: Job) -> Session:
        """The session that speaks a job; the last one stays open."""
        wanted = dict(job.settings)
        if self._session is None or self._session[0] != wanted:
            settings = replace(self._settings, **wanted)  # type: ignore[arg-type]  # texts all
            self._session = wanted, Session(engines.card(wanted["engine"]), settings)
        return self._session[1]

    def _is_anything_open(self, job: str) -> bool:
        if job:
            return not self._ledger.get(job).is_over
        return any(self._ledger.newest(state, limit=1) for state in ("queued", "running"))

    @contextmanager
    def _heartbeat(self, item: Item) -> Iterator[threading.Event]:
        """Renews the lease while the line is made; the event is set once it is no longer ours."""
        over, lost = threading.Event(), threading.Event()

        def beat() -> None:
            while not over.wait(self._leases.seconds / 3):
                try:
                    if not self._leases.renew(item):
                        lost.set()
                except StoreFailed as error:  # it may answer again before the lease ends
                    _log.warning("%s", error)

        thread = threading.Thread(target=beat, name=f"lease of {item.name}", daemon=True)
        thread.start()
        try:
            yield lost
        finally:
            over.set()
            thread.join()


def _file(
    samples: np.ndarray, sample_rate: int, format: str, tags: dict[str, str], seal: Callable[[bytes], bytes] | None
) -> bytes:
    """A whole file; formats that libsndfile does not write are those of a stream."""
    if format in FORMATS:
        sound = io.BytesIO()
        with Writer(sound, sample_rate, format, tags, seal) as writer:
            writer.add(samples)
        return sound.getvalue()
    encoder = Encoder(format, sample_rate, tags=tags)
    data = encoder.add(samples) + encoder.finish()
    return data if seal is None else seal(data)


class _Lost(Exception):
    """The line is no longer ours to say."""
