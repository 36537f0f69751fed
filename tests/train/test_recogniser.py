"""The recogniser's training, on a made-up corpus: words of steady sounds whose alignment is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs kouji[train]: pip install torch==2.13.0, then 'kouji[train]'")
pytest.importorskip("numba", reason="needs kouji[train]")

import torch

from kouji.audio.corpus import read_rows
from kouji.text.phonemes import inventory
from kouji.train.align import Alignment, Alignments
from kouji.train.distortion import warp
from kouji.train.recogniser import Recogniser, RecogniserConfig, RecogniserTraining, collate, train
from kouji.train.recogniser_data import LONGEST, UNKNOWN, Example, Examples, classes, distort, nearest

BANDS = np.arange(80)
SOUNDS = {"m": 10, "ʂ": 60, "a": 30, "i": 45, "u": 20}  # where the energy lies


class Corpus:
    """Forty words of one syllable by two speakers, and ten sentences."""

    def __init__(self) -> None:
        rng = np.random.default_rng(0)
        self.rows, self._mels, self._f0s, by_id = [], {}, {}, {}
        for k in range(50):
            n_syllables = 1 if k < 40 else 8
            tokens, durations = ["_"], [8]
            for _ in range(n_syllables):
                tokens += [str(rng.choice(["m", "ʂ"])), f"{rng.choice(['a', 'i', 'u'])}{rng.integers(1, 5)}"]
                durations += [int(rng.integers(6, 12)), int(rng.integers(15, 30))]
            tokens, durations = [*tokens, "_"], [*durations, 10]
            id_ = f"w{k}"
            self.rows.append({
                "id": id_, "n_frames": sum(durations), "language": "zh", "speaker": f"v{k % 2}",
                "unit": "word" if k < 40 else "sentence", "split": "held_out" if k == 5 else "train",
            })  # fmt: skip
            rows = [self._sound(token) for token in tokens]
            self._mels[id_] = np.repeat(rows, durations, axis=0).astype(np.float32)
            self._f0s[id_] = np.repeat([200.0 * (token[-1].isdigit()) for token in tokens], durations)
            source = tuple(-1 if token == "_" else i for i, token in enumerate(tokens))
            fits = tuple(-20.0 if k == 7 and i == 1 else 0.0 for i in range(len(tokens)))
            by_id[id_] = Alignment(id_, tuple(tokens), tuple(durations), source, fits, 0.0)
        self.alignments = Alignments(by_id, frozenset({"w3"}), frozenset())

    def _sound(self, token: str) -> np.ndarray:
        centre = SOUNDS.get(token.rstrip("12345"))
        return np.full(80, -8.0) if centre is None else 4 * np.exp(-((BANDS - centre) ** 2) / 50) - 5

    def mel(self, row: dict) -> np.ndarray:
        return self._mels[row["id"]]

    def f0(self, row: dict) -> np.ndarray:
        return self._f0s[row["id"]].astype(np.float32)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus()


SMALL = RecogniserConfig(dim=32, d_inner=64, dilations=(1, 2))


def tiny(n_steps: int, **changes: float) -> RecogniserTraining:
    return RecogniserTraining(**{"n_steps": n_steps, "n_frames": 600, "bf16": False, "save_every": 2, **changes})


# ---- what it hears ------------------------------------------------------------------------------


def test_held_out_and_worst_recordings_teach_nothing(corpus: Corpus) -> None:
    ids = {row["id"] for row in Examples(corpus, corpus.alignments).rows}
    assert ids == {row["id"] for row in corpus.rows} - {"w5", "w3"}


def test_a_token_that_does_not_fit_is_left_open(corpus: Corpus) -> None:
    examples = Examples(corpus, corpus.alignments)
    row = next(row for row in examples.rows if row["id"] == "w7")
    example = examples._part(row, np.random.default_rng(0))
    assert (example.phonemes == UNKNOWN).sum() > 3


def test_joined_words_are_faster_and_stay_in_step_with_their_labels(corpus: Corpus) -> None:
    examples = Examples(corpus, corpus.alignments)
    rng = np.random.default_rng(1)
    errors, lengths = [], []
    for _ in range(20):
        joined = examples._joined(examples.rows[0], rng)
        assert len(joined.mel) == len(joined.f0) == len(joined.phonemes) == len(joined.tones) < 2 * LONGEST
        a = joined.phonemes == examples.classes["a"]
        errors += list(np.abs(joined.mel.argmax(1)[a] - SOUNDS["a"]))
        lengths.append(np.mean(joined.phonemes > 0))
    assert np.mean(np.array(errors) > 0) < 0.1  # but for the frames at the seams
    assert np.mean(lengths) > 0.8  # the silences around the words are mostly gone


def test_a_batch_is_about_as_long_as_asked_and_depends_on_its_generator_alone(corpus: Corpus) -> None:
    examples = Examples(corpus, corpus.alignments)
    first = examples.batch(np.random.default_rng([0, 4]), 900)
    again = examples.batch(np.random.default_rng([0, 4]), 900)
    assert len(first) * max(len(example.mel) for example in first) < 1200
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.mel, b.mel)


def test_a_longer_vocal_tract_has_lower_resonances(corpus: Corpus) -> None:
    mel = np.array([4 * np.exp(-((BANDS - 50) ** 2) / 50)])
    assert warp(mel, 0.85).argmax() < 50 < warp(mel, 1.18).argmax()


def test_distortion_keeps_the_time_and_what_is_said(corpus: Corpus) -> None:
    row = corpus.rows[45]
    n = row["n_frames"]
    example = Example(corpus.mel(row), corpus.f0(row), np.arange(n), np.zeros(n, int))
    for seed in range(20):
        distorted = distort(example, np.random.default_rng(seed))
        assert distorted.mel.shape == example.mel.shape
        assert np.isfinite(distorted.mel).all()
        np.testing.assert_array_equal(distorted.phonemes, example.phonemes)


def test_every_phoneme_of_the_corpus_has_a_class_and_pauses_share_silence(corpus: Corpus) -> None:
    found = classes(corpus.alignments.by_id)
    assert found["_"] == found[","] == 0
    assert {found[name] for name in SOUNDS} == {1, 2, 3, 4, 5}


@pytest.mark.parametrize(
    ("phoneme", "relative"), [("p͈", "p"), ("t̚", "t"), ("ʌ", "ʌ"), ("œ", "ɛ"), ("jɑʊɚ", "jɑʊ"), ("tɕ͈", "tɕ")]
)
def test_a_phoneme_without_recordings_stands_with_its_relative(phoneme: str, relative: str) -> None:
    assert nearest(phoneme, ["p", "t", "tɕ", "s", "m", "ʌ", "ɛ", "a", "jɑʊ", "i", "u"]) == relative


# ---- the network --------------------------------------------------------------------------------


def test_loudness_register_and_silence_around_do_not_change_what_is_heard() -> None:
    torch.manual_seed(0)
    model = Recogniser(RecogniserConfig(n_classes=7, dim=16, d_inner=32)).eval()
    mel = torch.randn(1, 80, 80) * 0.5
    f0 = torch.cat([torch.zeros(1, 20), 200 + 30 * torch.rand(1, 60)], dim=1)
    phonemes, tones = model(mel, f0)
    for louder, higher in ((1.5, 1.0), (0.0, 1.6)):
        moved = model(mel + louder, f0 * higher)
        torch.testing.assert_close(moved[0], phonemes, atol=1e-3, rtol=1e-3)
        torch.testing.assert_close(moved[1], tones, atol=1e-3, rtol=1e-3)


def test_labels_and_output_have_the_same_length(corpus: Corpus) -> None:
    batch = Examples(corpus, corpus.alignments).batch(np.random.default_rng(0), 500)
    mel, f0, phonemes, tones = collate(batch)
    out = Recogniser(RecogniserConfig(n_classes=7, dim=16, d_inner=32))(mel, f0)
    assert out[0].shape[:2] == phonemes.shape
    assert out[1].shape[:2] == tones.shape


def test_a_few_steps_make_it_better_and_what_is_exported_hears_the_same(corpus: Corpus, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    path = train(corpus, corpus.alignments, tmp_path, tiny(60, n_warmup=5, average=0.9, log_every=10), SMALL)
    losses = [row["phonemes"] for row in read_rows(tmp_path / "recogniser.log.jsonl")]
    assert losses[-1] < 0.7 * losses[0]
    facts = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert set(facts["classes"]) == set(inventory())
    assert "ma1" in facts["syllables"]
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    row = corpus.rows[0]
    inputs = {"mel": corpus.mel(row)[None], "f0": corpus.f0(row)[None]}
    heard = session.run(None, inputs)[0][0]
    assert heard.shape == ((row["n_frames"] + 1) // 2, len(facts["prior"]))
    wanted = [facts["classes"][t.rstrip("12345")] for t in corpus.alignments.by_id["w0"].tokens]
    labels = np.repeat(wanted, corpus.alignments.by_id["w0"].durations)[::2]
    assert np.mean(heard.argmax(1) == labels) > 0.5


def test_an_interrupted_training_goes_on_to_the_same_network(corpus: Corpus, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train(corpus, corpus.alignments, whole, tiny(4), SMALL)

    class Interrupted(Exception):
        pass

    calls = []

    def stop(share: float, line: str) -> None:
        calls.append(share)
        raise Interrupted

    with pytest.raises(Interrupted):
        train(corpus, corpus.alignments, parts, tiny(4, log_every=3), SMALL, stop)
    assert calls == [0.75]
    train(corpus, corpus.alignments, parts, tiny(4), SMALL)
    first, second = (torch.load(folder / "recogniser.pt", weights_only=True) for folder in (whole, parts))
    for name, value in first["averages"].items():
        torch.testing.assert_close(value, second["averages"][name], atol=1e-6, rtol=1e-5)
