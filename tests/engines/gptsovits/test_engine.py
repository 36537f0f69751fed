"""The engine under the contract: voices, lengths, manners, streams; one request never touches another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from kouji.engines.contract import Conditioning
from kouji.engines.gptsovits.engine import GPTSoVITSv2
from kouji.engines.gptsovits.presets import PRESETS, Levers, Streaming
from kouji.engines.gptsovits.voice import Voice
from kouji.errors import EmptyText, InvalidInput, UnknownName
from kouji.text import analyse
from kouji.types import Delivery, Utterance

from .conftest import clip

RATE = 32000
TEXT = "今天天气很好，我们去公园。"


def utterance(text: str = TEXT, delivery: Delivery | None = None, **controls: object) -> Utterance:
    (found,) = analyse(text).utterances
    return replace(found, delivery=delivery or Delivery(), controls=controls)


def said(engine: GPTSoVITSv2, voice: Conditioning, what: Utterance, seed: int = 0) -> np.ndarray:
    chunks = list(engine.synthesize(what, voice, np.random.default_rng(seed)))
    (mark,) = [mark for chunk in chunks for mark in chunk.marks]
    samples = np.concatenate([chunk.samples for chunk in chunks])
    assert mark.end == pytest.approx(len(samples) / RATE)
    assert np.isfinite(samples).all()
    return samples


def test_a_sentence_is_said_and_the_same_seed_says_it_the_same(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    first = said(engine, voice, utterance())
    assert len(first) >= 11 * 1280
    assert len(first) % 1280 == 0
    np.testing.assert_array_equal(first, said(engine, voice, utterance()))
    assert not np.array_equal(first, said(engine, voice, utterance(), seed=1))


def test_many_requests_at_once_are_the_same_as_one_by_one(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    texts = [utterance("今天很好。"), utterance(), utterance("我们去公园。"), utterance("Good morning.")]
    jobs = [(texts[seed % 4], seed) for seed in range(16)]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda job: said(engine, voice, *job), jobs))
    for job, samples in zip(jobs, together, strict=True):
        np.testing.assert_array_equal(samples, said(engine, voice, *job))


@pytest.mark.parametrize("seconds", [0.7, 1.0, 1.5, 2.345, 4.0])
def test_every_wanted_length_is_met_to_the_sample(
    engine: GPTSoVITSv2, voice: Conditioning, seconds: float
) -> None:
    assert len(said(engine, voice, utterance(delivery=Delivery(duration=seconds)))) == round(seconds * RATE)


def test_a_wanted_length_is_met_also_in_pieces_with_silence_between(
    engine: GPTSoVITSv2, voice: Conditioning
) -> None:
    what = utterance(delivery=Delivery(duration=3.0), text_split_method="cut5", interval_silence=0.5)
    samples = said(engine, voice, what)
    assert len(samples) == 3 * RATE
    silent = np.flatnonzero(samples == 0)
    assert len(silent) >= 0.5 * RATE


def test_so_many_codes_are_so_many_codes(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    assert len(said(engine, voice, utterance(delivery=Delivery(n_tokens=30)))) == 30 * 1280


def test_twice_as_fast_is_half_as_long(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    plain, fast = (said(engine, voice, utterance(delivery=Delivery(speed=speed))) for speed in (1.0, 2.0))
    assert abs(len(fast) - len(plain) / 2) <= 640


def test_too_little_time_is_told_before_any_sound(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    with pytest.raises(InvalidInput, match="too short"):
        said(engine, voice, utterance(delivery=Delivery(duration=0.1)))


def test_a_stream_has_as_many_samples_and_comes_in_chunks(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    class Long:
        """Says 60 codes, then ends."""

        n = 0

        @property
        def logits(self) -> np.ndarray:
            row = np.zeros(1025, np.float32)
            row[1024 if self.n >= 60 else (7 * self.n) % 1000] = 50
            return row

        def join(self, begun: object, n_rows: int) -> None: ...

        def leave(self, place: int) -> None: ...

        def step(self, codes: np.ndarray) -> np.ndarray:
            self.n += 1
            return self.logits[None]

    class Reader:
        n_places = 1

        def begin(self, text: object, prompt: object) -> Long:
            return Long()

        def side(self) -> Long:
            return Long()

    whole = GPTSoVITSv2.assembled(replace(engine._parts, reader=Reader()), "exact")
    stream = GPTSoVITSv2.assembled(replace(engine._parts, reader=Reader()), "stream")
    chunks = [each.samples for each in stream.synthesize(utterance(), voice, np.random.default_rng(0))]
    expected = said(whole, voice, utterance())
    assert len([chunk for chunk in chunks if len(chunk)]) == 3
    assert sum(map(len, chunks)) == len(expected) == 60 * 1280
    first = PRESETS["stream"].streaming
    assert first is not None
    assert len(chunks[0]) == first.first * 1280
    # No clicks where chunks meet: nothing there jumps further than the sound does by itself.
    samples = np.concatenate(chunks)
    edges = np.cumsum([len(chunk) for chunk in chunks])[:-2]
    assert np.abs(np.diff(samples))[edges - 1].max() <= np.abs(np.diff(expected)).max()


def test_a_voice_without_a_transcript_speaks_from_its_style_alone(engine: GPTSoVITSv2) -> None:
    learnt = engine.condition([clip(1, 1.0)], None)
    assert len(Voice.of(learnt).prompt.codes) == 0
    assert len(said(engine, learnt, utterance())) > 0


def test_more_recordings_make_the_mean_of_their_styles(engine: GPTSoVITSv2) -> None:
    one, two = (engine.condition([clip(seed)], None).arrays["style"] for seed in (1, 2))
    both = engine.condition([clip(1), clip(2, 20.0)], "今天天气很好。")
    many = engine.condition([clip(1), clip(2)], None).arrays["style"]
    np.testing.assert_allclose(many, (one + two) / 2, atol=1e-5)
    assert len(both.arrays["codes"]) == len(engine.condition([clip(1)], "今天天气很好。").arrays["codes"])


@pytest.mark.parametrize("seconds", [2.0, 11.0])
def test_a_recording_that_cannot_be_gone_on_from_is_told(engine: GPTSoVITSv2, seconds: float) -> None:
    with pytest.raises(InvalidInput, match="cannot be gone on from"):
        engine.condition([clip(1, seconds)], "今天天气很好。")


def test_the_manner_of_another_clip_leaves_the_timbre(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    other = clip(5, 3.5)
    words = "Good morning."
    asked = utterance(delivery=Delivery(emotion_clip=other), emotion_reference_text=words)
    plain, acted = said(engine, voice, utterance()), said(engine, voice, asked)
    assert len(plain) != len(acted) or not np.array_equal(plain, acted)
    # The same as a voice whose prompt is the other clip and whose style is its own.
    manner, own = engine.condition([other], words), Voice.of(voice)
    mixed = replace(Voice.of(manner), style=own.style)
    np.testing.assert_array_equal(acted, said(engine, Conditioning(engine.card.id, mixed.arrays()), utterance()))


def test_a_manner_needs_the_words_of_its_clip(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    with pytest.raises(InvalidInput, match="told what is said"):
        said(engine, voice, utterance(delivery=Delivery(emotion_clip=clip(5))))


def test_a_sentence_is_cut_where_it_is_asked(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    what = utterance(text_split_method="cut5", interval_silence=0.25)
    samples = said(engine, voice, what)
    runs = np.diff(np.flatnonzero(np.concatenate([[1], samples, [1]]) != 0))
    assert (runs > 0.25 * RATE).sum() == 1


@pytest.mark.parametrize(
    ("controls", "error"),
    [
        ({"text_split_method": "cut9"}, UnknownName),
        ({"interval_silence": -1}, InvalidInput),
        ({"max_pieces": 3}, InvalidInput),
        ({"sampling": {"top_k": 2000}}, InvalidInput),
        ({"sampling": {"warmth": 1}}, UnknownName),
        ({"sampling": {"sample_steps": 8}}, UnknownName),  # of v4
        ({"sampling": 3}, InvalidInput),
        ({"emotion_reference_text": 3}, InvalidInput),
    ],
)
def test_what_cannot_be_is_refused(
    engine: GPTSoVITSv2, voice: Conditioning, controls: dict[str, object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        said(engine, voice, utterance(**controls))


def test_sampling_changes_the_take(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    plain = said(engine, voice, utterance())
    assert not np.array_equal(plain, said(engine, voice, utterance(sampling={"temperature": 0.3})))


def test_the_estimate_follows_the_pace_of_the_prompt(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    slow = Voice.of(voice)
    fast = replace(slow, prompt=replace(slow.prompt, codes=slow.prompt.codes[::2]))
    of_fast = engine.timing(utterance(), Conditioning(engine.card.id, fast.arrays()))
    of_slow = engine.timing(utterance(), voice)
    assert of_fast.natural == pytest.approx(of_slow.natural / 2, rel=0.02)
    assert of_slow.shortest < of_slow.natural < of_slow.longest


def test_nothing_to_say_is_an_error(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    with pytest.raises(EmptyText):
        said(engine, voice, replace(utterance(), text="…", normalized="…", units=()))


def test_the_first_chunk_of_the_presets_is_half_a_second() -> None:
    assert Levers("x").streaming is None
    assert Streaming().first * 0.04 < 0.6


def test_a_pronunciation_in_the_text_is_said(engine: GPTSoVITSv2, voice: Conditioning) -> None:
    plain, fixed = (said(engine, voice, utterance(text)) for text in ("重复一下。", "重{zhong4}复一下。"))
    assert len(plain) != len(fixed) or not np.array_equal(plain, fixed)
