"""A script is a table of lines to say: CSV, TSV or JSONL, with a column per field and control.

    id,text,voice,emotion,duration
    intro,欢迎来到未来世界。,female_1,happy,2.5
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from kouji.control.written import from_json, value_of
from kouji.engines.contract import CONTROLS
from kouji.errors import InvalidInput, SpeechError, UnknownName
from kouji.types import Request

from .job import Line

FIELDS = ("id", "text", "voice", "language", "seed")
CLIPS = ("reference_audio", "speaker_reference", "emotion_reference")  # paths, from the folder of the script
_NAME = re.compile(r"[^\x00-\x1f/\\:*?\"<>|.\s][^\x00-\x1f/\\:*?\"<>|]{0,79}")  # a file on every system
_SHOWN = 50  # faults that are told in full


@dataclass(frozen=True)
class Row:
    """A line of a script, and where it stands."""

    number: int  # of its (first) line in the file, from 1
    line: Line


@dataclass(frozen=True)
class Fault:
    """What is wrong with a line."""

    number: int
    message: str


class FaultyScript(InvalidInput):
    """Lines of a script that cannot be said; all of them are told, and nothing is."""

    def __init__(self, script: str, faults: list[Fault]) -> None:
        faults = sorted(faults, key=lambda fault: fault.number)
        told = [f"  line {fault.number}: {fault.message}" for fault in faults[:_SHOWN]]
        more = [f"  and {len(faults) - _SHOWN} more"] if len(faults) > _SHOWN else []
        n_lines = len({fault.number for fault in faults})
        head = f"{n_lines} line{'s' * (n_lines > 1)} of {script} cannot be said:"
        super().__init__("\n".join([head, *told, *more]), "Nothing was said yet. Mend them and try again.")
        self.faults = faults


def read(path: Path, defaults: Request) -> tuple[list[Row], list[Fault]]:
    """The lines of a script, and what is wrong with others.

    Args:
        path: .csv, .tsv, .jsonl (or .ndjson).
        defaults: voice, language, seed and controls of lines that do not say.

    Raises:
        InvalidInput: it is no script.
    """
    rows, faults, taken = list[Row](), list[Fault](), dict[str, int]()
    records = list(_records(path))
    n_digits = max(4, len(str(len(records))))
    for index, (number, given) in enumerate(records, 1):
        try:
            if isinstance(given, SpeechError):
                raise given
            line = _line(given, f"{index:0{n_digits}}", defaults, path.absolute().parent)
            if (first := taken.setdefault(line.name.casefold(), number)) != number:
                raise InvalidInput(f"The id {line.name!r} is that of line {first} too.")
            rows.append(Row(number, line))
        except SpeechError as error:
            faults.append(Fault(number, str(error)))
    if not rows and not faults:
        raise InvalidInput(f"There are no lines in {path}.", "Give a table with a column 'text'.")
    return rows, faults


def _records(path: Path) -> Iterator[tuple[int, Mapping[str, object] | SpeechError]]:
    """(number of the line, its fields or what is wrong with it)."""
    kind = path.suffix.lower()
    if kind not in (".csv", ".tsv", ".jsonl", ".ndjson"):
        raise InvalidInput(f"{path} is no script.", "Give a file that ends in .csv, .tsv or .jsonl.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", "Give a .csv or .jsonl file.") from error
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8 (byte {error.start}).", "Save it as UTF-8.") from error
    if kind in (".csv", ".tsv"):
        yield from _of_table(path, text, "," if kind == ".csv" else "\t")
        return
    for number, content in enumerate(re.split(r"\r?\n", text), 1):
        if content.strip():
            yield number, _of_json(content)


def _of_json(content: str) -> Mapping[str, object] | SpeechError:
    try:
        found = from_json(content)
    except ValueError as error:
        return InvalidInput(f"This is no JSON: {error}.")
    if not isinstance(found, dict):
        return InvalidInput("This is no JSON object.", 'Write {"text": "…"}.')
    return {name: value for name, value in found.items() if value is not None}


def _of_table(path: Path, text: str, delimiter: str) -> Iterator[tuple[int, Mapping[str, object] | SpeechError]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [column.strip() for column in next(reader, [])]
        if "text" not in columns:
            raise InvalidInput(f"{path} has no column 'text'.", f"Its first line names {', '.join(columns) or 'none'}.")
        for column in columns:
            if column not in (*FIELDS, *CONTROLS):
                raise UnknownName("column", column, [*FIELDS, *CONTROLS])
        if len(set(columns)) < len(columns):
            raise InvalidInput(f"{path} has a column twice.", "Give every column once.")
        start = reader.line_num + 1
        for cells in reader:
            number, start = start, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(columns):
                hint = "Put a text with commas in quotes."
                yield number, InvalidInput(f"There are {len(cells)} cells for {len(columns)} columns.", hint)
                continue
            try:
                pairs = zip(columns, cells, strict=False)
                yield number, {name: _value(name, cell) for name, cell in pairs if cell.strip()}
            except InvalidInput as error:
                yield number, error
    except csv.Error as error:
        message = f"{path} is no table, from line {reader.line_num} on: {error}."
        raise InvalidInput(message, "Check its quotes.") from error


def _value(name: str, cell: str) -> object:
    return cell if name == "text" else value_of(name, cell.strip())


def _line(given: Mapping[str, object], name: str, defaults: Request, folder: Path) -> Line:
    controls = {key: value for key, value in given.items() if key not in FIELDS}
    for key in controls:
        if key not in CONTROLS:
            raise UnknownName("column", key, [*FIELDS, *CONTROLS])
    for key in ("text", "voice", "language"):
        if not isinstance(given.get(key, ""), str):
            raise InvalidInput(f"{key}={given[key]!r} is no text.")
    for key in CLIPS:
        if key in controls:
            if not isinstance(controls[key], str):
                raise InvalidInput(f"{key}={controls[key]!r} is no path.")
            controls[key] = str(folder / str(controls[key]))
    name = str(given.get("id", name))
    if not _NAME.fullmatch(name) or name.endswith((" ", ".")) or name.casefold() == "results":
        raise InvalidInput(f"The id {name!r} is no name of a file.", "Give letters, digits, - and _, at most 80.")
    names_speaker = any(key in controls for key in ("reference_audio", "speaker_reference", "speaker_id"))
    voice = str(given.get("voice", "" if names_speaker else defaults.voice))
    request = replace(
        defaults, text=str(given.get("text", "")), voice=voice, language=str(given.get("language", defaults.language)),
        controls={**defaults.controls, **controls},
        seed=given.get("seed", defaults.seed),  # type: ignore[arg-type]  # the hall checks it
    )  # fmt: skip
    return Line(name, request)
