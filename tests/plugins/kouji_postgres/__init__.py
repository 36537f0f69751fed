"""A PostgreSQL server of the tests' own: from the installed binaries, in a folder that goes away, on no port at all."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INSTALLED = Path("/usr/lib/postgresql")  # of Debian and its kin: a folder per version


def binaries() -> Path | None:
    """The folder of the newest version that is installed."""
    found = [folder for folder in INSTALLED.glob("*/bin") if (folder / "postgres").is_file()]
    if found:
        return max(found, key=lambda folder: float(folder.parent.name))
    server = shutil.which("postgres")
    return Path(server).resolve().parent if server else None


@contextmanager
def server(programs: Path) -> Iterator[str]:
    """The URL of a running server. It listens to a socket in its own folder, so that nothing else can meet it."""
    folder = Path(tempfile.mkdtemp(prefix="kouji-pg."))
    # The server refuses to be root.
    someone = {"user": _unprivileged(), "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    if someone:
        os.chown(folder, pwd.getpwnam(str(someone["user"])).pw_uid, -1)
    data = folder / "data"
    initdb = [programs / "initdb", "-D", data, "-A", "trust", "-U", "kouji", "--no-sync", "-E", "UTF8", "--locale=C"]
    try:
        subprocess.run(initdb, check=True, capture_output=True, cwd="/", **someone)
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=16MB"
        control = [programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "-t", "60"]
        subprocess.run([*control, "start"], check=True, capture_output=True, cwd="/", **someone)
        try:
            yield f"postgresql+psycopg://kouji@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd="/", **someone)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unprivileged() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
