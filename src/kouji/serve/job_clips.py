"""The clips of a job that is handed in: with it as uploads, within it as data URLs, or from the web.

    multipart/form-data:  order = {"request": {"ref_audio": "upload:ann", …}}   ann = FILE
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import Field

from kouji.policy import Consent

from .clips import MAX_CLIP, check_clip, clip_of, sound_of
from .refusals import TooLarge, unusable
from .schemas import Emotion, SpeechDefaults

if TYPE_CHECKING:
    from starlette.types import Message

    from kouji.engines.contract import Card

UPLOAD = "upload:"  # before the name of a part
MOST_CLIPS = 1000  # different ones of one job: each from the web is a request of ours
MOST_BYTES = 100_000_000  # of all clips of one job: while it is checked they are in memory
_SCOPE = "kouji.uploads"
_MB = 1_000_000


class Consenting(SpeechDefaults):
    """Who lets their voice be used, for the clips of a job lie on a disk until it is over."""

    consent: Annotated[str | None, Field(max_length=2000, description="What they agreed to who speak in clips.")] = None
    person: Annotated[str | None, Field(max_length=2000, description="Who consents.")] = None


def consent_of(asked: Consenting, where: str = "") -> Consent | None:
    """The consent to the clips of a line; None where it has none.

    Args:
        asked: the line.
        where: it stands in the order, such as "items.3.".

    Raises:
        InvalidInput: there are clips, and nobody consents.
    """
    manner = asked.emotion.audio if isinstance(asked.emotion, Emotion) else None
    given = {"ref_audio": asked.ref_audio, "emotion.audio": manner}
    clips = [name for name, value in given.items() if value is not None]
    if not clips:
        return None
    for field in ("consent", "person"):
        if not (getattr(asked, field) or "").strip():
            raise unusable(
                f"{where}{field}", f"is missing: a job keeps the clip of {clips[0]} until it is over",
                "Give `consent` (what the speaker agreed to) and `person` (who); or register the voice and give its "
                "name; or ask /v1/audio/speech, which keeps no clip.",
            )  # fmt: skip
    return Consent(asked.person or "", asked.consent or "")


class Hearing:
    """Reads the clips of one order, each once, however many lines have it."""

    def __init__(self, uploads: Mapping[str, bytes]) -> None:
        self._uploads, self._unused = uploads, set(uploads)
        self._heard: dict[str, bytes] = {}
        self._n_bytes = 0

    async def __call__(self, source: str, field: str, card: Card, control: str) -> bytes:
        """As `clip_of`, of uploads too.

        Raises:
            UnsupportedControl: the engine listens to no clips.
            InvalidInput: it cannot be read, or nothing of that name was sent along.
            TooLarge: all clips together are too much.
        """
        if source in self._heard and control in card.controls:
            return self._heard[source]
        if source.startswith(UPLOAD) and control in card.controls:
            data = self._upload(source.removeprefix(UPLOAD), field)
        else:
            data = await clip_of(source, field, card, control)
        return self._keep(source, data)

    async def all_of(self, sources: list[str]) -> list[bytes]:
        """The clips that are named, and all that were sent along. Raises as above."""
        for source in [*sources, *(f"{UPLOAD}{name}" for name in self._uploads)]:
            if source not in self._heard:
                is_upload = source.startswith(UPLOAD)
                name = source.removeprefix(UPLOAD)
                self._keep(source, self._upload(name, "clips") if is_upload else await sound_of(source, "clips"))
        return list(self._heard.values())

    def check_all_used(self) -> None:
        """Raises InvalidInput where something was sent along that no line asks for."""
        if self._unused:
            name = min(self._unused)
            raise unusable(name[:100], f"is asked for by no line. Write it as {UPLOAD}{name} where a clip is meant")

    def _upload(self, name: str, field: str) -> bytes:
        if name not in self._uploads:
            raise unusable(field, f"names no part of the request: {name[:100]!r}")
        data = self._uploads[name]
        if len(data) > MAX_CLIP:
            raise unusable(field, f"is larger than {MAX_CLIP // _MB} MB")
        self._unused.discard(name)
        check_clip(data, field)
        return data

    def _keep(self, source: str, data: bytes) -> bytes:
        self._heard[source] = data
        self._n_bytes += len(data)
        if self._n_bytes > MOST_BYTES or len(self._heard) > MOST_CLIPS:
            hint = f"Send at most {MOST_CLIPS}, of {MOST_BYTES // _MB} MB together, in one job."
            raise TooLarge("The clips of this job are too many or too large.", hint)
        return data


class WithUploads(APIRoute):
    """A route whose JSON may come as the part `order` of a form, with files beside it; see `uploads_of`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own, behind one that unpacks."""
        handle = super().get_route_handler()

        async def unpacked(request: Request) -> Response:
            if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
                request = await _unpacked(request)
            return await handle(request)

        return unpacked


def uploads_of(request: Request) -> Mapping[str, bytes]:
    """What came beside the JSON, by the names of its parts."""
    found: Mapping[str, bytes] = request.scope.get(_SCOPE, {})
    return found


async def _unpacked(request: Request) -> Request:
    most = request.app.state.service.settings.max_body_mb * _MB
    parts: dict[str, bytes] = {}
    async with request.form(max_files=MOST_CLIPS + 1, max_fields=8, max_part_size=most) as form:
        for name, value in form.multi_items():
            if name in parts:
                raise unusable(name[:100], "was sent twice")
            parts[name] = value.encode() if isinstance(value, str) else await value.read()
    order = parts.pop("order", b"")
    headers = [(name, value) for name, value in request.scope["headers"] if name not in _OF_BODY]
    headers += [(b"content-type", b"application/json"), (b"content-length", str(len(order)).encode())]

    async def receive() -> Message:
        return {"type": "http.request", "body": order, "more_body": False}

    return Request({**request.scope, "headers": headers, _SCOPE: parts}, receive)


_OF_BODY = (b"content-type", b"content-length", b"transfer-encoding")


def form_with(order: str, required: bool) -> dict[str, Any]:
    """What the OpenAPI document says of the form; `order`: what its part of that name holds."""
    schema = {
        "type": "object", "properties": {"order": {"type": "string", "description": order}},
        "required": ["order"] if required else [], "additionalProperties": {"type": "string", "format": "binary"},
    }  # fmt: skip
    return {"requestBody": {"content": {"multipart/form-data": {"schema": schema}}}}
