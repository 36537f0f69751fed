"""Ogg files that are the same whenever they are written.

libsndfile gives every Ogg stream a random serial number. Here it becomes 1, and the check sum of each page follows.
Source: RFC 3533, section 6 (page header).
"""

from __future__ import annotations

import zlib

SERIAL = (1).to_bytes(4, "little")
_HEADER = 27  # bytes before the segment table
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def with_fixed_serial(stream: bytes) -> bytes:
    """The same single-stream Ogg file with serial number 1.

    Raises:
        ValueError: this is no Ogg stream.
    """
    pages, start = [], 0
    while start < len(stream):
        n_segments = stream[start + 26]
        body = start + _HEADER + n_segments
        end = body + sum(stream[start + _HEADER : body])
        if stream[start : start + 4] != b"OggS" or end > len(stream):
            raise ValueError(f"No Ogg page at byte {start}.")
        page = bytearray(stream[start:end])
        page[14:18], page[22:26] = SERIAL, bytes(4)
        page[22:26] = check_sum(page)
        pages.append(bytes(page))
        start = end
    return b"".join(pages)


def check_sum(page: bytes | bytearray) -> bytes:
    """CRC-32 of Ogg: zlib's polynomial with the bits the other way round, starting at 0 and not inverted."""
    crc = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2).to_bytes(4, "little")
