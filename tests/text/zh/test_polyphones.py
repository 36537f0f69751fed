"""Polyphonic characters in everyday sentences, against a list that people can read and correct.

`polyphones_zh.tsv`: sentence with the character in brackets, its lexical reading, and whether the sentence was seen
while the rules were written ("tuned") or written later and measured once before it joined the list ("blind").
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from kouji.text.zh import to_units

LIST = Path(__file__).parents[1] / "data" / "polyphones_zh.tsv"


def rows() -> list[tuple[str, int, str]]:
    found = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            marked, reading, _ = line.split("\t")
            place = marked.index("[")
            found.append((marked.replace("[", "").replace("]", ""), place, reading))
    return found


def heard(sentence: str, place: int) -> str:
    before = sum("\u4e00" <= c <= "\u9fff" for c in sentence[:place])
    return to_units(sentence)[before].reading


def test_the_list_is_broad() -> None:
    characters = Counter(sentence[place] for sentence, place, _ in rows())
    assert len(characters) >= 80
    assert sum(characters.values()) >= 320


def test_at_least_97_in_100_polyphonic_characters_are_read_right() -> None:
    wrong = [(s, s[i], heard(s, i), want) for s, i, want in rows() if heard(s, i) != want]
    assert len(wrong) <= 0.03 * len(rows()), wrong
