"""Descriptions in words: what is heard in them, and what is not."""

import pytest

from kouji.control import describe
from kouji.control.emotion import named
from kouji.errors import InvalidInput
from kouji.types import EMOTIONS


def strongest(text: str) -> str:
    weights = named(describe(text).emotion)
    return max(weights, key=lambda name: weights[name])


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("严厉且带有压迫感地命令", "angry"),
        ("whisper, frightened", "afraid"),
        ("slightly sad", "sad"),
        ("非常开心", "happy"),
        ("不要太激动", "calm"),
        ("用低沉而忧伤的语气", "melancholic"),
        ("Speak with utter contempt, please.", "disgusted"),
        ("难以置信地惊叹", "surprised"),
        ("Don't be angry.", "calm"),
        ("not happy at all", "sad"),
        ("不是不开心", "happy"),
        ("not only happy", "happy"),
        ("HAPPY", "happy"),
        ("憤怒", "angry"),
    ],
)
def test_the_emotion_is_found(text: str, emotion: str) -> None:
    assert strongest(text) == emotion


def test_a_degree_word_decides_how_much() -> None:
    for little, plain, much in (("slightly sad", "sad", "very sad"), ("有点难过", "难过", "非常难过")):
        weights = [describe(text).emotion[EMOTIONS.index("sad")] for text in (little, plain, much)]
        assert weights == sorted(weights)
        assert len(set(weights)) == 3


def test_a_degree_may_stand_behind_in_chinese() -> None:
    assert describe("温柔一点").emotion < describe("温柔").emotion


def test_a_mixture_shares_one_voice() -> None:
    heard = named(describe("又惊又喜，非常激动，开心极了").emotion)
    assert {"happy", "surprised"} <= heard.keys()
    assert sum(describe("furious, terrified, overjoyed and disgusted").emotion) == pytest.approx(1)


def test_but_ends_what_not_denies() -> None:
    heard = named(describe("not angry but sad").emotion)
    assert heard.keys() == {"calm", "sad"}


@pytest.mark.parametrize(
    ("text", "hint", "sign"),
    [
        ("说得快一点", "speed", 1), ("slowly", "speed", -1), ("大声", "volume", 1), ("轻声地说", "volume", -1),
        ("higher, cheerful", "pitch", 1), ("音调低一点", "pitch", -1), ("不要太快", "speed", -1),
        ("not too loud", "volume", -1),
    ],
)  # fmt: skip
def test_tempo_loudness_and_pitch_are_heard(text: str, hint: str, sign: int) -> None:
    change = getattr(describe(text), hint) - (1 if hint == "speed" else 0)
    assert change * sign > 0


def test_what_no_numbers_can_do_is_told() -> None:
    (notice,) = describe("whisper, frightened").notices
    assert notice.code == "manner_not_possible"
    assert "whisper" in notice.message


def test_words_that_are_not_understood_are_named() -> None:
    (notice,) = describe("happy like a walrus").notices
    assert notice.code == "emotion_words_unknown"
    assert "'walrus'" in notice.message


def test_a_slip_of_the_pen_is_understood_and_told() -> None:
    heard = describe("melancolic")
    assert named(heard.emotion) == {"melancholic": 0.7}
    assert heard.notices[0].message == "Guessed: 'melancolic' as 'melancholic'."


@pytest.mark.parametrize("text", ["xyzzy", "蓝色的香蕉", "the tone of voice", "!!!", "42", "ㅋㅋㅋ", "🙂", "a" * 9_000])
def test_a_description_without_a_known_word_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="No emotion is heard"):
        describe(text)


@pytest.mark.parametrize("text", ["neutral", "平静", "中性", "normal voice", "没有感情"])
def test_neutral_is_understood_too(text: str) -> None:
    assert sum(describe(text).emotion) <= 0.7
    assert describe(text).notices == ()
