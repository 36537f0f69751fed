"""Ogg files that are the same whenever they are written, and their comments.

libsndfile gives every Ogg stream a random serial number. Here it becomes 1, and the check sum of each page follows.
Source: RFC 3533, section 6 (page header).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

SERIAL = (1).to_bytes(4, "little")
_HEADER = 27  # bytes before the segment table
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_CONTINUED, _NO_END = 1, b"\xff" * 8  # flag of a page that goes on with a packet; position where none ends
_MOST = 255  # segments of a page


def fix_serial(path: Path) -> None:
    """Give a single-stream Ogg file the serial number 1, in place.

    Raises:
        ValueError: this is no Ogg file.
    """
    with path.open("r+b") as file:
        for start, page in _pages(file):
            file.seek(start)
            file.write(_sealed(page))


def packets(file: BinaryIO, count: int, most: int) -> list[bytes]:
    """The first packets of a stream, at most `most` bytes together.

    Raises:
        ValueError: this is no Ogg file.
    """
    found, packet, size = [], b"", 0
    for _, page in _pages(file):
        at = _HEADER + page[26]
        for length in page[_HEADER:at]:
            packet += page[at : at + length]
            at, size = at + length, size + length
            if length < 255:
                found.append(bytes(packet))
                packet = b""
            if len(found) == count or size > most:
                return found
    return found


def with_comments(source: BinaryIO, target: BinaryIO, comments: bytes) -> None:
    """Copy a Vorbis stream with other comments.

    Args:
        source: the stream; its sound begins on a page of its own, as the specification of Vorbis asks.
        target: where it goes.
        comments: as `tags.comments` makes them.

    Raises:
        ValueError: this is no such stream.
    """
    _, _, setup = packets(source, 3, 1 << 22)
    source.seek(0)
    pages = _pages(source)
    target.write(_sealed(next(pages)[1]))
    n_heads, n_old = 0, 0
    for _, page in pages:
        n_heads, n_old = n_heads + sum(length < 255 for length in page[_HEADER : _HEADER + page[26]]), n_old + 1
        if n_heads == 2:
            break
    heads = list(_paged([b"\x03vorbis" + comments + b"\x01", setup]))
    for page in heads:
        target.write(page)
    for _, page in pages:
        number = int.from_bytes(page[18:22], "little") + len(heads) - n_old
        page[18:22] = number.to_bytes(4, "little")
        target.write(_sealed(page))


def check_sum(page: bytes | bytearray) -> bytes:
    """CRC-32 of Ogg: zlib's polynomial with the bits the other way round, starting at 0 and not inverted."""
    crc = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2).to_bytes(4, "little")


def _pages(file: BinaryIO) -> Iterator[tuple[int, bytearray]]:
    """(where it starts, the page) of each; the caller may move the file's position between."""
    start = file.tell()
    while header := file.read(_HEADER):
        lengths = file.read(header[26]) if len(header) == _HEADER else b""
        page = bytearray(header + lengths + file.read(sum(lengths)))
        if header[:4] != b"OggS" or len(page) != _HEADER + len(lengths) + sum(lengths):
            raise ValueError(f"There is no Ogg page at byte {start}.")
        yield start, page
        start += _HEADER + len(lengths) + sum(lengths)
        file.seek(start)


def _sealed(page: bytearray) -> bytearray:
    page[14:18], page[22:26] = SERIAL, bytes(4)
    page[22:26] = check_sum(page)
    return page


def _paged(contents: list[bytes]) -> Iterator[bytearray]:
    """Packets on pages that follow the first of a stream."""
    data = b"".join(contents)
    lengths = [length for each in contents for length in (*[255] * (len(each) // 255), len(each) % 255)]
    is_inside = False
    for number, first in enumerate(range(0, len(lengths), _MOST), 1):
        table = bytes(lengths[first : first + _MOST])
        position = bytes(8) if any(length < 255 for length in table) else _NO_END
        head = b"OggS\0" + bytes([_CONTINUED * is_inside]) + position + SERIAL + number.to_bytes(4, "little")
        body, data = data[: sum(table)], data[sum(table) :]
        yield _sealed(bytearray(head + bytes(4) + bytes([len(table)]) + table + body))
        is_inside = table[-1] == 255
