"""The engine behind the doors: a clip on disk, lengths and emotions as any engine takes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kouji.config import Config
from kouji.engines.indextts2 import voice
from kouji.engines.indextts2.card import CARD
from kouji.engines.indextts2.description import Describer
from kouji.engines.indextts2.engine import IndexTTS2
from kouji.errors import InvalidInput, UnsupportedControl
from kouji.policy import Consent, Gate
from kouji.speak import Session

CLIP = str(Path(__file__).parents[2] / "data" / "english_female.flac")
TEXT = "今天的会议定在三月。"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Of a house that has accepted the terms, and asks for no watermark, which differs from text to text."""
    found = Config(use="research", watermark="off", home=str(tmp_path_factory.mktemp("home")))
    Gate(found).accept(CARD.id, CARD.licences, "the tests")
    return found


@pytest.fixture(scope="module")
def session(engine: IndexTTS2, settings: Config) -> Session:
    return Session(CARD, settings, engine)


def test_every_length_that_is_asked_for_is_met_within_ten_milliseconds(session: Session) -> None:
    natural = session.plan(TEXT, reference_audio=CLIP).natural
    for ratio in (0.75, 1.25):
        speech = session.synthesize(TEXT, reference_audio=CLIP, duration_ratio=ratio)
        assert abs(speech.duration - natural * ratio) <= 0.01
    assert abs(session.synthesize(TEXT, reference_audio=CLIP, duration=1.7).duration - 1.7) <= 0.01
    assert abs(session.synthesize(TEXT, reference_audio=CLIP, n_tokens=60).duration - 1.2) <= 0.01


def test_a_registered_voice_is_learnt_once_and_then_read_from_disk(
    engine: IndexTTS2, settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Session(CARD, settings, engine)
    first.register_speaker("anna", first.encode_speaker(CLIP), Consent("Anna", "for the tests"))
    said = first.synthesize(TEXT, voice="anna", n_tokens=60)

    def learn(*_: object) -> None:
        raise AssertionError("learnt again")

    monkeypatch.setattr(voice, "learn", learn)
    later = Session(CARD, settings, engine).synthesize(TEXT, voice="anna", n_tokens=60)
    np.testing.assert_array_equal(later.samples, said.samples)


def test_words_about_a_manner_are_understood_and_told(session: Session) -> None:
    speech = session.synthesize(TEXT, reference_audio=CLIP, emotion_text="严厉", n_tokens=60)
    assert "emotion_understood" in [notice.code for notice in speech.notices]
    plain = session.synthesize(TEXT, reference_audio=CLIP, n_tokens=60)
    assert not np.array_equal(speech.samples, plain.samples)


def test_an_intensity_counts_behind_the_caps_as_in_the_release(session: Session) -> None:
    """Happy is held back to 0.8 at most; half of that is 0.4, whose weight without an intensity is 0.4 / 0.9375."""
    half = session.synthesize(TEXT, reference_audio=CLIP, n_tokens=60, emotion="happy", intensity=0.5)
    same = session.synthesize(TEXT, reference_audio=CLIP, n_tokens=60, emotion={"happy": 0.4 / 0.9375})
    np.testing.assert_allclose(half.samples, same.samples, atol=2e-3)


def test_what_it_cannot_do_is_said(session: Session) -> None:
    with pytest.raises(InvalidInput, match="reference_audio"):
        session.synthesize(TEXT)
    with pytest.raises(UnsupportedControl, match="pitch"):
        session.synthesize(TEXT, reference_audio=CLIP, pitch=2)


def test_a_character_it_does_not_know_is_told_before_the_sentences_before_it_are_said(session: Session) -> None:
    with pytest.raises(InvalidInput, match="does not know 'おはよう'"):
        session.stream("今天的会议。おはようおはよう。", reference_audio=CLIP)
    with pytest.raises(InvalidInput, match="temperature=9"):
        session.stream(TEXT, reference_audio=CLIP, sampling={"temperature": 9})


def test_a_word_of_the_users_lexicon_is_said_as_it_says(
    engine: IndexTTS2, settings: Config, tmp_path: Path
) -> None:
    (tmp_path / "own.txt").write_text("会议\tzh\tjin1 tian1\n", "utf-8")

    def said(text: str, lexicon: str) -> np.ndarray:
        session = Session(CARD, replace(settings, lexicon=lexicon), engine)
        return session.synthesize(text, reference_audio=CLIP, n_tokens=60).samples

    own = said("会议定在三月。", str(tmp_path / "own.txt"))
    np.testing.assert_array_equal(own, said("会议{jin1 tian1}定在三月。", ""))
    assert not np.array_equal(own, said("会议定在三月。", ""))


def test_the_releases_own_reader_of_manners_is_asked_where_it_is_at_hand(
    engine: IndexTTS2, settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Reader(Describer):
        def _answer(self, description: str) -> str:
            asked.append(description)
            return '{"高兴": 0.9, "惊讶": 0.6}'

    session = Session(CARD, settings, engine)
    assert engine.reader is None
    theirs = session.synthesize(TEXT, reference_audio=CLIP, emotion_text="像过年一样开心", n_tokens=60)
    assert theirs.metadata["emotion_reader"] == "kouji"
    assert not asked
    monkeypatch.setattr(engine, "reader", Reader(Path("qwen0.6bemo4-merge")))
    speech = session.synthesize(TEXT, reference_audio=CLIP, emotion_text="像过年一样开心", n_tokens=60)
    assert asked == ["像过年一样开心"]
    assert speech.metadata["emotion_reader"] == "qwen0.6bemo4-merge"
    assert speech.metadata["emotion"] == {"happy": 0.6, "surprised": 0.4}
    assert any("understood by qwen0.6bemo4-merge as happy 0.60" in notice.message for notice in speech.notices)
