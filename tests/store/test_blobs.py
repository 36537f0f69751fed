"""Files by their content."""

import os
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from kouji.drafts import SUFFIX
from kouji.errors import InvalidInput, MissingExtra, StoreFailed
from kouji.store import Blobs, open_blobs
from kouji.store.blobs import key_of, within


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    """A folder."""
    return open_blobs((tmp_path / "a folder").as_uri())


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    """A place of each kind, new and empty."""
    if request.param == "file":
        return open_blobs((tmp_path / "a folder").as_uri())
    return open_blobs(f"s3://kouji/{tmp_path.name}/a prefix?endpoint={request.getfixturevalue('s3')}")


def files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_is_put_is_found_again(store: Blobs) -> None:
    assert not store.has(key_of(b"voice"))
    key = store.put(b"voice")
    assert key == key_of(b"voice")
    assert store.has(key)
    assert store.open(key) == b"voice"
    with urlopen(store.url(key)) as answer:
        assert answer.read() == b"voice"


def test_what_is_put_twice_lies_there_once(blobs: Blobs, tmp_path: Path) -> None:
    assert blobs.put(b"voice") == blobs.put(b"voice")
    assert len(files(tmp_path)) == 1


def test_files_and_folders_are_private(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put(b"voice")
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_what_is_put_twice_is_listed_once(store: Blobs) -> None:
    assert store.put(b"voice") == store.put(b"voice")
    assert list(store.keys(older_than=-10)) == [key_of(b"voice")]
    assert list(store.keys(older_than=3600)) == []


def test_many_keys_are_listed(store: Blobs) -> None:
    keys = {store.put(f"voice {n}".encode()) for n in range(20)}
    assert set(store.keys(older_than=-10)) == keys


def test_what_is_deleted_is_gone_and_may_be_deleted_again(store: Blobs) -> None:
    key = store.put(b"voice")
    store.delete(key)
    store.delete(key)
    assert not store.has(key)
    with pytest.raises(StoreFailed):
        store.open(key)


def test_a_place_that_is_cleared_is_empty_and_another_is_as_it_was(store: Blobs, tmp_path: Path) -> None:
    for n in range(3):
        store.put(f"voice {n}".encode())
    other = open_blobs((tmp_path / "another folder").as_uri())
    other.put(b"voice")
    store.clear()
    store.clear()
    assert list(store.keys(older_than=-10)) == []
    assert other.has(key_of(b"voice"))
    assert store.open(store.put(b"voice")) == b"voice"


def test_drafts_go_when_a_folder_is_cleared(blobs: Blobs, tmp_path: Path) -> None:
    blobs.put(b"voice")
    files(tmp_path)[0].with_name(".1234.new").write_bytes(b"half a voi")
    blobs.clear()
    assert files(tmp_path) == []


def test_a_place_that_cannot_be_cleared_is_told(blobs: Blobs, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise PermissionError("no")

    blobs.put(b"voice")
    monkeypatch.setattr(os, "unlink", fails)
    with pytest.raises(StoreFailed, match="deleted"):
        blobs.clear()


def test_a_folder_within_a_bucket_keeps_its_endpoint() -> None:
    assert within("s3://bucket/a?endpoint=http://minio:9000/", "b") == "s3://bucket/a/b?endpoint=http://minio:9000/"
    assert within("file:///srv/a/", "b") == "file:///srv/a/b"


def test_what_was_changed_from_outside_is_not_given_out(blobs: Blobs, tmp_path: Path) -> None:
    key = blobs.put(b"voice")
    files(tmp_path)[0].write_bytes(b"other")
    with pytest.raises(StoreFailed, match="changed"):
        blobs.open(key)


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "a" * 64 + "\n"])
def test_a_key_is_no_path(store: Blobs, key: str) -> None:
    for use in (store.open, store.delete, store.has, store.url):
        with pytest.raises(InvalidInput):
            use(key)


def test_a_signed_link_has_an_end_and_names_only_its_file(s3: str) -> None:
    store = open_blobs(f"s3://kouji/links?endpoint={s3}")
    link = store.url(store.put(b"voice"), ttl=60)
    assert "X-Amz-Expires=60" in link
    assert "X-Amz-Signature=" in link
    assert "X-Amz-Expires=604800" in store.url(key_of(b"voice"), ttl=10**9)


def test_an_object_that_was_changed_from_outside_is_not_given_out(s3: str) -> None:
    import boto3

    store = open_blobs(f"s3://kouji?endpoint={s3}")
    key = store.put(b"voice")
    boto3.client("s3", endpoint_url=s3).put_object(Bucket="kouji", Key=f"{key[:2]}/{key}", Body=b"other")
    with pytest.raises(StoreFailed, match="changed"):
        store.open(key)


def test_a_bucket_that_is_not_there_is_told(s3: str) -> None:
    store = open_blobs(f"s3://nobody?endpoint={s3}")
    with pytest.raises(StoreFailed, match="nobody"):
        store.put(b"voice")


def test_without_the_client_of_s3_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from kouji.store import s3 as room

    monkeypatch.setattr(room, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"kouji\[s3\]"):
        open_blobs("s3://kouji")


def test_a_full_disk_leaves_nothing(blobs: Blobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreFailed, match="No space left"):
        blobs.put(b"voice")
    assert files(tmp_path) == []


def test_old_files_are_listed_and_old_drafts_swept(blobs: Blobs, tmp_path: Path) -> None:
    old, new = blobs.put(b"old"), blobs.put(b"new")
    draft = tmp_path / "a folder" / old[:2] / f".abc{SUFFIX}"
    draft.write_bytes(b"killed")
    for path in (draft, draft.parent / old):
        os.utime(path, (time.time() - 7200,) * 2)
    assert list(blobs.keys(older_than=3600)) == [old]
    assert not draft.exists()
    assert blobs.open(new) == b"new"


@pytest.mark.parametrize("url", ["ftp://bucket", "folder", "file://host/folder", ""])
def test_a_place_that_we_do_not_know_is_told(url: str) -> None:
    with pytest.raises(InvalidInput, match="file:///"):
        open_blobs(url)


@pytest.mark.parametrize("url", ["s3://", "s3:///prefix", "s3://key:word@bucket", "s3://bucket?region=x"])
def test_what_names_no_bucket_is_told(url: str) -> None:
    with pytest.raises(InvalidInput, match="s3://BUCKET"):
        open_blobs(url)
