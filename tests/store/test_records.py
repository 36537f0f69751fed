"""The database: the same on SQLite and on PostgreSQL."""

import multiprocessing
import os
import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from kouji.errors import InvalidInput, MissingExtra, StoreFailed
from kouji.store import Records, open_records
from kouji.store import records as room


def add(records: Records, name: str) -> None:
    from kouji.store.tables import protected

    with records.begin() as db:
        db.execute(protected.insert().values(name=name, note="", added_at=datetime.now(UTC), embedding=b"\0\1"))


def names(records: Records) -> list[str]:
    from kouji.store.tables import protected

    with records.begin() as db:
        return [row.name for row in db.execute(protected.select().order_by(protected.c.name))]


def test_what_was_written_is_there_when_it_is_opened_again(database: str, records: Records) -> None:
    add(records, "Zoë")
    again = open_records(database)
    assert names(again) == ["Zoë"]
    again.close()


def test_after_an_error_nothing_of_a_transaction_is_kept(records: Records) -> None:
    from kouji.store.tables import protected

    def half() -> None:
        with records.begin() as db:
            row = {"note": "", "added_at": datetime.now(UTC), "embedding": b""}
            db.execute(protected.insert().values(name="half", **row))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert names(records) == []


def test_what_the_database_refuses_is_an_error_of_ours(records: Records) -> None:
    add(records, "once")
    with pytest.raises(StoreFailed):
        add(records, "once")
    assert names(records) == ["once"]


def test_times_come_back_in_utc_whatever_the_zone(records: Records) -> None:
    from kouji.store.tables import consents

    there = datetime(2026, 3, 1, 8, 0, tzinfo=timezone(timedelta(hours=8)))
    with records.begin() as db:
        db.execute(
            consents.insert().values(
                id="1", person="p", statement="s", until=date(2027, 12, 31), clips=["a"], recorded_at=there
            )
        )
        row = db.execute(consents.select()).one()
    assert row.recorded_at == there
    assert row.recorded_at.tzinfo == UTC
    assert (row.until, row.clips, row.revoked_at) == (date(2027, 12, 31), ["a"], None)


def test_a_clip_needs_a_voice_and_goes_with_it(records: Records) -> None:
    from kouji.store.tables import clips

    with pytest.raises(StoreFailed), records.begin() as db:
        db.execute(clips.insert().values(voice="nobody", position=0, blob="0" * 64, duration=1, weight=1))


def test_threads_write_side_by_side(records: Records) -> None:
    threads = [threading.Thread(target=add, args=(records, f"{k:02}")) for k in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names(records)) == 12


def _open_and_add(url: str, name: str) -> None:
    opened = open_records(url)
    add(opened, name)
    opened.close()


def test_processes_that_open_a_new_database_at_once_all_find_it_whole(database: str) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_open_and_add, args=(database, str(k))) for k in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    opened = open_records(database)
    assert names(opened) == ["0", "1"]
    opened.close()


def test_the_migrations_lead_to_the_tables_that_the_code_has(records: Records) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from kouji.store.tables import metadata

    with records.begin() as db:
        assert compare_metadata(MigrationContext.configure(db), metadata) == []


def test_the_newest_migration_is_the_one_that_the_code_names() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(room.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [room.HEAD]


def test_records_of_a_newer_kouji_are_left_alone(database: str, records: Records) -> None:
    from sqlalchemy import text

    with records.begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreFailed, match="another kouji"):
        open_records(database)


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "postgresql://host/db"]
)
def test_what_is_no_database_of_ours_is_told(url: str) -> None:
    with pytest.raises(InvalidInput):
        open_records(url)


def test_a_file_that_is_no_database_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "kouji.db"
    path.write_bytes(b"my diary " * 1000)
    with pytest.raises(StoreFailed):
        open_records(f"sqlite:///{path}")
    assert path.read_bytes() == b"my diary " * 1000


def test_a_server_that_does_not_answer_is_told(tmp_path: Path) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreFailed) as told:
        open_records(f"postgresql+psycopg://kouji:secret@/db?host={tmp_path}")
    assert "secret" not in str(told.value)


def test_a_missing_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"kouji\[postgres\]"):
        open_records("postgresql+psycopg://kouji@host/db")


def test_a_new_database_is_private(tmp_path: Path) -> None:
    open_records(f"sqlite:///{tmp_path / 'new' / 'kouji.db'}").close()
    assert os.stat(tmp_path / "new").st_mode & 0o077 == 0


def test_importing_the_room_loads_no_database() -> None:
    code = "import sys, kouji.store, kouji.casting; print({'sqlalchemy', 'alembic'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"
