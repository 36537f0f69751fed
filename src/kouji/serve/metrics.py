"""Counters for Prometheus: who asks, how soon the first sound comes, how long the queue is."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

if TYPE_CHECKING:
    from .hosts import Host

# Seconds: the bars of one, eight and 32 clients (0.06, 0.15, 0.5) are borders of buckets.
_FIRST_SOUND = (0.01, 0.02, 0.04, 0.06, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One registry per server, so that two in one process do not count into one another."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        to = self._registry
        self._requests = Counter("kouji_requests", "Requests answered.", ["route", "status"], registry=to)
        self._first = Histogram(
            "kouji_first_sound_seconds", "From the request to its first sound.", ["engine", "cached"],
            buckets=_FIRST_SOUND, registry=to,
        )  # fmt: skip
        self._sound = Counter("kouji_sound_seconds", "Seconds of sound made.", ["engine"], registry=to)
        self._work = Counter("kouji_work_seconds", "Seconds that workers spent.", ["engine"], registry=to)
        self._waiting = Gauge("kouji_requests_waiting", "Requests that wait.", ["engine"], registry=to)
        self._open = Gauge("kouji_requests_open", "Requests that are spoken.", ["engine"], registry=to)
        self._loaded = Gauge("kouji_engine_loaded", "1 where the engine is in memory.", ["engine"], registry=to)

    def answered(self, route: str, status: int) -> None:
        """A request has got its answer."""
        self._requests.labels(route, str(status)).inc()

    def first_sound(self, engine: str, seconds: float, is_cached: bool) -> None:
        """The first sound of a request is there."""
        self._first.labels(engine, str(is_cached).lower()).observe(seconds)

    def done(self, engine: str, sound: float, work: float) -> None:
        """A request has been spoken to its end."""
        self._sound.labels(engine).inc(sound)
        self._work.labels(engine).inc(work)

    def text(self, hosts: Iterable[Host]) -> bytes:
        """All of it, in Prometheus' text format."""
        found = sorted(hosts, key=lambda host: host.card.id)
        for engine, presets in groupby(found, key=lambda host: host.card.id):
            same = list(presets)
            self._waiting.labels(engine).set(sum(host.turns.n_waiting for host in same))
            self._open.labels(engine).set(sum(host.turns.n_open for host in same))
            self._loaded.labels(engine).set(int(any(host.is_ready for host in same)))
        return generate_latest(self._registry)
