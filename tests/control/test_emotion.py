"""Emotions by name, weights, words and clips: what is understood, and what is refused before any sound."""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from kouji.control import Understood, delivered, describe, with_emotion
from kouji.control.emotion import understood
from kouji.errors import InvalidInput, SpeechError, UnknownName
from kouji.types import EMOTIONS, NEUTRAL, Delivery, Utterance

ABLE = ("speed", "pitch", "volume", "emotion.vector", "emotion.reference")
NOISE = np.random.default_rng(0).normal(0, 0.1, 24000).astype(np.float32)
HAPPY = (1.0, *NEUTRAL[1:])


def delivery(**controls: object) -> Delivery:
    return understood(controls, 24000, ABLE, describe).delivery


def voice(seconds: float = 1.0, rate: int = 24000) -> tuple[np.ndarray, int]:
    """A buzz that a pitch tracker takes for a voice."""
    time = np.arange(round(seconds * rate)) / rate
    return sum(np.sin(2 * np.pi * 150 * k * time) / k for k in range(1, 20)).astype(np.float32) * 0.1, rate


def test_nothing_asked_is_the_neutral_delivery() -> None:
    assert delivery() == Delivery()
    assert delivery(emotion="neutral") == delivery(emotion=[0] * 8) == Delivery()
    assert delivery(emotion="happy", intensity=0) == Delivery()


def test_names_mappings_and_vectors_say_the_same() -> None:
    expected = (0.6, *NEUTRAL[1:])
    assert delivery(emotion="happy", intensity=0.6).emotion == expected
    assert delivery(emotion={"happy": 0.6}).emotion == expected
    assert delivery(emotion=[0.6] + [0] * 7).emotion == expected
    assert delivery(emotion=np.array(expected)).emotion == expected
    assert delivery(emotion={"happy": 0.8, "sad": 0.2}, intensity=0.5).emotion == (0.4, 0, 0.1, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "emotion"), [("开心", "happy"), ("愤怒", "angry"), ("Fear", "afraid"), (" sad ", "sad")]
)
def test_other_names_are_understood(name: str, emotion: str) -> None:
    assert delivery(emotion=name).emotion[EMOTIONS.index(emotion)] == 1


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        ({"emotion": "开心"}, "A very happy speaker."),
        ({"emotion": "angry", "intensity": 0.5}, "An angry speaker."),
        ({"emotion": {"calm": 0.2, "sad": 0.6}}, "A sad and slightly calm speaker."),
        ({"emotion": "neutral"}, ""),
    ],
)
def test_an_engine_that_reads_descriptions_gets_emotions_in_words(controls: dict[str, object], words: str) -> None:
    manner = understood(controls, 24000, ("emotion.text",), describe)
    assert (manner.delivery.emotion_text, manner.delivery.emotion) == (words, NEUTRAL)
    assert [notice.code for notice in manner.notices] == ["emotion_in_words"] * bool(words)


def test_an_engine_is_told_the_intensity_that_is_in_the_weights() -> None:
    for asked in ({"emotion": "happy"}, {"emotion_text": "happy"}):
        whole, half = delivery(**asked), delivery(**asked, intensity=0.5)
        assert (whole.intensity, half.intensity) == (1, 0.5)
        np.testing.assert_allclose(half.emotion, np.array(whole.emotion) / 2)


def test_an_intensity_that_nobody_would_obey_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"intensity=0\.5 is not possible"):
        understood({"emotion_text": "a calm teacher", "intensity": 0.5}, 24000, ("emotion.text",), describe)


def test_an_unknown_name_tells_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'happy'"):
        delivery(emotion="hapy")
    with pytest.raises(UnknownName, match="angry"):
        delivery(emotion="furioso")


@pytest.mark.parametrize(
    ("controls", "message"),
    [
        ({"emotion": [0.1] * 7}, "7 numbers are no emotion"),
        ({"emotion": []}, "0 numbers"),
        ({"emotion": [0.2] * 8}, "sum up to 1.6"),
        ({"emotion": {"happy": 0.8, "sad": 0.3}}, "sum up to 1.1"),
        ({"emotion": [float("nan")] + [0] * 7}, "Give 0 to 1"),
        ({"emotion": [-0.1] + [0] * 7}, "Give 0 to 1"),
        ({"emotion": np.zeros((2, 4))}, "numbers are no emotion"),
        ({"emotion": 7}, "no emotion"),
        ({"emotion": "happy", "intensity": 7}, "intensity=7 is not possible. Give 0 to 1"),
        ({"emotion": "happy", "intensity": float("nan")}, "intensity"),
        ({"emotion": "happy", "intensity": True}, "intensity"),
        ({"emotion": "happy", "intensity": "much"}, "intensity"),
        ({"intensity": 0.5}, "no emotion"),
        ({"emotion": "happy", "emotion_text": "sad"}, "contradict"),
        ({"emotion_text": "  "}, "empty"),
        ({"emotion_text": ""}, "empty"),
        ({"emotion_text": "blorp"}, "No emotion is heard"),
        ({"emotion": "happy", "emotion_mode": "text"}, "contradicts"),
        ({"emotion": "happy", "emotion_mode": "vector"}, "contradicts"),
        ({"emotion_mode": "reference"}, "no emotion_reference"),
        ({"emotion": "happy", "emotion_mode": "loud"}, "emotion_mode"),
        ({"emotion_reference": "nowhere.wav"}, "nowhere.wav"),
        ({"emotion_reference": b""}, "cannot be read"),
        ({"emotion_reference": (np.zeros(24000, np.float32), 24000)}, "silent"),
        ({"emotion_reference": (np.zeros(100, np.float32), 24000)}, "long"),
        ({"emotion_reference": (np.full(24000, np.nan, np.float32), 24000)}, "no numbers"),
        ({"emotion_reference": voice(61)}, "61.00 s long"),
        ({"emotion_reference": (NOISE, 24000)}, "Nobody speaks"),
        ({"emotion_reference": 5}, "no clip"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_cannot_be_is_refused(controls: dict[str, object], message: str) -> None:
    with pytest.raises(SpeechError, match=message) as caught:
        delivery(**controls)
    assert caught.value.hint


def test_a_sum_of_one_is_allowed_to_the_last_bit() -> None:
    assert sum(delivery(emotion=[0.1] * 7 + [0.3]).emotion) == pytest.approx(1)


@pytest.mark.parametrize(
    "controls",
    [
        {"emotion": "happy", "emotion_mode": "name"},
        {"emotion": list(HAPPY), "emotion_mode": "vector"},
        {"emotion": {"happy": 1.0}, "emotion_mode": "vector"},
        {"emotion_text": "happy", "emotion_mode": "text"},
        {"emotion_reference": voice(), "emotion_mode": "reference"},
    ],
    ids=lambda value: value["emotion_mode"],
)
def test_a_mode_that_agrees_changes_nothing(controls: dict[str, object]) -> None:
    plain = {name: value for name, value in controls.items() if name != "emotion_mode"}
    assert delivery(**controls).emotion == delivery(**plain).emotion


def test_a_clip_may_be_a_path_bytes_or_samples(tmp_path) -> None:  # type: ignore[no-untyped-def]
    samples, rate = voice(1, 16000)
    soundfile.write(tmp_path / "a.wav", samples, rate, subtype="FLOAT")
    clips = [tmp_path / "a.wav", str(tmp_path / "a.wav"), (tmp_path / "a.wav").read_bytes(), (samples, rate)]
    for clip in clips:
        heard = delivery(emotion_reference=clip).emotion_clip
        assert heard is not None
        assert len(heard) == pytest.approx(24000, abs=2)  # at the engine's rate


def test_words_become_weights_and_what_was_understood_is_told() -> None:
    manner = understood({"emotion_text": "非常开心，快一点", "intensity": 0.5}, 24000, ABLE, describe)
    assert manner.delivery.emotion[0] == pytest.approx(0.91 / 2)
    assert manner.delivery.speed > 1
    assert manner.metadata == {"emotion": {"happy": 0.455}, "emotion_reader": "kouji"}
    assert "happy 0.46, speed 1.15" in manner.notices[-1].message


def test_an_engine_that_reads_words_gets_them_as_they_are() -> None:
    manner = understood({"emotion_text": "whisper"}, 24000, ("emotion.text",), describe)
    assert manner.delivery.emotion_text == "whisper"
    assert manner.notices == ()


def test_a_hint_that_the_engine_cannot_follow_is_told() -> None:
    manner = understood({"emotion_text": "sad, slowly"}, 24000, ("emotion.vector",), describe)
    assert manner.delivery.speed == 1
    assert "manner_not_possible" in [notice.code for notice in manner.notices]


def test_another_interpreter_can_stand_in() -> None:
    def model(description: str) -> Understood:
        return Understood(HAPPY, speed=1.2)

    assert understood({"emotion_text": "any"}, 24000, ABLE, model).delivery.speed == 1.2


def test_an_interpreter_that_answers_nonsense_is_not_believed() -> None:
    with pytest.raises(InvalidInput, match="sum up"):
        understood({"emotion_text": "any"}, 24000, ABLE, lambda description: Understood((1.0,) * 8))


def say(own: dict[str, object], **request: object) -> Delivery:
    utterance = Utterance("a", "a", (), "en", controls=own)
    (felt,), _ = with_emotion([utterance], request, 24000, ABLE, describe)
    return delivered(felt, request).delivery


def test_markup_outweighs_the_request() -> None:
    assert say({"emotion": "happy", "intensity": 0.5}, emotion_text="sad").emotion[0] == 0.5
    assert say({"emotion": "neutral"}, emotion="sad").emotion == NEUTRAL
    assert say({}, emotion="happy").emotion == HAPPY
    assert say({"intensity": 0.25}, emotion="happy").emotion[0] == 0.25


def test_the_tempo_of_words_and_of_the_request_go_together() -> None:
    assert say({}, emotion_text="fast", speed=1.2).speed == pytest.approx(1.15 * 1.2)
    assert say({}, volume=-3.0, pitch=2).volume == -3
    assert say({}, volume=-3.0, pitch=2).pitch == 2


def test_a_mistake_in_markup_is_refused_like_one_in_the_request() -> None:
    with pytest.raises(UnknownName):
        say({"emotion": "hapy"})


def test_the_bytes_of_a_video_are_no_clip() -> None:
    with pytest.raises(InvalidInput):
        delivery(emotion_reference=io.BytesIO(b"\x00\x00\x00\x18ftypmp42").getvalue())
