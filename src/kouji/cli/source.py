"""Where the text of a command comes from: the argument, a file or stdin."""

from __future__ import annotations

import sys
from pathlib import Path

from kouji.errors import InvalidInput


def text_of(text: str | None, file: str | None) -> str:
    """The text to work on.

    Raises:
        InvalidInput: given twice, given nowhere, or the file cannot be read as UTF-8.
    """
    if text is not None and file is not None:
        raise InvalidInput("The text is given twice.", "Give TEXT or --file, not both.")
    if text is not None and text != "-":
        return text
    if file is not None and file != "-":
        return _decoded(_content(Path(file)), file)
    if text is None and file is None and sys.stdin.isatty():
        raise InvalidInput("There is no text.", "Give TEXT, --file FILE, or pipe the text in.")
    return _decoded(sys.stdin.buffer.read(), "stdin")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}", "Give a text file.") from error


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "Convert it, e.g. with `iconv -t UTF-8`."
        raise InvalidInput(f"{name} is not UTF-8 (byte {error.start}).", hint) from error
