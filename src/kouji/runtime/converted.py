"""Folders that `kouji models convert` makes within a model's: whole or not there at all, and told when they are not."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from kouji.errors import BadCheckpoint, MissingWeights, OutputFailed, needs

FLOAT, INT8 = FOLDERS = ("onnx", "onnx-int8")
MANIFEST = "manifest.json"
TABLES = "small.npz"  # tables that are too small for files of their own


def choices(folder: Path, int8: bool) -> list[Path]:
    """The conversions in a model's folder, the one to take first; eight-bit weights only where they are wanted."""
    return [folder / name for name in [INT8] * int8 + [FLOAT] if (folder / name / MANIFEST).is_file()]


def expect_official(folder: Path, name: str, needed_for: str = "") -> None:
    """Raises MissingWeights where a folder lacks an official file: it has converted weights alone, or none.

    Args:
        folder: of the model.
        name: of the file.
        needed_for: what converted weights cannot do, such as "float16"; "": they do not have 32 bits.
    """
    if (folder / name).is_file():
        return
    if needed_for:
        hint = "Fetch them with `kouji models pull`, or leave device and precision unset."
        raise MissingWeights(f"{folder} lacks the official files, which {needed_for} needs.", hint)
    raise MissingWeights(
        f"{folder} has no weights of 32 bits.", 'Use preset="fast", or convert the official files without --int8.'
    )


@contextmanager
def draft(folder: Path, int8: bool) -> Iterator[tuple[Path, Path]]:
    """(where to write, where it will stand) of a conversion, which takes the place of an older one at the end.

    Raises:
        MissingExtra: the package onnx is not installed.
        OutputFailed: it cannot be written; nothing of it is left.
    """
    with needs("torch", "Conversion"):
        import onnx  # noqa: F401
    place = folder / (INT8 if int8 else FLOAT)
    with replaced(place) as made:
        yield made, place


@contextmanager
def replaced(place: Path, hint: str = "Is the disk full, or the folder not yours to write in?") -> Iterator[Path]:
    """An empty folder to write in, which takes the place of `place` once all is written. Left empty, it does not.

    What an interrupted attempt left behind is thrown away; one that another process is at is waited for.

    Raises:
        OutputFailed: it cannot be written; nothing of it is left, and what stood there still stands.
    """
    made = place.with_name(f"{place.name}.part")
    try:
        held = _held(made)
        try:
            yield made
            if any(made.iterdir()):
                shutil.rmtree(place, ignore_errors=True)
                os.replace(made, place)
            else:
                made.rmdir()
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
        finally:
            if held is not None:
                os.close(held)
    except OSError as error:
        raise OutputFailed(f"{place} cannot be written: {error.strerror or error}.", hint) from error


def _held(made: Path) -> int | None:
    """Make a folder, empty, that no other process writes in until the descriptor is closed."""
    try:
        import fcntl
    except ModuleNotFoundError:  # Windows, where nobody can throw away what another has open
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        return None
    while True:
        made.mkdir(exist_ok=True)
        held = os.open(made, os.O_RDONLY)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(held, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(held), made.stat()):
                break
        os.close(held)  # whoever held it is done, and it stands elsewhere
    for path in made.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return held


def tables(place: Path) -> dict[str, np.ndarray]:
    """The small tables of a conversion, which one file holds."""
    with np.load(place / TABLES) as file:
        return dict(file)


def add_tables(place: Path, **arrays: np.ndarray) -> None:
    """Put small tables to those that are there already."""
    known = tables(place) if (place / TABLES).is_file() else {}
    with (place / TABLES).open("wb") as file:
        np.savez(file, **{**known, **arrays})  # type: ignore[arg-type]  # of `allow_pickle`, which is none of them


def finish(place: Path, **facts: object) -> None:
    """Write down what is there, so that a file that is lost or cut off later is told; and other facts."""
    files = {path.name: {"size": path.stat().st_size} for path in sorted(place.iterdir())}
    (place / MANIFEST).write_text(json.dumps({**facts, "files": files}, indent=1), "utf-8")


def checked(place: Path, *facts: str) -> dict[str, Any]:
    """What a conversion wrote down: "files", by name, and its facts.

    Args:
        place: of the conversion.
        facts: that it must have.

    Raises:
        BadCheckpoint: it cannot be read, or lacks a fact.
        MissingWeights: a file that it names is not there, or is cut off.
    """
    try:
        manifest: dict[str, Any] = json.loads((place / MANIFEST).read_text("utf-8"))
        sizes = {str(name): int(known["size"]) for name, known in manifest["files"].items()}
        _ = [manifest[fact] for fact in facts]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadCheckpoint(f"{place / MANIFEST} cannot be read: {error}.", "Convert again.") from error
    for name, size in sizes.items():
        path = place / name
        if not path.is_file() or path.stat().st_size != size:
            raise MissingWeights(f"{path} is missing or cut off.", "Convert again.")
    return manifest
