"""What is written down from given probabilities; and, with the shipped network, from recordings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from kouji.audio.corpus import read_manifest, read_samples
from kouji.errors import InvalidInput, UnknownName
from kouji.eval.error_rate import edits
from kouji.eval.recogniser import Decoding, Loop, Recogniser, best_units
from kouji.eval.sets import own_sentences
from kouji.eval.spoken import comparable, reference_syllables
from kouji.text.phonemes import inventory, pinyin_to_phonemes, split_tone

CORPUS = Path(__file__).parents[1] / "data" / "corpus"
SHIPPED = Path(__file__).parents[2] / "src" / "kouji" / "eval" / "data" / "recogniser.onnx"
SYLLABLES = ("a1", "a4", "hao3", "hao4", "ma1", "ma5", "ni3", "ni2", "shi4", "si4")
CLASSES = {name: max(0, i - 5) for i, name in enumerate(inventory())}  # the six pauses share class 0
N_CLASSES = max(CLASSES.values()) + 1

needs_network = pytest.mark.skipif(not SHIPPED.is_file(), reason="the recogniser is not trained yet")


def ears(**decoding: float) -> Recogniser:
    """A recogniser without a network."""
    settings = Decoding(**{"prior": 0.0, "tone": 1.0, "penalty": -1.0, "phoneme_penalty": -1.0, **decoding})
    return Recogniser(None, CLASSES, np.full(N_CLASSES, 1 / N_CLASSES), SYLLABLES, settings)


def heard(*sounds: tuple[str, int], tone_sure: float = 5.0) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities of phonemes (with digits) or "_", each so many frames long."""
    phonemes, tones = [], []
    for name, n in sounds:
        bare, tone = split_tone(name)
        row, tone_row = np.zeros(N_CLASSES), np.zeros(5)
        row[CLASSES[bare]] = 6
        tone_row[tone - 1] = tone_sure * (tone > 0)
        phonemes += [row - np.log(np.exp(row).sum())] * n
        tones += [tone_row - np.log(np.exp(tone_row).sum())] * n
    return np.array(phonemes), np.array(tones)


def said(pinyin: str, frames: int = 5) -> list[tuple[str, int]]:
    return [(phoneme, frames) for phoneme in pinyin_to_phonemes(pinyin)]


def test_syllables_are_read_off_their_phonemes_and_tones() -> None:
    probabilities = heard(("_", 8), *said("ni3"), *said("hao3"), ("_", 8))
    assert ears().read_syllables(*probabilities) == ["ni3", "hao3"]


def test_the_tone_decides_between_syllables_of_the_same_sounds() -> None:
    assert ears().read_syllables(*heard(*said("ma1"))) == ["ma1"]
    assert ears().read_syllables(*heard(*said("ma5"))) == ["ma5"]


def test_a_pause_between_two_words_is_no_syllable() -> None:
    assert ears().read_syllables(*heard(*said("shi4"), ("_", 10), *said("ma1"))) == ["shi4", "ma1"]


def test_silence_says_nothing() -> None:
    assert ears().read_syllables(*heard(("_", 50))) == []


def test_a_syllable_that_does_not_exist_becomes_the_nearest_that_does() -> None:
    strange = heard(("n", 5), ("i4", 5))  # of ni only the second and third tone are in the list
    (syllable,) = ears().read_syllables(*strange)
    assert syllable in ("ni2", "ni3")


def test_the_penalty_decides_whether_a_flicker_of_the_tone_is_a_syllable() -> None:
    flicker = heard(*said("ma1", 6), ("a4", 3), ("a1", 6))
    assert ears(penalty=-20.0).read_syllables(*flicker) == ["ma1"]
    assert "a4" in ears(penalty=0.0).read_syllables(*flicker)


def test_phonemes_are_read_in_any_order() -> None:
    phonemes, _ = heard(("_", 3), ("h", 3), ("ə0", 3), ("l", 3), ("oʊ1", 6), ("_", 3))
    assert ears().read_phonemes(phonemes, "en") == ["h", "ə", "l", "oʊ"]


def test_a_language_hears_only_its_own_phonemes() -> None:
    phonemes, _ = heard(("ʂ", 5), ("a", 5))
    assert "ʂ" not in ears().read_phonemes(phonemes, "en")


def test_frequent_phonemes_lose_what_their_frequency_gave_them() -> None:
    prior = np.full(N_CLASSES, 0.1 / N_CLASSES)
    prior[CLASSES["a"]] = 0.9
    listener = Recogniser(None, CLASSES, prior, SYLLABLES, Decoding(prior=1.0, penalty=-1.0, phoneme_penalty=-1.0))
    row = np.log(np.full(N_CLASSES, 0.01))
    row[CLASSES["a"]], row[CLASSES["i"]] = np.log(0.5), np.log(0.4)
    assert listener.read_phonemes(np.array([row] * 6), "ja") == ["i"]


def test_a_reference_is_folded_to_what_can_be_heard() -> None:
    shared = {**CLASSES, "p͈": CLASSES["p"]}
    listener = Recogniser(None, shared, np.full(N_CLASSES, 1 / N_CLASSES), SYLLABLES, Decoding())
    folded = listener.fold(["p͈", "a", ",", "p", "a"], "ko")
    assert folded[0] == folded[2]
    assert len(folded) == 4


def test_an_unknown_language_is_named() -> None:
    with pytest.raises(UnknownName, match="language"):
        ears().read_phonemes(heard(("a", 5))[0], "tlh")


def test_a_unit_may_follow_itself() -> None:
    loop = Loop.of([[1, 2]])
    scores = np.log(np.full((8, 3), 0.05))
    scores[np.arange(8), [1, 1, 2, 2, 1, 1, 2, 2]] = np.log(0.9)
    assert best_units(scores, loop, -0.5) == [0, 0]


@pytest.mark.parametrize(
    "samples", [np.zeros(100, np.float32), np.full(24000, np.nan, np.float32), np.zeros((2, 9000))]
)
def test_what_cannot_be_heard_is_an_error(samples: np.ndarray) -> None:
    with pytest.raises(InvalidInput):
        ears().listen(samples, 24000)


def test_a_missing_network_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="kouji train native"):
        Recogniser.load(tmp_path / "recogniser.onnx")


@needs_network
def test_recordings_of_mandarin_words_are_written_down() -> None:
    listener, wrong, n = Recogniser.load(), 0, 0
    for recording in read_manifest(CORPUS):
        if recording.language == "zh" and recording.unit == "word":
            wanted = reference_syllables(recording.text)
            heard_here = [comparable(s) for s in listener.syllables(read_samples(recording), 24000)]
            wrong, n = wrong + edits(wanted, heard_here), n + len(wanted)
    assert n > 0
    assert wrong / n < 0.5


@needs_network
def test_every_syllable_of_a_chinese_text_can_be_heard_right() -> None:
    """我 is written o3 by the recogniser, wo3 by the front end: one sound, no error."""
    can_be_heard = {comparable(name) for name in Recogniser.load().syllable_names}
    wanted = {syllable for text in own_sentences("zh") for syllable in reference_syllables(text)}
    assert wanted <= can_be_heard


@needs_network
def test_the_sample_rate_does_not_matter() -> None:
    from kouji.audio.resample import resample

    recording = next(r for r in read_manifest(CORPUS) if r.language == "zh")
    samples = read_samples(recording)
    at_48_khz = resample(samples, 24000, 48000)
    assert Recogniser.load().syllables(at_48_khz, 48000) == Recogniser.load().syllables(samples, 24000)


@needs_network
def test_the_shipped_network_is_small_and_knows_every_phoneme() -> None:
    assert SHIPPED.stat().st_size <= 4_000_000
    facts = json.loads(SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))
    assert set(facts["classes"]) == set(inventory())
