"""The engine behind the doors: a clip on disk, lengths and emotions as any engine takes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kouji.config import Config
from kouji.engines.indextts2.card import CARD
from kouji.engines.indextts2.engine import IndexTTS2
from kouji.errors import InvalidInput, UnsupportedControl
from kouji.policy import Gate
from kouji.speak import Session

CLIP = str(Path(__file__).parents[2] / "data" / "english_female.flac")
TEXT = "今天的会议定在三月。"


@pytest.fixture(scope="module")
def session(engine: IndexTTS2, tmp_path_factory: pytest.TempPathFactory) -> Session:
    settings = Config(use="research", home=str(tmp_path_factory.mktemp("home")))
    Gate(settings).accept(CARD.id, CARD.licences, "the tests")
    return Session(CARD, settings, engine)


def test_every_length_that_is_asked_for_is_met_within_ten_milliseconds(session: Session) -> None:
    natural = session.plan(TEXT, reference_audio=CLIP).natural
    for ratio in (0.75, 1.25):
        speech = session.synthesize(TEXT, reference_audio=CLIP, duration_ratio=ratio)
        assert abs(speech.duration - natural * ratio) <= 0.01
    assert abs(session.synthesize(TEXT, reference_audio=CLIP, duration=1.7).duration - 1.7) <= 0.01
    assert abs(session.synthesize(TEXT, reference_audio=CLIP, n_tokens=60).duration - 1.2) <= 0.01


def test_words_about_a_manner_are_understood_and_told(session: Session) -> None:
    speech = session.synthesize(TEXT, reference_audio=CLIP, emotion_text="严厉", n_tokens=60)
    assert "emotion_understood" in [notice.code for notice in speech.notices]
    plain = session.synthesize(TEXT, reference_audio=CLIP, n_tokens=60)
    assert not np.array_equal(speech.samples, plain.samples)


def test_what_it_cannot_do_is_said(session: Session) -> None:
    with pytest.raises(InvalidInput, match="reference_audio"):
        session.synthesize(TEXT)
    with pytest.raises(UnsupportedControl, match="pitch"):
        session.synthesize(TEXT, reference_audio=CLIP, pitch=2)
