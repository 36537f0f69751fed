"""`kouji lexicon`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kouji.cli.main import main

MINE = "# my words\n重庆\tzh\tchong2 qing4\n\n# names\nKouji\ten\tK OW1 JH IY0\n"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lexicon of the settings."""
    path = tmp_path / "words.txt"
    path.write_text(MINE, "utf-8")
    monkeypatch.setenv("KOUJI_LEXICON", str(path))
    return path


def test_entries_are_listed(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lexicon", "list"]) == 0
    rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert rows[1:] == [["重庆", "zh", "chong2 qing4"], ["Kouji", "en", "K OW1 JH IY0"]]
    assert main(["lexicon", "list", "--language", "en", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"word": "Kouji", "language": "en", "said": "K OW1 JH IY0"}]


def test_an_added_word_is_said_so_and_comments_stay(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lexicon", "add", "银行", "yin2 xing2"]) == 0
    assert main(["lexicon", "add", "重庆", "zhòng qìng"]) == 0
    assert main(["lexicon", "add", "重庆", "cung4 hing3", "--language", "yue"]) == 0
    assert main(["lexicon", "add", "C++", "=C加加", "--language", "zh"]) == 0
    assert file.read_text("utf-8") == (
        "# my words\n重庆\tzh\tzhòng qìng\n\n# names\nKouji\ten\tK OW1 JH IY0\n"
        "银行\tzh\tyin2 xing2\n重庆\tyue\tcung4 hing3\nC++\tzh\t=C加加\n"
    )
    capsys.readouterr()
    assert main(["phonemize", "银行", "--json"]) == 0
    assert [unit["reading"] for unit in json.loads(capsys.readouterr().out)["units"]] == ["yin2", "xing2"]


def test_the_language_of_a_word_is_that_of_its_letters(tmp_path: Path) -> None:
    file = tmp_path / "new.txt"
    for word, said in (("重", "chong2"), ("Ai", "EY1 AY1"), ("はし", "ハシ"), ("값", "갑")):
        assert main(["lexicon", "add", word, said, "--file", str(file)]) == 0
    assert [line.split("\t")[1] for line in file.read_text("utf-8").splitlines()] == ["zh", "en", "ja", "ko"]


def test_a_removed_word_is_gone(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lexicon", "remove", "重庆"]) == 0
    assert file.read_text("utf-8") == "# my words\n\n# names\nKouji\ten\tK OW1 JH IY0\n"
    assert main(["lexicon", "remove", "重庆"]) == 2
    assert "no word in the lexicon called '重庆'" in capsys.readouterr().err


def test_a_word_is_shown_as_it_will_be_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lexicon", "show", "重庆"]) == 0
    assert "tʂʰ ʊŋ2 tɕʰ iŋ4" in capsys.readouterr().out
    assert main(["lexicon", "show", "重慶", "--json"]) == 2


def test_a_file_is_checked_line_by_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lexicon", "check"]) == 0
    assert "2 entries" in capsys.readouterr().out
    file.write_text(MINE + "重\tzh\tfoo1\n", "utf-8")
    assert main(["lexicon", "check"]) == 2
    assert "line 6" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "said"),
    [("重", "foo1"), ("重庆", "chong2"), ("read", "QQ"), ("#a", "EY1"), ("a\tb", "EY1"), ("🙂", "EY1"), ("重", "=")],
)
def test_what_is_no_entry_is_refused_and_nothing_changes(file: Path, word: str, said: str) -> None:
    assert main(["lexicon", "add", word, said]) == 2
    assert file.read_text("utf-8") == MINE


def test_a_file_that_cannot_be_written_is_left_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, *_: object, **__: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    assert main(["lexicon", "add", "重", "chong2"]) == 2
    assert file.read_text("utf-8") == MINE
    assert list(file.parent.iterdir()) == [file]


def test_without_a_lexicon_the_command_says_how_to_name_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lexicon", "list"]) == 2
    assert "--file" in capsys.readouterr().err
