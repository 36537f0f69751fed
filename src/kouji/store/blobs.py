"""Files by the hash of their content: what is put twice lies there once, and what lies there cannot change.

    file:///var/lib/kouji/blobs      FolderBlobs
    s3://bucket/prefix               S3Blobs, pip install 'kouji[s3]'

All that a user of this file knows are the verbs of `Blobs`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit, urlunsplit

from kouji.drafts import SUFFIX, whole
from kouji.errors import InvalidInput, StoreFailed

KEY = re.compile(r"[0-9a-f]{64}")


class Blobs(Protocol):
    """A place for bytes. A key is the sha256 of the content, in hexadecimal."""

    def put(self, data: bytes) -> str:
        """Keep the bytes; returns their key. Whole or not at all. Raises StoreFailed."""
        ...

    def open(self, key: str) -> bytes:
        """The bytes of a key. Raises StoreFailed where they are missing or are not what was put."""
        ...

    def delete(self, key: str) -> None:
        """Forget the bytes; those that are not there are no error."""
        ...

    def has(self, key: str) -> bool:
        """Whether the bytes are there."""
        ...

    def url(self, key: str, ttl: int = 3600) -> str:
        """Where another program finds the bytes; a link that is signed holds for `ttl` seconds."""
        ...

    def keys(self, older_than: float) -> Iterator[str]:
        """What was put more than so many seconds ago."""
        ...

    def clear(self) -> None:
        """Forget all that lies there, and below; drafts of what was killed too. Raises StoreFailed where some stays."""
        ...


def open_blobs(url: str) -> Blobs:
    """The place that a URL names.

    Raises:
        InvalidInput: no place speaks that scheme.
        MissingExtra: its client is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return FolderBlobs(Path(unquote(parts.path)))
    if parts.scheme == "s3":
        from .s3 import S3Blobs

        return S3Blobs(url)
    raise InvalidInput(f"No store of files speaks {url!r}.", "Use file:///FOLDER or s3://BUCKET/PREFIX.")


def within(url: str, folder: str) -> str:
    """The URL of a folder within a place."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{folder}"))


def key_of(data: bytes) -> str:
    """The key under which the bytes lie."""
    return hashlib.sha256(data).hexdigest()


def checked_key(key: str) -> str:
    """The key. Raises InvalidInput for what is none, such as a path."""
    if not KEY.fullmatch(key):
        raise InvalidInput(f"{key!r} is no key of a stored file.", "It has 64 hexadecimal digits.")
    return key


class FolderBlobs:
    """See `Blobs`: a file each, in 256 folders by the first byte of the key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, data: bytes) -> str:
        """See `Blobs`."""
        key = key_of(data)
        path = self._path(key)
        if path.is_file():
            return key
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)  # voices are nobody else's business
            with whole(path) as draft:
                write_through(draft, data)
        except OSError as error:
            raise StoreFailed(f"A file cannot be kept in {self._folder}: {error}") from error
        return key

    def open(self, key: str) -> bytes:
        """See `Blobs`."""
        try:
            data = self._path(key).read_bytes()
        except OSError as error:
            raise StoreFailed(f"A file of the store cannot be read: {error}") from error
        if key_of(data) != key:
            raise StoreFailed(f"The file {self._path(key)} was changed from outside.", "Bring it back from a backup.")
        return data

    def delete(self, key: str) -> None:
        """See `Blobs`."""
        with suppress(FileNotFoundError):
            self._path(key).unlink()

    def has(self, key: str) -> bool:
        """See `Blobs`."""
        return self._path(key).is_file()

    def url(self, key: str, ttl: int = 3600) -> str:
        """See `Blobs`. A file needs no signature, and no end."""
        return self._path(key).absolute().as_uri()

    def keys(self, older_than: float) -> Iterator[str]:
        """See `Blobs`. Drafts of that age, left by what was killed, go away on the way."""
        before = time.time() - older_than
        for path in sorted(self._folder.glob("??/*")):
            with suppress(FileNotFoundError):  # somebody else was faster
                if path.stat().st_mtime >= before:
                    continue
                if path.name.endswith(SUFFIX):
                    path.unlink()
                elif KEY.fullmatch(path.name):
                    yield path.name

    def clear(self) -> None:
        """See `Blobs`. The folder goes too."""
        try:
            shutil.rmtree(self._folder)
        except FileNotFoundError:
            if self._folder.exists():  # somebody clears it at the same time, and took a file from under our hands
                self.clear()
        except OSError as error:
            raise StoreFailed(f"Files of {self._folder} cannot be deleted: {error}") from error

    def _path(self, key: str) -> Path:
        checked_key(key)
        return self._folder / key[:2] / key


def write_through(path: Path, data: bytes) -> None:
    """A new file that is on the disk when this returns, readable by its owner alone."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
