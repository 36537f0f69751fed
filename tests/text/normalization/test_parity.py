"""What three other systems make of the same text, compared by what is said.

`data/normalization_cases.json` has all their cases. `data/normalization_differences.tsv` lists every one that we say
differently, with what we say and why; it is checked line by line, so a case can neither fail nor begin to agree
unnoticed. The kinds: `theirs wrong`, `theirs unread` (left as written), `both right` (speakers differ), `markup`
(the system's own signs) and `ours wrong`.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from functools import cache
from pathlib import Path

import pytest

from kouji.text import Lexicon, analyse, normalize

DATA = Path(__file__).parents[1] / "data"
KINDS = ("theirs wrong", "theirs unread", "both right", "markup", "ours wrong")
_TRADITIONAL = "個鋤頭飯氣邊書號該茶廳講聽鍾飲雲吞麵點會熱開銀愛吳亞歐學讀優惠動繁體應夠係曬們說還"
_SIMPLIFIED = "个锄头饭气边书号该茶厅讲听锺饮云吞面点会热开银爱吴亚欧学读优惠动繁体应够系晒们说还"
_SAME = str.maketrans(_TRADITIONAL, _SIMPLIFIED)


def spoken(text: str) -> str:
    """The words alone: no case, width, spaces, marks or tags; traditional as simplified; "hundred (and) one"."""
    text = unicodedata.normalize("NFKC", text).lower().replace("’", "'").translate(_SAME)
    text = re.sub(r"<\|\w+\|>|</?\w+>", "", text)
    text = re.sub(r"(?<![a-z])'|'(?![a-z])", " ", text)
    return re.sub(r"[^\w']|_|\band\b", "", text)


@cache
def _data() -> dict:
    return json.loads((DATA / "normalization_cases.json").read_text(encoding="utf-8"))


@cache
def _differences() -> dict[tuple[str, str], dict[str, str]]:
    with (DATA / "normalization_differences.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {(row["from"], row["text"]): row for row in rows}


def ours(case: dict) -> str:
    """What we make of a case."""
    if case.get("glossary"):
        lexicon = Lexicon.of({word: tuple(entry) for word, entry in _data()["glossary"].items()})
        return " ".join(u.normalized for u in analyse(case["text"], case["language"], lexicon).utterances)
    return normalize(case["text"], case["language"])


def _key(case: dict) -> tuple[str, str]:
    return case["from"] + (" with glossary" if case.get("glossary") else ""), case["text"]


@pytest.mark.parametrize("system", ["indextts2", "cosyvoice", "gptsovits"])
def test_parity_every_case_is_said_as_there_or_listed_with_the_reason(system: str) -> None:
    unlisted = []
    for case in _data()["cases"]:
        if case["from"] != system:
            continue
        said = ours(case)
        listed = _differences().get(_key(case))
        agrees = spoken(said) == spoken(case["expected"]) if listed is None else said == listed["ours"]
        if not agrees:
            unlisted.append((case["text"], case["expected"], said))
    assert not unlisted


def test_parity_the_table_lists_nothing_that_agrees_or_does_not_exist() -> None:
    cases = {_key(case): case for case in _data()["cases"]}
    for key, row in _differences().items():
        assert key in cases
        assert row["kind"] in KINDS
        assert len(row["reason"]) > 8, key
        assert spoken(ours(cases[key])) != spoken(cases[key]["expected"]), key


def test_parity_ninety_nine_of_a_hundred_cases_that_all_speakers_read_alike() -> None:
    wrong = sum(row["kind"] == "ours wrong" for row in _differences().values())
    alike = len(_data()["cases"]) - len(_differences()) + wrong
    assert alike >= 280
    assert wrong <= alike // 100
