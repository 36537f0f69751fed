"""Finished audio, kept by what it was made from: the same request is not spoken twice.

The key is a hash of text, voice, language, controls, seed, engine, preset, weights and version: what comes out is what
would have been made. Sound is kept as 16-bit samples, so that one entry serves every format.

    memory, bounded ─→ folder, bounded (where one is named) ─→ Redis (where one is named)

The longest unused goes first.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kouji.drafts import whole
from kouji.engines.folders import read_record
from kouji.policy.marks import fingerprint
from kouji.types import Mark, Notice

if TYPE_CHECKING:
    from kouji.engines.contract import Card
    from kouji.types import Request

    from .shared import Shared

LONGEST = 600.0  # seconds; longer sounds are not kept
_MAGIC = b"KOUJI1\0\0"


@dataclass(frozen=True)
class Finished:
    """A sound as it left its engine."""

    samples: np.ndarray  # (n_samples,) int16
    sample_rate: int  # Hz
    marks: tuple[Mark, ...] = ()
    notices: tuple[Notice, ...] = ()
    metadata: dict[str, object] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """About so many bytes of memory."""
        return 2 * len(self.samples) + 200 * len(self.marks) + 1000

    def pack(self) -> bytes:
        """As one block of bytes, with a checksum."""
        head = json.dumps(
            {
                "sample_rate": self.sample_rate,
                "marks": [list(asdict(mark).values()) for mark in self.marks],
                "notices": [[notice.code, notice.message] for notice in self.notices],
                "metadata": self.metadata,
            },
            default=str,
        ).encode()
        body = struct.pack("<I", len(head)) + head + self.samples.astype("<i2").tobytes()
        return _MAGIC + hashlib.sha256(body).digest() + body

    @classmethod
    def unpack(cls, data: bytes) -> Finished | None:
        """What `pack` made; None where the bytes are not whole."""
        body = data[40:]
        if data[:8] != _MAGIC or len(body) < 4 or hashlib.sha256(body).digest() != data[8:40]:
            return None
        (n_head,) = struct.unpack("<I", body[:4])
        head = json.loads(body[4 : 4 + n_head])
        return cls(
            np.frombuffer(body[4 + n_head :], "<i2"),
            head["sample_rate"],
            tuple(Mark(*mark) for mark in head["marks"]),
            tuple(Notice(*notice) for notice in head["notices"]),
            head["metadata"],
        )


class AudioCache:
    """Memory, a folder and a Redis where they are named. Threads may share it; so may processes the last two."""

    def __init__(self, memory: int, folder: Path | None = None, disk: int = 0, shared: Shared | None = None) -> None:
        """Sizes in bytes; 0 keeps nothing there."""
        self._memory, self._folder, self._disk = memory, folder if disk else None, disk
        self._shared = shared
        self._entries: OrderedDict[str, Finished] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # what was said is nobody else's business

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What a caller should know of the cache: that a part of it does not answer, if so."""
        return self._shared.notices if self._shared else ()

    def get(self, key: str) -> Finished | None:
        """The sound of a key, if it is still there."""
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
                return self._entries[key]
        found = self._read(key)
        if found is None and (found := self._fetch(key)) is not None:
            self._write(key, found)
        if found is not None:
            self._remember(key, found)
        return found

    def put(self, key: str, sound: Finished) -> None:
        """Keep a whole sound, replacing what was there."""
        if len(sound.samples) > LONGEST * sound.sample_rate:
            return
        self._remember(key, sound)
        self._write(key, sound)
        if self._shared is not None:
            self._shared.put(key, sound.pack())

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._size = 0
            for path in self._files():
                path.unlink(missing_ok=True)
        if self._shared is not None:
            self._shared.clear()

    def close(self) -> None:
        """Let go of what is connected."""
        if self._shared is not None:
            self._shared.close()

    def _remember(self, key: str, sound: Finished) -> None:
        with self._lock:
            if key in self._entries:
                self._size -= self._entries.pop(key).size
            if sound.size > self._memory:
                return
            self._entries[key] = sound
            self._size += sound.size
            while self._size > self._memory:
                _, oldest = self._entries.popitem(last=False)
                self._size -= oldest.size

    def _read(self, key: str) -> Finished | None:
        if self._folder is None:
            return None
        path = self._folder / key
        try:
            found = Finished.unpack(path.read_bytes())
        except OSError:
            return None
        with suppress(OSError):
            if found is None:
                path.unlink()
            else:
                os.utime(path)
        return found

    def _fetch(self, key: str) -> Finished | None:
        data = self._shared.get(key) if self._shared is not None else None
        found = None if data is None else Finished.unpack(data)
        if data is not None and found is None and self._shared is not None:
            self._shared.drop(key)
        return found

    def _write(self, key: str, sound: Finished) -> None:
        if self._folder is None:
            return
        try:
            with whole(self._folder / key) as draft:
                draft.write_bytes(sound.pack())
        except OSError:  # a full disk costs the cache, not the request
            return
        with self._lock:
            self._trim()

    def _trim(self) -> None:
        known = []
        for path in self._files():
            with suppress(OSError):
                state = path.stat()
                known.append((state.st_mtime, state.st_size, path))
        size = sum(n_bytes for _, n_bytes, _ in known)
        for _, n_bytes, path in sorted(known):
            if size <= self._disk:
                break
            path.unlink(missing_ok=True)
            size -= n_bytes

    def _files(self) -> list[Path]:
        return [] if self._folder is None else [path for path in self._folder.iterdir() if len(path.name) == 64]


def key_of(request: Request, voice: str, engine: str, **changing: object) -> str:
    """The key of what a request will sound like.

    Args:
        request: as the hall gets it.
        voice: who speaks it, to the last detail.
        engine: its name, preset and weights (see `weights_digest`).
        changing: anything else that changes the sound, such as the user's lexicon.
    """
    asked = request.text, request.voice, request.language, request.seed, request.label, dict(request.controls)
    return fingerprint(*asked, voice, engine, changing)


def weights_digest(card: Card, models: Path) -> str:
    """A hash of what an engine speaks with: its name, its weights, and the version of the code around them."""
    from kouji import __version__

    digest = hashlib.sha256(f"{card.id}:{__version__}".encode())
    known = read_record(models, card) if card.files else {}
    for file in card.files:
        digest.update(f"{file.path}:{file.sha256}:{known.get(file.path)}".encode())
    folder = files(card.factory.split(":")[0].rpartition(".")[0]) / "weights"
    if folder.is_dir():
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
            if entry.is_file():
                digest.update(entry.name.encode() + hashlib.sha256(entry.read_bytes()).digest())
    return digest.hexdigest()
