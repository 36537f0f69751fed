"""What engines have learnt of voices, kept: hot in memory, all on disk.

A key names the engine, its weights, the clips and their transcript: whatever changes, something else is learnt.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import shutil
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import numpy as np

from kouji.drafts import whole
from kouji.store.blobs import write_through

HOT = 64  # voices that stay in memory
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Key:
    """What an engine with these weights learns of these clips."""

    engine: str
    weights: str  # digest of them; "": not known, and then nothing is kept on disk
    clips: tuple[str, ...]  # a digest each
    transcript: str = ""

    @property
    def path(self) -> Path:
        """Where it lies: all that was learnt of the same clips in one folder, so that it can be forgotten."""
        return Path(_folder(self.clips), _hash([self.engine, self.weights, self.transcript]) + ".npz")


class ConditioningCache:
    """Arrays by key. What the disk cannot give or take is learnt again: a cache is never the only copy."""

    def __init__(self, folder: Path, n_hot: int = HOT) -> None:
        self._folder, self._n_hot = folder, n_hot
        self._hot: OrderedDict[Key, Arrays] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, learn: Callable[[], Arrays]) -> Arrays:
        """The arrays of a key, from memory, from disk, or else by `learn`."""
        arrays = self._hot.get(key)
        if arrays is None:
            arrays = self._read(key)
        if arrays is None:
            arrays = learn()
            self._write(key, arrays)
        with self._lock:
            self._hot[key] = arrays
            self._hot.move_to_end(key)
            while len(self._hot) > self._n_hot:
                self._hot.popitem(last=False)
        return arrays

    def put(self, key: Key, data: bytes) -> None:
        """Take over what was learnt elsewhere. Raises ValueError where it is not what `arrays_as_bytes` makes."""
        self._write(key, arrays_from(data))

    def forget(self, clips: Sequence[str]) -> None:
        """Throw away all that was learnt of these clips."""
        with self._lock:
            for key in [key for key in self._hot if key.clips == tuple(clips)]:
                del self._hot[key]
        shutil.rmtree(self._folder / _folder(clips), ignore_errors=True)

    def _read(self, key: Key) -> Arrays | None:
        if not key.weights:
            return None
        try:
            return arrays_from((self._folder / key.path).read_bytes())
        except (OSError, ValueError):
            return None

    def _write(self, key: Key, arrays: Arrays) -> None:
        if not key.weights:
            return
        path = self._folder / key.path
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with whole(path) as draft:
                write_through(draft, arrays_as_bytes(arrays))


def _folder(clips: Sequence[str]) -> str:
    return _hash(list(clips))


def _hash(what: list[str]) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def arrays_as_bytes(arrays: Arrays) -> bytes:
    """An npz file."""
    file = io.BytesIO()
    plain = {name: np.ascontiguousarray(array).reshape(np.shape(array)) for name, array in arrays.items()}
    np.savez(file, **plain)  # type: ignore[arg-type]  # the keywords are arrays, not allow_pickle
    return file.getvalue()


def arrays_from(data: bytes) -> Arrays:
    """The arrays of an npz file. Nothing in it is executed, and nothing larger than the file is made of it.

    Raises:
        ValueError: it is none.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(info.file_size for info in archive.infolist()) > len(data):
                raise ValueError("compressed")
            return {name.removesuffix(".npy"): _array(archive.read(name)) for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, EOFError, KeyError, OSError, RuntimeError) as error:
        raise ValueError(str(error)) from error


def _array(data: bytes) -> np.ndarray:
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("not the format that we write")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    rest = data[file.tell() :]
    if fortran or dtype.kind not in "fiub" or math.prod(shape) * dtype.itemsize != len(rest):
        raise ValueError("an array that is not as long as it says")
    return np.frombuffer(rest, dtype).reshape(shape)
