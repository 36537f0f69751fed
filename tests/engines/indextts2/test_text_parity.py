"""What the release makes of a text: normalised, in pieces, in segments; and what it makes of emotions."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from kouji.engines.indextts2.description import weights_of
from kouji.engines.indextts2.emotion import capped, capped_sum, scaled
from kouji.engines.indextts2.normalize import normalize, route
from kouji.engines.indextts2.pieces import Pieces, segments, spaced
from kouji.errors import InvalidInput
from kouji_parity import ROOT

_OWN = Path(__file__).parents[2] / "parity"
FOLDER = next(root for root in (ROOT, _OWN) if (root / "indextts2" / "text").is_dir()) / "indextts2" / "text"


@cache
def given(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


@cache
def pieces() -> Pieces:
    return Pieces(FOLDER / "toy_bpe.model")


def test_parity_every_text_is_normalised_as_in_the_release() -> None:
    table = given("normalize")
    for case in table["cases"]:
        text, glossary = case["input"], table["glossary"] if case.get("glossary") else None
        said = normalize(text, glossary)
        assert (route(text), said, spaced(said)) == (case["route"], case["normalized"], case["pretokenized"]), text


def test_parity_pieces_and_ids_are_those_of_the_release() -> None:
    for case in given("segment")["encode"]:
        found = pieces().of(case["input"])
        assert found == case["tokens"]
        assert pieces().ids(found) == case["ids"]


def test_parity_segments_are_cut_where_the_release_cuts() -> None:
    table = given("segment")
    for case in table["split"]:
        whole = table["long_texts"][case["text_index"]]["tokens"]
        cut = segments(whole, case["max_text_tokens_per_segment"], case["quick_streaming_tokens"])
        assert [len(segment) for segment in cut] == case["segments"]
        assert ([piece for segment in cut for piece in segment] == whole) == case["flat_same"]


def test_parity_emotions_are_held_back_as_in_the_release() -> None:
    for case in given("emotion")["normalize_emo_vec"]:
        held = (capped if case["bias"] else capped_sum)(case["in"])
        assert held == pytest.approx(case["out"], abs=1e-12)
    for case in given("emotion")["alpha_scale"]:
        assert list(scaled(case["in"], case["alpha"])) == case["out"]


def test_parity_answers_of_the_language_model_are_understood_as_in_the_release() -> None:
    for case in given("emotion")["parse"]:
        if isinstance(case["vector"], dict):
            with pytest.raises(InvalidInput):
                weights_of(case["text"], case["answer"])
        else:
            assert list(weights_of(case["text"], case["answer"])) == case["vector"], case


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("银HANG2和xuan4转", "银HANG2和XVAN4转"),
        ("GPT-4和GPT-4o都用AN4和XUAN4", "GPT-四和GPT-四o都用AN4和XVAN4"),  # one syllable ends another
        ("<行|hang2>了3次", "<行|hang2>了三次"),
        ("让-雅克·卢梭生于1712年", "让-雅克-卢梭生于一七一二年"),
        (r"C:\temp", r"C,\temp"),
    ],
)
def test_what_is_protected_comes_back(text: str, said: str) -> None:
    assert normalize(text) == said


def test_a_reading_of_the_glossary_is_taken_as_it_stands() -> None:
    assert normalize("用RTX算", {"rtx": r"R\g X"}) == r"用R\g X算"
