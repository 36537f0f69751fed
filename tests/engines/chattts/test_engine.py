"""ChatTTS from text to samples, in all its ways, on a small network with weights by rule."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kouji import Consent
from kouji.config import Config
from kouji.engines.chattts import normalize, prompts, render, speaker
from kouji.engines.chattts.card import CARD
from kouji.engines.chattts.engine import ChatTTS
from kouji.engines.chattts.generation import Step
from kouji.engines.chattts.presets import PRESETS
from kouji.engines.chattts.prose import TAGS, prose
from kouji.engines.chattts.torch_stages import TorchStages
from kouji.errors import (
    AlreadyExists,
    EmptyText,
    InvalidInput,
    MissingWeights,
    SpeechError,
    UnknownName,
    UnsupportedControl,
)
from kouji.speak import Session
from kouji.text import Lexicon, analyse
from kouji.types import Chunk
from kouji_chattts import DIM, networks, statistics, tokenizer
from kouji_sounds import FEMALE, person

from ..saying import said, samples

SPEECH = (0.5 * np.sin(np.arange(48000) / 30) * np.hanning(48000)).astype(np.float32)


class Ending(TorchStages):
    """The end comes after some steps: weights by rule alone would hardly ever draw it."""

    bias = 1.8

    def code_logits(self, hidden: np.ndarray) -> np.ndarray:
        logits = super().code_logits(hidden)
        logits[..., -1] += self.bias
        return logits

    def text_logits(self, hidden: np.ndarray) -> np.ndarray:
        logits = super().text_logits(hidden)
        logits[..., prompts.END_OF_TEXT] += 6
        return logits


@cache
def stages() -> TorchStages:
    return Ending(*networks().values())


def engine(preset: str = "", with_statistics: bool = True) -> ChatTTS:
    return ChatTTS.assembled(stages(), tokenizer(), statistics() if with_statistics else None, preset)


def hall() -> Session:
    return Session(CARD, Config(use="research", watermark="off"), engine())


def test_the_same_seed_is_the_same_sound_and_another_is_another() -> None:
    ours = engine()
    who = ours.builtin("seed_2")
    first, again, other = (samples(ours, said("你好，世界。"), who, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()
    assert first.dtype == np.float32
    assert len(first) > 0


def test_sixteen_at_once_are_the_same_as_one_by_one() -> None:
    ours = engine()
    who = ours.builtin("seed_2")

    def one(seed: int) -> np.ndarray:
        return samples(ours, said("今天天气很好。"), who, seed)

    with ThreadPoolExecutor(16) as pool:
        at_once = list(pool.map(one, range(16)))
    for seed, theirs in enumerate(at_once):
        np.testing.assert_array_equal(one(seed), theirs)


def test_a_voice_of_a_seed_is_the_same_as_its_text() -> None:
    ours = engine()
    by_seed = ours.builtin("seed_2").arrays["embedding"]
    assert (ours.builtin("2").arrays["embedding"] == by_seed).all()
    assert (ours.builtin(speaker.embedding_text(by_seed)).arrays["embedding"] == by_seed).all()
    assert (ours.builtin("seed_3").arrays["embedding"] != by_seed).any()


def test_without_statistics_a_seed_is_refused_and_a_text_is_not() -> None:
    ours = engine(with_statistics=False)
    with pytest.raises(MissingWeights, match="statistics of speakers"):
        ours.builtin("seed_2")
    text = speaker.embedding_text(np.ones(DIM, np.float16))
    assert ours.builtin(text).arrays["embedding"].tolist() == [1.0] * DIM


def test_a_voice_whose_text_is_broken_is_refused() -> None:
    text = speaker.embedding_text(np.random.default_rng(0).standard_normal(768).astype(np.float16))
    assert len(speaker.embedding_of(text)) == 768
    for broken in (text[:-3], text[:40] + text[50:], "蘁淰" * 50, text + "。", ""):
        with pytest.raises(InvalidInput):
            speaker.embedding_of(broken)


def test_a_recording_gives_a_voice_with_its_words_only() -> None:
    ours = engine()
    who = ours.condition([SPEECH], "说了2次。")
    assert who.arrays["codes"].shape == (4, 94)
    assert ours._tokenizer.decode(who.arrays["sample_ids"]) == "说 了 两 次 。"
    assert len(samples(ours, said("早上好。"), who)) > 0
    with pytest.raises(InvalidInput, match="without its words"):
        ours.condition([SPEECH], None)
    with pytest.raises(InvalidInput, match=r"0\.1 seconds"):
        ours.condition([SPEECH[:2400]], "说。")


def test_the_words_of_a_recording_stand_before_the_text_and_its_codes_behind() -> None:
    seen: list[np.ndarray] = []

    class Watched(Ending):
        def begin(self, rows: np.ndarray, mask: np.ndarray) -> Any:
            seen.append(rows)
            return super().begin(rows, mask)

    ours = ChatTTS.assembled(Watched(*networks().values()), tokenizer())
    codes = np.arange(12).reshape(4, 3)
    samples(ours, said("早。"), ours.sample(codes, "好。"))
    ids = tokenizer().encode("[Stts][empty_spk]好。[speed_5]早。[Ptts]")
    (rows,) = seen[0]
    np.testing.assert_array_equal(rows[: len(ids)], ours._stages.text_rows(np.array(ids)))
    np.testing.assert_array_equal(rows[len(ids) :], ours._stages.code_rows(codes.T))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_speaks(preset: str) -> None:
    ours = engine(preset)
    assert len(samples(ours, said("你好。", n_tokens=20), ours.builtin("2"))) == 20 * 512


def steps(n: int) -> Iterator[Step]:
    rng = np.random.default_rng(0)
    for _ in range(n):
        hidden = rng.standard_normal((1, DIM)).astype(np.float32)
        yield Step(rng.integers(0, 625, (1, 4)), hidden, np.zeros(1, bool))


@pytest.mark.parametrize("preset", ["exact", "codes"])
@pytest.mark.parametrize("n_steps", [1, 13, 63, 64, 65, 200])
def test_streamed_is_the_same_as_in_one_piece(preset: str, n_steps: int) -> None:
    renderer = render.Renderer(stages(), PRESETS[preset])
    pieces = list(renderer.stream(steps(n_steps)))
    whole = renderer.sound(renderer.mel(np.stack([renderer.row(step) for step in steps(n_steps)])))
    assert len(whole) == 256 * (2 * n_steps - 1)
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-5)
    assert len(pieces) == 1 or len(pieces[0]) == 12 * 512


def test_a_stream_decodes_no_more_than_a_window_of_each_piece() -> None:
    sizes: list[int] = []

    class Counted(TorchStages):
        def hidden_to_mel(self, hidden: np.ndarray) -> np.ndarray:
            sizes.append(len(hidden))
            return super().hidden_to_mel(hidden)

    list(render.Renderer(Counted(*networks().values()), PRESETS["exact"]).stream(steps(800)))
    assert max(sizes) <= 48 + 2 * 52
    assert sum(sizes) < 4 * 800


def test_the_end_is_not_drawn_at_once() -> None:
    class AtOnce(Ending):
        bias = 1000.0

    ours = ChatTTS.assembled(AtOnce(*networks().values()), tokenizer(), statistics())
    assert len(samples(ours, said("你好。"), ours.builtin("2"))) == 256  # one step


def test_what_runs_away_is_an_error_and_no_babble() -> None:
    class Never(Ending):
        bias = -1000.0

    ours = ChatTTS.assembled(Never(*networks().values()), tokenizer(), statistics())
    with pytest.raises(SpeechError, match="did not come to an end within 160 steps"):
        samples(ours, said("你好。"), ours.builtin("2"))


@pytest.mark.parametrize("seconds", [0.9, 1.7, 3.21])
def test_seconds_asked_are_seconds_given(seconds: float) -> None:
    ours = engine()
    sound = samples(ours, said("今天天气很好，我们去公园。", duration=seconds), ours.builtin("2"))
    assert len(sound) == round(seconds * 24000)


def test_another_tempo_is_another_length() -> None:
    ours = engine()
    who, text = ours.builtin("2"), "今天天气很好。"
    natural, fast = samples(ours, said(text), who), samples(ours, said(text, speed=1.2), who)
    assert len(fast) == pytest.approx((len(natural) + 256) / 1.2, abs=2)


def test_the_hall_keeps_a_length_with_it_too() -> None:
    session = hall()
    speech = session.synthesize("今天天气很好。我们去公园。", voice="seed_2", duration=3.0)
    assert abs(speech.duration - 3) < 0.01
    assert session.synthesize("今天天气很好。", voice="2", n_tokens=60).duration == pytest.approx(60 * 512 / 24000)


def test_the_hall_streams_what_it_says_and_shows_no_whole_voice() -> None:
    session = hall()
    voice = speaker.embedding_text(np.linspace(-1, 1, DIM).astype(np.float16))
    assert len(voice) < 100  # of a small model; the pattern of the card is that of the published size
    with pytest.raises(UnknownName):
        session.synthesize("你好。", voice=voice)
    stream = session.stream("你好，世界。再见。", voice="seed_7", seed=3)
    whole = session.synthesize("你好，世界。再见。", voice="seed_7", seed=3)
    np.testing.assert_array_equal(np.concatenate([chunk.samples for chunk in stream]), whole.samples)
    assert whole.metadata["voice"] == "seed_7"


def test_the_published_size_of_a_voice_is_a_name() -> None:
    text = speaker.embedding_text(np.random.default_rng(0).standard_normal(768).astype(np.float16))
    assert CARD.has_voice(text)
    assert CARD.has_voice("seed_2")
    assert not CARD.has_voice("seed_")
    assert not CARD.has_voice("anna")


def test_nobody_named_is_told_what_can_be_named() -> None:
    with pytest.raises(InvalidInput, match="seed_2"):
        hall().synthesize("你好。")


def test_what_it_does_not_have_is_refused() -> None:
    session = hall()
    for control in ({"emotion": "happy"}, {"pitch": 1.0}, {"emotion_text": "生气"}):
        with pytest.raises(UnsupportedControl):
            session.synthesize("你好。", voice="2", **control)
    with pytest.raises(UnknownName):
        session.synthesize("你好。", voice="2", language="ja")


def test_a_whole_text_is_read_piece_by_piece_with_or_without_a_speaker() -> None:
    ours, text = engine(), "今天很好。[laugh]明天有3度。后天呢。再见。好。"
    who = ours.builtin("2")
    sounds = ours.read(text, who, np.random.default_rng(0))
    assert len(sounds) == 5
    again = ours.read(text, who, np.random.default_rng(0))
    assert all((one == other).all() for one, other in zip(sounds, again, strict=True))
    assert len(ours.read("你好。", None, np.random.default_rng(0))) == 1
    with pytest.raises(InvalidInput, match="sample of speech already"):
        ours.read(text, ours.condition([SPEECH], "好。"), np.random.default_rng(0))


# ---- text ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("四川美食有3种。", "四川美食有三种。"),
        ("It costs $5.", "It costs five dollars."),
        ("好[laugh]吧[uv_break]，走[lbreak]。", "好[laugh]吧[uv_break]，走[lbreak]。"),
        ("一共[uv_break]25元[laugh]。", "一共[uv_break]二十五元[laugh]。"),
        ("It is [uv_break] 25 [laugh] years.", "It is [uv_break] twenty five [laugh] years."),
        ("他说[laugh]25[laugh]年。", "他说[laugh]二十五[laugh]年。"),
        ("A well-known café.", "A well known cafe."),
        ("他说[foo_bar]好。", "他说foo bar好。"),
        ("重{chong2}要[laugh]。", "虫要[laugh]。"),
    ],
)
def test_what_the_model_reads(written: str, read: str) -> None:
    assert prose(said(written)).text.replace("崇", "虫") == read


def test_words_of_the_user_are_said_between_tags_too() -> None:
    lexicon = Lexicon.inline({"C++": "=C加加", "重": "chong2"})
    for text, read in (("用C++写[laugh]。", "用C加加写[laugh]。"), ("重要[laugh]。", "虫要[laugh]。")):
        (found,) = analyse(text, None, lexicon).utterances
        assert prose(found).text.replace("崇", "虫") == read
    (found,) = analyse("看NHK[laugh_2]。", known_tags=TAGS, as_written=True).utterances
    assert prose(found).text == "看NHK。"


def test_styles_are_taken_out_and_obeyed() -> None:
    found = prose(said("[oral_2][laugh_0][speed_3]你好[break_6]。"))
    assert found.text == "你好。"
    assert (found.speed, found.refinement) == ("[speed_3]", "[oral_2][laugh_0][break_6]")
    assert prose(said("你好。")).refinement == ""
    assert prose(said("你好。")).speed == prompts.SPEED


def test_every_tag_of_the_card_is_one_piece_of_the_vocabulary() -> None:
    assert set(CARD.tags) == set(TAGS)
    assert all(len(tokenizer().encode(f"[{tag}]")) == 1 for tag in CARD.tags)


def test_tags_that_there_are_not_are_told() -> None:
    session = hall()
    speech = session.synthesize("你好[speed_10]世界[laugh][ laugh ]。", voice="2", n_tokens=100)
    (notice,) = [notice for notice in speech.notices if notice.code == "unknown_tags"]
    assert "[speed_10]" in notice.message
    assert "[ laugh ]" in notice.message
    assert "[laugh]" not in notice.message


@pytest.mark.parametrize("text", ["こんにちは", "안녕"])
def test_letters_without_a_sound_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="no sound for"):
        prose(said(text))


def test_nothing_but_pauses_is_silence_and_nothing_but_a_style_is_an_error() -> None:
    ours = engine()
    assert not samples(ours, said("[lbreak]"), ours.builtin("2")).any()
    assert samples(ours, said("[laugh]"), ours.builtin("2")).any()
    with pytest.raises(EmptyText):
        samples(ours, said("[oral_2]"), ours.builtin("2"))


def test_a_refined_text_is_another_text(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, read = engine(), []
    refine = ours.refine

    def watched(text: str, tags: str, rng: np.random.Generator) -> str:
        read.append((text, tags))
        return refine("好", tags, rng)[:20]

    monkeypatch.setattr(ours, "refine", watched)
    who = ours.builtin("2")
    samples(ours, said("你好。", controls={"refine": True}), who)
    samples(ours, said("[oral_5]你好。"), who)
    samples(ours, said("你好。", controls={"refine": "[laugh_1]"}), who)
    samples(ours, said("你好。"), who)
    assert read == [("你好。", "[oral_2][laugh_0][break_6]"), ("你好。", "[oral_5]"), ("你好。", "[laugh_1]")]


def test_the_refine_pass_writes_text_and_no_styles() -> None:
    text = engine().refine("你好世界", prompts.REFINE, np.random.default_rng(0))
    assert text
    assert not prompts.without_styles(text)[1]


def test_homophones_come_from_the_folder_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, utterance = engine(), said("你好。", controls={"homophones": True})
    with pytest.raises(MissingWeights, match="no table of homophones"):
        samples(ours, utterance, ours.builtin("2"))
    (tmp_path / "map.json").write_text('{"你": "拟"}', "utf-8")
    monkeypatch.setattr(ours, "_homophones_file", tmp_path / "map.json")
    script = ours._script(utterance, np.random.default_rng(0))
    assert script is not None
    assert script.text == "拟好。"
    (tmp_path / "map.json").write_text('{"你好": "拟"}', "utf-8")
    with pytest.raises(InvalidInput, match="no table of homophones"):
        normalize.read_homophones(tmp_path / "map.json")


@pytest.mark.parametrize(
    "asked", [{"temperature": 0}, {"top_k": "many"}, {"heat": 1}, {"top_p": 2}, {"manual_seed": -1}, 0.3]
)
def test_ways_of_sampling_that_cannot_be_are_refused(asked: object) -> None:
    ours = engine()
    with pytest.raises((InvalidInput, UnknownName)):
        samples(ours, said("你好。", controls={"sampling": asked}), ours.builtin("2"))


def test_the_official_manual_seed_outweighs_ours() -> None:
    ours = engine()
    who = ours.builtin("2")

    def one(manual: int, seed: int) -> np.ndarray:
        return samples(ours, said("你好。", controls={"sampling": {"manual_seed": manual}}, n_tokens=10), who, seed)

    np.testing.assert_array_equal(one(42, 0), one(42, 1))
    assert (one(42, 0) != one(43, 0)).any()


# ---- voices with a name --------------------------------------------------------------------------


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(CARD, Config(home=str(tmp_path), use="research", watermark="off"), engine())


def test_a_voice_by_rule_gets_a_name_in_the_session(session: Session) -> None:
    session.register_speaker("anna", session.encode_speaker("seed_2"))
    ours = session.synthesize("你好。", voice="anna", n_tokens=40)
    theirs = session.synthesize("你好。", voice="seed_2", n_tokens=40)
    np.testing.assert_array_equal(ours.samples, theirs.samples)
    with pytest.raises(AlreadyExists):
        session.register_speaker("seed_5", session.encode_speaker("seed_2"))
    with pytest.raises(InvalidInput, match="Nobody has heard"):
        _ = session.encode_speaker("seed_2").embedding


def test_with_consent_it_is_kept_and_every_session_has_it(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence that introduces it is speech here, as it would be with the published weights."""
    spoken = person(FEMALE, 24000)
    with monkeypatch.context() as patch:
        patch.setattr(ChatTTS, "synthesize", lambda *_: iter([Chunk(spoken)]))
        session.register_speaker("anna", session.encode_speaker("seed_2"), Consent("Anna", "for tests"))
    kept = session.library.get("anna").voice
    assert kept.description == "seed_2"
    assert kept.transcript.startswith("今天")
    other = Session(CARD, session.settings, engine(with_statistics=False))
    ours = other.synthesize("你好。", voice="anna", n_tokens=40)
    theirs = session.synthesize("你好。", voice="seed_2", n_tokens=40)
    np.testing.assert_array_equal(ours.samples, theirs.samples)
