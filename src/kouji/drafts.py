"""Files that are whole or not there: written beside their place, then put there in one step."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SUFFIX = ".part"  # what a killed process leaves behind ends so


def behind(path: Path) -> Path:
    """The file behind a link: that is what other programs would write."""
    return Path(os.path.realpath(path))


def beside(path: Path) -> Path:
    """A hidden name for a draft, in the folder where the file will stand."""
    path = behind(path)
    return path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}{SUFFIX}")


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A draft to write, which takes the place of `path` at the end. Where anything fails, `path` is as it was.

    Raises:
        OSError: the draft cannot take the place.
    """
    draft = beside(path)
    try:
        yield draft
        draft.replace(behind(path))
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
