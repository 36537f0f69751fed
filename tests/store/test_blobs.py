"""Files by their content."""

import os
import time
from pathlib import Path

import pytest

from kouji.errors import InvalidInput, StoreFailed
from kouji.store import Blobs, open_blobs
from kouji.store.blobs import key_of


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    return open_blobs((tmp_path / "a folder").as_uri())


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_is_put_is_found_again(blobs: Blobs, tmp_path: Path) -> None:
    key = blobs.put(b"voice")
    assert key == key_of(b"voice")
    assert blobs.open(key) == b"voice"
    assert Path(blobs.url(key).removeprefix("file://").replace("%20", " ")).read_bytes() == b"voice"


def test_what_is_put_twice_lies_there_once(blobs: Blobs, tmp_path: Path) -> None:
    assert blobs.put(b"voice") == blobs.put(b"voice")
    assert len(files(tmp_path)) == 1


def test_files_and_folders_are_private(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put(b"voice")
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_what_is_deleted_is_gone_and_may_be_deleted_again(blobs: Blobs) -> None:
    key = blobs.put(b"voice")
    blobs.delete(key)
    blobs.delete(key)
    with pytest.raises(StoreFailed):
        blobs.open(key)


def test_what_was_changed_from_outside_is_not_given_out(blobs: Blobs, tmp_path: Path) -> None:
    key = blobs.put(b"voice")
    files(tmp_path)[0].write_bytes(b"other")
    with pytest.raises(StoreFailed, match="changed"):
        blobs.open(key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_a_key_is_no_path(blobs: Blobs, key: str) -> None:
    with pytest.raises(InvalidInput):
        blobs.open(key)


def test_a_full_disk_leaves_nothing(blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFailed, match="No space left"):
        blobs.put(b"voice")
    assert files(tmp_path) == []


def test_old_files_are_listed_and_old_drafts_swept(blobs: Blobs, tmp_path: Path) -> None:
    old, new = blobs.put(b"old"), blobs.put(b"new")
    draft = tmp_path / "a folder" / old[:2] / ".abc.new"
    draft.write_bytes(b"killed")
    for path in (draft, draft.parent / old):
        os.utime(path, (time.time() - 7200,) * 2)
    assert list(blobs.keys(older_than=3600)) == [old]
    assert not draft.exists()
    assert blobs.open(new) == b"new"


@pytest.mark.parametrize("url", ["s3://bucket", "folder", "file://host/folder", ""])
def test_a_place_that_we_do_not_know_is_told(url: str) -> None:
    with pytest.raises(InvalidInput, match="file:///"):
        open_blobs(url)
