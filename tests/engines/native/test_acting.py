"""The built-in voice acts when it is asked to, and only then. (Whether it is heard: tests/eval/test_emotion.py.)"""

from __future__ import annotations

import numpy as np
import pytest

import kouji
from kouji.audio.f0 import track
from kouji.types import EMOTIONS

TEXT = "明天一起去爬山吧。"


def pitch(speech: kouji.Speech) -> float:
    """Mean F0 in semitones."""
    f0 = track(speech.samples)
    return float(12 * np.log2(f0[f0 > 0]).mean())


def level(speech: kouji.Speech) -> float:
    return float(10 * np.log10(np.mean(speech.samples**2)))


def test_nothing_asked_is_the_very_same_sound(tts: kouji.Session) -> None:
    plain = tts.synthesize(TEXT).samples
    for controls in ({"emotion": "neutral"}, {"emotion": "angry", "intensity": 0}, {"pitch": 0, "volume": 0.0}):
        np.testing.assert_array_equal(tts.synthesize(TEXT, **controls).samples, plain)  # type: ignore[arg-type]


def test_the_same_emotion_and_seed_give_the_same_sound(tts: kouji.Session) -> None:
    first, again = (tts.synthesize(TEXT, emotion="sad", seed=3).samples for _ in range(2))
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("semitones", [-5, 4])
def test_pitch_is_obeyed_to_a_quarter_tone(tts: kouji.Session, semitones: int) -> None:
    change = pitch(tts.synthesize(TEXT, pitch=semitones)) - pitch(tts.synthesize(TEXT))
    assert change == pytest.approx(semitones, abs=0.5)


def test_volume_is_obeyed_and_never_clips(tts: kouji.Session) -> None:
    plain = tts.synthesize(TEXT)
    assert level(tts.synthesize(TEXT, volume=-6)) - level(plain) == pytest.approx(-6, abs=0.1)
    loudest = tts.synthesize(TEXT, volume=12, emotion="angry")
    assert level(loudest) > level(plain) + 8
    assert np.abs(loudest.samples).max() < 1


def test_a_sad_voice_takes_longer_and_the_marks_know_it(tts: kouji.Session) -> None:
    plain, sad = tts.synthesize(TEXT), tts.synthesize(TEXT, emotion="melancholic")
    assert sad.duration > 1.02 * plain.duration
    assert sad.marks[-1].end == pytest.approx(sad.duration, abs=0.2)


def test_what_was_understood_comes_back(tts: kouji.Session) -> None:
    speech = tts.synthesize(TEXT, emotion_text="whisper, frightened")
    assert speech.metadata["emotion"] == {"afraid": 0.7}
    assert [notice.code for notice in speech.notices] == ["manner_not_possible", "emotion_understood"]
    assert "emotion" not in tts.synthesize(TEXT).metadata


def test_errors_come_before_the_first_sound(tts: kouji.Session) -> None:
    for controls in ({"emotion": [0.1] * 7}, {"emotion": "hapy"}, {"emotion_reference": "no.wav"}, {"pitch": 13}):
        with pytest.raises(kouji.SpeechError):
            tts.stream(TEXT, **controls)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def clips(tts: kouji.Session) -> dict[str, tuple[np.ndarray, int]]:
    """Somebody else's manner: a man's, for a woman to take."""
    text = "如果明天不下雨，我们就去爬山。桌子上放着一杯刚刚泡好的绿茶。"
    made = {}
    for emotion in ("neutral", "angry", "melancholic"):
        speech = tts.synthesize(text, voice="male_1", emotion=emotion)
        made[emotion] = (speech.samples, speech.sample_rate)
    return made


def test_an_excited_clip_raises_the_voice_and_a_gloomy_one_does_not(
    tts: kouji.Session, clips: dict[str, tuple[np.ndarray, int]]
) -> None:
    said = {name: tts.synthesize(TEXT, emotion_reference=clip) for name, clip in clips.items()}
    assert pitch(said["angry"]) > pitch(said["neutral"]) + 0.5
    assert pitch(said["angry"]) > pitch(said["melancholic"]) + 0.5
    assert said["angry"].metadata["emotion"] == "reference"


def test_the_voice_of_the_clip_stays_out(tts: kouji.Session, clips: dict[str, tuple[np.ndarray, int]]) -> None:
    from kouji.eval.similarity import similarity

    texts = ("会议推迟到了星期五上午。", "桌子上放着一杯刚刚泡好的绿茶。")
    own = [tts.synthesize(text).samples for text in texts]
    acted = [tts.synthesize(text, emotion_reference=clips["angry"]).samples for text in texts]
    other = [clips["angry"][0]]
    assert similarity(acted, own, 24000) > similarity(acted, other, 24000) + 0.1
    plain = similarity(own, other, 24000)
    assert similarity(acted, other, 24000) < plain + 0.05


def test_the_intensity_of_a_clip_scales_what_is_taken(
    tts: kouji.Session, clips: dict[str, tuple[np.ndarray, int]]
) -> None:
    plain = tts.synthesize(TEXT)
    none = tts.synthesize(TEXT, emotion_reference=clips["angry"], intensity=0)
    np.testing.assert_array_equal(none.samples, plain.samples)
    whole, half = (pitch(tts.synthesize(TEXT, emotion_reference=clips["angry"], intensity=x)) for x in (1, 0.5))
    assert pitch(plain) < half < whole


def test_every_emotion_is_on_the_card_and_in_the_engine(tts: kouji.Session) -> None:
    assert {"emotion.vector", "emotion.reference", "pitch", "volume"} <= set(tts.card.controls)
    assert len({pitch(tts.synthesize(TEXT, emotion=name)) for name in EMOTIONS}) == len(EMOTIONS)
