"""Text in the head of a sound file: name -> value, written as each container has it, and read back.

| container | where |
| --- | --- |
| WAV | a chunk `AIGC`, the chunk `LIST`/`INFO`, and an ID3 tag in the chunk `id3 ` |
| MP3, AAC (ADTS) | an ID3v2.4 tag before the sound, one TXXX frame for each name |
| FLAC, Ogg (Vorbis, Opus) | comments NAME=value |
| MP4 (AAC) | keys and values in `moov/udta/meta`, which FFmpeg writes |

Raw samples and G.711 have no place for any.

Sources: RIFF (Microsoft, 1991), id3.org "ID3 tag version 2.4.0", RFC 9639 section 8.6 (FLAC), RFC 7845 section 5.2
(Opus), Xiph "Vorbis I specification" section 5. That WAV has a chunk of the name AIGC is how GB 45438-2025 is followed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import BinaryIO

from . import mp4
from .ogg import packets

Tags = Mapping[str, str]
CARRIERS = ("wav", "mp3", "aac", "m4a", "flac", "opus", "ogg")  # formats of ours that have a place for tags
MOST = 1 << 20  # bytes of tags that are read: more is none of ours

_INFO = {"SOFTWARE": b"ISFT", "DESCRIPTION": b"ICMT", "ATTRIBUTION": b"ICOP"}  # name -> id in LIST/INFO
_OWN_CHUNK = "AIGC"


def id3(tags: Tags) -> bytes:
    """An ID3v2.4 tag; nothing where there are no tags."""
    frames = b"".join(_frame(name, value) for name, value in tags.items())
    return b"ID3\x04\x00\x00" + _synchsafe(len(frames)) + frames if frames else b""


def riff(tags: Tags) -> bytes:
    """The chunks of a WAV file; nothing where there are no tags."""
    if not tags:
        return b""
    own = _chunk(b"AIGC", tags[_OWN_CHUNK].encode()) if _OWN_CHUNK in tags else b""
    info = b"".join(_chunk(id, tags[name].encode() + b"\0") for name, id in _INFO.items() if name in tags)
    return own + (_chunk(b"LIST", b"INFO" + info) if info else b"") + _chunk(b"id3 ", id3(tags))


def comments(tags: Tags, vendor: bytes = b"kouji") -> bytes:
    """A Vorbis comment header: without the framing that Vorbis and FLAC put around it."""
    entries = [f"{name}={value}".encode() for name, value in tags.items()]
    body = b"".join(struct.pack("<I", len(entry)) + entry for entry in entries)
    return struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(entries)) + body


def read(file: BinaryIO) -> dict[str, str]:
    """The tags of a sound file, whichever of the containers it is; {} where there are none or it is another.

    What is cut off or nonsense ends the reading: what stands before it is told.
    """
    found: dict[str, str] = {}
    with suppress(struct.error, UnicodeDecodeError, IndexError, ValueError):
        for name, value in _read(file):
            found.setdefault(name, value)
    return found


def _read(file: BinaryIO) -> Iterator[tuple[str, str]]:
    head = file.read(4)
    if head[:3] == b"ID3":
        size = id3_size(head + file.read(6))
        file.seek(0)
        yield from _from_id3(file.read(min(size, MOST)))
        head = file.read(4)  # FLAC may follow a tag, though it should not
    if head == b"RIFF":
        yield from _from_riff(file)
    elif head == b"fLaC":
        yield from _from_flac(file)
    elif head == b"OggS":
        file.seek(-4, 1)
        yield from _from_ogg(file)
    elif mp4.is_mp4(head + file.read(4)):
        file.seek(-8, 1)
        yield from mp4.entries(file, MOST)


def _from_riff(file: BinaryIO) -> Iterator[tuple[str, str]]:
    file.read(8)
    names = {id: name for name, id in _INFO.items()}
    while len(head := file.read(8)) == 8:
        id, size = struct.unpack("<4sI", head)
        if id not in (b"AIGC", b"LIST", b"id3 ", b"ID3 ") or size > MOST:
            file.seek(size + size % 2, 1)
            continue
        data = file.read(size + size % 2)[:size]
        if id == b"AIGC":
            yield _OWN_CHUNK, data.decode()
        elif id == b"LIST" and data[:4] == b"INFO":
            yield from ((names[kind], value) for kind, value in _chunks(data[4:]) if kind in names)
        elif id != b"LIST":
            yield from _from_id3(data)


def _chunks(data: bytes) -> Iterator[tuple[bytes, str]]:
    at = 0
    while at + 8 <= len(data):
        id, size = struct.unpack("<4sI", data[at : at + 8])
        yield id, data[at + 8 : at + 8 + size].rstrip(b"\0").decode()
        at += 8 + size + size % 2


def _from_id3(data: bytes) -> Iterator[tuple[str, str]]:
    """TXXX frames of ID3v2.3 and 2.4."""
    version, at = data[3], 10
    while at + 10 <= len(data) and data[at] != 0:
        id, raw = data[at : at + 4], data[at + 4 : at + 8]
        size = _from_synchsafe(raw) if version >= 4 else int.from_bytes(raw, "big")
        body = data[at + 10 : at + 10 + size]
        at += 10 + size
        if id == b"TXXX" and body[0] in (0, 1, 2, 3):
            text = body[1:].decode(("latin-1", "utf-16", "utf-16-be", "utf-8")[body[0]])
            name, _, value = text.partition("\0")
            yield name, value.lstrip("\ufeff").rstrip("\0")


def _from_flac(file: BinaryIO) -> Iterator[tuple[str, str]]:
    while len(head := file.read(4)) == 4:
        kind, size = head[0] & 127, int.from_bytes(head[1:], "big")
        if kind == 4 and size <= MOST:
            yield from _from_comments(file.read(size))
        else:
            file.seek(size, 1)
        if head[0] & 128:
            return


def _from_ogg(file: BinaryIO) -> Iterator[tuple[str, str]]:
    found = packets(file, 2, MOST)
    for magic in (b"OpusTags", b"\x03vorbis"):
        if len(found) == 2 and found[1].startswith(magic):
            yield from _from_comments(found[1][len(magic) :])


def _from_comments(data: bytes) -> Iterator[tuple[str, str]]:
    (n_vendor,) = struct.unpack_from("<I", data, 0)
    (count,) = struct.unpack_from("<I", data, 4 + n_vendor)
    at = 8 + n_vendor
    for _ in range(min(count, 1000)):
        (size,) = struct.unpack_from("<I", data, at)
        name, equals, value = data[at + 4 : at + 4 + size].decode().partition("=")
        at += 4 + size
        if equals:
            yield name.upper(), value


def id3_size(head: bytes) -> int:
    """Bytes of the ID3 tag that these ten begin; 0 where it is none."""
    return 10 + _from_synchsafe(head[6:10]) if head[:3] == b"ID3" and len(head) >= 10 else 0


def _frame(name: str, value: str) -> bytes:
    body = b"\x03" + name.encode() + b"\0" + value.encode()
    return b"TXXX" + _synchsafe(len(body)) + b"\0\0" + body


def _chunk(id: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", id, len(data)) + data + b"\0" * (len(data) % 2)


def _synchsafe(number: int) -> bytes:
    """Four bytes of seven bits."""
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def _from_synchsafe(data: bytes) -> int:
    return sum((byte & 127) << shift for byte, shift in zip(data, (21, 14, 7, 0), strict=True))
