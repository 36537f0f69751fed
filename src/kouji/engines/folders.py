"""Folders of downloaded weights: where they lie, whether all is there, and whether it is what it should be.

    MODELS/NAME        the official files as they are downloaded, or a link to a folder that has them
    MODELS/NAME.json   size and SHA-256 of each file, as the hub gave them or as they were when the folder was adopted
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from kouji.drafts import whole
from kouji.errors import BadCheckpoint, InvalidInput, MissingWeights
from kouji.runtime import converted

from .contract import Card, WeightFile


@dataclass(frozen=True)
class Known:
    """What is known of one file of a folder."""

    size: int  # bytes
    sha256: str
    checked: int = 0  # modification time in ns when the sum was last found right; 0: never


def checked(card: Card, models: Path | None) -> Path:
    """The folder of an engine's weights, after a look at every file in it. Nothing is loaded.

    A sum is computed again only for files that have changed since it was last found right.

    Raises:
        MissingWeights: the folder or a file is not there.
        BadCheckpoint: a file is cut off or is not the one that was downloaded.
    """
    if models is None:
        raise MissingWeights(f"The engine {card.id!r} needs a folder of weights.", _how_to_get(card))
    folder = models / card.id
    missing = [file.path for file in card.files if not (file.optional or (folder / file.path).is_file())]
    if missing and not _is_converted(folder):
        raise MissingWeights(_lack(card, folder, missing), _how_to_get(card))
    known = read_record(models, card)
    for file in card.files:
        if (folder / file.path).is_file():
            known[file.path] = _check(folder / file.path, _expected(file, known.get(file.path)), card)
    write_record(models, card, known)
    return folder


def named(card: Card, folder: Path) -> Path:
    """A folder of official files wherever it lies, after a look at every file in it.

    Raises:
        MissingWeights: a file is not in it.
        BadCheckpoint: a file is not the published one.
    """
    lacking = [file.path for file in card.files if not (file.optional or (folder / file.path).is_file())]
    if lacking:
        raise MissingWeights(_lack(card, folder, lacking), "Give the folder as it was downloaded.")
    for file in card.files:
        if (folder / file.path).is_file():
            _check(folder / file.path, _expected(file, None), card)
    return folder


def adopt(card: Card, models: Path, source: Path) -> Path:
    """Use the files of a folder that somebody already has: a link is made, nothing is copied.

    Raises:
        MissingWeights: a file is not in it.
        BadCheckpoint: a file is not the published one.
        InvalidInput: another folder already stands there.
    """
    place = models / card.id
    if place.exists() and not place.samefile(source):
        raise InvalidInput(f"{place} exists already.", "Remove it first, or use it as it is.")
    named(card, source)
    known = {}
    for file in card.files:
        if (source / file.path).is_file():
            known[file.path] = _check(source / file.path, _expected(file, None), card)
    models.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        place.symlink_to(source.resolve(), target_is_directory=True)
    write_record(models, card, known)
    return place


def read_record(models: Path, card: Card) -> dict[str, Known]:
    """What is known of the files of an engine, by path."""
    try:
        rows = json.loads((models / f"{card.id}.json").read_text("utf-8"))
        return {path: Known(int(row["size"]), str(row["sha256"]), int(row["checked"])) for path, row in rows.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadCheckpoint(f"{models / card.id}.json cannot be read: {error}", "Remove it and pull again.") from error


def write_record(models: Path, card: Card, known: Mapping[str, Known]) -> None:
    """Remember; where nothing may be written, sums are computed again next time."""
    text = json.dumps({path: asdict(row) for path, row in sorted(known.items())}, indent=1)
    place = models / f"{card.id}.json"
    try:
        if not place.is_file() or place.read_text("utf-8") != text:
            with whole(place) as draft:
                draft.write_text(text, "utf-8")
    except OSError:
        pass


def sha256(path: Path) -> str:
    """Of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def installed(cards: Iterator[Card], models: Path) -> Iterator[tuple[Card, str]]:
    """Each engine that needs files, and how it stands: "ready" | "converted" | "incomplete" | "absent"."""
    for card in cards:
        folder = models / card.id
        if not card.files:
            continue
        present = [(folder / file.path).is_file() for file in card.files if not file.optional]
        if _is_converted(folder):
            yield card, "converted"
        else:
            yield card, "ready" if all(present) else "incomplete" if any(present) else "absent"


def _lack(card: Card, folder: Path, missing: Sequence[str]) -> str:
    """What a folder lacks, and whether it has the pickles of an older layout instead."""
    old = [path for path in card.retired if (folder / path).is_file()]
    what = f"{folder} lacks {', '.join(missing)}."
    return f"{what} It is of an older layout: {', '.join(old)} can run code and were not opened." if old else what


def _is_converted(folder: Path) -> bool:
    return any((folder / name / converted.MANIFEST).is_file() for name in converted.FOLDERS)


def _expected(file: WeightFile, known: Known | None) -> Known:
    """The card outweighs what was noted at the download."""
    noted = known or Known(0, "")
    return Known(file.size or noted.size, file.sha256 or noted.sha256, noted.checked)


def _check(path: Path, expected: Known, card: Card) -> Known:
    state = path.stat()
    if expected.size and state.st_size != expected.size:
        raise BadCheckpoint(
            f"{path} has {state.st_size} bytes instead of {expected.size}: it is cut off, or another file.",
            _how_to_get(card),
        )
    if expected.sha256 and expected.checked == state.st_mtime_ns:
        return expected
    found = sha256(path)
    if expected.sha256 and found != expected.sha256:
        raise BadCheckpoint(
            f"{path} has SHA-256 {found[:12]}… instead of {expected.sha256[:12]}…: it is not the published file.",
            _how_to_get(card),
        )
    return Known(state.st_size, found, state.st_mtime_ns)


def _how_to_get(card: Card) -> str:
    return f"`kouji models pull {card.id}` downloads them; `kouji models pull {card.id} --from DIR` uses yours."
