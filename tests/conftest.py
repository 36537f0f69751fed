"""For all tests: this tree's code in subprocesses too, and nobody's own settings."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import kouji_postgres
import kouji_servers

if TYPE_CHECKING:
    from kouji.store import Records

ROOT = Path(__file__).parent.parent

# No test has loaded numpy yet: on a busy machine its threads wait for one another, and a test takes minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session", autouse=True)
def _own_world(tmp_path_factory: pytest.TempPathFactory) -> None:
    paths = [str(ROOT / "src"), str(ROOT / "tests" / "plugins"), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("settings"))
    os.environ["XDG_DATA_HOME"] = str(tmp_path_factory.mktemp("data"))
    for name in [name for name in os.environ if name.startswith("KOUJI_") and not name.startswith("KOUJI_PARITY")]:
        del os.environ[name]


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """What a test and its fixtures draw does not depend on the tests before, nor on the day."""
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL."""
    programs = kouji_postgres.binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="pip install 'kouji[postgres]'")
    with kouji_postgres.server(programs) as url:
        yield url


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3, with a bucket `kouji`."""
    for package in ("boto3", "moto", "flask"):
        pytest.importorskip(package, reason="pip install 'kouji[dev]'")
    keys = {"AWS_ACCESS_KEY_ID": "kouji", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ.update(keys)
    try:
        with kouji_servers.s3("kouji") as address:
            yield address
    finally:
        for name in keys:
            del os.environ[name]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[kouji_servers.Redis]:
    """A real Redis of this test's own."""
    if shutil.which("redis-server") is None:
        pytest.skip("Redis is not installed (Debian: apt-get install redis-server)")
    pytest.importorskip("celery", reason="pip install 'kouji[queue]'")
    server = kouji_servers.Redis(tmp_path)
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'kouji.db'}"
    import psycopg

    url: str = request.getfixturevalue("postgres")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url


@pytest.fixture
def records(database: str) -> Iterator["Records"]:
    """An empty, open database of each kind."""
    from kouji.store import open_records

    opened = open_records(database)
    yield opened
    opened.close()
