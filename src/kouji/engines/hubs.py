"""Where published weights come from: Hugging Face and ModelScope, over plain HTTP, with resume and checksums."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

from kouji.errors import DownloadFailed, UnknownName

from . import folders
from .contract import Card

Progress = Callable[[str, int, int], None]  # (path, bytes here, bytes in all)

ENDPOINTS = {"huggingface": "https://huggingface.co", "modelscope": "https://modelscope.cn"}
BLOCK = 1 << 20  # bytes
TIMEOUT = 60.0  # seconds without a byte


@dataclass(frozen=True)
class Remote:
    """A file on a hub."""

    path: str
    url: str
    size: int  # bytes
    sha256: str  # "" where the hub does not say it (small text files)


def pull(
    card: Card, models: Path, hub: str = "huggingface", endpoint: str = "", progress: Progress | None = None
) -> Path:
    """Download what an engine needs; goes on where an earlier call stopped. Returns its folder.

    Args:
        card: of the engine.
        models: where models lie; the files go to MODELS/NAME.
        hub: "huggingface" or "modelscope".
        endpoint: another address of the same hub, such as a mirror.
        progress: told after every block.

    Raises:
        UnknownName: the engine is not on that hub.
        DownloadFailed: the hub cannot be reached, lacks a file, or sent another one than it promised.
    """
    if hub not in card.hubs:
        raise UnknownName("hub of this engine", hub, list(card.hubs))
    listed = {file.path: file for file in _LISTS[hub](endpoint or ENDPOINTS[hub], card.hubs[hub])}
    listed |= _of_others(card, endpoint if hub == "huggingface" else "")
    wanted = {file.path: listed[file.path] for file in card.files if file.path in listed}
    lacking = [file.path for file in card.files if file.path not in wanted and not file.optional]
    if lacking:
        raise DownloadFailed(f"{card.hubs[hub]} on {hub} lacks {', '.join(lacking)}.", "Try the other hub.")
    known = folders.read_record(models, card)
    for file in wanted.values():
        place = models / card.id / file.path
        if not (place.is_file() and place.stat().st_size == file.size):
            known[file.path] = _fetch(file, place, progress)
            folders.write_record(models, card, known)
        elif file.sha256:
            known[file.path] = folders.Known(file.size, file.sha256)
    folders.write_record(models, card, known)
    return folders.checked(card, models)


def _of_others(card: Card, endpoint: str) -> dict[str, Remote]:
    """Files that come from repositories of other publishers, under the paths they have in the engine's folder."""
    wanted = {file.path: file.origin.split(":", 1) for file in card.files if file.origin}
    found: dict[str, Remote] = {}
    for repository in dict.fromkeys(repository for repository, _ in wanted.values()):
        there = {file.path: file for file in _huggingface(endpoint or ENDPOINTS["huggingface"], repository)}
        for path, (of, inside) in wanted.items():
            if of == repository and inside in there:
                found[path] = replace(there[inside], path=path)
    return found


def _huggingface(endpoint: str, repository: str) -> Iterator[Remote]:
    for row in _json(f"{endpoint}/api/models/{repository}/tree/main?recursive=true"):
        if row["type"] == "file":
            sha256 = row.get("lfs", {}).get("oid", "")
            yield Remote(row["path"], f"{endpoint}/{repository}/resolve/main/{quote(row['path'])}", row["size"], sha256)


def _modelscope(endpoint: str, repository: str) -> Iterator[Remote]:
    base = f"{endpoint}/api/v1/models/{repository}/repo"
    for row in _json(f"{base}/files?Revision=master&Recursive=true")["Data"]["Files"]:
        if row["Type"] == "blob":
            url = f"{base}?Revision=master&FilePath={quote(row['Path'], safe='')}"
            yield Remote(row["Path"], url, row["Size"], row.get("Sha256") or "")


_LISTS = {"huggingface": _huggingface, "modelscope": _modelscope}


def _fetch(file: Remote, place: Path, progress: Progress | None) -> folders.Known:
    """Download one file beside its place, and put it there once it is whole and right."""
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(place.name + ".part")
    have = draft.stat().st_size if draft.is_file() else 0
    if have > file.size:
        have = 0
    if have < file.size or file.size == 0:
        with _opened(file.url, have) as answer, draft.open("ab" if _goes_on(answer) else "wb") as out:
            _copy(answer, out, file, progress)
    if draft.stat().st_size != file.size:
        hint = "The same command goes on where it stopped."
        raise DownloadFailed(f"{file.url} ended after {draft.stat().st_size} of {file.size} bytes.", hint)
    found = folders.sha256(draft)
    if file.sha256 and found != file.sha256:
        draft.unlink()
        raise DownloadFailed(
            f"{file.url} has SHA-256 {found[:12]}… instead of {file.sha256[:12]}…; it was thrown away.", "Try again."
        )
    draft.replace(place)
    return folders.Known(file.size, found, place.stat().st_mtime_ns)


def _copy(answer: Any, out: IO[bytes], file: Remote, progress: Progress | None) -> None:
    try:
        while block := answer.read(BLOCK):
            out.write(block)
            if progress:
                progress(file.path, out.tell(), file.size)
    except (OSError, ValueError) as error:
        hint = "The same command goes on where it stopped."
        raise DownloadFailed(f"{file.url} broke off: {error}.", hint) from error


def _goes_on(answer: Any) -> bool:
    """Whether the server sends the rest (206) and not the whole file again (200)."""
    return bool(answer.status == 206)


def _opened(url: str, start: int = 0) -> Any:
    request = Request(url, headers={"User-Agent": "kouji", **({"Range": f"bytes={start}-"} if start else {})})
    try:
        return urlopen(request, timeout=TIMEOUT)  # follows redirects and the proxies of the system
    except HTTPError as error:
        raise DownloadFailed(f"{url} answers {error.code} {error.reason}.", "Is the address right?") from error
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", error)
        raise DownloadFailed(f"{url} cannot be reached: {reason}.", "Is there a network? Another --hub?") from error


def _json(url: str) -> Any:
    with _opened(url) as answer:
        try:
            return json.loads(answer.read())
        except ValueError as error:
            raise DownloadFailed(f"{url} does not answer as a hub does.", "Is the address right?") from error
