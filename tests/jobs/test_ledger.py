"""Jobs as rows: the same on SQLite and on PostgreSQL."""

import threading
from pathlib import Path

import pytest

from kouji.errors import AlreadyExists, InvalidInput, UnknownName
from kouji.jobs import Callback, Leases, Ledger, Line, Order, Output
from kouji.jobs.job import Made
from kouji.types import Request

from .conftest import at_once, order, runner


def kinds(ledger: Ledger, name: str) -> list[str]:
    return [event.kind for event in ledger.events(name)]


def test_what_is_submitted_is_found_again_as_it_was(ledger: Ledger, tmp_path: Path) -> None:
    request = Request("hey", "polly", "en", 3, {"speed": 1.5})
    output = Output(tmp_path.as_uri(), False, "mp3", -20.0, 60)
    callback = Callback("https://example.org/hook", ("done",))
    job = ledger.submit(Order("speech", [Line("one", request)], output, "parrot", callback=callback, priority=2))
    again = ledger.get(job.id)
    assert (again.kind, again.state, again.output, again.callback) == ("speech", "queued", output, callback)
    assert [(item.name, item.request) for item in ledger.items(job.id)] == [("one", request)]
    assert again.progress == 0


def test_the_same_key_gives_the_same_job_and_another_order_under_it_is_refused(ledger: Ledger, tmp_path: Path) -> None:
    first = ledger.submit(order(tmp_path, "hey", key="k"))
    assert ledger.submit(order(tmp_path, "hey", key="k")).id == first.id
    with pytest.raises(AlreadyExists):
        ledger.submit(order(tmp_path, "ho", key="k"))
    assert ledger.submit(order(tmp_path, "hey")).id != first.id
    assert len(ledger.newest()) == 2


def test_the_same_key_from_many_at_once_gives_one_job(ledger: Ledger, tmp_path: Path) -> None:
    found = at_once(4, lambda: ledger.submit(order(tmp_path, "hey", key="k")).id)
    assert len(found) == 4
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    "wrong", [{"kind": "dance"}, {"lines": []}, {"priority": 101}, {"key": "k" * 201}, {"kind": "speech"}]
)
def test_an_order_that_makes_no_sense_is_refused(small: Ledger, tmp_path: Path, wrong: dict[str, object]) -> None:
    from dataclasses import replace

    with pytest.raises((InvalidInput, UnknownName)):
        small.submit(replace(order(tmp_path, "a", "b"), **wrong))  # type: ignore[arg-type]
    assert small.newest() == []


def test_two_lines_of_one_name_are_refused(small: Ledger, tmp_path: Path) -> None:
    lines = [Line("A", Request("x")), Line("a", Request("y"))]
    with pytest.raises(InvalidInput, match="called 'a'"):
        small.submit(Order("batch", lines, Output(tmp_path.as_uri()), "parrot"))


def test_many_who_claim_at_once_get_different_lines_and_every_line_goes_out(ledger: Ledger, tmp_path: Path) -> None:
    job = ledger.submit(order(tmp_path, *"abcdefghijkl"))
    claimed: list[int] = []

    def claim() -> None:
        leases = Leases(ledger.records)
        while item := leases.claim():
            claimed.append(item.position)

    threads = [threading.Thread(target=claim) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == list(range(12))
    assert ledger.get(job.id).state == "running"


def test_a_higher_priority_goes_first_then_the_older(ledger: Ledger, tmp_path: Path) -> None:
    jobs = [ledger.submit(order(tmp_path, "hey", priority=priority)).id for priority in (0, 5, 0)]
    leases = Leases(ledger.records)
    assert [item.job for _ in range(3) if (item := leases.claim())] == [jobs[1], jobs[0], jobs[2]]


def test_a_lease_that_ended_is_taken_over_and_whoever_had_it_can_do_no_harm(ledger: Ledger, tmp_path: Path) -> None:
    job = ledger.submit(order(tmp_path, "hey"))
    slow, quick = Leases(ledger.records, seconds=0.0), Leases(ledger.records)
    mine = slow.claim()
    taken = quick.claim()
    assert mine is not None
    assert taken is not None
    assert taken.attempts == 2
    made = Made("a.wav", "0" * 64, 1.0, ())
    assert not slow.renew(mine)
    assert not slow.announce(mine, made)
    assert not slow.finish(mine)
    slow.fail(mine, "late", "", again=False)
    assert quick.renew(taken)
    assert quick.announce(taken, made)
    assert quick.finish(taken)
    assert ledger.get(job.id).state == "done"
    assert kinds(ledger, job.id) == ["queued", "running", "item", "done"]


def test_a_held_line_is_left_alone(ledger: Ledger, tmp_path: Path) -> None:
    ledger.submit(order(tmp_path, "hey"))
    mine, other = Leases(ledger.records), Leases(ledger.records)
    item = mine.claim()
    assert item is not None
    assert other.claim() is None
    assert other.release_dead() == 0
    mine.give_back(item)
    again = other.claim()
    assert again is not None
    assert again.attempts == 1


def test_what_may_pass_is_tried_again_later_and_given_up_in_the_end(ledger: Ledger, tmp_path: Path) -> None:
    job = ledger.submit(order(tmp_path, "hey"))
    leases = Leases(ledger.records, attempts=2, back_off=0.2)
    item = leases.claim()
    assert item is not None
    leases.fail(item, "the disk is full", "", again=True)
    assert leases.claim() is None  # not yet
    threading.Event().wait(0.25)
    item = leases.claim()
    assert item is not None
    leases.fail(item, "the disk is full", "", again=True)
    found = ledger.get(job.id)
    assert (found.state, found.n_dead) == ("dead", 1)
    assert ledger.resume(job.id).state == "queued"
    assert leases.claim() is not None
    assert kinds(ledger, job.id) == ["queued", "running", "item", "dead", "resumed", "running"]


def test_a_line_that_kills_its_worker_every_time_is_given_up(ledger: Ledger, tmp_path: Path) -> None:
    job = ledger.submit(order(tmp_path, "hey"))
    leases = Leases(ledger.records, seconds=0.0, attempts=3)
    assert [leases.claim() is not None for _ in range(4)] == [True, True, True, False]
    assert ledger.get(job.id).state == "dead"


def test_events_are_numbered_without_gaps_however_many_write(ledger: Ledger, tmp_path: Path) -> None:
    job = ledger.submit(order(tmp_path, *"abcdefgh"))
    threads = [threading.Thread(target=runner(ledger).work, kwargs={"job": job.id}) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = ledger.events(job.id)
    assert [event.seq for event in events] == list(range(1, 12))
    assert (events[0].kind, events[-1].kind, ledger.get(job.id).last_seq) == ("queued", "done", 11)
    assert sorted(str(event.data["name"]) for event in events if event.kind == "item") == list("abcdefgh")


def test_events_can_be_followed_from_any_point_to_the_end(ledger: Ledger, tmp_path: Path) -> None:
    job = ledger.submit(order(tmp_path, "a", "b"))
    thread = threading.Thread(target=runner(ledger).work, kwargs={"job": job.id})
    thread.start()
    assert [event.kind for event in ledger.follow(job.id, poll=0.02)] == ["queued", "running", "item", "item", "done"]
    thread.join()
    assert [event.seq for event in ledger.follow(job.id, after=3)] == [4, 5]


def test_cancelled_is_not_worked_on_and_goes_on_when_resumed(ledger: Ledger, tmp_path: Path) -> None:
    job = ledger.submit(order(tmp_path, "a", "b"))
    leases = Leases(ledger.records)
    item = leases.claim()
    assert item is not None
    assert ledger.cancel(job.id).state == "cancelled"
    assert not leases.renew(item)
    assert not leases.announce(item, Made("a.wav", "0" * 64, 1.0, ()))
    leases.give_back(item)
    assert leases.claim() is None
    assert ledger.cancel(job.id).state == "cancelled"
    assert ledger.resume(job.id).state == "queued"
    runner(ledger).work(job.id)
    assert ledger.get(job.id).state == "done"


def test_a_job_that_is_done_cannot_be_cancelled(small: Ledger, tmp_path: Path) -> None:
    job = small.submit(order(tmp_path, "a"))
    runner(small).work(job.id)
    assert small.cancel(job.id).state == "done"


def test_a_job_that_nobody_knows_is_told(small: Ledger) -> None:
    for look in (small.get, small.cancel, small.resume):
        with pytest.raises(UnknownName):
            look("nobody")
