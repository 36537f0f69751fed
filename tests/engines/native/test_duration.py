"""Exact lengths with the built-in voices."""

import random
from importlib.util import find_spec

import numpy as np
import pytest

import kouji
from kouji.audio import f0
from kouji.eval.sets import own_sentences

LANGUAGES = ("zh", "en", "ko", "yue", *(["ja"] if find_spec("pyopenjtalk") else []))
TOLERANCE = 0.010  # seconds: a hop


def error(tts: kouji.Session, seed: int) -> float:
    """Seconds between a random target, 0.6 to 1.6 times natural, and what is said."""
    draw = random.Random(seed)
    language = draw.choice(LANGUAGES)
    text = " ".join(draw.sample(own_sentences(language), draw.choice((1, 1, 2, 3))))
    voice = draw.choice(tts.voices).id
    target = tts.plan(text, voice=voice, language=language).natural * draw.uniform(0.6, 1.6)
    return abs(tts.synthesize(text, voice=voice, language=language, duration=target).duration - target)


def test_a_wanted_length_is_met(tts: kouji.Session) -> None:
    assert max(error(tts, seed) for seed in range(12)) <= TOLERANCE


@pytest.mark.full
def test_three_hundred_wanted_lengths_are_met(tts: kouji.Session) -> None:
    assert max(error(tts, seed) for seed in range(300)) <= TOLERANCE


def test_the_natural_length_is_that_of_free_speech(tts: kouji.Session) -> None:
    for text in ("Please close the window.", "今天下雨，我们回家吧。"):
        free = tts.synthesize(text)
        assert tts.plan(text).natural == pytest.approx(free.duration)
        np.testing.assert_allclose(tts.synthesize(text, duration_ratio=1).samples, free.samples, atol=1e-6)
    several = "第一句很短。第二句稍微长一点，还有一个逗号。第三句问什么呢？最后一句结束了！"
    assert tts.plan(several).natural == pytest.approx(tts.synthesize(several).duration, abs=0.1)


def test_tokens_are_hundredths_of_a_second(tts: kouji.Session) -> None:
    assert tts.synthesize("Please close the window.", n_tokens=200).duration == pytest.approx(2.0)


@pytest.mark.parametrize("text", ["你好", "Hi.", "Three words here."])
def test_short_texts_reach_from_half_to_twice(tts: kouji.Session, text: str) -> None:
    for ratio in (0.5, 2.0):
        speech = tts.synthesize(text, duration_ratio=ratio)
        assert speech.duration == pytest.approx(ratio * tts.plan(text).natural, abs=TOLERANCE)
        assert [notice.code for notice in speech.notices] == ["duration_unnatural"]


@pytest.mark.parametrize("seconds", [0.05, 600])
def test_three_words_do_not_take_any_time(tts: kouji.Session, seconds: float) -> None:
    with pytest.raises(kouji.SpeechError, match=r"Give \d\.\d\d to \d\.\d\d s"):
        tts.synthesize("Three words here.", duration=seconds)


@pytest.mark.parametrize("ratio", [0.75, 1.25])
def test_the_pitch_stays_and_pauses_and_vowels_give_way(tts: kouji.Session, ratio: float) -> None:
    texts = own_sentences("en")[:6]
    free = f0.track_voice([tts.synthesize(text).samples for text in texts])
    found = [tts.synthesize(text, duration_ratio=ratio) for text in texts]
    shaped = f0.track_voice([speech.samples for speech in found])
    before, after = (np.concatenate(each) for each in (free, shaped))
    assert np.median(after[after > 0]) == pytest.approx(np.median(before[before > 0]), rel=0.03)  # 6 texts: some noise
    taken = [tts.plan(text, duration_ratio=ratio).taken for text in texts]
    change = sum(sum(each.values()) for each in taken)
    assert sum(each["pauses"] + each["vowels"] for each in taken) / change > 0.7
