"""However a pronunciation is given, it is said."""

from __future__ import annotations

import pytest

from kouji.engines.gptsovits.text import cuts
from kouji.engines.gptsovits.text.front import phonemise
from kouji.engines.gptsovits.text.pronounce import written
from kouji.text import Lexicon, analyse


def said(text: str, language: str, lexicon: Lexicon | None = None) -> str:
    phones = []
    for utterance in analyse(text, language, lexicon).utterances:
        plain, given = written(utterance)
        for piece, own in cuts.pieces_with(plain, given, language):
            phones += [phone for segment in phonemise(piece, language, own) for phone in segment.phones]
    return " ".join(phones)


@pytest.mark.parametrize(
    ("text", "language", "heard"),
    [
        ("我们重{chong2}新开始，他重{zhong4}吗？", "zh", "ch ong2 x in1"),
        ("银行行{hang2}长来了。", "zh", "h ang2 h ang2 zh ang3"),
        ("<speak>我<phoneme alphabet='pinyin' ph='chong2'>重</phoneme>了一次。</speak>", "zh", "w o3 ch ong2"),
        ("<speak>看<sub alias='万维网'>WWW</sub>。</speak>", "zh", "w an4 w ei2 w ang3"),
        ("I read{R EH1 D} it.", "en", "R EH1 D"),
    ],
)
def test_braces_and_tags_are_obeyed(text: str, language: str, heard: str) -> None:
    assert heard in said(text, language)


def test_the_users_lexicon_is_obeyed() -> None:
    lexicon = Lexicon.of({"我重": ("zh", "wo3 chong2"), "C++": ("zh", "=西加加")})
    assert "w o3 ch ong2" in said("我重了一次。", "zh", lexicon)
    assert "x ve2 x i1 j ia1" in said("我们学C++。", "zh", lexicon)


def test_without_a_word_about_it_the_users_own_text_is_read() -> None:
    utterance = analyse("2024年花了5000元。", "zh").utterances[0]
    assert written(utterance) == ("2024年花了5000元。", ())
