"""What the page asks of the hall: the same orders, queue, limits and cache as for every other door."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.utils import get_upload_folder

from kouji.casting import Library
from kouji.errors import InvalidInput, UnknownName
from kouji.policy import Consent
from kouji.text import Lexicon, analyse_line, is_ssml
from kouji.voices.clips import read_clip
from kouji.voices.doctor import Report, examine

from ..auth import Client
from ..clips import check_clip
from ..house import HouseRequest
from ..jobs import owner_of
from ..orders import order_of
from ..validation import validated
from ..voices import HELLO, registered, voices_of

if TYPE_CHECKING:
    from kouji.control import DurationPlan

    from ..gate import Gate
    from ..service import Service
    from .work import Work

log = logging.getLogger("kouji.serve")

SCOPES = ("speech", "voices", "jobs")  # that a key must open
_KEPT = 200  # files of takes and zips on disk, of all visitors together


@dataclass(frozen=True)
class Take:
    """A sound that was made, as a file, and what is known of it."""

    path: str
    duration: float  # seconds
    voice: str
    language: str
    seed: int
    is_cached: bool
    notes: tuple[str, ...]
    text: str = ""  # as it was asked for


class Desk:
    """The page's own door: one for all visitors."""

    def __init__(self, service: Service, gate: Gate, work: Work) -> None:
        self.service, self.work = service, work
        self._gate = gate
        self._folder = TemporaryDirectory(prefix="kouji-page-")
        self._files: OrderedDict[Path, None] = OrderedDict()
        self._n_files = 0

    def enter(self, visit: gr.Request) -> Client:
        """Who asks; the request counts. Raises TooManyRequests: too often."""
        client = self._client(visit)
        self._gate.count(client)
        return client

    def owner(self, visit: gr.Request) -> str | None:
        """Whose jobs a visitor sees: where the server has keys its own, else everybody's."""
        return owner_of(self._client(visit))

    def _client(self, visit: gr.Request) -> Client:
        if self._gate.needs_keys:  # the user name was checked: it is that of the key
            return Client(visit.username or "unknown", SCOPES)
        return Client(visit.client.host if visit.client else "unknown")

    def knows(self, name: str, key: str) -> bool:
        """Whether somebody may come in: with a key that opens all that the page does, and the name of that key."""
        return self._gate.opens(key, *SCOPES, name=name)

    async def say(self, client: Client, fields: dict[str, Any]) -> Take:
        """Say what the fields of the house dialect ask for.

        Raises:
            SpeechError, RequestValidationError: as `POST /tts` would refuse it.
        """
        body = validated(HouseRequest, fields)
        order = await order_of(self.service, client, body, body.text)
        spoken = await self.service.say(order)
        data = await spoken.whole()
        path = self.file(f"kouji-{_plain(spoken.voice)}", order.format)
        await asyncio.to_thread(path.write_bytes, data)
        notes = tuple(notice.message for notice in spoken.notices)
        return Take(
            str(path), spoken.duration, spoken.voice, spoken.language, order.request.seed, spoken.opening.is_cached,
            notes, body.text,
        )  # fmt: skip

    async def preview(self, client: Client, voice: str) -> Take:
        """A voice says hello. (Raises as `say` does.)"""
        row = next((row for row in self.voices() if row["id"] == voice), None)
        if row is None:
            raise UnknownName("voice", voice, [row["id"] for row in self.voices()])
        engine, language = row["engine"], row["language"]
        language = language or self.service.host(engine).card.languages[0]
        fields = {"text": HELLO.get(language, "1, 2, 3."), "voice": voice, "model": engine, "language": language}
        return await self.say(client, fields)

    async def plan(self, client: Client, fields: dict[str, Any]) -> DurationPlan:
        """How long it would take. (Raises as `say` does.)"""
        body = validated(HouseRequest, fields)
        planned = await self.service.plan(await order_of(self.service, client, body, body.text))
        assert planned.plan is not None
        return planned.plan

    async def readings(self, text: str, language: str | None) -> list[dict[str, Any]]:
        """The lines of a text with the reading of each unit. Raises SpeechError."""
        self.service.check_length(text)
        file = self.service.settings.lexicon

        def lines() -> list[dict[str, Any]]:
            words = Lexicon.read(file) if file else None
            parts = [text] if is_ssml(text) else text.splitlines()
            return [dict(analyse_line(part, language, words)) for part in parts]

        return await asyncio.to_thread(lines)

    async def examine(self, path: str) -> Report:
        """The doctor's look at a clip. Raises InvalidInput where it is none."""

        def look() -> Report:
            data = uploaded(path)
            check_clip(data, "ref_audio")
            return examine(read_clip(data))

        return await asyncio.to_thread(look)

    async def register(self, name: str, clip: str, agreed: Consent, about: dict[str, str]) -> list[str]:
        """Keep a voice; says what the doctor minds. (Raises as `POST /v1/audio/voices` refuses it.)"""
        data = await asyncio.to_thread(uploaded, clip)
        row = await registered(self.service, name, [data], agreed, about)
        return list(row["warnings"])

    async def revoke(self, name: str) -> None:
        """End the consent to a voice. Raises UnknownName."""
        await asyncio.to_thread(Library(self.service.settings).revoke, name)

    async def remove(self, name: str) -> None:
        """Delete a voice with its clips. Raises UnknownName."""
        await asyncio.to_thread(Library(self.service.settings).remove, name)

    def voices(self, engine: str | None = None) -> list[dict[str, Any]]:
        """Who can speak, of one engine or of all that are ready."""
        return voices_of(self.service, engine)

    def registered(self) -> list[tuple[str, bool]]:
        """(name, whether the consent stands) of every registered voice."""
        library = Library(self.service.settings)
        found = library.voices() if library.exists else []
        return [(each.voice.name, each.consent.revoked_at is None) for each in found]

    def file(self, name: str, ending: str) -> Path:
        """A new file; the oldest one goes where there are too many."""
        self._n_files += 1
        path = Path(self._folder.name) / f"{name}-{self._n_files}.{ending}"
        self._files[path] = None
        while len(self._files) > _KEPT:
            self._files.popitem(last=False)[0].unlink(missing_ok=True)
        return path


def checked_upload(path: str) -> Path:
    """A file that a visitor uploaded. Raises InvalidInput where the path is of anything else on this machine."""
    if not Path(path).resolve().is_relative_to(Path(get_upload_folder()).resolve()):
        raise InvalidInput("The file was not uploaded here.", "Upload it again.")
    return Path(path)


def uploaded(path: str) -> bytes:
    """The content of such a file. (Raises as `checked_upload` does.)"""
    return checked_upload(path).read_bytes()


def data_url(path: str) -> str:
    """An uploaded sound as the doors take it."""
    return f"data:audio/unknown;base64,{base64.b64encode(uploaded(path)).decode()}"


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "_-" else "-" for letter in name)[:40] or "voice"
