"""Finished answers that a client fetches by address: in memory, for a while, and only for who knows the address."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from kouji.errors import UnknownName

from .documented import AUDIO, ERRORS

LEAST, MOST = 1_000_000, 64_000_000  # bytes of all takes together; the oldest go first

router = APIRouter(tags=["house"], responses=ERRORS)


@dataclass(frozen=True)
class Take:
    """One answer."""

    data: bytes
    media_type: str


class Takes:
    """The last answers."""

    def __init__(self, memory: int = MOST) -> None:
        """`memory`: bytes that finished audio may take; at least `LEAST`, at most `MOST` of it are used."""
        self._memory = min(max(memory, LEAST), MOST)
        self._takes: OrderedDict[str, Take] = OrderedDict()
        self._size = 0

    def keep(self, take: Take, ending: str) -> str:
        """Its name, which nobody can guess."""
        name = f"{secrets.token_urlsafe(16)}.{ending}"
        self._takes[name] = take
        self._size += len(take.data)
        while self._size > self._memory and len(self._takes) > 1:
            _, oldest = self._takes.popitem(last=False)
            self._size -= len(oldest.data)
        return name

    def get(self, name: str) -> Take:
        """One of them. Raises UnknownName where it is gone."""
        if name not in self._takes:
            raise UnknownName("take", name, ["those of the last answers"])
        return self._takes[name]


@router.get("/takes/{name}", response_class=Response, responses=AUDIO)
async def take(name: Annotated[str, Path(max_length=100)], request: Request) -> Response:
    """The sound of an earlier answer of `POST /tts`, as long as it is remembered."""
    takes: Takes = request.app.state.takes
    found = takes.get(name)
    return Response(found.data, media_type=found.media_type)
