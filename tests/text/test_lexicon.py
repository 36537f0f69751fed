"""The user's own pronunciations."""

from __future__ import annotations

from pathlib import Path

import pytest

from kouji.errors import InvalidInput, UnknownName
from kouji.text import Lexicon, analyse


def readings(text: str, lexicon: Lexicon, language: str | None = None) -> dict[str, str]:
    return {u.text: u.reading for utterance in analyse(text, language, lexicon).utterances for u in utterance.units}


def test_a_file_gives_words_of_several_languages(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text(
        "# my words\n重庆\tzh\tzhong4 qing1\nKouji\ten\tK OW1 JH IY0\n\nC++\tzh\t=C加加\n", encoding="utf-8"
    )
    lexicon = Lexicon.read(file)
    said = readings("重庆的Kouji和C++", lexicon)
    assert (said["重"], said["庆"], said["Kouji"]) == ("zhong4", "qing1", "K OW1 JH IY0")
    assert analyse("用C++写", None, lexicon).utterances[0].normalized == "用C加加写"


def test_the_longest_entry_wins_and_inline_wins_over_it() -> None:
    lexicon = Lexicon.of({"行": ("zh", "hang2"), "行长": ("zh", "xing2 chang2")})
    assert readings("行长", lexicon) == {"行": "xing2", "长": "chang2"}
    assert readings("行长{zhang3}", lexicon)["长"] == "zhang3"


def test_a_latin_entry_is_no_part_of_a_longer_word() -> None:
    assert readings("catalog", Lexicon.of({"cat": ("en", "K AA1 T")}))["catalog"] != "K AA1 T"


def test_an_entry_counts_only_in_its_language() -> None:
    assert readings("行街", Lexicon.of({"行": ("yue", "hong4")}), "zh")["行"] != "hong4"


@pytest.mark.parametrize(
    "line",
    ["重庆 zh chong2 qing4", "重庆\tzh\tchong2", "重庆\tzh\tfoo1 bar2", "a\ten\tX Y", "东\tja\tdong", "x\tzh\t="],
)
def test_a_bad_line_is_named(line: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("# first\n" + line, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"[Ll]ine 2"):
        Lexicon.read(file)


def test_unknown_languages_and_missing_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UnknownName):
        Lexicon.of({"a": ("fr", "=b")})
    with pytest.raises(InvalidInput, match="cannot be read"):
        Lexicon.read(tmp_path / "none.txt")


def test_entries_are_added_and_removed_without_touching_the_others(tmp_path: Path) -> None:
    before = Lexicon.of({"行": ("zh", "hang2")})
    after = before.add("重", "zh", "chong2").add("行", "yue", "hong4")
    assert set(before.entries) == {"行"}
    assert readings("重", after)["重"] == "chong2"
    assert after.remove("行", "zh").entries["行"].keys() == {"yue"}
    with pytest.raises(UnknownName):
        before.remove("行", "yue")
    after.save(tmp_path / "mine.txt")
    assert Lexicon.read(tmp_path / "mine.txt").entries == after.entries


def test_a_word_that_stands_twice_is_replaced_once(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("行\tzh\thang2\n# between\n行\tzh\txing2\n", "utf-8")
    Lexicon.read(file).add("行", "zh", "heng2").save(file)
    assert file.read_text("utf-8") == "行\tzh\theng2\n# between\n"


def test_words_of_one_request_need_no_language() -> None:
    lexicon = Lexicon.inline({"重庆": "zhòng qing1", "Kouji": "K OW1 JH IY0", "東京": "とうけい", "C++": "=C加加"})
    said = readings("重庆的Kouji和C++", lexicon)
    assert (said["重"], said["庆"], said["Kouji"]) == ("zhong4", "qing1", "K OW1 JH IY0")
    assert analyse("用C++写", None, lexicon).utterances[0].normalized == "用C加加写"
    assert readings("東京です。", lexicon, "ja")["東京"] == "トウケイ"


def test_one_pronunciation_is_pinyin_or_jyutping_as_the_text_is() -> None:
    lexicon = Lexicon.inline({"行": "hong4"})
    assert (readings("行街", lexicon, "zh")["行"], readings("行街", lexicon, "yue")["行"]) == ("hong4", "hong4")
    only = Lexicon.inline({"行": {"yue": "hong4"}})
    assert readings("行街", only, "zh")["行"] != "hong4"


def test_the_words_of_a_request_win_over_those_of_the_house() -> None:
    house = Lexicon.of({"行": ("zh", "hang2"), "重": ("zh", "zhong4")})
    both = Lexicon.inline({"行": "xing2"}).over(house)
    assert readings("重行", both) == {"重": "zhong4", "行": "xing2"}
    assert Lexicon.inline({"行": "xing2"}).over(None) == Lexicon.inline({"行": "xing2"})


@pytest.mark.parametrize("words", [{"重庆": "chong2"}, {"a": "zz"}, {"x": "="}, {"…": "a"}, {"Kouji": {"en": "ko1"}}])
def test_what_is_no_pronunciation_is_refused_with_its_word(words: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match=next(iter(words))):
        Lexicon.inline(words)  # type: ignore[arg-type]
    with pytest.raises(UnknownName, match="xx"):
        Lexicon.inline({"a": {"xx": "b"}})
