"""The recipe of the English lexicon and letter model, on a small dictionary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kouji.text.en import letters

torch = pytest.importorskip("torch")

from kouji.train import g2p_en  # noqa: E402

WORDS = "bat cat hat mat pat rat sat bit hit kit pit sit bet get let met net pet set but cut gut hut nut".split()
VOWELS = {"a": "AE1", "i": "IH1", "e": "EH1", "u": "AH1"}
NAMES = {"h": "HH", "g": "G", "c": "K"}


@pytest.fixture
def dictionary(tmp_path: Path) -> Path:
    lines = [f"{w} {NAMES.get(w[0], w[0].upper())} {VOWELS[w[1]]} T" for w in WORDS]
    lines += ["read R EH1 D", "read(2) R IY1 D # the other", "tax T AE1 K S", "knit N IH1 T"] * 1
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


def test_the_numpy_model_says_what_the_torch_model_says(dictionary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(g2p_en, "RAREST_CHUNK", 1)
    data = g2p_en.prepare(dictionary)
    network = g2p_en.train(data, epochs=2, batch=8)
    weights = {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}
    word = torch.tensor([[letters.ALPHABET.index(c) + 1 for c in "cat"]])
    network.eval()
    with torch.no_grad():
        expected, _ = network.encoder(network.letter(word))
    encoded = letters.LetterModel(weights, data.chunks)._encode(word[0].numpy())
    np.testing.assert_allclose(encoded, expected[0].numpy(), atol=1e-5)


def test_int8_weights_stay_within_a_half_step() -> None:
    weight = np.random.default_rng(0).normal(size=(8, 16)).astype(np.float32)
    restored = letters.dequantize(letters.quantize({"w": weight}))["w"]
    assert np.abs(restored - weight).max() <= np.abs(weight).max(axis=1).max() / 127 / 2 + 1e-6


def test_the_same_seed_trains_the_same_model(dictionary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(g2p_en, "RAREST_CHUNK", 1)
    data = g2p_en.prepare(dictionary)
    first, second = (g2p_en.train(data, epochs=1, batch=8).output.weight for _ in range(2))
    assert torch.equal(first, second)


def test_edit_distance_counts_changes() -> None:
    assert g2p_en.edit_distance("K AE1 T".split(), "K AH0 T S".split()) == 2
