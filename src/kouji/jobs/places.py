"""Where the sound of a job goes: a folder, under names; or a store of blobs, by content. Whole, and once."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from kouji.audio.writer import mended
from kouji.drafts import SUFFIX, whole
from kouji.store import Blobs, open_blobs
from kouji.store.blobs import key_of, write_through

from .job import Output


class Place(Protocol):
    """What a worker knows of it."""

    def file_of(self, name: str, data: bytes) -> str:
        """What the file of a line will be called."""
        ...

    def holds(self, file: str, sha256: str) -> bool:
        """Whether the file stands there, with that content."""
        ...

    def put(self, file: str, data: bytes) -> None:
        """Put the file there, whole or not at all. Raises OutputFailed, StoreFailed."""
        ...

    def url(self, file: str) -> str:
        """Where others find it."""
        ...


def open_place(output: Output) -> Place:
    """Where an output goes. Raises InvalidInput."""
    if output.named:
        return Folder(Path(unquote(urlsplit(output.place).path)), output.format)
    return Store(open_blobs(output.place), output.url_ttl)


class Folder:
    """Files under the names of their lines."""

    def __init__(self, folder: Path, format: str) -> None:
        self._folder, self._format = folder, format

    def file_of(self, name: str, data: bytes) -> str:
        """See `Place`."""
        return f"{name}.{self._format}"

    def holds(self, file: str, sha256: str) -> bool:
        """See `Place`."""
        try:
            return hashlib.sha256((self._folder / file).read_bytes()).hexdigest() == sha256
        except OSError:
            return False

    def put(self, file: str, data: bytes) -> None:
        """See `Place`."""
        path = self._folder / file
        with mended(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            with whole(path) as draft:
                write_through(draft, data)
                draft.chmod(0o644)

    def url(self, file: str) -> str:
        """See `Place`."""
        return (self._folder / file).as_uri()

    def sweep(self) -> None:
        """Take away the drafts that killed workers left. Only for who knows that nobody works here."""
        for draft in self._folder.glob(f".*{SUFFIX}"):
            draft.unlink(missing_ok=True)


class Store:
    """Files by their content."""

    def __init__(self, blobs: Blobs, url_ttl: int) -> None:
        self._blobs, self._url_ttl = blobs, url_ttl

    def file_of(self, name: str, data: bytes) -> str:
        """See `Place`."""
        return key_of(data)

    def holds(self, file: str, sha256: str) -> bool:
        """See `Place`."""
        return bool(file) and self._blobs.has(file)

    def put(self, file: str, data: bytes) -> None:
        """See `Place`."""
        self._blobs.put(data)

    def url(self, file: str) -> str:
        """See `Place`."""
        return self._blobs.url(file, self._url_ttl)
