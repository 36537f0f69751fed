"""From an utterance and a clip to samples, on the smallest networks that run."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kouji.engines import attribution
from kouji.engines.contract import Conditioning
from kouji.engines.indextts2 import weights
from kouji.engines.indextts2.card import CARD
from kouji.engines.indextts2.engine import IndexTTS2
from kouji.errors import InvalidInput, UnknownName
from kouji.text import analyse
from kouji.types import EMOTIONS, NEUTRAL, Chunk, Delivery, Utterance

from .conftest import clip

RATE = CARD.sample_rate


def utterance(text: str = "今天的会议定在三月。", delivery: Delivery | None = None, **controls: object) -> Utterance:
    (found,) = analyse(text).utterances
    return replace(found, delivery=delivery or Delivery(), controls=controls)


def said(engine: IndexTTS2, what: Utterance, voice: Conditioning, seed: int = 1) -> np.ndarray:
    return joined(engine.synthesize(what, voice, np.random.default_rng(seed)))


def another(voice: Conditioning, seed: int) -> Conditioning:
    """A voice that nobody has, from one that somebody has."""
    rng = np.random.default_rng(seed)
    arrays = {name: a + 0.3 * rng.standard_normal(a.shape).astype(np.float32) for name, a in voice.arrays.items()}
    return Conditioning("indextts2", arrays)


def joined(chunks: Iterable[Chunk]) -> np.ndarray:
    return np.concatenate([chunk.samples for chunk in chunks])


def test_a_voice_is_all_that_is_needed_to_speak(
    engine: IndexTTS2, voice: Conditioning, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise AssertionError("loaded again")

    for name in ("read_w2vbert", "read_codec", "read_campplus", "read_encoders"):
        monkeypatch.setattr(weights, name, read)
    samples = said(engine, utterance(), voice)
    assert len(samples) > RATE // 10
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1


def test_a_voice_survives_being_stored(engine: IndexTTS2, voice: Conditioning, tmp_path: Path) -> None:
    np.savez(tmp_path / "voice.npz", **voice.arrays)
    with np.load(tmp_path / "voice.npz") as stored:
        again = Conditioning("indextts2", dict(stored))
    np.testing.assert_array_equal(said(engine, utterance(), voice), said(engine, utterance(), again))


def test_the_same_seed_says_the_same_and_another_does_not(engine: IndexTTS2, voice: Conditioning) -> None:
    first, again, other = (said(engine, utterance(), voice, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_sixteen_at_once_with_sixteen_voices_say_what_each_says_alone(
    engine: IndexTTS2, voice: Conditioning
) -> None:
    voices = [another(voice, seed) for seed in range(16)]
    asked = utterance(delivery=Delivery(n_tokens=30))
    alone = [said(engine, asked, voice, seed) for seed, voice in enumerate(voices)]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda seed: said(engine, asked, voices[seed], seed), range(16)))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len({samples.tobytes() for samples in alone}) == 16


@pytest.mark.parametrize("factor", [0.75, 1.0, 1.25])
def test_seconds_asked_are_seconds_given_to_the_sample(
    engine: IndexTTS2, voice: Conditioning, factor: float
) -> None:
    natural = len(said(engine, utterance(), voice)) / RATE
    samples = said(engine, utterance(delivery=Delivery(duration=natural * factor)), voice)
    assert abs(len(samples) / RATE - natural * factor) <= 1 / RATE


def test_tokens_asked_are_tokens_given(engine: IndexTTS2, voice: Conditioning) -> None:
    samples = said(engine, utterance(delivery=Delivery(n_tokens=75)), voice)
    assert len(samples) == 75 * RATE // 50


def test_a_length_far_from_what_can_be_said_is_refused_before_any_sound(
    engine: IndexTTS2, voice: Conditioning
) -> None:
    for duration in (0.005, 60.0):
        chunks = engine.synthesize(utterance(delivery=Delivery(duration=duration)), voice, np.random.default_rng(1))
        with pytest.raises(InvalidInput, match=r"too short|too long"):
            next(chunks)


def test_twice_as_fast_takes_half_as_long(engine: IndexTTS2, voice: Conditioning) -> None:
    natural, fast = (len(said(engine, utterance(delivery=Delivery(speed=speed)), voice)) for speed in (1.0, 2.0))
    assert abs(fast - natural / 2) <= 256


def test_segments_are_parted_by_the_silence_that_is_asked_for(engine: IndexTTS2, voice: Conditioning) -> None:
    text = "今天气温是二十五点五摄氏度，湿度百分之六十，会议定在三月十四日下午，三点三十分开始。"
    whole = utterance(text, Delivery(duration=9.0), max_pieces=20, interval_silence=0.25)
    chunks = list(engine.synthesize(whole, voice, np.random.default_rng(1)))
    silent = [chunk for chunk in chunks if len(chunk.samples) and not chunk.samples.any()]
    assert [len(chunk.samples) for chunk in silent] == [round(0.25 * RATE)] * len(silent)
    assert silent
    assert len(joined(chunks)) == 9 * RATE


def test_no_segment_is_longer_than_the_table_of_positions(engine: IndexTTS2, voice: Conditioning) -> None:
    samples = said(engine, utterance("a" * 199, Delivery(n_tokens=200), max_pieces=600), voice)
    assert len(samples) > 0


def test_sound_begins_before_the_sentence_is_rendered(engine: IndexTTS2, voice: Conditioning) -> None:
    chunks = engine.synthesize(utterance(delivery=Delivery(n_tokens=150)), voice, np.random.default_rng(1))
    assert len(next(chunks).samples) < RATE
    assert len(joined(chunks)) > RATE


def test_each_emotion_changes_the_voice_and_calm_is_not_angry(engine: IndexTTS2, voice: Conditioning) -> None:
    def with_emotion(name: str) -> bytes:
        emotion = tuple(0.8 * (each == name) for each in EMOTIONS)
        return said(engine, utterance(delivery=Delivery(emotion=emotion, n_tokens=20)), voice).tobytes()

    takes = {with_emotion(name) for name in EMOTIONS}
    takes.add(said(engine, utterance(delivery=Delivery(emotion=NEUTRAL, n_tokens=20)), voice).tobytes())
    assert len(takes) == 9


def test_the_manner_of_a_clip_is_taken_as_far_as_asked(engine: IndexTTS2, voice: Conditioning) -> None:
    plain = said(engine, utterance(delivery=Delivery(n_tokens=20)), voice)
    asked = (Delivery(emotion_clip=clip(7), intensity=share, n_tokens=20) for share in (0.0, 1.0))
    none, full = (said(engine, utterance(delivery=delivery), voice) for delivery in asked)
    np.testing.assert_array_equal(none, plain)
    assert not np.array_equal(full, plain)


def test_a_random_exemplar_is_another_than_the_nearest(engine: IndexTTS2, voice: Conditioning) -> None:
    delivery = Delivery(emotion=(0.8, *NEUTRAL[1:-1], 0.2), n_tokens=20)
    nearest = said(engine, utterance(delivery=delivery), voice, 3)
    drawn = [said(engine, utterance(delivery=delivery, emotion_matrix="random"), voice, seed) for seed in (3, 4)]
    assert len({samples.tobytes() for samples in (nearest, *drawn)}) == 3


def test_the_duration_slot_changes_what_is_said_and_not_how_long(engine: IndexTTS2, voice: Conditioning) -> None:
    asked = Delivery(n_tokens=40)
    plain, told = (said(engine, utterance(delivery=asked, duration_slot=slot), voice) for slot in (False, True))
    assert len(plain) == len(told)
    assert not np.array_equal(plain, told)


@pytest.mark.parametrize(
    ("controls", "error"),
    [
        ({"sampling": {"temprature": 1.0}}, UnknownName),
        ({"sampling": {"temperature": 0.0}}, InvalidInput),
        ({"sampling": {"n_beams": 11}}, InvalidInput),
        ({"sampling": 3}, InvalidInput),
        ({"interval_silence": -1}, InvalidInput),
        ({"max_pieces": 5}, InvalidInput),
        ({"emotion_matrix": "best"}, UnknownName),
    ],
)
def test_what_cannot_be_is_refused(
    engine: IndexTTS2, voice: Conditioning, controls: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        said(engine, utterance(**controls), voice)


def test_pinyin_in_both_manners_is_the_same(engine: IndexTTS2, voice: Conditioning) -> None:
    ours, theirs = (said(engine, utterance(text), voice) for text in ("今{jin1}天的会议。", "JIN1天的会议。"))
    np.testing.assert_array_equal(ours, theirs)


def test_a_character_that_the_model_does_not_know_is_named(engine: IndexTTS2, voice: Conditioning) -> None:
    with pytest.raises(InvalidInput, match="龘"):
        said(engine, utterance("龘。"), voice)


@pytest.mark.parametrize("bad", [[], [np.zeros(22050 * 3, np.float32)], [clip(1, 0.4)]])
def test_a_clip_without_a_voice_is_refused(engine: IndexTTS2, bad: list[np.ndarray]) -> None:
    with pytest.raises(InvalidInput):
        engine.condition(bad, None)


def test_a_voice_of_another_engine_is_refused(engine: IndexTTS2) -> None:
    with pytest.raises(InvalidInput, match="native"):
        said(engine, utterance(), Conditioning("native", {}))


def test_the_estimate_follows_the_text_and_the_pace_of_the_voice(engine: IndexTTS2) -> None:
    voices = [engine.condition([clip(1, 1.1)], text) for text in ("你好。", "今天的会议定在三月。")]
    slow, quick = voices
    short, long = utterance("今天。"), utterance("今天的会议定在三月。")
    assert engine.timing(long, slow).natural > engine.timing(short, slow).natural
    assert engine.timing(long, slow).natural > engine.timing(long, quick).natural


@pytest.mark.parametrize("preset", ["light", "official"])
def test_every_preset_speaks(folder: Path, voice: Conditioning, preset: str) -> None:
    samples = said(IndexTTS2(1, folder, preset), utterance(delivery=Delivery(n_tokens=30)), voice)
    assert len(samples) == 30 * 441
    assert samples.std() > 0


def test_its_terms_and_credits_travel_with_it() -> None:
    assert any("bilibili" in licence.credits for licence in CARD.licences)
    assert "WeTextProcessing" in attribution(CARD)
