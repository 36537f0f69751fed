"""Clips that a job brings along: kept by consent, and gone with the end of the job, whatever end that is."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kouji import config, policy
from kouji.drafts import SUFFIX
from kouji.errors import AlreadyExists, InvalidInput, NotPermitted, StoreFailed
from kouji.jobs import Job, Leases, Ledger, Line, Order, Output, Runner
from kouji.jobs import clips as room
from kouji.policy import Consent
from kouji.speak import load
from kouji.store import Records, blobs, open_records
from kouji.store.blobs import key_of
from kouji.types import Request
from kouji_sounds import FEMALE, MALE

from .conftest import at_once

ANN = Consent("Ann Lee", "for the audio guide of the museum")
LONG = "This is one sentence of a great many, and it takes its time. " * 200


@pytest.fixture(scope="module")
def ann() -> bytes:
    return FEMALE.read_bytes()


@pytest.fixture(scope="module")
def bob() -> bytes:
    return MALE.read_bytes()


@pytest.fixture
def store(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a place of each kind: a folder with SQLite, a bucket with PostgreSQL, as they are met."""
    if database.startswith("sqlite"):
        return (tmp_path / "clips").as_uri()
    return f"s3://kouji/{tmp_path.name}/clips?endpoint={request.getfixturevalue('s3')}"


@pytest.fixture
def settings(tmp_path: Path) -> config.Config:
    return config.Config(home=str(tmp_path / "home"))


def asked(folder: Path, *lines: tuple[str, bytes], clips: str = "", **more: object) -> Order:
    """Lines with the clip of each, named a, b, c …"""
    found = [
        Line(chr(97 + n), Request(text, language="en", controls={"reference_audio": clip}), ANN)
        for n, (text, clip) in enumerate(lines)
    ]
    output = Output((folder / "out").as_uri(), loudness=None)
    where = clips or (folder / "clips").as_uri()
    return Order("batch", found, output, "native", clips=where, **more)  # type: ignore[arg-type]


def worker(ledger: Ledger, settings: config.Config, **leases: float) -> Runner:
    return Runner(ledger.records, settings, Leases(ledger.records, **leases))  # type: ignore[arg-type]


def lying(store: str) -> list[str]:
    """Keys of all that lies in a place."""
    return sorted(blobs.open_blobs(store).keys(older_than=-60) if store.startswith("s3") else _files(store))


def _files(store: str) -> Iterator[str]:
    folder = Path(store.removeprefix("file://"))
    return (path.name for path in folder.rglob("*") if path.is_file())


def state(ledger: Ledger, job: Job) -> str:
    return ledger.get(job.id).state


def log(records: Records) -> list[str]:
    with records.begin() as db:
        return [event.action for event in reversed(policy.events(db)) if event.action in ("keep", "discard")]


def test_a_clip_is_kept_while_its_job_waits_and_gone_when_it_is_done(
    ledger: Ledger, store: str, settings: config.Config, tmp_path: Path, ann: bytes
) -> None:
    job = ledger.submit(asked(tmp_path, ("Hello.", ann), ("Bye.", ann), clips=store))
    assert lying(store) == [key_of(ann)]
    assert ledger.clips.n_kept(job.id) == 1
    assert worker(ledger, settings).work(job.id) == 2
    assert state(ledger, job) == "done"
    assert lying(store) == []
    assert ledger.clips.n_kept(job.id) == 0
    assert log(ledger.records) == ["keep", "discard"]
    load("native").synthesize("Hello.", language="en", reference_audio=ann).save(tmp_path / "alone.wav")
    assert (tmp_path / "out" / "a.wav").read_bytes() == (tmp_path / "alone.wav").read_bytes()


def test_the_consent_stays_on_record_with_what_it_was_about(ledger: Ledger, tmp_path: Path, ann: bytes) -> None:
    from kouji.store.tables import consents

    job = ledger.submit(asked(tmp_path, ("Hello.", ann)))
    ledger.cancel(job.id)
    with ledger.records.begin() as db:
        (row,) = db.execute(consents.select()).all()
    assert (row.person, row.statement, row.clips) == (ANN.person, ANN.statement, [key_of(ann)])


@pytest.mark.parametrize("control", ["reference_audio", "emotion_reference"])
def test_without_a_consent_no_clip_is_kept(small: Ledger, tmp_path: Path, ann: bytes, control: str) -> None:
    line = Line("a", Request("Hello.", language="en", controls={control: ann}))
    with pytest.raises(InvalidInput, match="without a consent"):
        small.submit(replace(asked(tmp_path), lines=[line]))
    assert lying((tmp_path / "clips").as_uri()) == []
    assert small.newest() == []


def test_what_is_cancelled_keeps_no_clip_and_goes_on_with_the_very_same_ones(
    ledger: Ledger, store: str, settings: config.Config, tmp_path: Path, ann: bytes, bob: bytes
) -> None:
    job = ledger.submit(asked(tmp_path, ("Hello.", ann), clips=store))
    ledger.cancel(job.id)
    assert lying(store) == []
    with pytest.raises(InvalidInput, match="were deleted"):
        ledger.resume(job.id)
    with pytest.raises(InvalidInput, match="were deleted"):
        ledger.resume(job.id, [bob])
    with pytest.raises(InvalidInput, match="No line"):
        ledger.resume(job.id, [ann, bob])
    assert (state(ledger, job), lying(store)) == ("cancelled", [])
    assert ledger.resume(job.id, [ann]).state == "queued"
    assert lying(store) == [key_of(ann)]
    worker(ledger, settings).work(job.id)
    assert (state(ledger, job), lying(store)) == ("done", [])
    assert log(ledger.records) == ["keep", "discard", "keep", "discard"]


def test_a_resumed_job_needs_only_the_clips_of_lines_that_are_missing(
    small: Ledger, settings: config.Config, tmp_path: Path, ann: bytes, bob: bytes
) -> None:
    job = small.submit(asked(tmp_path, ("Hello.", ann), (LONG, bob)))
    leases = Leases(small.records)
    item = leases.claim(job.id)
    assert item is not None
    Runner(small.records, settings, leases).make(item)
    small.cancel(job.id)
    with pytest.raises(InvalidInput, match=key_of(bob)[:12]):
        small.resume(job.id)
    assert small.resume(job.id, [bob]).state == "queued"


def test_a_job_that_fails_keeps_no_clip(
    small: Ledger, settings: config.Config, tmp_path: Path, ann: bytes
) -> None:
    job = small.submit(asked(tmp_path, ("…", ann)))
    worker(small, settings).work(job.id)
    assert (state(small, job), lying((tmp_path / "clips").as_uri())) == ("failed", [])


def test_a_line_that_kills_its_worker_every_time_ends_with_its_clip(
    small: Ledger, settings: config.Config, tmp_path: Path, ann: bytes
) -> None:
    job = small.submit(asked(tmp_path, ("Hello.", ann)))
    for _ in range(2):
        assert Leases(small.records, seconds=-1.0).claim(job.id)
    worker(small, settings, attempts=2).work(job.id)
    assert (state(small, job), lying((tmp_path / "clips").as_uri())) == ("dead", [])


def fill_up_after_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    put, n_put = os.fsync, 0

    def full(file: int) -> None:
        nonlocal n_put
        n_put += 1
        if n_put > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        put(file)

    monkeypatch.setattr(os, "fsync", full)


def test_a_disk_that_is_full_when_the_job_is_handed_in_leaves_nothing(
    small: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ann: bytes, bob: bytes
) -> None:
    fill_up_after_one_file(monkeypatch)
    with pytest.raises(StoreFailed, match="No space"):
        small.submit(asked(tmp_path, ("Hello.", ann), ("Hello.", bob)))
    assert lying((tmp_path / "clips").as_uri()) == []
    assert small.newest() == []
    assert log(small.records) == ["keep", "discard"]


def test_a_disk_that_fills_up_in_the_middle_ends_the_job_and_its_clip(
    small: Ledger, settings: config.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ann: bytes
) -> None:
    job = small.submit(asked(tmp_path, ("Hello.", ann), ("Bye.", ann)))
    fill_up_after_one_file(monkeypatch)
    worker(small, settings, attempts=2, back_off=0.01).work(job.id)
    found = small.get(job.id)
    assert (found.state, found.n_done, found.n_dead) == ("dead", 1, 1)
    assert lying((tmp_path / "clips").as_uri()) == []


def test_after_a_killed_worker_the_clip_is_there_for_the_next_and_then_gone(
    database: str, store: str, settings: config.Config, tmp_path: Path, ann: bytes
) -> None:
    records = open_records(database)
    ledger = Ledger(records)
    job = ledger.submit(asked(tmp_path, ("Hello.", ann), (LONG, ann), clips=store))
    environment = {**os.environ, "KOUJI_DATABASE": database, "KOUJI_HOME": settings.home}
    killed = subprocess.Popen([sys.executable, "-m", "kouji", "worker", "--drain"], env=environment)
    while ledger.get(job.id).n_done < 1:
        time.sleep(0.02)
        assert killed.poll() is None
    time.sleep(0.1)  # into the long one
    killed.send_signal(signal.SIGKILL)
    killed.wait(timeout=60)
    assert (state(ledger, job), lying(store)) == ("running", [key_of(ann)])
    ledger.tidy(grace=0)
    assert lying(store) == [key_of(ann)]  # its job may go on
    two = [threading.Thread(target=worker(ledger, settings, seconds=0.5).work, args=(job.id,)) for _ in range(2)]
    for thread in two:
        thread.start()
    while next(item for item in ledger.items(job.id) if item.name == "b").state == "queued":
        time.sleep(0.02)
    ledger.cancel(job.id)
    for thread in two:
        thread.join(timeout=60)
    assert (state(ledger, job), lying(store)) == ("cancelled", [])
    records.close()


def test_two_workers_at_once_make_all_lines_and_the_clips_are_gone_once(
    ledger: Ledger, settings: config.Config, tmp_path: Path, ann: bytes, bob: bytes
) -> None:
    job = ledger.submit(asked(tmp_path, *((f"Number {n}.", [ann, bob][n % 2]) for n in range(6))))
    two = [threading.Thread(target=worker(ledger, settings).work, args=(job.id,)) for _ in range(2)]
    for thread in two:
        thread.start()
    for thread in two:
        thread.join(timeout=60)
    found = ledger.get(job.id)
    assert (found.state, found.n_done) == ("done", 6)
    assert lying((tmp_path / "clips").as_uri()) == []
    assert log(ledger.records) == ["keep", "discard"]


def test_what_a_worker_left_that_was_killed_right_after_the_end_the_next_one_deletes(
    small: Ledger, settings: config.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ann: bytes
) -> None:
    job = small.submit(asked(tmp_path, ("Hello.", ann)))
    with monkeypatch.context() as killed:
        killed.setattr(Runner, "_tidy", lambda self: None)
        worker(small, settings).work(job.id)
    assert (state(small, job), len(lying((tmp_path / "clips").as_uri()))) == ("done", 1)
    worker(small, settings).missed()
    assert lying((tmp_path / "clips").as_uri()) == []


def test_what_was_killed_while_it_was_handed_in_is_swept_up_drafts_too(
    ledger: Ledger, store: str, tmp_path: Path, ann: bytes
) -> None:
    ledger.clips.deposit("f00d", asked(tmp_path, ("Hello.", ann), clips=store))
    for path in (tmp_path / "clips").rglob("*"):
        if path.is_file():
            path.with_name(f".1234{SUFFIX}").write_bytes(ann[:1000])
    ledger.tidy()
    assert key_of(ann) in lying(store)  # its job may be about to come
    ledger.tidy(grace=0)
    assert lying(store) == []


def test_a_store_that_does_not_answer_when_a_clip_should_go_is_asked_again(
    small: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ann: bytes
) -> None:
    job = small.submit(asked(tmp_path, ("Hello.", ann)))

    def fails(self: object) -> None:
        raise StoreFailed("It does not answer.")

    with monkeypatch.context() as broken:
        broken.setattr(blobs.FolderBlobs, "clear", fails)
        assert small.cancel(job.id).state == "cancelled"
    assert small.clips.n_kept(job.id) == 1
    small.tidy()
    assert (small.clips.n_kept(job.id), lying((tmp_path / "clips").as_uri())) == (0, [])


def test_the_same_key_keeps_a_clip_once_and_another_clip_under_it_is_another_order(
    ledger: Ledger, tmp_path: Path, ann: bytes, bob: bytes
) -> None:
    store = (tmp_path / "clips").as_uri()
    first = ledger.submit(asked(tmp_path, ("Hello.", ann), key="k"))
    assert ledger.submit(asked(tmp_path, ("Hello.", ann), key="k")).id == first.id
    with pytest.raises(AlreadyExists):
        ledger.submit(asked(tmp_path, ("Hello.", bob), key="k"))
    assert lying(store) == [key_of(ann)]
    ledger.cancel(first.id)
    assert ledger.submit(asked(tmp_path, ("Hello.", ann), key="k")).state == "cancelled"
    assert lying(store) == []


def test_the_same_key_from_many_at_once_keeps_one_clip(ledger: Ledger, tmp_path: Path, ann: bytes) -> None:
    ids = at_once(4, lambda: ledger.submit(asked(tmp_path, ("Hello.", ann), key="k")).id)
    assert len(ids) == 4
    assert len(set(ids)) == 1
    assert len(list(_files((tmp_path / "clips").as_uri()))) == 1


def test_two_clips_of_one_line_are_two_sounds_for_the_ledger(tmp_path: Path, ann: bytes, bob: bytes) -> None:
    prints = [order.print_of(order.lines[0]) for order in (asked(tmp_path, ("Hello.", clip)) for clip in (ann, bob))]
    assert prints[0] != prints[1]


def test_a_job_that_nobody_makes_for_a_week_is_cancelled_with_its_clip(
    small: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ann: bytes
) -> None:
    job = small.submit(asked(tmp_path, ("Hello.", ann)))
    small.tidy(grace=0)
    assert state(small, job) == "queued"
    monkeypatch.setattr(room, "LONGEST", timedelta(0))
    small.tidy()
    assert (state(small, job), lying((tmp_path / "clips").as_uri())) == ("cancelled", [])
    assert "within" in str(small.events(job.id)[-1].data["reason"])


def test_a_clip_whose_consent_was_revoked_does_not_speak(
    small: Ledger, settings: config.Config, tmp_path: Path, ann: bytes
) -> None:
    from kouji.store.tables import job_clips

    job = small.submit(asked(tmp_path, ("Hello.", ann)))
    with small.records.begin() as db:
        policy.revoke(db, db.execute(job_clips.select()).one().consent)
    worker(small, settings).work(job.id)
    (item,) = small.items(job.id)
    assert (state(small, job), "revoked" in item.error["message"]) == ("failed", True)
    assert lying((tmp_path / "clips").as_uri()) == []
    with pytest.raises(NotPermitted, match="revoked"):
        small.resume(job.id, [ann])


def test_files_of_clips_are_private(small: Ledger, tmp_path: Path, ann: bytes) -> None:
    small.submit(asked(tmp_path, ("Hello.", ann)))
    (path,) = (path for path in (tmp_path / "clips").rglob("*") if path.is_file())
    assert path.stat().st_mode & 0o077 == 0
