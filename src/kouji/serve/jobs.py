"""Work that outlives the request: `/v1/jobs`, with events that can be read again from any point."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import asdict
from functools import cached_property
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from kouji import config, engines, jobs
from kouji.audio.encoder import FORMATS
from kouji.audio.loudness import checked
from kouji.audio.writer import FORMATS as FILE_FORMATS
from kouji.casting import Library
from kouji.errors import InvalidInput, SpeechError, UnknownName
from kouji.jobs import Job, Ledger, Line, Runner, callbacks
from kouji.jobs.callbacks import Postman
from kouji.jobs.job import EVENTS, LOUDNESS, OPEN, STATES
from kouji.jobs.places import open_place
from kouji.store import Records, open_blobs, open_records
from kouji.store.queue import TableQueue, open_queue

from .auth import Client
from .documented import AUDIO, ERRORS
from .gate import allowed
from .orders import order_of
from .schemas import BatchItem, SpeechDefaults, SpeechRequest
from .service import Service
from .spoken import Order

MOST_LINES = 10_000
MOST_TOLD = 16  # workers that a queue tells of one job
_POLL = 0.3  # seconds between two looks for events
_ALIVE = 15.0  # seconds after which a quiet stream says that it lives: proxies cut those that do not

router = APIRouter(tags=["jobs"], responses=ERRORS)
Owner = Annotated[Client, Depends(allowed("jobs"))]


class BatchOrder(SpeechDefaults):
    """Many texts; what an item does not say, this says for all."""

    items: Annotated[list[BatchItem], Field(min_length=1, max_length=MOST_LINES)]


class OutputOrder(BaseModel):
    """What becomes of the sound."""

    model_config = ConfigDict(extra="forbid")

    store: Annotated[Literal["local", "s3"] | None, Field(description="As the server is set up, and no other.")] = None
    loudness: Annotated[float | None, Field(ge=-40, le=-5, description="LUFS; null leaves it as it is.")] = LOUDNESS
    url_ttl: Annotated[int, Field(ge=1, le=604_800, description="Seconds that links hold.")] = 3600


class CallbackOrder(BaseModel):
    """Whom to tell."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=2000)]
    events: Annotated[list[Literal[EVENTS]] | None, Field(max_length=20)] = None  # type: ignore[valid-type]


class JobOrder(BaseModel):
    """`POST /v1/jobs`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"type": "speech", "request": {"model": "native", "input": "Hello, world."}},
                {"type": "batch", "request": {"model": "native", "items": [{"input": "One."}, {"input": "Two."}]}},
            ]
        },
    )

    type: Literal["speech", "batch"]
    request: BatchOrder | SpeechRequest
    output: OutputOrder = OutputOrder()
    callback: CallbackOrder | None = None
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    idempotency_key: Annotated[str | None, Field(max_length=100)] = None


class Desk:
    """The jobs of a server: its ledger, and the worker that it brings along where no queue has others."""

    def __init__(self, settings: config.Config) -> None:
        """Nothing is opened yet.

        Raises:
            InvalidInput, MissingExtra: the settings name a queue or a store that nobody speaks to.
        """
        self.settings = settings
        self.queue = open_queue(settings.queue)
        open_blobs(config.results_url(settings))
        self._lock, self._over = threading.Lock(), threading.Event()
        self._threads: list[threading.Thread] = []

    @cached_property
    def ledger(self) -> Ledger:
        """Opened when it is first needed."""
        return Ledger(self._records)

    @cached_property
    def _records(self) -> Records:
        return open_records(config.database_url(self.settings))

    def start(self) -> None:
        """Have the work done that is there. May be called again."""
        with self._lock:
            if self._threads or self._over.is_set() or not isinstance(self.queue, TableQueue):
                return
            runner = Runner(self._records, self.settings)
            runner.stopping = self._over
            postman = Postman(self._records, self.settings)
            self._threads = [
                threading.Thread(target=self.queue.work, args=(runner.work_on, runner.missed, self._over), daemon=True),
                threading.Thread(target=postman.work, args=(self._over,), daemon=True),
            ]
            for thread in self._threads:
                thread.start()

    def resume(self) -> None:
        """Go on with what an earlier server left, if there is anything."""
        if Library(self.settings).exists and any(self.ledger.newest(state, 1) for state in OPEN):
            self.start()

    def close(self) -> None:
        """Stop: lines that are being made are given back."""
        self._over.set()
        with self._lock:
            for thread in self._threads:
                thread.join()
        if "_records" in self.__dict__:
            self._records.close()


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


@router.post("/jobs", status_code=202)
async def submit(
    body: JobOrder, request: Request, client: Owner,
    idempotency_key: Annotated[str | None, Header(max_length=100)] = None,
) -> dict[str, Any]:  # fmt: skip
    """Keep work to be done. Every line is checked before the answer; the same idempotency key gives the same job."""
    service: Service = request.app.state.service
    desk = _desk(request)
    key = body.idempotency_key or idempotency_key or ""
    order, warnings = await _order(service, client, body, f"{client.name[:90]}:{key}" if key else "")

    def keep() -> dict[str, Any]:
        if order.callback:
            _named("callback", lambda: callbacks.check(order.callback, desk.settings))
        session = service.host(order.engine).session()
        for index, line in enumerate(order.lines):
            _named(f"items.{index}" if body.type == "batch" else "", lambda line=line: session.start(line.request))
        job = desk.ledger.submit(order)
        desk.queue.put(job.id, min(job.n_items, MOST_TOLD))
        desk.start()
        return {**_shown(job), "warnings": warnings}

    return await asyncio.to_thread(keep)


@router.get("/jobs")
def index(
    request: Request, client: Owner, state: Literal[STATES] | None = None,  # type: ignore[valid-type]
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """The newest first."""
    return {"object": "list", "data": [_shown(job) for job in _desk(request).ledger.newest(state or "", limit)]}


@router.get("/jobs/{id}")
def show(
    id: str, request: Request, client: Owner,
    after: Annotated[int, Query(ge=-1, le=10**9, description="Items after that position.")] = -1,
    limit: Annotated[int, Query(ge=0, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """A job with its items, some at a time."""
    ledger = _desk(request).ledger
    job = ledger.get(id)
    items = ledger.items(id, after, limit)
    place = None if job.output.named else open_place(job.output)

    def row(item: jobs.Item) -> dict[str, Any]:
        is_done = item.state == "done"
        url = place.url(item.file) if is_done and place else None
        if url and not url.startswith("http"):
            url = str(request.url_for("audio", id=id, position=item.position))
        return {
            "position": item.position, "id": item.name, "state": item.state, "attempts": item.attempts, "url": url,
            "duration": item.duration if is_done else None, "error": dict(item.error) or None,
            "warnings": [notice["message"] for notice in item.notices],
        }  # fmt: skip

    return {**_shown(job), "items": [row(item) for item in items]}


@router.get("/jobs/{id}/items/{position}", response_class=Response, responses=AUDIO)
def audio(id: str, position: Annotated[int, Path(ge=0, lt=MOST_LINES)], request: Request, client: Owner) -> Response:
    """The sound of an item that is done."""
    desk = _desk(request)
    job = desk.ledger.get(id)
    found = next(desk.ledger.items(id, position - 1, 1), None)
    if found is None or found.position != position or found.state != "done" or job.output.named:
        raise UnknownName("take", f"{id}/{position}", ["the items that are done"])
    data = open_blobs(job.output.place).open(found.file)
    return Response(data, media_type=FORMATS[job.output.format].media_type)


_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}


@router.get("/jobs/{id}/events", response_class=StreamingResponse, responses=_STREAM)
async def events(
    id: str, request: Request, client: Owner,
    after_seq: Annotated[int | None, Query(ge=0, le=10**9)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:  # fmt: skip
    """What happens, as server-sent events, from the start or from the one after `after_seq` or `Last-Event-ID`."""
    ledger = _desk(request).ledger
    await asyncio.to_thread(ledger.get, id)
    told = last_event_id or ""
    after = after_seq if after_seq is not None else int(told[:9]) if told.isdecimal() else 0
    return StreamingResponse(_told(ledger, id, after), media_type="text/event-stream", headers=_UNBUFFERED)


@router.delete("/jobs/{id}")
def cancel(id: str, request: Request, client: Owner) -> dict[str, Any]:
    """Stop a job; what is made stays."""
    return _shown(_desk(request).ledger.cancel(id))


@router.post("/jobs/{id}/resume", status_code=202)
def resume(id: str, request: Request, client: Owner) -> dict[str, Any]:
    """Take up again what was cancelled, failed or given up; what is done stays done."""
    desk = _desk(request)
    job = desk.ledger.resume(id)
    desk.queue.put(job.id, min(job.n_items, MOST_TOLD))
    desk.start()
    return _shown(job)


_UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


async def _told(ledger: Ledger, id: str, after: int) -> AsyncIterator[str]:
    quiet = 0.0
    while True:
        over = (await asyncio.to_thread(ledger.get, id)).is_over
        found = await asyncio.to_thread(ledger.events, id, after)
        for event in found:
            data = {"seq": event.seq, "at": event.at.isoformat(), "event": event.kind, "data": dict(event.data)}
            yield f"id: {event.seq}\nevent: {event.kind}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
            after, quiet = event.seq, 0.0
        if over and not found:
            return
        if not found:
            await asyncio.sleep(_POLL)
            quiet += _POLL
            if quiet > _ALIVE:
                yield ": alive\n\n"
                quiet = 0.0


async def _order(service: Service, client: Client, body: JobOrder, key: str) -> tuple[jobs.Order, list[str]]:
    """The order, and what was left aside of it."""
    if isinstance(body.request, BatchOrder) != (body.type == "batch"):
        raise _wrong("request", "Give `items` for a batch, `input` for speech.")
    found: list[tuple[str, Order]] = []
    if isinstance(body.request, BatchOrder):
        shared = body.request.model_dump(exclude={"items"}, exclude_unset=True)
        for index, item in enumerate(body.request.items):
            merged = BatchItem.model_validate({**shared, **item.model_dump(exclude_unset=True)})
            found.append((item.id or f"{index + 1:04}", await order_of(service, client, merged, item.input)))
    else:
        found.append(("speech", await order_of(service, client, body.request, body.request.input)))
    orders = [order for _, order in found]
    for order in orders:
        service.check_length(order.request.text)
        if any(isinstance(value, bytes) for value in order.request.controls.values()):
            raise _wrong("ref_audio", "A job keeps no clips: register the voice, and give its name.")
    for name, values in (
        ("model", {order.engine for order in orders}), ("response_format", {order.format for order in orders}),
        ("sample_rate", {order.sample_rate for order in orders} | {None}),
    ):  # fmt: skip
        if len(values) > 1:
            raise _wrong(name, "All of a job have the same, and the rate of the engine.")
    first = orders[0]
    if first.format not in FILE_FORMATS:
        raise _wrong("response_format", f"A job gives {', '.join(FILE_FORMATS)}.")
    warnings = list(dict.fromkeys(notice.message for order in orders for notice in order.notices))
    return jobs.Order(
        body.type, [Line(name, order.request) for name, order in found], _output(service, body.output, first.format),
        first.engine, service.settings.preset, service.settings.lexicon, callback=_callback(body.callback),
        priority=body.priority, key=key,
    ), warnings  # fmt: skip


def _output(service: Service, asked: OutputOrder, format: str) -> jobs.Output:
    place = config.results_url(service.settings)
    is_there = "s3" if urlsplit(place).scheme == "s3" else "local"
    if asked.store not in (None, is_there):
        raise _wrong("output.store", f"This server keeps the sound of jobs in {is_there!r}.")
    wanted = None if asked.loudness is None else checked(asked.loudness)
    return jobs.Output(place, False, format, wanted, asked.url_ttl)


def _callback(asked: CallbackOrder | None) -> jobs.Callback | None:
    if asked is None:
        return None
    return jobs.Callback(asked.url, tuple(asked.events)) if asked.events else jobs.Callback(asked.url)


def _named(param: str, check: Any) -> None:
    """Do a check; what it refuses is told with the place in the request."""
    try:
        check()
    except SpeechError as error:
        if param.startswith("items"):
            error.message = f"{param}: {error.message}"
        raise


def _wrong(param: str, hint: str) -> InvalidInput:
    error = InvalidInput(f"{param} cannot be used.", hint)
    error.param = param
    return error


def _shown(job: Job) -> dict[str, Any]:
    end = job.finished_at
    return {
        "id": job.id, "object": "job", "type": job.kind, "state": job.state, "progress": round(job.progress, 4),
        "n_items": job.n_items, "n_done": job.n_done, "n_failed": job.n_failed, "n_dead": job.n_dead,
        "last_seq": job.last_seq, "priority": job.priority, "created_at": job.created_at.isoformat(),
        "finished_at": end and end.isoformat(), "format": job.output.format, "loudness": job.output.loudness,
        "callback": asdict(job.callback) if job.callback else None,
        "attribution": engines.credits(job.settings["engine"]) or None,
    }  # fmt: skip
