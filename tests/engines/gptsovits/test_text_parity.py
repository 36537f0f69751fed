"""Texts become the phonemes that the release makes of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from kouji.engines.gptsovits.text import en, ja, ko, yue, zh
from kouji.engines.gptsovits.text.front import Reading, phonemise
from kouji.engines.gptsovits.text.identify import FastText
from kouji.engines.gptsovits.text.languages import stretches
from kouji.engines.gptsovits.text.symbols import ids
from kouji.errors import EmptyText
from kouji_parity.gptsovits_text import rows

# Where we differ from the release, and why.
DIFFERENT = {
    "新幹線で大阪まで二時間半かかります。": "二時間 is one word to pyopenjtalk-plus, two to naist-jdic",
    "한국과 日本 그리고 中国": "pyopenjtalk-plus reads 日本 as ニホン, naist-jdic as ニッポン",
}


@pytest.mark.parametrize("case", rows("zh"))
def test_mandarin(case: dict[str, Any]) -> None:
    """The pinyin that the release's reader gave goes in, so that all that follows is compared."""
    found = zh.phonemise(case["text"], read=lambda parts: [pinyin.split() for pinyin in case["pinyin_in"]])
    assert (found.normalised, " ".join(found.phones)) == (case["norm_text"], case["phones"])
    assert list(found.word2ph) == case["word2ph"]
    assert ids(found.phones).tolist() == case["ids"]


@pytest.mark.parametrize("case", rows("en"))
def test_english(case: dict[str, Any]) -> None:
    tags = case.get("pos_tags") or {}
    found = en.phonemise(case["text"], tag=lambda tokens: [tags.get(token, "NN") for token in tokens])
    assert (found.normalised, " ".join(found.phones)) == (case["norm_text"], case["phones"])
    assert ids(found.phones).tolist() == case["ids"]


@pytest.mark.parametrize("case", rows("yue"))
def test_cantonese(case: dict[str, Any]) -> None:
    found = yue.phonemise(case["text"])
    assert (found.normalised, " ".join(found.phones)) == (case["norm_text"], case["phones"])
    assert list(found.word2ph) == case["word2ph"]
    assert ids(found.phones).tolist() == case["ids"]


@pytest.mark.parametrize("case", rows("ko"))
def test_korean(case: dict[str, Any]) -> None:
    found = ko.phonemise(case["text"])
    assert (found.normalised, " ".join(found.phones)) == (case["norm_text"], case["phones"])
    assert ids(found.phones).tolist() == case["ids"]


@pytest.mark.parametrize("case", rows("ja"))
def test_japanese(case: dict[str, Any]) -> None:
    found = ja.phonemise(case["text"])
    if case["text"] in DIFFERENT:
        assert " ".join(found.phones) != case["phones"], "no longer different: take it off the list"
        return
    assert (found.normalised, " ".join(found.phones)) == (case["norm_text"], case["phones"])
    assert ids(found.phones).tolist() == case["ids"]


@cache
def identify() -> FastText:
    """The release's identifier; the cases tell its first answer alone, and the rules ask for the others too."""
    return FastText()


@pytest.mark.parametrize("case", rows("mixed"))
def test_mixed_languages(case: dict[str, Any]) -> None:
    pinyin = iter(case["pinyin_in"])  # of a short text twice: it is tried again with a mark in front

    def read(parts: Sequence[str]) -> list[list[str]]:
        return [next(pinyin, ".").split() for _ in parts]

    reading = Reading(read, lambda tokens: ["NN"] * len(tokens), identify())
    if any(language == "punctuation" for language, _ in case["segments"]):
        with pytest.raises(EmptyText):
            phonemise(case["text"], case["mode"], reading=reading)
        return
    found = phonemise(case["text"], case["mode"], reading=reading)
    assert "".join(segment.normalised for segment in found) == case["norm_text"]
    phones = [phone for segment in found for phone in segment.phones]
    if case["text"] in DIFFERENT:
        assert " ".join(phones) != case["phones"], "no longer different: take it off the list"
        return
    assert " ".join(phones) == case["phones"]
    assert ids(phones).tolist() == case["ids"]


@pytest.mark.parametrize("case", rows("mixed"))
def test_the_stretches_of_a_language(case: dict[str, Any]) -> None:
    found = [[stretch.language, stretch.text] for stretch in stretches(case["text"], case["mode"], identify())]
    told = case["segments"][: len(found)]  # those of the first try
    assert [language for language, _ in found] == [language.replace("punctuation", "zh") for language, _ in told]
    assert ["".join(text.split()) for _, text in found] == ["".join(text.split()) for _, text in told]
