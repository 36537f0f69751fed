"""Which texts are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from kouji.errors import InvalidInput, UnknownName
from kouji.eval.sets import LANGUAGES, own_sentences, text_sets


def test_our_own_sentences_are_enough_for_the_bars_and_none_comes_twice() -> None:
    sentences = {language: own_sentences(language) for language in LANGUAGES}
    assert len(sentences["zh"]) >= 100
    assert len(sentences["en"]) >= 50
    assert all(len(each) >= 20 for each in sentences.values())
    assert all(len(set(each)) == len(each) and all(each) for each in sentences.values())


def test_without_a_corpus_our_own_texts_are_read() -> None:
    assert {each.name for each in text_sets(None)} == {f"{language}-sentences" for language in LANGUAGES}


def test_with_a_corpus_each_held_out_text_is_read_once_and_no_other(corpus: Path) -> None:
    sets = {each.name: each for each in text_sets(corpus, ["en"])}
    assert set(sets) == {"en-arctic", "en-stories"}
    assert [item.text[:9] for item in sets["en-arctic"].items] == ["How could"]
    assert sets["en-arctic"].voice == "english_1"


def test_a_limit_shortens_every_set() -> None:
    assert [len(each.items) for each in text_sets(None, ["zh", "ko"], limit=3)] == [3, 3]


def test_what_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="zh-words"):
        text_sets(None, ["zh-word"])
    with pytest.raises(InvalidInput, match="needs recordings"):
        text_sets(None, ["zh-words"])
    with pytest.raises(InvalidInput, match="no corpus"):
        text_sets(tmp_path)
    (tmp_path / "manifest.jsonl").write_text('{"id": "a"}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match="cannot be read"):
        text_sets(tmp_path)
    with pytest.raises(InvalidInput, match="nothing to judge"):
        text_sets(None, limit=0)
