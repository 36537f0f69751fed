"""The documents are true: every block runs, and nothing that a user can name lacks its entry."""

import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from kouji import config, engines, errors
from kouji.cli.main import app

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INSTALLS = ("make", "pip install")  # these build the environment that this test runs in


def blocks(language: str) -> list[object]:
    return [
        pytest.param(code, id=f"{page.relative_to(ROOT)}-{number}")
        for page in PAGES
        for number, (name, code) in enumerate(_BLOCK.findall(page.read_text("utf-8")), 1)
        if name == language
    ]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with `kouji` on the path."""
    command = tmp_path / "bin" / "kouji"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m kouji "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))  # without the engines of the tests
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("code", blocks("python"))
def test_python_in_the_documents_runs(folder: Path, code: str) -> None:
    ran = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("code", blocks("console"))
def test_commands_in_the_documents_do_what_they_show(folder: Path, code: str) -> None:
    for command, shown in steps(code):
        if command.startswith(_INSTALLS):
            continue
        ran = subprocess.run(
            ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert ran.returncode == (2 if "error:" in shown else 0), ran.stdout
        if shown:
            pattern = re.escape(shown.strip()).replace("…", ".*")
            assert re.fullmatch(pattern, ran.stdout.strip()), f"{command}\nshows\n{ran.stdout}"


def steps(code: str) -> Iterator[tuple[str, str]]:
    """(command, what is shown after it) of a console block."""
    for step in re.split(r"^\$ ", code, flags=re.MULTILINE)[1:]:
        command, _, shown = step.partition("\n")
        yield command, shown


@pytest.mark.parametrize("code", blocks("toml"))
def test_toml_in_the_documents_is_toml(code: str) -> None:
    assert tomllib.loads(code)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_make_knows_its_targets() -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("make is not installed")
    subprocess.run([make, "-n", "say", "test", "test-full", "lint"], cwd=ROOT, check=True, capture_output=True)


def options() -> Iterator[tuple[str, str]]:
    """(command, one of its long options), of every command and of the commands within."""

    def walk(name: str, command: object) -> Iterator[tuple[str, str]]:
        for within, each in getattr(command, "commands", {}).items():
            yield from walk(f"{name} {within}", each)
        for parameter in command.params:  # type: ignore[attr-defined]
            yield from ((name, option) for option in parameter.opts if option.startswith("--") and option != "--help")

    for name, command in typer.main.get_command(app()).commands.items():  # type: ignore[attr-defined]
        yield from walk(name, command)


def test_every_command_and_option_has_an_entry() -> None:
    text = (DOCS / "commands.md").read_text("utf-8")
    chapters = {chapter.partition("\n")[0]: chapter for chapter in text.split("\n## kouji ")[1:]}
    assert set(typer.main.get_command(app()).commands) <= set(chapters)  # type: ignore[attr-defined]
    lacking = [f"{name} {option}" for name, option in options() if f"`{option}`" not in chapters[name.split()[0]]]
    assert lacking == []


def test_every_setting_has_an_entry() -> None:
    text = (DOCS / "settings.md").read_text("utf-8")
    for name, setting in config.SETTINGS.items():
        default = "unset" if setting.default == "" else f"`{setting.default}`"
        assert f"| `{name}` | `KOUJI_{name.upper()}` | {default} |" in text


def test_every_error_has_an_entry() -> None:
    text = (DOCS / "errors.md").read_text("utf-8")
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.SpeechError):
            assert re.search(rf"^\| `{name}` .*\| {kind.status} \|$", text, re.MULTILINE), name


def test_every_engine_has_a_page_that_names_its_licences_and_voices() -> None:
    for name in engines.ENGINES:
        text = (DOCS / "engines" / f"{name}.md").read_text("utf-8")
        card = engines.card(name)
        for word in [*(licence.name for licence in card.licences), *(voice.id for voice in card.voices)]:
            assert word in text, f"docs/engines/{name}.md lacks {word}"
        for control in card.controls:
            assert f"`{control}`" in text


def test_the_changes_name_the_version() -> None:
    import kouji

    assert f"## {kouji.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")
