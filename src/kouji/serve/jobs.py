"""Work that outlives the request: `/v1/jobs`, with events that can be read again from any point."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from kouji import engines, jobs
from kouji.audio.encoder import FORMATS
from kouji.errors import SpeechError, UnknownName
from kouji.jobs import Job, Ledger, callbacks
from kouji.jobs.job import STATES
from kouji.jobs.places import open_place
from kouji.speak import Session
from kouji.store import open_blobs

from .auth import Client
from .desk import Desk
from .documented import AUDIO, ERRORS
from .gate import allowed
from .job_clips import Hearing, WithUploads, form_with, uploads_of
from .job_orders import MOST_LINES, JobOrder, ResumeOrder, job_of
from .service import Service

MOST_TOLD = 16  # workers that a queue tells of one job
_POLL = 0.3  # seconds between two looks for events
_ALIVE = 15.0  # seconds after which a quiet stream says that it lives: proxies cut those that do not

router = APIRouter(tags=["jobs"], responses=ERRORS)
Owner = Annotated[Client, Depends(allowed("jobs"))]


def owner_of(client: Client) -> str | None:
    """Whose jobs a client sees: its own; None, everybody's, where its key opens every door or none is needed."""
    return None if "admin" in client.scopes else client.name


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


# Both may come as a form, with clips beside the JSON.
handing_in = APIRouter(route_class=WithUploads)


@handing_in.post("/jobs", status_code=202, openapi_extra=form_with("The order as JSON; upload:NAME is a part.", True))
async def submit(
    body: JobOrder, request: Request, client: Owner,
    idempotency_key: Annotated[str | None, Header(max_length=100)] = None,
) -> dict[str, Any]:  # fmt: skip
    """Keep work to be done. Every line is checked before the answer; the same idempotency key gives the same job.

    Clips need a `consent` and a `person`; they are kept until the job is over.
    """
    service: Service = request.app.state.service
    desk = _desk(request)
    key = body.idempotency_key or idempotency_key or ""
    key = f"{client.name[:90]}:{key}" if key else ""
    order, warnings = await job_of(service, client, body, key, uploads_of(request))

    def keep() -> dict[str, Any]:
        if told := order.callback:
            callbacks.check(told, desk.settings)
        heard = _checked(service.host(order.engine, order.preset).session(), order)
        job = desk.ledger.submit(order)
        desk.queue.put(job.id, min(job.n_items, MOST_TOLD))
        desk.start()
        return {**shown(job), "warnings": [*warnings, *heard]}

    return await asyncio.to_thread(keep)


@router.get("/jobs")
def index(
    request: Request, client: Owner, state: Literal[STATES] | None = None,  # type: ignore[valid-type]
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """The newest first, of those that the key may see."""
    found = _desk(request).ledger.newest(state or "", limit, owner_of(client))
    return {"object": "list", "data": [shown(job) for job in found]}


@router.get("/jobs/{id}")
def show(
    id: str, request: Request, client: Owner,
    after: Annotated[int, Query(ge=-1, le=10**9, description="Items after that position.")] = -1,
    limit: Annotated[int, Query(ge=0, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """A job with its items, some at a time."""
    ledger = _desk(request).ledger
    job = ledger.get(id, owner_of(client))
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

    return {**shown(job), "n_clips": ledger.clips.n_kept(id), "items": [row(item) for item in items]}


@router.get("/jobs/{id}/items/{position}", response_class=Response, responses=AUDIO)
def audio(id: str, position: Annotated[int, Path(ge=0, lt=MOST_LINES)], request: Request, client: Owner) -> Response:
    """The sound of an item that is done."""
    desk = _desk(request)
    job = desk.ledger.get(id, owner_of(client))
    found = next(desk.ledger.items(id, position - 1, 1), None)
    if found is None or found.position != position or found.state != "done" or job.output.named:
        raise UnknownName("take", f"{id}/{position}", ["the items that are done"])
    data = open_blobs(job.output.place).open(found.file)
    rate = _rate(job)
    kind = FORMATS[job.output.format].media_type + (f";rate={rate};channels=1" if job.output.format == "pcm" else "")
    return Response(data, media_type=kind, headers={"X-Sample-Rate": str(rate)})


_STREAM: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}


@router.get("/jobs/{id}/events", response_class=StreamingResponse, responses=_STREAM)
async def events(
    id: str, request: Request, client: Owner,
    after_seq: Annotated[int | None, Query(ge=0, le=10**9)] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:  # fmt: skip
    """What happens, as server-sent events, from the start or from the one after `after_seq` or `Last-Event-ID`."""
    ledger = _desk(request).ledger
    await asyncio.to_thread(ledger.get, id, owner_of(client))
    told = last_event_id or ""
    after = after_seq if after_seq is not None else int(told[:9]) if told.isdecimal() else 0
    return StreamingResponse(_told(ledger, id, after), media_type="text/event-stream", headers=_UNBUFFERED)


@router.delete("/jobs/{id}")
def cancel(id: str, request: Request, client: Owner) -> dict[str, Any]:
    """Stop a job; what is made stays."""
    ledger = _desk(request).ledger
    ledger.get(id, owner_of(client))
    return shown(ledger.cancel(id))


@handing_in.post("/jobs/{id}/resume", status_code=202, openapi_extra=form_with("May be left out.", False))
async def resume(id: str, request: Request, client: Owner, body: ResumeOrder | None = None) -> dict[str, Any]:
    """Take up again what was cancelled, failed or given up; what is done stays done.

    The clips that it needs went when it was over: send the same again.
    """
    desk = _desk(request)
    await asyncio.to_thread(desk.ledger.get, id, owner_of(client))
    clips = await Hearing(uploads_of(request)).all_of(body.clips if body else [])

    def go_on() -> dict[str, Any]:
        job = desk.ledger.resume(id, clips)
        desk.queue.put(job.id, min(job.n_items, MOST_TOLD))
        desk.start()
        return shown(job)

    return await asyncio.to_thread(go_on)


router.include_router(handing_in)


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


def _checked(session: Session, order: jobs.Order) -> list[str]:
    """What there is to say of its clips. What is refused of a line is told with its place in the request."""
    heard: dict[str, None] = {}
    for index, line in enumerate(order.lines):
        try:
            notices = session.start(line.request).notices
        except SpeechError as error:
            if order.kind == "batch":
                error.message = f"items.{index}: {error.message}"
            raise
        heard |= {notice.message: None for notice in notices if notice.code.startswith("clip_")}
    return list(heard)


def _rate(job: Job) -> int:
    return job.output.rate(engines.card(job.settings["engine"]).sample_rate)


def shown(job: Job) -> dict[str, Any]:
    """A job as clients see it."""
    end = job.finished_at
    return {
        "id": job.id, "object": "job", "type": job.kind, "state": job.state, "progress": round(job.progress, 4),
        "n_items": job.n_items, "n_done": job.n_done, "n_failed": job.n_failed, "n_dead": job.n_dead,
        "last_seq": job.last_seq, "priority": job.priority, "created_at": job.created_at.isoformat(),
        "finished_at": end and end.isoformat(), "format": job.output.format, "sample_rate": _rate(job), "channels": 1,
        "loudness": job.output.loudness,
        "callback": asdict(job.callback) if job.callback else None,
        "attribution": engines.credits(job.settings["engine"]) or None,
    }  # fmt: skip
