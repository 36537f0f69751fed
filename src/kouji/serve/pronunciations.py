"""Pronunciations that requests name: `GET|PUT|DELETE /v1/pronunciations/{id}`, each a map of words in a file.

A request's field `pronunciation` may hold ids instead of words, or both. Those of the setting `lexicon` count in every
request; these count where they are named.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi import Path as InPath
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from kouji.control import wording
from kouji.errors import StoreFailed, UnknownName

from .documented import ERRORS
from .gate import allowed
from .schemas import Pronunciation

if TYPE_CHECKING:
    from .service import Service

Words = Mapping[str, "str | dict[str, str]"]
router = APIRouter(tags=["text"], responses=ERRORS)
Id = Annotated[str, InPath(max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]


class Pronunciations:
    """A folder of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """All there are."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def words(self, name: str) -> Words:
        """What one holds.

        Raises:
            UnknownName: there is none.
            StoreFailed: its file cannot be read.
        """
        path = self._folder / f"{name}.json"
        if not name.replace("-", "").replace("_", "").isalnum() or not path.is_file():
            raise UnknownName("pronunciation", name, self.names())
        state = path.stat()
        return _read(path, state.st_mtime_ns, state.st_size)

    def together(self, asked: object) -> Words:
        """The words of a field: a map, an id, or a list of both, of which the first that knows a word decides."""
        parts: Sequence[object] = asked if isinstance(asked, list) else [asked]
        found: dict[str, str | dict[str, str]] = {}
        for part in parts:
            words = self.words(part) if isinstance(part, str) else part
            assert isinstance(words, Mapping)
            found = {**words, **found}
        return found

    def put(self, name: str, words: Words) -> None:
        """Keep one, in place of what it held. Raises InvalidInput, UnknownName, StoreFailed."""
        wording.lexicon_of({"pronunciation": words}, None)
        draft = self._folder / f".{name}.{secrets.token_hex(4)}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_text(json.dumps(words, ensure_ascii=False), "utf-8")
            os.replace(draft, self._folder / f"{name}.json")
        except (OSError, UnicodeEncodeError) as error:
            draft.unlink(missing_ok=True)
            raise StoreFailed(f"The pronunciations {name!r} cannot be kept: {error}.") from error

    def remove(self, name: str) -> None:
        """Take one out. Raises UnknownName."""
        self.words(name)
        (self._folder / f"{name}.json").unlink(missing_ok=True)


@lru_cache(maxsize=64)
def _read(path: Path, changed: int, size: int) -> Words:
    """A file as it was when it had that time and size."""
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise StoreFailed(f"The pronunciations in {path.name} cannot be read: {error}.") from error
    assert isinstance(found, dict)
    return found


class PronunciationBody(BaseModel):
    """What is kept."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"words": {"重庆": "chong2 qing4", "C++": "=C加加"}}]}
    )

    words: Pronunciation


@router.get("/pronunciations", dependencies=[Depends(allowed("speech"))])
async def pronunciations(request: Request) -> dict[str, Any]:
    """All that are kept."""
    kept = _kept(request)

    def rows() -> list[dict[str, Any]]:
        return [{"id": name, "n_words": len(kept.words(name))} for name in kept.names()]

    return {"object": "list", "data": await asyncio.to_thread(rows)}


@router.get("/pronunciations/{id}", dependencies=[Depends(allowed("speech"))])
async def pronunciation(id: Id, request: Request) -> dict[str, Any]:
    """One with its words."""
    return {"id": id, "words": await asyncio.to_thread(_kept(request).words, id)}


@router.put("/pronunciations/{id}", dependencies=[Depends(allowed("admin"))])
async def keep(id: Id, body: PronunciationBody, request: Request) -> dict[str, Any]:
    """Keep one, in place of what it held."""
    await asyncio.to_thread(_kept(request).put, id, body.words)
    return {"id": id, "words": body.words}


@router.delete("/pronunciations/{id}", status_code=204, dependencies=[Depends(allowed("admin"))])
async def remove(id: Id, request: Request) -> Response:
    """Take one out."""
    await asyncio.to_thread(_kept(request).remove, id)
    return Response(status_code=204)


def _kept(request: Request) -> Pronunciations:
    service: Service = request.app.state.service
    return service.pronunciations
