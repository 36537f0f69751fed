"""The house stands as the README draws it: rooms import downward only, and starting is light."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ROOT / "src" / "kouji"

# From the ground up. Rooms of one floor do not know one another; the ground is three steps.
FLOORS = (
    "errors",
    "types terms drafts",
    "config",
    "text audio store",
    "layers runtime control voices policy",
    "engines",
    "casting asked",
    "speak utils",
    "__init__",
    "train eval jobs",
    "serve",
    "cli",  # a door too, and the one that opens the other: `kouji serve`
    "__main__",
)
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor.split()}
ENGINES_KNOW = {"types", "errors", "text", "audio", "layers", "runtime"}
CONTRACT_KNOWS = {"types", "errors", "terms"}
HATCHES = {("types.py", "audio")}  # Speech.save, inside the function
HEAVY = {"torch", "scipy", "librosa", "numba", "gradio", "fastapi"}  # never at module level outside their rooms


def violations(house: Path) -> list[str]:
    """Every import that should not be, as "file: what"."""
    return [
        f"{path.relative_to(house)}: {message}"
        for path in sorted(house.rglob("*.py"))
        for message in _wrong_imports(path.relative_to(house), ast.parse(path.read_text("utf-8")))
    ]


def _wrong_imports(path: Path, tree: ast.Module) -> Iterator[str]:
    room = path.parts[0].removesuffix(".py")
    if room not in FLOOR:
        yield f"the room {room!r} is on no floor"
        return
    at_module_level = set(_names(path, _run_at_import(tree)))
    for name in sorted(set(_names(path, ast.walk(tree)))):
        top, *rest = name.split(".")
        if top == "kouji":
            other = rest[0] if rest and rest[0] in FLOOR else "__init__"
            if other != room and FLOOR[other] >= FLOOR[room] and (str(path), other) not in HATCHES:
                yield f"{room} may not know {other}"
            if room == "engines" and len(path.parts) > 2:
                yield from _wrong_in_engine(path.parts[1], rest)
            if path.parts == ("engines", "contract.py") and rest[0] not in CONTRACT_KNOWS:
                yield f"the contract may not know {rest[0]}"
        elif top == "torch" and path.parts[:2] == ("engines", "native"):
            yield "the native engine does without torch"
        elif top in HEAVY and name in at_module_level and not _may_load(top, path):
            yield f"{top} at module level"


def _wrong_in_engine(engine: str, rest: list[str]) -> Iterator[str]:
    if rest[0] == "engines":
        if rest[1:2] not in (["contract"], [engine]):
            yield f"the engine {engine} may not know {'.'.join(rest)}"
    elif rest[0] not in ENGINES_KNOW:
        yield f"an engine may not know {rest[0]}"


def _may_load(package: str, path: Path) -> bool:
    if package == "torch":
        in_engine = path.parts[0] == "engines" and len(path.parts) > 2 and path.name != "card.py"
        return path.parts[0] in {"layers", "train"} or in_engine
    if package == "numba":
        return path.parts[0] == "train"
    return package in {"gradio", "fastapi"} and path.parts[0] == "serve"


def _names(path: Path, nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Dotted names of what is imported, relative ones in full."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = ["kouji", *path.parts[: len(path.parts) - node.level]] if node.level else []
            origin = [*here, *filter(None, [node.module])]
            yield from (".".join([*origin, alias.name]) for alias in node.names)


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes but the insides of functions and of `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not typing_only:
            yield child
            yield from _run_at_import(child)


def test_rooms_import_downward_only() -> None:
    assert violations(HOUSE) == []


def test_the_picture_in_the_readme_shows_every_room_on_its_floor() -> None:
    picture = (ROOT / "README.md").read_text("utf-8").partition("## The rooms")[2].split("```")[1]
    rows = [re.findall(r"(\w+)(?:/|\.py)", line) for line in picture.strip().splitlines()]
    plain = {"__init__", "__main__", "utils"}  # the package itself, and what those look for who come from elsewhere
    assert {room for row in rows for room in row} == set(FLOOR) - plain
    for above, below in pairwise(rows):
        assert min(FLOOR[room] for room in above) >= max(FLOOR[room] for room in below)


def test_there_is_no_floor_without_its_rooms() -> None:
    rooms = {path.stem for path in HOUSE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert rooms == set(FLOOR)


@pytest.mark.parametrize(
    ("file", "code", "complaint"),
    [
        ("text/zh.py", "from kouji.audio import files", "text may not know audio"),
        ("text/zh.py", "def f():\n    from kouji import engines", "text may not know engines"),
        ("text/zh/sandhi.py", "from ...audio import files", "text may not know audio"),
        ("audio/files.py", "import kouji", "audio may not know __init__"),
        ("train/native.py", "import kouji.eval.words", "train may not know eval"),
        ("engines/native/engine.py", "from kouji import config", "an engine may not know config"),
        ("engines/native/engine.py", "def f():\n    import torch", "the native engine does without torch"),
        ("engines/a/engine.py", "from kouji.engines.b import x", "the engine a may not know engines.b.x"),
        ("engines/a/card.py", "import torch.nn", "torch at module level"),
        ("engines/contract.py", "from kouji.policy import Gate", "the contract may not know policy"),
        ("cli/say.py", "try:\n    import torch\nfinally: pass", "torch at module level"),
        ("eval/plots.py", "from scipy import signal", "scipy at module level"),
        ("helpers/a.py", "", "the room 'helpers' is on no floor"),
    ],
)
def test_a_planted_violation_is_seen(tmp_path: Path, file: str, code: str, complaint: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(code)
    assert violations(tmp_path) == [f"{file}: {complaint}"]


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ("cli/say.py", "from kouji import config, engines\nfrom . import options"),
        ("engines/a/engine.py", "import torch\nfrom kouji.engines.contract import Card\nfrom kouji.types import Unit"),
        ("eval/judge.py", "def f():\n    import torch"),
        ("text/zh/sandhi.py", "from ..phonemes import PAUSES\nfrom . import lexicon"),
        ("train/hmm.py", "import torch\nfrom kouji.audio.mel import mel"),
    ],
)
def test_what_is_allowed_is_not_complained_about(tmp_path: Path, file: str, code: str) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(code)
    assert violations(tmp_path) == []


@pytest.mark.parametrize("start", ["import kouji", "import kouji.cli.main as m; m.main(['--help'])"])
def test_starting_loads_nothing_heavy(start: str) -> None:
    heavy = HEAVY | {"onnxruntime", "soundfile", "sqlalchemy", "pydantic", "rich", "wetext", "pypinyin", "matplotlib"}
    code = f"import sys; {start}; print(sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.strip() == "[]"
