"""The engine behind the doors: a clip on disk, lengths and manners as any engine takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kouji.engines.gptsovits.card import V2
from kouji.engines.gptsovits.engine import GPTSoVITSv2
from kouji.errors import InvalidInput, UnsupportedControl
from kouji.speak import Session

from .conftest import clip

TEXT = "今天天气很好。"
LONG = "今天天气很好，我们去公园。"


@pytest.fixture(scope="module")
def session(engine: GPTSoVITSv2) -> Session:
    return Session(V2, engine=engine)


CLIP = str(Path(__file__).parents[2] / "data" / "english_male.flac")
VOICE: dict[str, object] = {"reference_audio": CLIP, "reference_text": "Good morning, everyone."}


def test_every_length_that_is_asked_for_is_met_within_ten_milliseconds(session: Session) -> None:
    natural = session.plan(TEXT, **VOICE).natural
    for ratio in (0.75, 1.25):
        speech = session.synthesize(TEXT, duration_ratio=ratio, **VOICE)
        assert abs(speech.duration - natural * ratio) <= 0.01
    assert abs(session.synthesize(TEXT, duration=2.5, **VOICE).duration - 2.5) <= 0.01
    assert abs(session.synthesize(TEXT, n_tokens=70, **VOICE).duration - 2.8) <= 0.01


def test_a_clip_acts_for_another_voice(session: Session) -> None:
    other = (clip(5), 32000)
    plain = session.synthesize(LONG, **VOICE)
    acted = session.synthesize(LONG, emotion_reference=CLIP, emotion_reference_text="Who is there?", **VOICE)
    assert not np.array_equal(plain.samples, acted.samples)
    with pytest.raises(InvalidInput, match="told what is said"):
        session.synthesize(TEXT, emotion_reference=other, **VOICE)


def test_a_batch_is_decoded_together_and_each_text_sounds_as_it_does_alone(session: Session) -> None:
    texts = [TEXT, LONG, "我们去公园。", "Good morning.", TEXT]
    batch = session.synthesize_batch(texts, **VOICE)
    for text, speech in zip(texts, batch, strict=True):
        np.testing.assert_array_equal(speech.samples, session.synthesize(text, **VOICE).samples)


def test_without_a_transcript_only_the_timbre_is_taken(session: Session) -> None:
    assert session.synthesize(TEXT, reference_audio=CLIP).duration > 0.4


def test_what_it_cannot_do_is_said(session: Session) -> None:
    with pytest.raises(InvalidInput, match="reference_audio"):
        session.synthesize(TEXT)
    for name in ("pitch", "emotion", "intensity"):
        with pytest.raises(UnsupportedControl, match=name):
            session.synthesize(TEXT, **{name: 1, **VOICE})
