"""The database: opened by URL, brought to the newest schema, written in transactions.

sqlite:///folder/kouji.db               nothing to install; several processes may share it (WAL)
postgresql+psycopg://user@host/name     pip install 'kouji[postgres]'
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kouji.errors import InvalidInput, MissingExtra, StoreFailed

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

HEAD = "0005"  # the newest migration; a database that stands there needs no Alembic to be loaded
_BUSY = 10.0  # seconds to wait for another process that writes


class Records:
    """One database. Threads may share it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._finalizer = weakref.finalize(self, engine.dispose)  # connections wait in a pool, also for the end

    @contextmanager
    def begin(self, swift: bool = False) -> Iterator[Connection]:
        """A transaction: all that is done within is kept, or, after an error, nothing.

        Args:
            swift: do not wait for the disk (SQLite): a power cut, but no crash, may lose what was written last.

        Raises:
            StoreFailed: the database does not answer, or refuses.
        """
        from sqlalchemy.exc import DBAPIError

        try:
            with self._engine.execution_options(swift=swift).begin() as connection:
                yield connection
        except DBAPIError as error:
            raise StoreFailed(f"The records cannot be used: {error.orig}") from error

    def close(self) -> None:
        """Let go of the connections."""
        self._finalizer()


def may_exist(url: str) -> bool:
    """Whether anything may be kept there already: a file that is not there holds nothing."""
    _, is_file, path = url.partition("sqlite:///")
    return not is_file or Path(path).is_file()


def open_records(url: str) -> Records:
    """Open a database; one that is new or old is brought to the newest schema first.

    Raises:
        InvalidInput: the URL names no database that we speak to.
        MissingExtra: its driver is not installed.
        StoreFailed: it does not answer, or was made by a newer kouji.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError

    address = _address(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, connect_args={"timeout": _BUSY})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = _postgres(address)
    records = Records(engine)
    try:
        _to_newest(engine)
    except (DBAPIError, OSError) as error:
        records.close()
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StoreFailed(f"The records at {address.render_as_string()} cannot be opened: {cause}") from error
    return records


def _address(url: str) -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        address = make_url(url)
    except ArgumentError as error:
        raise InvalidInput(
            f"{url!r} is no URL of a database.", "Use sqlite:///FILE or postgresql+psycopg://…."
        ) from error
    if address.drivername not in ("sqlite", "postgresql+psycopg"):
        raise InvalidInput(
            f"No database speaks {address.drivername!r}.", "Use sqlite:///FILE or postgresql+psycopg://…."
        )
    if address.drivername == "sqlite" and address.database not in (None, "", ":memory:"):
        try:
            Path(address.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreFailed(f"The folder of the records cannot be made: {error}") from error
    elif address.drivername == "sqlite":
        raise InvalidInput("Records in memory are gone with the process.", "Use sqlite:///FILE.")
    return address


def _postgres(address: URL) -> Engine:
    from importlib.util import find_spec

    from sqlalchemy import create_engine

    if find_spec("psycopg") is None:
        raise MissingExtra("The driver of PostgreSQL", "postgres")
    # A server that was restarted in between is met by a fresh connection.
    return create_engine(address, pool_pre_ping=True, connect_args={"connect_timeout": int(_BUSY)})


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own transactions would begin too late: see _begin_sqlite
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    swift = connection.get_execution_options().get("swift", False)
    connection.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if swift else 'FULL'}")
    # Whoever comes second waits here, instead of failing when a reader turns into a writer.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _to_newest(engine: Engine) -> None:
    from sqlalchemy import inspect, text

    with engine.begin() as connection:
        if inspect(connection).has_table("alembic_version"):
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if found == HEAD:
                return
    _migrate(engine)


def _migrate(engine: Engine) -> None:
    """One process at a time; the others find it done."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError
    from sqlalchemy import text

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(7226118)"))  # any number that is only ours
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreFailed(
                f"The records were made by another kouji: {error}", "Update kouji, or name another database."
            ) from error
