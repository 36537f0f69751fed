"""A file of many lines to say, CSV or JSONL -> the fields of a request each."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from kouji.errors import InvalidInput

MOST = 1000  # lines of one file: it is said while somebody watches


def rows(data: bytes) -> list[dict[str, Any]]:
    """The lines of a script; what is empty is left out.

    Raises:
        InvalidInput: it cannot be read, or has no text; names the line.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("The file is no text in UTF-8.", "Save it as UTF-8.") from error
    found = _jsonl(text) if text.lstrip().startswith("{") else _csv(text)
    if not found:
        raise InvalidInput("The file has no line to say.", "Give a CSV with a column `text`, or a JSONL file.")
    if len(found) > MOST:
        raise InvalidInput(f"The file has {len(found)} lines.", f"Give at most {MOST} at once.")
    return found


def _jsonl(text: str) -> list[dict[str, Any]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise InvalidInput(f"Line {number} is no JSON.", 'Write {"text": "…"}, one object a line.') from error
        if not isinstance(row, dict):
            raise InvalidInput(f"Line {number} is no object.", 'Write {"text": "…"}, one object a line.')
        found.append(row)
    return found


def _csv(text: str) -> list[dict[str, Any]]:
    try:
        table = csv.DictReader(io.StringIO(text), strict=True)
        if not {"text", "input"} & set(table.fieldnames or ()):
            raise InvalidInput("The CSV has no column `text`.", "Name the columns in the first line: text,voice,…")
        read = list(table)
    except csv.Error as error:
        raise InvalidInput(f"The CSV cannot be read: {error}.", "Put texts with commas in double quotes.") from error
    for number, row in enumerate(read, 2):
        if None in row:
            hint = "Put texts with commas in double quotes."
            raise InvalidInput(f"Row {number} has more cells than there are columns.", hint)
    kept = [{name: cell for name, cell in row.items() if cell not in (None, "")} for row in read]
    return [row for row in kept if row]
