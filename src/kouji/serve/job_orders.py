"""What `POST /v1/jobs` may ask for, and the order for the ledger that it stands for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from kouji import config, jobs
from kouji.audio.loudness import checked
from kouji.jobs import Line
from kouji.jobs.clips import store_of
from kouji.jobs.job import EVENTS, LOUDNESS
from kouji.store.blobs import within

from .job_clips import MOST_CLIPS, Consenting, Hearing, consent_of
from .orders import order_of
from .refusals import unusable
from .schemas import BatchItem, SpeechRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kouji.policy import Consent

    from .auth import Client
    from .service import Service
    from .spoken import Order

MOST_LINES = 10_000
MOST_WORDS = 100_000  # with their pronunciations, of all lines: each line keeps its own
_PREFIX = r"^[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$"  # no part of it leads out


class JobSpeech(SpeechRequest, Consenting):
    """One text."""


class JobItem(BatchItem, Consenting):
    """One of many texts."""


class BatchOrder(Consenting):
    """Many texts; what an item does not say, this says for all."""

    items: Annotated[list[JobItem], Field(min_length=1, max_length=MOST_LINES)]


class OutputOrder(BaseModel):
    """What becomes of the sound."""

    model_config = ConfigDict(extra="forbid")

    store: Annotated[Literal["local", "s3"] | None, Field(description="As the server is set up, and no other.")] = None
    loudness: Annotated[float | None, Field(ge=-40, le=-5, description="LUFS; null leaves it as it is.")] = LOUDNESS
    prefix: Annotated[
        str | None, Field(max_length=200, pattern=_PREFIX, description="Where in the store: podcast/march.")
    ] = None
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
    request: BatchOrder | JobSpeech
    output: OutputOrder = OutputOrder()
    callback: CallbackOrder | None = None
    priority: Annotated[int, Field(ge=-100, le=100)] = 0
    idempotency_key: Annotated[str | None, Field(max_length=100)] = None


class ResumeOrder(BaseModel):
    """`POST /v1/jobs/{id}/resume`."""

    model_config = ConfigDict(extra="forbid")

    clips: Annotated[
        list[str], Field(max_length=MOST_CLIPS, description="As data URLs or web addresses: those that went.")
    ] = []


async def job_of(
    service: Service, client: Client, body: JobOrder, key: str, uploads: Mapping[str, bytes]
) -> tuple[jobs.Order, list[str]]:
    """The order, and what was left aside of it. `uploads`: what came beside it, by name."""
    if isinstance(body.request, BatchOrder) != (body.type == "batch"):
        raise unusable("request", "cannot be used", "Give `items` for a batch, `input` for speech.")
    hear = Hearing(uploads)
    found: list[tuple[str, Order, Consent | None]] = []
    n_words = 0
    if isinstance(body.request, BatchOrder):
        shared = body.request.model_dump(exclude={"items"}, exclude_unset=True)
        for index, item in enumerate(body.request.items):
            merged = JobItem.model_validate({**shared, **item.model_dump(exclude_unset=True)})
            consent = consent_of(merged, f"items.{index}.")
            order = await order_of(service, client, merged, item.input, hear=hear)
            found.append((item.id or f"{index + 1:04}", order, consent))
            n_words += _n_words(order)
            if n_words > MOST_WORDS:
                hint = f"The words of all lines are at most {MOST_WORDS}; the lexicon has room."
                raise unusable("pronunciation", "cannot be used", hint)
    else:
        consent = consent_of(body.request)
        order = await order_of(service, client, body.request, body.request.input, hear=hear)
        found.append(("speech", order, consent))
    hear.check_all_used()
    orders = [order for _, order, _ in found]
    for order in orders:
        service.check_length(order.request.text)
        if order.loudness is not None:
            raise unusable("loudness", "cannot be used", "A job has one for all of its sound, in `output`.")
    first = orders[0]
    for name, values in (
        ("model", {order.engine for order in orders}), ("preset", {order.preset for order in orders}),
        ("response_format", {order.format for order in orders}),
        ("sample_rate", {order.sample_rate for order in orders}),
    ):  # fmt: skip
        if len(values) > 1:
            raise unusable(name, "cannot be used", "All of a job have the same.")
    warnings = list(dict.fromkeys(notice.message for order in orders for notice in order.notices))
    if body.request.consent and not any(consent for _, _, consent in found):
        warnings.append("No line brings a clip: the consent was not recorded.")
    return jobs.Order(
        body.type, [Line(name, order.request, consent) for name, order, consent in found],
        _output(service, body.output, first),
        first.engine, first.preset or service.settings.preset, service.settings.lexicon,
        callback=_callback(body.callback), priority=body.priority, key=key, owner=client.name[:200],
        clips=store_of(service.settings),
    ), warnings  # fmt: skip


def _output(service: Service, asked: OutputOrder, order: Order) -> jobs.Output:
    place = config.results_url(service.settings)
    is_there = "s3" if urlsplit(place).scheme == "s3" else "local"
    if asked.store not in (None, is_there):
        raise unusable("output.store", "cannot be used", f"This server keeps the sound of jobs in {is_there!r}.")
    wanted = None if asked.loudness is None else checked(asked.loudness)
    if asked.prefix:
        place = within(place, asked.prefix)
    output = jobs.Output(place, False, order.format, wanted, asked.url_ttl, order.sample_rate)
    output.rate(service.host(order.engine, order.preset).card.sample_rate)  # a format that cannot carry it is told now
    return output


def _n_words(order: Order) -> int:
    words = order.request.controls.get("pronunciation", ())
    return len(words) if isinstance(words, Mapping) else 0


def _callback(asked: CallbackOrder | None) -> jobs.Callback | None:
    if asked is None:
        return None
    return jobs.Callback(asked.url, tuple(asked.events)) if asked.events else jobs.Callback(asked.url)
