"""English words: dictionary, parts, initialisms, names, weak forms, what the user gives."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from kouji.errors import InvalidInput
from kouji.text.en import to_units
from kouji.text.en.lexicon import pronunciations
from kouji.types import Unit


def said(text: str) -> str:
    return " | ".join(unit.said for unit in to_units(text))


def one(text: str, word: str) -> Unit:
    return next(unit for unit in to_units(text) if unit.text == word)


def test_a_known_word_has_stress_and_phonemes() -> None:
    (unit,) = to_units("hello")
    assert unit.reading == "HH AH0 L OW1"
    assert unit.phonemes == ("h", "ə0", "l", "oʊ1")


def test_the_dictionary_keeps_all_its_pronunciations_the_usual_one_first() -> None:
    assert pronunciations("either") == ("IY1 DH ER0", "AY1 DH ER0")
    assert pronunciations("qwxz") == ()


def test_marks_become_the_pause_of_the_word_before_them() -> None:
    pauses = [(u.text, u.pause) for u in to_units('Well, he said: "Stop!" -- then left... Why?')]
    assert pauses == [
        ("Well", ","),
        ("he", ""),
        ("said", ","),
        ("Stop", "!"),
        ("then", ""),
        ("left", "…"),
        ("Why", "?"),
    ]


def test_text_and_its_units_have_the_same_words() -> None:
    text = "A well-known café in Zürich isn't naïve, rock 'n' roll"
    assert [u.text for u in to_units(text)] == [
        "A", "well", "known", "café", "in", "Zürich", "isn't", "naïve", "rock", "'n'", "roll",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the cat", "DH AH0 | K AE1 T"),
        ("the apple", "DH IY0 | AE1 P AH0 L"),
        ("the hour", "DH IY0 | AW1 ER0"),
        ("the university", "DH AH0 | Y UW2 N AH0 V ER1 S AH0 T IY0"),
        ("a cat and an owl", "AH0 | K AE1 T | AH0 N D | AE0 N | AW1 L"),
        ("to go", "T AH0 | G OW1"),
        ("to eat", "T UW0 | IY1 T"),
        ("What for?", "W AH1 T | F AO1 R"),
        ("for me", "F ER0 | M IY0"),
        ("I know that he left", "AY0 | N OW1 | DH AH0 T | HH IY0 | L EH1 F T"),
        ("that book", "DH AE1 T | B UH1 K"),
        ("vitamin A", "V AY1 T AH0 M AH0 N | EY1"),
    ],
)
def test_function_words_are_weak_in_the_phrase_and_full_at_its_end(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IBM", "AY1 B IY2 EH2 M"),
        ("the HTTP server", "DH IY0 | EY2 CH T IY2 T IY2 P IY1 | S ER1 V ER0"),
        ("two GPUs", "T UW1 | JH IY2 P IY2 Y UW1 Z"),
        ("NASA and UNESCO", "N AE1 S AH0 | AH0 N D | Y UW0 N EH1 S K OW2"),
        ("in the US", "IH0 N | DH AH0 | Y UW2 EH1 S"),
        ("give us time", "G IH1 V | AH0 S | T AY1 M"),
        ("the U.S. army", "DH AH0 | Y UW2 EH1 S | AA1 R M IY0"),
        ("my iPhone", "M AY0 | AY1 F OW2 N"),
        ("YouTube's page", "Y UW1 T UW2 B Z | P EY1 JH"),
        ("B2B", "B IY1 | T UW1 | B IY1"),
    ],
)
def test_initialisms_are_spelled_and_acronyms_read(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("colourful", "K AH1 L ER0 F AH0 L"),
        ("memorised", "M EH1 M ER0 AY2 Z D"),
        ("woodcutters", "W UH1 D K AH2 T ER0 Z"),
        ("tokenizers", "T OW1 K AH0 N AY2 Z ER0 Z"),
        ("microservices", "M AY1 K R OW2 S ER2 V AH0 S IH0 Z"),
        ("touchscreen", "T AH1 CH S K R IY2 N"),
        ("burped", "B ER1 P T"),
        ("kerfoot's", "K ER1 F UH0 T S"),
        ("rewatched", "R IY0 W AA1 CH T"),
        ("he'd've", "HH IY1 D AH0 V"),
    ],
)
def test_unknown_words_are_read_by_their_known_parts(word: str, expected: str) -> None:
    assert pronunciations(word) == ()
    assert said(word) == expected


@pytest.mark.parametrize("word", ["kubelet", "Zwilgmeyer", "xylofoam", "brillig", "Nguyenova"])
def test_any_other_word_is_read_by_its_letters(word: str) -> None:
    (unit,) = to_units(word)
    assert any(symbol.endswith(("1", "2")) for symbol in unit.said.split())
    assert len(unit.phonemes) < 2 * len(word)


def test_british_and_american_spelling_sound_the_same() -> None:
    assert said("the colour of the theatre") == said("the color of the theater")


def test_accents_and_curly_apostrophes_do_not_matter() -> None:
    assert said("don’t") == said("don't")
    assert one("a résumé", "résumé").said == "R EH1 Z AH0 M EY2"
    assert one("the cafe\N{COMBINING ACUTE ACCENT} is", "cafe\N{COMBINING ACUTE ACCENT}").said == "K AH0 F EY1"


def test_what_the_user_gives_wins() -> None:
    units = to_units("I read it", {2: "r eh1 d"})
    assert units[1].reading == units[1].said == "R EH1 D"
    assert units[1].text == "read"


def test_a_given_reading_covers_its_hyphens_or_reaches_to_an_empty_one() -> None:
    assert [u.text for u in to_units("we re-read it", {3: "R IY0 R EH1 D"})] == ["we", "re-read", "it"]
    assert [u.text for u in to_units("New York is big", {0: "N UW1 Y AO1 K", 8: ""})] == ["New York", "is", "big"]


@pytest.mark.parametrize("wrong", ["XX", " ", "R 1Y D"])
def test_a_given_reading_that_is_no_arpabet_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        to_units("read", {0: wrong})


def test_other_scripts_are_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="П"):
        to_units("Привет")


@pytest.mark.parametrize("text", ["", "   ", "?!…", "😀", "'", "''", "-", "...", "\x00"])
def test_a_text_without_words_has_no_units(text: str) -> None:
    assert to_units(text) == []


def test_a_word_without_end_is_said_in_pieces() -> None:
    (unit,) = to_units("aeiobd" * 2000)
    assert unit.phonemes


def test_a_long_text_is_quick() -> None:
    began = time.monotonic()
    assert len(to_units("The quick brown fox jumps over the lazy dog, and reads. " * 500)) == 5500
    assert time.monotonic() - began < 5


def test_importing_loads_no_dictionary_and_no_torch() -> None:
    code = "import sys, kouji.text.en as en; from kouji.text.en import lexicon; print('torch' in sys.modules, lexicon._blob.cache_info().currsize)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "0"]
