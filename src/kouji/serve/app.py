"""The server put together: one app of many doors, over one service."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from importlib import import_module
from importlib.util import find_spec

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware

import kouji
from kouji import config
from kouji.text import Lexicon

from . import (
    about,
    batch,
    chattts,
    convert,
    cosyvoice,
    elevenlabs,
    elevenlabs_live,
    elevenlabs_voices,
    errors,
    front,
    gptsovits,
    house,
    jobs,
    openai,
    pronunciations,
    recognition,
    reference,
    takes,
    texts,
    verify,
    voices,
    websocket,
)
from .auth import Keys
from .desk import Desk
from .gate import Gate
from .idempotency import Idempotency
from .limits import Limits
from .service import MB, Service
from .takes import Takes

log = logging.getLogger("kouji.serve")

EXPOSED = (
    "X-Request-Id", "X-Engine", "X-Voice-Id", "X-Seed", "X-Audio-Duration-Ms", "X-RTF", "X-Warnings", "X-Cache",
    "X-Attribution", "X-Marking",
)  # fmt: skip
_OPENAI = (openai.router, voices.router, batch.router, convert.router, verify.router, websocket.router)
_OTHERS = (
    front.router, about.router, house.router, takes.router, gptsovits.router, elevenlabs.router,
    elevenlabs_voices.router, elevenlabs_live.router, cosyvoice.router, chattts.router,
)  # fmt: skip


def create_app(settings: config.Config | None = None, with_page: bool = False) -> FastAPI:
    """The whole server.

    Args:
        settings: as of the command.
        with_page: the web page too, where gradio is installed.

    Raises:
        SpeechError: the settings name what is not there.
    """
    settings = settings or config.load()
    service = Service(settings)
    if settings.lexicon:
        Lexicon.read(settings.lexicon)  # a broken one is told now, not with the first request
    app = _app(service, "Kouji")
    for prefix in ("/v1", "/api/v1", ""):
        for router in _OPENAI:
            app.include_router(router, prefix=prefix, include_in_schema=prefix == "/v1")
    app.include_router(texts.router, prefix="/v1")
    app.include_router(pronunciations.router, prefix="/v1")
    app.include_router(recognition.router, prefix="/v1")
    app.include_router(jobs.router, prefix="/v1")
    for router in _OTHERS:
        app.include_router(router)
    if find_spec("mcp") is not None:  # the extra [mcp]
        from . import mcp

        app.state.beside = mcp.mount(app)
    if with_page and find_spec("gradio") is not None:  # the extra [ui]
        from .page.page import mount

        mount(app)
        app.state.has_page = True
    return app


def create_gptsovits_app(main: FastAPI) -> FastAPI:
    """A second door of the same service, where `/tts` is api_v2 and nothing else."""
    app = _app(main.state.service, "Kouji as GPT-SoVITS", main)
    alone = APIRouter()

    alone.add_api_route("/tts", gptsovits.tts, methods=["GET", "POST"])
    app.include_router(alone)
    app.include_router(gptsovits.router)
    return app


def _app(service: Service, title: str, main: FastAPI | None = None) -> FastAPI:
    settings = service.settings
    # FastAPI's own pages of the routes are made by scripts that they load from another host.
    app = FastAPI(
        title=title, version=kouji.__version__, lifespan=_alive if main is None else None, docs_url=None, redoc_url=None
    )
    app.include_router(reference.router)
    app.state.service = service
    app.state.gate = main.state.gate if main else Gate(service, Keys.read(settings.api_keys))
    app.state.idempotency = main.state.idempotency if main else Idempotency()
    app.state.desk = main.state.desk if main else Desk(settings)
    app.state.takes = main.state.takes if main else Takes(settings.cache_mb * MB)
    app.state.has_page = False
    app.state.farewells = []  # what to call when the server is told to end, before it waits for its connections
    app.state.refer_audio = {}  # client -> voice, as GPT-SoVITS' /set_refer_audio said
    errors.install(app)
    if settings.cors:
        origins = [origin.strip() for origin in settings.cors.split(",") if origin.strip()]
        app.add_middleware(
            CORSMiddleware, allow_origins=origins, allow_methods=["GET", "POST", "PUT", "DELETE"], allow_headers=["*"],
            expose_headers=list(EXPOSED),
        )  # fmt: skip
    app.add_middleware(Limits, max_body=settings.max_body_mb * MB, metrics=service.metrics)
    return app


@asynccontextmanager
async def _alive(app: FastAPI) -> AsyncIterator[None]:
    """Load the engines beside the first requests; stop the workers at the end."""
    service: Service = app.state.service
    import_module("av")  # a quarter of a second that the first listener would wait for

    async def load() -> None:
        try:
            await service.start()
            log.info("Ready.")
            await asyncio.to_thread(app.state.desk.resume)
        except kouji.SpeechError as error:
            log.error("%s", error)
        await service.look_after()

    task = asyncio.create_task(load())
    beside = getattr(app.state, "beside", nullcontext)
    try:
        async with beside():
            yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await asyncio.to_thread(app.state.desk.close)
        await asyncio.to_thread(service.close)
