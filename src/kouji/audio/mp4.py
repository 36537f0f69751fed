"""The names and texts in the head of an MP4 file, whoever wrote them.

    ftyp
    moov ─ udta ─ meta ┬ keys: names in order            (mdta, as FFmpeg and Apple's cameras write them)
                       └ ilst ┬ number of a name ─ data
                              └ ---- ┬ name              (freeform, as iTunes writes them)
                                     └ data

QuickTime has `meta` right below `moov`, without the version that MP4 puts before its first box.

Sources: ISO/IEC 14496-12 (boxes), Apple "QuickTime File Format", chapter Metadata (keys, ilst and data).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

_TEXT = 1  # type of data: UTF-8
_MOST_BOXES = 1000  # that are looked at in one place: the head of a film has a few dozen


def is_mp4(head: bytes) -> bool:
    """Whether a file that begins so is of this kind, by at least its first 8 bytes."""
    return head[4:8] == b"ftyp"


def entries(file: BinaryIO, most: int) -> Iterator[tuple[str, str]]:
    """(name, text) of a file from its beginning; boxes of more than `most` bytes are passed over.

    Raises:
        struct.error, UnicodeDecodeError: what is cut off or nonsense.
    """
    yield from _within(file, (b"moov", b"udta"), most)


def _within(file: BinaryIO, folders: tuple[bytes, ...], most: int, end: int | None = None) -> Iterator[tuple[str, str]]:
    """Of the boxes from here to `end`, and of those in the first of `folders`; None: to the end of the file."""
    for _ in range(_MOST_BOXES):
        if end is not None and file.tell() + 8 > end:
            return
        start = file.tell()
        head = file.read(8)
        if len(head) < 8:
            return
        size, kind = struct.unpack(">I4s", head)
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
        at = file.tell()
        if size < at - start or size >= 1 << 62:  # 0, to the end of the file, has the sound and nothing behind it
            return
        if kind in folders[:1]:
            yield from _within(file, folders[1:], most, start + size)
            if end is None:  # behind it lies the sound
                return
        elif kind == b"meta" and size <= most:
            yield from _from_meta(file.read(start + size - at))
        file.seek(start + size)


def _from_meta(data: bytes) -> Iterator[tuple[str, str]]:
    boxes = dict(_boxes(data if data[4:8] == b"hdlr" else data[4:]))
    names = _keys(boxes.get(b"keys", b""))
    for kind, body in _boxes(boxes.get(b"ilst", b"")):
        parts = dict(_boxes(body))
        value = parts.get(b"data", b"")  # type, language, text
        if len(value) < 8 or int.from_bytes(value[:4], "big") != _TEXT:
            continue
        number = int.from_bytes(kind, "big")
        if kind == b"----":
            yield parts.get(b"name", b"")[4:].decode(), value[8:].decode()
        elif 1 <= number <= len(names):
            yield names[number - 1], value[8:].decode()


def _keys(data: bytes) -> list[str]:
    """Names, without the space that they are from: version, count, then each as a box."""
    return [body.decode() for _, body in _boxes(data[8:])]


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        if size < 8:
            return
        yield kind, data[at + 8 : at + size]
        at += size
