"""What a worker makes, and what it leaves when it is stopped."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

import kouji_servers
from kouji.audio.loudness import loudness
from kouji.jobs import Job, Ledger, Line, Output
from kouji.jobs import runner as room
from kouji.jobs.job import Order
from kouji.jobs.workers import _stopped_by_signals
from kouji.speak import load
from kouji.store import open_records
from kouji.store.queue import open_queue
from kouji.types import Request

from .conftest import order, runner


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "out").iterdir())


def test_a_line_sounds_as_if_it_were_said_alone(small: Ledger, tmp_path: Path) -> None:
    job = small.submit(order(tmp_path, "hey", "hello there"))
    assert runner(small).work(job.id) == 2
    load("parrot").synthesize("hey", language="en").save(tmp_path / "alone.wav")
    assert (tmp_path / "out" / "a.wav").read_bytes() == (tmp_path / "alone.wav").read_bytes()
    item = next(iter(small.items(job.id)))
    assert item.sha256 == hashlib.sha256((tmp_path / "alone.wav").read_bytes()).hexdigest()
    assert item.duration == pytest.approx(soundfile.info(tmp_path / "alone.wav").duration)


def test_every_line_of_a_job_is_equally_loud(small: Ledger, tmp_path: Path) -> None:
    lines = [Line("a", Request("hello there", "polly")), Line("b", Request("你好，世界", "ara"))]
    job = small.submit(Order("batch", lines, Output((tmp_path / "out").as_uri(), format="flac"), "parrot"))
    runner(small).work(job.id)
    heard = [loudness(*soundfile.read(tmp_path / "out" / f"{name}.flac")) for name in "ab"]
    assert heard == pytest.approx([-16.0, -16.0], abs=0.2)


def test_what_cannot_be_said_fails_and_the_rest_is_made(small: Ledger, tmp_path: Path) -> None:
    job = small.submit(order(tmp_path, "hey", "…", "ho"))
    runner(small).work(job.id)
    found = small.get(job.id)
    assert (found.state, found.n_done, found.n_failed) == ("failed", 2, 1)
    assert "nothing to say" in list(small.items(job.id))[1].error["message"]
    assert files(tmp_path) == ["a.wav", "c.wav"]


def test_sound_can_go_to_a_store_by_its_content(small: Ledger, tmp_path: Path) -> None:
    output = Output((tmp_path / "blobs").as_uri(), named=False, loudness=None)
    job = small.submit(replace(order(tmp_path, "hey"), output=output))
    runner(small).work(job.id)
    (item,) = small.items(job.id)
    assert item.file == item.sha256
    assert (tmp_path / "blobs" / item.file[:2] / item.file).is_file()


def test_a_file_that_was_put_in_place_before_the_kill_is_not_made_again(
    small: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = small.submit(order(tmp_path, "hey"))
    killed = runner(small, seconds=0.0)
    monkeypatch.setattr(killed._leases, "finish", lambda item: False)  # killed after the rename, before the row
    item = killed._leases.claim()
    assert item is not None
    killed.make(item)
    path = tmp_path / "out" / "a.wav"
    before = path.stat().st_ino

    def never(*_: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(room.Runner, "_say", never)
    runner(small).work(job.id)
    assert small.get(job.id).state == "done"
    assert path.stat().st_ino == before


def test_a_place_that_cannot_be_written_is_tried_again_and_then_given_up(small: Ledger, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    job = small.submit(order(tmp_path, "hey"))
    runner(small, attempts=2, back_off=0.01).work(job.id)
    assert small.get(job.id).state == "dead"
    (item,) = small.items(job.id)
    assert (item.attempts, "cannot be written" in item.error["message"]) == (2, True)


def test_a_worker_that_is_stopped_gives_its_line_back(small: Ledger, tmp_path: Path) -> None:
    job = small.submit(order(tmp_path, "One sentence. " * 2000))
    worker = runner(small)
    thread = threading.Thread(target=worker.work)
    thread.start()
    while small.get(job.id).state == "queued":
        time.sleep(0.02)
    worker.stopping.set()
    thread.join(timeout=20)
    (item,) = small.items(job.id)
    assert (item.state, item.attempts, item.holder) == ("queued", 0, "")
    assert not (tmp_path / "out").exists()


def test_a_cancelled_line_is_not_kept(small: Ledger, tmp_path: Path) -> None:
    job = small.submit(order(tmp_path, "One sentence. " * 2000))
    thread = threading.Thread(target=runner(small, seconds=0.3).work, kwargs={"job": job.id})
    thread.start()
    while small.get(job.id).state == "queued":
        time.sleep(0.02)
    small.cancel(job.id)
    thread.join(timeout=20)
    assert not thread.is_alive()
    assert not (tmp_path / "out").exists()


def killed_and_done(
    database: str, folder: Path, n_lines: int, n_kills: int, redis: kouji_servers.Redis | None = None
) -> Job:
    """A job whose worker is killed again and again, at any moment; its queue, where there is one, is restarted once."""
    records = open_records(database)
    ledger = Ledger(records)
    job = ledger.submit(order(folder, *(f"word {n}" for n in range(n_lines))))
    environment = {**os.environ, "KOUJI_DATABASE": database}
    command = [sys.executable, "-m", "kouji", "worker", "--drain"]
    if redis:
        command, environment = command[:-1], {**environment, "KOUJI_QUEUE": redis.url}
        open_queue(redis.url).put(job.id)
    rng = np.random.default_rng(n_lines)
    for kill in range(n_kills + 1):
        worker = subprocess.Popen(command, env=environment)
        if kill < n_kills:
            goal = round(n_lines * (kill + 1) / (n_kills + 1))
            while ledger.get(job.id).n_done < goal:
                time.sleep(float(rng.uniform(0.0, 0.03)))
                assert worker.poll() is None
            worker.send_signal(signal.SIGKILL)
        elif redis:
            redis.stop()
            redis.start()
            while not ledger.get(job.id).is_over:
                time.sleep(0.1)
                assert worker.poll() is None
            worker.terminate()
        worker.wait(timeout=300)
    job = ledger.get(job.id)
    items, events = list(ledger.items(job.id)), ledger.events(job.id, limit=10 * n_lines)
    records.close()

    finished = Counter(event.data["name"] for event in events if event.kind == "item")
    assert (len(finished), set(finished.values())) == (n_lines, {1})  # none lost, none done twice
    names = [f"{item.name}.wav" for item in items]
    assert sorted(name for name in files(folder) if not name.startswith(".")) == sorted(names)
    for item in items:
        assert hashlib.sha256((folder / "out" / item.file).read_bytes()).hexdigest() == item.sha256
    assert sum(item.attempts for item in items) <= n_lines + n_kills  # only what was at hand was begun again
    return job


def test_a_worker_killed_twice_in_forty_lines_loses_none_and_doubles_none(database: str, tmp_path: Path) -> None:
    assert killed_and_done(database, tmp_path, 40, 2).state == "done"


def test_a_worker_of_a_queue_that_is_restarted_loses_none_either(redis: kouji_servers.Redis, tmp_path: Path) -> None:
    assert killed_and_done(f"sqlite:///{tmp_path / 'kouji.db'}", tmp_path, 40, 1, redis).state == "done"


@pytest.mark.full
def test_a_worker_killed_five_times_in_five_hundred_lines_loses_none_and_doubles_none(
    database: str, tmp_path: Path
) -> None:
    assert killed_and_done(database, tmp_path, 500, 5).state == "done"


@pytest.mark.full
def test_with_a_queue_that_is_restarted_five_kills_lose_none_of_five_hundred(
    redis: kouji_servers.Redis, tmp_path: Path
) -> None:
    assert killed_and_done(f"sqlite:///{tmp_path / 'kouji.db'}", tmp_path, 500, 5, redis).state == "done"


def test_a_ctrl_c_that_c_code_swallows_stops_the_worker_all_the_same() -> None:
    """An exception out of a callback of libsndfile is printed and lost; the handler is not."""
    stopping = threading.Event()

    def work() -> None:
        with _stopped_by_signals(stopping):
            with suppress(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
            assert stopping.is_set()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
