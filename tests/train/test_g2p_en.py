"""The recipe of the English lexicon and letter model, on a small dictionary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kouji.text.en import letters
from kouji.train import g2p_en

WORDS = "bat cat hat mat pat rat sat bit hit kit pit sit bet get let met net pet set but cut gut hut nut".split()
VOWELS = {"a": "AE1", "i": "IH1", "e": "EH1", "u": "AH1"}
NAMES = {"h": "HH", "g": "G", "c": "K"}


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    lines = [f"{w} {NAMES.get(w[0], w[0].upper())} {VOWELS[w[1]]} T" for w in WORDS]
    lines += ["read R EH1 D", "read(2) R IY1 D # the other", "tax T AE1 K S", "knit N IH1 T"]
    file = tmp_path / "small.dict"
    file.write_text("\n".join(lines) + "\n")
    return file


def test_second_pronunciations_follow_and_comments_go(dictionary: Path) -> None:
    assert g2p_en.read_dictionary(dictionary)["read"] == ["R EH1 D", "R IY1 D"]


def test_own_pronunciations_come_first() -> None:
    assert g2p_en.merge({"a": ["AH0", "EY1"]}, {"a": ["EY1"], "b": ["B IY1"]}) == {"a": ["EY1", "AH0"], "b": ["B IY1"]}


def test_each_letter_gets_its_sounds_and_silent_ones_get_none(dictionary: Path) -> None:
    pairs = [(w, s.split()) for w, said in g2p_en.read_dictionary(dictionary).items() for s in said]
    aligned = dict(zip([w for w, _ in pairs], g2p_en.align(pairs), strict=True))
    assert aligned["cat"] == ["K", "AE1", "T"]
    assert aligned["tax"] == ["T", "AE1", "K S"]
    assert aligned["knit"] == ["", "N", "IH1", "T"]


@pytest.fixture
def data(dictionary: Path, monkeypatch: pytest.MonkeyPatch) -> g2p_en.Data:
    monkeypatch.setattr(g2p_en, "RAREST_PAIR", 1)
    return g2p_en.prepare(dictionary)


def test_probabilities_after_any_history_sum_to_one(data: g2p_en.Data) -> None:
    model = letters.LetterModel(data.pairs, g2p_en.train(data.rows, order=4))
    everything = np.arange(1, len(data.pairs), dtype=np.uint64)
    for row in ([], data.rows[0][-1:], data.rows[0][-2:], data.rows[3][-3:]):
        history = letters.START
        for pair in reversed(row):
            history = history << letters.BITS | pair
        assert np.exp(model.score(np.array([history], np.uint64), everything)).sum() == pytest.approx(1, abs=0.02)


def test_a_model_reads_words_like_those_it_has_seen(data: g2p_en.Data, tmp_path: Path) -> None:
    letters.save(tmp_path / "model.npz", data.pairs, g2p_en.train(data.rows))
    model = letters.load(tmp_path / "model.npz")
    assert model.read("cat") == "K AE1 T"
    assert model.read("gat") == "G AE1 T"
    assert model.read("") == ""


def test_the_same_dictionary_gives_the_same_file(data: g2p_en.Data, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("first.npz", "second.npz")]
    for file in files:
        letters.save(file, data.pairs, g2p_en.train(data.rows))
    assert files[0].read_bytes() == files[1].read_bytes()


def test_errors_are_counted_against_the_nearest_pronunciation(data: g2p_en.Data) -> None:
    model = letters.LetterModel(data.pairs, g2p_en.train(data.rows))
    perfect = g2p_en.measure(model, {"cat": ["K AA1 T", "K AE1 T"]})
    assert set(perfect.values()) == {0.0}
    wrong = g2p_en.measure(model, {"cat": ["K AE0 T"]})
    assert wrong["word error"] == 100.0
    assert wrong["word error without stress"] == 0.0


def test_edit_distance_counts_changes() -> None:
    assert g2p_en.edit_distance("K AE1 T".split(), "K AH0 T S".split()) == 2
