"""Ogg files that are the same whenever they are written.

libsndfile gives every Ogg stream a random serial number. Here it becomes 1, and the check sum of each page follows.
Source: RFC 3533, section 6 (page header).
"""

from __future__ import annotations

import zlib
from pathlib import Path

SERIAL = (1).to_bytes(4, "little")
_HEADER = 27  # bytes before the segment table
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def fix_serial(path: Path) -> None:
    """Give a single-stream Ogg file the serial number 1, in place.

    Raises:
        ValueError: this is no Ogg file.
    """
    with path.open("r+b") as file:
        while header := file.read(_HEADER):
            start = file.tell() - len(header)
            lengths = file.read(header[26]) if len(header) == _HEADER else b""
            page = bytearray(header + lengths + file.read(sum(lengths)))
            if header[:4] != b"OggS" or len(page) != _HEADER + len(lengths) + sum(lengths):
                raise ValueError(f"There is no Ogg page at byte {start} of {path}.")
            page[14:18], page[22:26] = SERIAL, bytes(4)
            page[22:26] = check_sum(page)
            file.seek(start)
            file.write(page)


def check_sum(page: bytes | bytearray) -> bytes:
    """CRC-32 of Ogg: zlib's polynomial with the bits the other way round, starting at 0 and not inverted."""
    crc = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2).to_bytes(4, "little")
