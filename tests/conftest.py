"""For all tests: this tree's code in subprocesses too, and nobody's own settings."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session", autouse=True)
def _own_world(tmp_path_factory: pytest.TempPathFactory) -> None:
    paths = [str(ROOT / "src"), str(ROOT / "tests" / "plugins"), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    os.environ["XDG_CONFIG_HOME"] = str(tmp_path_factory.mktemp("settings"))
    for name in [name for name in os.environ if name.startswith("KOUJI_") and not name.startswith("KOUJI_PARITY")]:
        del os.environ[name]
