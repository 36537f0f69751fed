"""The aligner, on a language of a hiss and two hums whose boundaries are known because they are made here."""

import json

import numpy as np
import pytest

from kouji.train.align import Alignments, align
from kouji.train.align_report import table
from kouji.train.cepstra import cepstra
from kouji.train.chains import n_states_of

BANDS = np.arange(80)
SHAPES = {  # log-mel of each sound
    "s": 1.5 * (BANDS > 55) - 4.0,
    "a": 3.0 * np.exp(-((BANDS - 25) ** 2) / 60) - 3.5,
    "i": 3.0 * np.exp(-((BANDS - 8) ** 2) / 30) + 2.0 * np.exp(-((BANDS - 50) ** 2) / 40) - 3.5,
    "_": np.full(80, -7.0),
}


class Corpus:
    """Utterances of the made-up language, in the shape of a feature store."""

    def __init__(self, n: int, seed: int = 0, pause: str = "") -> None:
        rng = np.random.default_rng(seed)
        self.rows, self.labels, self.truth, self._mels, self._f0s = [], [], {}, {}, {}
        for k in range(n):
            words = [[str(p) for p in rng.choice(["s", "a", "i"], rng.integers(2, 4))] for _ in range(2)]
            phonemes = [p for word in words for p in word]
            sounds = ["_", *words[0], *(["_"] if pause else []), *words[1], "_"]
            durations = [int(rng.integers(6, 20)) for _ in sounds]
            mel = np.repeat([SHAPES[s] for s in sounds], durations, axis=0)
            voiced = np.repeat([s in "ai" for s in sounds], durations)
            id_ = f"u{k}"
            self._mels[id_] = (mel + rng.normal(0, 0.25, mel.shape)).astype(np.float32)
            self._f0s[id_] = np.where(voiced, 200, 0).astype(np.float32)
            self.truth[id_] = durations
            self.rows.append({"id": id_, "n_frames": len(mel), "language": "zh", "speaker": f"v{k % 2}",
                              "unit": "word", "split": "train"})  # fmt: skip
            starts = [i == 0 for word in words for i in range(len(word))]
            pauses = [""] * len(phonemes)
            pauses[len(words[0]) - 1] = pause
            self.labels.append({"id": id_, "phonemes": phonemes, "word_start": starts, "pause": pauses})

    def mel(self, row: dict) -> np.ndarray:
        return self._mels[row["id"]]

    def f0(self, row: dict) -> np.ndarray:
        return self._f0s[row["id"]]


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return Corpus(60)


@pytest.fixture(scope="module")
def aligned(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Alignments:
    return align(corpus, corpus.labels, tmp_path_factory.mktemp("alignment"))


def test_boundaries_are_found_within_one_frame(corpus: Corpus, aligned: Alignments) -> None:
    errors = []
    for id_, durations in corpus.truth.items():
        found = aligned.by_id[id_]
        assert len(found.durations) == len(durations)
        same_twice = [a == b for a, b in zip(found.tokens, found.tokens[1:], strict=False)]
        difference = np.abs(np.cumsum(found.durations) - np.cumsum(durations))[:-1]
        errors += list(difference[~np.array(same_twice)])  # between two equal sounds there is no boundary to hear
    assert np.mean(np.array(errors) <= 1) > 0.97


def test_durations_sum_to_the_recording(corpus: Corpus, aligned: Alignments) -> None:
    for row in corpus.rows:
        assert sum(aligned.by_id[row["id"]].durations) == row["n_frames"]


def test_every_phoneme_appears_once_and_in_order(corpus: Corpus, aligned: Alignments) -> None:
    for label in corpus.labels:
        found = aligned.by_id[label["id"]]
        said = [(token, s) for token, s in zip(found.tokens, found.source, strict=True) if s >= 0]
        assert said == [(phoneme, i) for i, phoneme in enumerate(label["phonemes"])]


def test_silence_at_the_ends_is_a_token(aligned: Alignments) -> None:
    assert all(a.tokens[0] == a.tokens[-1] == "_" for a in aligned.by_id.values())


def test_a_comma_keeps_its_name_and_its_time(tmp_path) -> None:
    corpus = Corpus(40, seed=1, pause=",")
    aligned = align(corpus, corpus.labels, tmp_path)
    for id_, durations in corpus.truth.items():
        found = aligned.by_id[id_]
        position = found.tokens.index(",")
        assert found.source[position] == -1
        assert abs(found.durations[position] - durations[position]) <= 2


def test_an_unmarked_pause_between_words_is_found(tmp_path) -> None:
    corpus = Corpus(40, seed=2, pause=",")
    for label in corpus.labels:
        label["pause"] = [""] * len(label["pause"])
    aligned = align(corpus, corpus.labels, tmp_path)
    assert all(a.tokens.count("_") == 3 for a in aligned.by_id.values())


def test_the_same_corpus_gives_the_same_alignment(corpus: Corpus, aligned: Alignments, tmp_path) -> None:
    assert align(corpus, corpus.labels, tmp_path).by_id == aligned.by_id


def test_an_interrupted_run_goes_on_to_the_same_result(corpus: Corpus, aligned: Alignments, tmp_path) -> None:
    class Interrupted(Exception):
        pass

    def stop(share: float, line: str) -> None:
        if "round 6" in line:
            raise Interrupted

    lines = []
    with pytest.raises(Interrupted):
        align(corpus, corpus.labels, tmp_path, progress=stop)
    resumed = align(corpus, corpus.labels, tmp_path, progress=lambda share, line: lines.append(line))
    assert resumed.by_id == aligned.by_id
    assert not any("round 6" in line for line in lines)


def test_a_finished_folder_is_read_and_not_made_again(corpus: Corpus, tmp_path) -> None:
    align(corpus, corpus.labels, tmp_path)
    lines = []
    again = align(corpus, corpus.labels, tmp_path, progress=lambda share, line: lines.append(line))
    assert lines == []
    assert len(again.by_id) == len(corpus.rows)


def test_other_labels_are_aligned_anew(corpus: Corpus, tmp_path) -> None:
    align(corpus, corpus.labels, tmp_path)
    fewer = align(corpus, corpus.labels[:30], tmp_path)
    assert len(fewer.by_id) == 30


def test_a_wrong_label_scores_worst(corpus: Corpus, tmp_path) -> None:
    labels = json.loads(json.dumps(corpus.labels))
    labels[7]["phonemes"] = [{"s": "a", "a": "i", "i": "s"}[p] for p in labels[7]["phonemes"]]
    aligned = align(corpus, labels, tmp_path)
    assert min(aligned.by_id.values(), key=lambda a: a.score).id == "u7"
    assert aligned.worst == {"u7"}


def test_a_recording_shorter_than_its_label_is_named(corpus: Corpus, tmp_path) -> None:
    labels = json.loads(json.dumps(corpus.labels))
    labels[3]["phonemes"] *= 20
    for name, value in (("word_start", False), ("pause", "")):
        labels[3][name] = [value] * len(labels[3]["phonemes"])
    assert align(corpus, labels, tmp_path).failed == {"u3"}


def test_the_report_tells_durations_and_how_many_are_at_their_minimum(corpus: Corpus, tmp_path) -> None:
    align(corpus, corpus.labels, tmp_path)
    figures = json.loads((tmp_path / "alignment_report.json").read_text())["languages"]["zh"]
    assert figures["at_minimum"] < 0.05
    assert 11 <= figures["percentiles_5_25_50_75_95"][2] <= 14
    assert 0.2 < figures["pauses"] < 0.5


def test_cepstra_do_not_hear_digital_silence() -> None:
    silence, hush = np.full((20, 80), -11.5), np.full((20, 80), -7.0)
    np.testing.assert_array_equal(cepstra(silence), cepstra(hush))


@pytest.mark.parametrize(
    ("language", "phoneme", "n"),
    [("zh", "tʂ", 2), ("zh", "a", 3), ("zh", "jɑŋ", 4), ("en", "ə", 2), ("en", "aɪ", 3), ("ja", "o", 2)],
)
def test_long_finals_have_more_states_than_schwa(language: str, phoneme: str, n: int) -> None:
    assert n_states_of(language, phoneme) == n


def test_the_report_is_also_a_table(corpus: Corpus, tmp_path) -> None:
    align(corpus, corpus.labels, tmp_path)
    lines = table(json.loads((tmp_path / "alignment_report.json").read_text())).splitlines()
    assert lines[1].split()[:2] == ["zh", "60"]
