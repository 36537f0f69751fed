"""ChatTTS reads text as the official code does: ids, marks and pieces are equal, and so are speakers."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from kouji.engines.chattts import base16384, normalize, prompts, speaker
from kouji.engines.chattts.generation import speaking_rows
from kouji.engines.chattts.tokenizer import Tokenizer, batch
from kouji_parity import ROOT

FOLDER = ROOT / "chattts"


def load(name: str) -> dict[str, Any]:
    path = FOLDER / name
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


NORMALIZER, TOKENS, SPEAKERS = load("normalizer.json"), load("tokenizer.json"), load("speaker.json")


def numbered(rows: list[dict[str, Any]]) -> list[object]:
    return [pytest.param(row, id=f"parity-chattts/text/{number}") for number, row in enumerate(rows)]


def vocabulary() -> Tokenizer:
    """The pieces that the cases have: of those the longest is the longest of all."""
    pieces = {
        piece: number for row in TOKENS["single"] for piece, number in zip(row["tokens"], row["ids"], strict=True)
    }
    tags = TOKENS["special"]
    return Tokenizer({piece: number for piece, number in pieces.items() if piece not in tags}, tags)


@pytest.mark.parametrize("row", numbered(TOKENS.get("single", [])))
def test_ids_and_back(row: dict[str, Any]) -> None:
    ours = vocabulary()
    assert ours.encode(row["text"]) == row["ids"]
    assert ours.decode(row["ids"]) == row["decoded"]


def test_chattts_parity_of_a_batch() -> None:
    if TOKENS:
        rows = TOKENS["batch"]
        ids, mask = batch([vocabulary().encode(text) for text in rows["texts"]])
        assert ids.tolist() == rows["input_ids_ch0"]
        assert mask.astype(int).tolist() == rows["attention_mask"] == rows["text_mask"]


class AsWritten:
    """Stages whose rows are the ids themselves, in all four channels."""

    def text_rows(self, ids: np.ndarray) -> np.ndarray:
        return np.repeat(ids[..., None], 4, -1)

    def code_rows(self, codes: np.ndarray) -> np.ndarray:
        return codes


def test_chattts_parity_of_a_batch_with_a_sample_of_speech() -> None:
    if TOKENS:
        case = TOKENS["batch_with_prompt"]
        ids = [vocabulary().encode(text) for text in case["texts"]]
        rows, mask = speaking_rows(AsWritten(), ids, sample=np.array(case["prompt"]))  # type: ignore[arg-type]
        assert rows.tolist() == case["input_ids"]
        assert mask.astype(int).tolist() == case["attention_mask"]


def test_chattts_parity_of_numbers_as_text() -> None:
    if SPEAKERS:
        ours = np.frombuffer(base16384.decode(SPEAKERS["dvae_coef"]["text"]), "<f4")
        assert ours.tolist() == SPEAKERS["dvae_coef"]["float32"]


@pytest.mark.parametrize("group", [f"parity-chattts/text/{n}" for n in range(4)])
def test_normalising(group: str) -> None:
    """Cases with the table of homophones are those whose answer is the same without it."""
    rows = NORMALIZER.get("cases", [])
    rows = [row for row in rows if not (row["homophones"] and _uses_homophones(row))]
    wrong = [
        (row["text"], row["out"], ours)
        for row in rows[int(group[-1]) :: 4]
        if (ours := normalize.normalized(row["text"], row["lang"] or "", row["normalize"])) != row["out"]
    ]
    assert wrong == []


def _uses_homophones(row: dict[str, Any]) -> bool:
    plain = {**row, "homophones": False}
    return any(other == {**plain, "out": other["out"]} and other["out"] != row["out"] for other in NORMALIZER["cases"])


@pytest.mark.parametrize("row", numbered(NORMALIZER.get("registered", [])))
def test_readers_of_languages(row: dict[str, Any]) -> None:
    readers = {
        "zh": lambda piece: piece.replace("1", "一") + "|",
        "en": lambda piece: piece.replace("1", "one") + "|",
    }
    assert normalize.normalized(row["text"], row["lang"] or "", row["normalize"], readers) == row["out"]


@pytest.mark.parametrize("row", numbered(NORMALIZER.get("detect", [])))
def test_languages(row: dict[str, Any]) -> None:
    assert normalize.language_of(row["text"]) == row["lang"]


@pytest.mark.parametrize("row", numbered(NORMALIZER.get("split", [])))
def test_pieces(row: dict[str, Any]) -> None:
    assert normalize.pieces(row["text"]) == row["parts"]


@pytest.mark.parametrize("row", numbered(SPEAKERS.get("decorate_code", [])))
def test_what_stands_around_a_text_that_is_spoken(row: dict[str, Any]) -> None:
    assert prompts.to_speak(row["text"], row["spk"], row["prompt"], row["txt_smp"] or "") == row["out"]


@pytest.mark.parametrize("row", numbered(SPEAKERS.get("decorate_text", [])))
def test_what_stands_around_a_text_that_is_refined(row: dict[str, Any]) -> None:
    assert prompts.to_refine(row["text"], row["prompt"]) == row["out"]


@pytest.mark.parametrize("row", numbered(SPEAKERS.get("base16384", [])))
def test_bytes_as_characters(row: dict[str, Any]) -> None:
    data = bytes.fromhex(row["hex"])
    assert base16384.encode(data) == row["text"]
    assert base16384.decode(row["text"]) == data


def half(hexadecimal: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(hexadecimal), np.float16)


@pytest.mark.parametrize("row", numbered(SPEAKERS.get("embedding_strings", [])))
def test_embeddings_as_text(row: dict[str, Any]) -> None:
    theirs = half(row["float16_hex"])
    assert (speaker.embedding_of(row["text"]) == theirs).all()
    assert (speaker.embedding_of(speaker.embedding_text(theirs)) == theirs).all()


def statistics() -> speaker.Statistics:
    return speaker.Statistics.read(FOLDER / "spk_stat.txt")


def test_chattts_parity_of_the_statistics() -> None:
    if SPEAKERS:
        ours, theirs = statistics(), SPEAKERS["spk_stat"]
        assert ours.spread[:8].tolist() == theirs["std_first8"]
        assert ours.mean[:8].tolist() == theirs["mean_first8"]


@pytest.mark.parametrize("row", numbered(SPEAKERS.get("sampled_from_noise", [])))
def test_voices_from_noise(row: dict[str, Any]) -> None:
    ours = statistics().drawn(half(row["noise_float16_hex"]))
    assert ours.tobytes() == half(row["value_float16_hex"]).tobytes()
    assert (speaker.embedding_of(row["text"]) == ours).all()


@pytest.mark.parametrize("row", numbered(SPEAKERS.get("seeded_cpu", [])))
def test_voices_from_seeds(row: dict[str, Any]) -> None:
    ours = speaker.of_seed(row["torch_manual_seed"], statistics())
    assert ours[:8].tolist() == row["first8"]
    assert (speaker.embedding_of(row["text"]) == ours).all()


@pytest.mark.parametrize("row", numbered(SPEAKERS.get("prompt_strings", [])))
def test_samples_as_text(row: dict[str, Any]) -> None:
    codes = np.array(row["codes"])
    assert (speaker.sample_of(row["text"]) == codes).all()
    assert (speaker.sample_of(speaker.sample_text(codes)) == codes).all()


def test_chattts_parity_of_an_embedding_of_length_one() -> None:
    if SPEAKERS:
        theirs = half(SPEAKERS["normalized_first"]["float16_hex"])
        ours = speaker.unit(speaker.embedding_of(SPEAKERS["embedding_strings"][0]["text"]))
        assert ours.tobytes() == theirs.tobytes()
