"""CosyVoice reads text as the official front end does: ids and segments are equal."""

from __future__ import annotations

import json

import pytest

from kouji.engines.cosyvoice import text, tokenizer
from kouji_parity import ROOT

FOLDER = ROOT / "cosyvoice" / "frontend"


def load(name: str) -> dict[str, object]:
    path = FOLDER / name
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


TOKENIZER, TEXT = load("tokenizer.json"), load("text.json")


def numbered(rows: list[dict[str, object]]) -> list[object]:
    return [pytest.param(row, id=f"parity-cosyvoice/frontend/{number}") for number, row in enumerate(rows)]


def count(piece: str) -> int:
    return len(tokenizer.encode(piece))


@pytest.mark.parametrize("row", numbered(TOKENIZER.get("cases", [])))
def test_ids(row: dict[str, object]) -> None:
    assert tokenizer.encode(row["text"]) == row["ids"]


def test_parity_of_the_tags() -> None:
    for tag, token in TOKENIZER.get("special", {}).items():
        assert tokenizer.encode(tag) == [token]


@pytest.mark.parametrize("row", numbered(TEXT.get("cases", [])))
def test_segments(row: dict[str, object]) -> None:
    plain = row["plain"]
    if "error" in plain:
        assert text.segments(row["text"], count) == []
    else:
        assert text.segments(row["text"], count) == plain["split"]
        assert text.normalized(row["text"]) == plain["joined"]


@pytest.mark.parametrize("row", numbered(TEXT.get("split_paragraph", [])))
def test_where_a_paragraph_is_cut(row: dict[str, object]) -> None:
    names = {"token_max_n": "most", "token_min_n": "few", "merge_len": "short", "comma_split": "at_commas"}
    options = {names[name]: value for name, value in row["options"].items()}
    found = text.split_paragraph(row["text"], row["lang"], len if row["lang"] == "zh" else count, **options)
    assert found == row["out"]


@pytest.mark.parametrize(
    ("name", "helper"),
    [
        ("replace_blank", text.replace_blank),
        ("remove_bracket", text.remove_bracket),
        ("replace_corner_mark", text.replace_corner_mark),
        ("spell_out_number", text.spell_out_numbers),
        ("is_only_punctuation", text.is_only_punctuation),
        ("contains_chinese", text.contains_chinese),
    ],
)
def test_parity_of_the_helpers(name: str, helper: object) -> None:
    for row in TEXT.get("helpers", {}).get(name, []):
        assert helper(row["in"]) == row["out"], row["in"]
