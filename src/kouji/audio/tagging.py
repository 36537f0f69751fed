"""Tags into a sound file that is finished: its head is written anew, its sound stays as it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import BinaryIO

from kouji.drafts import whole

from .ogg import with_comments
from .tags import Tags, comments, id3, riff

_COMMENTS = 4  # the type of FLAC's comment block
_LAST = 128  # on the type of the last block


def tag(path: Path, format: str, tags: Tags) -> None:
    """Put tags into a file of ours.

    Args:
        path: of the file; it is replaced in one step, by one beside it.
        format: wav, flac, mp3 or ogg.
        tags: name -> text.
    """
    if not tags:
        return
    if format == "wav":
        _append(path, riff(tags))
        return
    with whole(path) as draft:
        with path.open("rb") as source, draft.open("wb") as target:
            if format == "flac":
                _flac_head(source, target, comments(tags))
            elif format == "mp3":
                target.write(id3(tags))
            else:
                with_comments(source, target, comments(tags))
            shutil.copyfileobj(source, target)
        draft.chmod(path.stat().st_mode)


def _append(path: Path, chunks: bytes) -> None:
    """WAV: after the sound, so that whoever takes the head for 44 bytes still hears sound alone."""
    with path.open("r+b") as file:
        size = file.seek(0, 2)
        chunks = b"\0" * (size % 2) + chunks
        file.write(chunks)
        file.seek(4)
        file.write((size + len(chunks) - 8).to_bytes(4, "little"))


def _flac_head(source: BinaryIO, target: BinaryIO, body: bytes) -> None:
    """The magic and all blocks but the comments; ours come second, after the block that says what the sound is."""
    target.write(source.read(4))
    blocks = []
    is_last = False
    while not is_last:
        head = source.read(4)
        is_last = bool(head[0] & _LAST)
        blocks.append((head[0] & 127, source.read(int.from_bytes(head[1:], "big"))))
    kept = [block for block in blocks if block[0] != _COMMENTS]
    kept.insert(1, (_COMMENTS, body))
    for number, (kind, data) in enumerate(kept, 1):
        target.write(bytes([kind | (_LAST if number == len(kept) else 0)]) + len(data).to_bytes(3, "big") + data)
