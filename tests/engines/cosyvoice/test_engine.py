"""CosyVoice from text to samples, in all its ways, on a small network with weights by rule."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from kouji.engines.cosyvoice import card, listening, prose
from kouji.engines.cosyvoice.config import n_frames
from kouji.engines.cosyvoice.engine import CosyVoice, CosyVoiceInstruct, CosyVoiceSFT
from kouji.engines.cosyvoice.torch_stages import TorchStages
from kouji.errors import BadCheckpoint, InvalidInput, MissingWeights, SpeechError, UnknownName, UnsupportedControl
from kouji.runtime.onnx import Graph
from kouji.speak import Session
from kouji.text import Lexicon, analyse, respelled
from kouji_cosyvoice import N_CODES, networks, stand_ins
from kouji_sounds import FEMALE, MALE

from ..saying import said, samples

SPEECH = np.concatenate([
    np.zeros(4000), 0.5 * np.sin(np.arange(40000) / 30) * np.hanning(40000), np.zeros(4000),
]).astype(np.float32)  # fmt: skip

CHONG = respelled.written(analyse("重{chong2}").utterances[0], "x").rstrip("。")  # can be read chong2 alone


@cache
def stages() -> TorchStages:
    return TorchStages(*networks())


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cosyvoice")
    stand_ins(place)
    return place


def engine(folder: Path, kind: type[CosyVoice] = CosyVoice, preset: str = "", n_threads: int = 1) -> CosyVoice:
    speakers = {"中文女": np.random.default_rng(1).standard_normal(192).astype(np.float32)}
    return kind.assembled(stages(), listening.Ears(folder, 1), speakers, preset, n_threads)


def test_the_same_seed_is_the_same_sound_and_another_is_another(folder: Path) -> None:
    sft = engine(folder, CosyVoiceSFT)
    who = sft.builtin("chinese_female")
    first, again, other = (samples(sft, said("你好，世界。"), who, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or (first != other).any()
    assert first.dtype == np.float32
    assert 0 < np.abs(first).max() < 1


def test_a_recording_gives_a_voice_with_and_without_its_transcript(folder: Path) -> None:
    base = engine(folder)
    zero_shot, cross_lingual = base.condition([SPEECH], "说了什么。"), base.condition([SPEECH], None)
    assert len(zero_shot.arrays["prompt_ids"]) > 0
    assert len(zero_shot.arrays["codes"]) == pytest.approx(50 * len(listening.prepared(SPEECH)) / 22050, abs=1)
    utterance = said("Good morning.")
    a, b = samples(base, utterance, zero_shot), samples(base, utterance, cross_lingual)
    assert len(a) != len(b) or (a != b).any()


def test_cross_lingual_texts_carry_the_tag_of_their_language() -> None:
    texts = ("Good morning.", "早上好。", "안녕하세요.")
    assert [prose.segments(said(text), True, False, "x")[0].ids[0] for text in texts] == [50259, 50260, 50264]
    assert prose.segments(said(texts[0]), False, False, "x")[0].ids[0] < 50257


@pytest.mark.parametrize(("preset", "stays"), [("exact", True), ("fast", False)])
def test_where_memory_is_short_what_heard_a_recording_makes_room(folder: Path, preset: str, stays: bool) -> None:
    base = engine(folder, preset=preset)
    who = base.condition([SPEECH], None)
    list(base.convert(SPEECH, who, np.random.default_rng(0)))
    held = [each for each in vars(base._ears).values() if isinstance(each, Graph)]
    assert bool(held) is stays


def test_the_speaker_of_several_recordings_is_their_mean(folder: Path) -> None:
    sft = engine(folder, CosyVoiceSFT)
    one, two = (sft.condition([clip], None).arrays["embedding"] for clip in (SPEECH, SPEECH[::2]))
    both = sft.condition([SPEECH, SPEECH[::2]], None).arrays
    assert set(both) == {"embedding"}
    np.testing.assert_allclose(both["embedding"], (one + two) / 2, atol=1e-5)


def test_a_description_is_read_with_its_end_mark_and_changes_the_sound(folder: Path) -> None:
    instruct = engine(folder, CosyVoiceInstruct)
    who = instruct.builtin("chinese_female")
    plain = samples(instruct, said("你好，世界。"), who)
    angry = samples(instruct, said("你好，世界。", emotion_text="很生气地说"), who)
    assert len(plain) != len(angry) or (plain != angry).any()
    marked, given = (prose.instruction_ids(text, True, "x") for text in ("Calm.", "Calm.<|endofprompt|>"))
    np.testing.assert_array_equal(marked, given)
    assert marked[-6:].tolist() == [27, 521, 2670, 28722, 662, 29]  # <endofprompt>, spelled out
    assert len(prose.instruction_ids("Calm.", False, "x")) == len(marked) - 6


def test_tags_stay_in_the_text_of_the_variant_that_knows_them(folder: Path) -> None:
    (segment,) = prose.segments(said("他说[laughter]二十三<strong>天</strong>。"), False, True, "x")
    assert segment.ids.tolist() == prose.tokenizer.encode("他说[laughter]二十三<strong>天</strong>。")
    first, _ = analyse("<happy>他说[laughter]好。再见。</happy>").utterances
    (segment,) = prose.segments(first, False, True, "x")
    assert segment.ids.tolist() == prose.tokenizer.encode("他说[laughter]好。")
    with pytest.raises(InvalidInput, match=r"cosyvoice-300m does not know \[laughter\]"):
        prose.segments(said("他[laughter]说。"), False, False, "cosyvoice-300m")


def test_words_of_the_user_are_said_between_tags_too() -> None:
    lexicon = Lexicon.inline({"C++": "=C加加", "重": "chong2"})
    (found,) = analyse("用C++写[laughter]重要。", None, lexicon).utterances
    (segment,) = prose.segments(found, False, True, "x")
    (one,) = analyse("重{chong2}要。").utterances
    expected = f"用C加加写[laughter]{respelled.written(one, 'x')}"
    assert segment.ids.tolist() == prose.tokenizer.encode(expected)
    (found,) = analyse("看NHK[laughter]。", as_written=True).utterances
    (segment,) = prose.segments(found, False, True, "x")
    assert segment.ids.tolist() == prose.tokenizer.encode("看NHK[laughter]。")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Well [laughter] it took <strong>3</strong> hours.", "Well [laughter] it took <strong>three</strong> hours."),
        ("重{chong2}要[breath]重{chong2}要。", f"{CHONG}要[breath]{CHONG}要。"),
        ("東京[laughter]です。", "トウキョウ[laughter]デス。."),
    ],
)
def test_what_stands_between_tags_is_read_as_it_is_without_them(written: str, read: str) -> None:
    (segment,) = prose.segments(said(written), False, True, "x")
    assert segment.ids.tolist() == prose.tokenizer.encode(read)


def test_a_word_of_the_users_lexicon_is_said_as_it_says_beside_a_tag(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("重要\tzh\tchong2 yao4\n", "utf-8")
    (utterance,) = analyse("重要[breath]的事。", lexicon=Lexicon.read(tmp_path / "own.txt")).utterances
    (segment,) = prose.segments(utterance, False, True, "x")
    assert segment.ids.tolist() == prose.tokenizer.encode(f"{CHONG}要[breath]的事。")


def test_a_transcript_is_spelled_as_the_texts_that_follow_it() -> None:
    texts = {"第3次，2024年。": "第三次，二零二四年。", "東京です。": "トウキョウデス。", "Is it?": "Is it?"}
    for transcript, read in texts.items():
        assert prose.prompt_ids(transcript, "x").tolist() == prose.tokenizer.encode(read)


def test_what_a_variant_cannot_say_is_told_before_the_sentences_before_it_are_said(folder: Path) -> None:
    session = Session(card.SFT, engine=engine(folder, CosyVoiceSFT))
    for text in ("你好。他[laughter]说。", "Hello. I read{R EH1 D} it."):
        with pytest.raises(InvalidInput, match=r"does not know|cannot be told"):
            session.stream(text, voice="chinese_female")


def test_a_reading_that_the_user_fixed_is_spelled_so_that_it_is_read() -> None:
    (segment,) = prose.segments(said("银{hang2}重{chong2}复"), False, False, "x")
    assert segment.ids.tolist() != prose.tokenizer.encode("银重复。")
    spelled = respelled.written(said("重{chong2}要"), "x")
    (units,) = [each.units for each in analyse(spelled).utterances]
    assert units[0].reading == "chong2"
    with pytest.raises(InvalidInput, match="cannot be told"):
        respelled.written(said("I read{R EH1 D} it."), "x")


@pytest.mark.parametrize("seconds", [0.9, 1.7, 3.21])
def test_seconds_asked_are_seconds_given(folder: Path, seconds: float) -> None:
    sft = engine(folder, CosyVoiceSFT)
    sound = samples(sft, said("今天天气很好，我们去公园。", duration=seconds), sft.builtin("chinese_female"))
    assert abs(len(sound) / 22050 - seconds) < 0.0001


def test_the_hall_keeps_a_length_with_it_too(folder: Path) -> None:
    session = Session(card.SFT, engine=engine(folder, CosyVoiceSFT))
    speech = session.synthesize("今天天气很好。我们去公园。", voice="chinese_female", duration=3.0)
    assert abs(speech.duration - 3) < 0.01
    assert session.synthesize("今天天气很好。", n_tokens=60).metadata["preset"] == "exact"


def test_a_speaker_answers_to_the_name_that_its_publisher_gave_it(folder: Path) -> None:
    session = Session(card.SFT, engine=engine(folder, CosyVoiceSFT))
    names = "chinese_female", "中文女"
    ours, theirs = (session.synthesize("今天天气很好。", voice=name, n_tokens=60) for name in names)
    np.testing.assert_array_equal(ours.samples, theirs.samples)
    assert theirs.metadata["voice"] == "chinese_female"
    with pytest.raises(UnknownName) as unknown:
        session.synthesize("今天天气很好。", voice="somebody else")
    assert unknown.value.hint.count("chinese_female") == 1


def test_who_reads_descriptions_is_told_with_those_who_have_them_understood(folder: Path) -> None:
    session = Session(card.SFT, engine=engine(folder, CosyVoiceSFT))
    with pytest.raises(UnsupportedControl, match="native, cosyvoice-300m-instruct, indextts2"):
        session.synthesize("今天天气很好。", emotion_text="calm")


def test_the_hall_clones_from_a_clip_with_and_without_its_words(folder: Path) -> None:
    session = Session(card.BASE, engine=engine(folder))
    clip = FEMALE
    plain = session.synthesize("Good morning.", reference_audio=clip)
    told = session.synthesize("Good morning.", reference_audio=clip, reference_text="Who said so?")
    assert plain.duration > 0
    assert len(plain.samples) != len(told.samples) or (plain.samples != told.samples).any()


def test_tokens_asked_are_tokens_given(folder: Path) -> None:
    sft = engine(folder, CosyVoiceSFT)
    sound = samples(sft, said("今天天气很好。", n_tokens=77), sft.builtin("chinese_female"))
    assert len(sound) == n_frames(77) * 256


def test_faster_is_shorter(folder: Path) -> None:
    sft = engine(folder, CosyVoiceSFT)
    who = sft.builtin("chinese_female")
    plain, fast = (samples(sft, said("今天天气很好。", speed=speed), who) for speed in (1.0, 1.6))
    assert len(fast) == pytest.approx(len(plain) / 1.6, abs=256)


def test_the_estimate_follows_the_speed(folder: Path) -> None:
    sft = engine(folder, CosyVoiceSFT)
    who = sft.builtin("chinese_female")
    slow, fast = (sft.timing(said("今天天气很好。", speed=speed), who) for speed in (0.5, 1.0))
    assert slow.natural == pytest.approx(2 * fast.natural)
    assert fast.shortest < fast.natural < fast.longest


def test_the_slips_of_upstream_are_there_for_who_needs_them(folder: Path) -> None:
    ours, theirs = engine(folder), engine(folder, preset="upstream")
    who = ours.condition([SPEECH], "说了什么。")
    assert len(who.arrays["mel_24k"]) == pytest.approx(len(who.arrays["mel"]) * 24000 / 22050, abs=1)
    assert len(samples(ours, said("好。"), who)) > 0
    assert (ours._renderer(who, np.random.default_rng(0))._prompt.mel == who.arrays["mel"]).all()
    assert (theirs._renderer(who, np.random.default_rng(0))._prompt.mel == who.arrays["mel_24k"]).all()


@pytest.mark.parametrize("preset", ["stream", "fast-stream", "upstream-stream"])
def test_a_long_sentence_comes_in_chunks(folder: Path, preset: str) -> None:
    sft = engine(folder, CosyVoiceSFT, preset)
    text = "窗外的雨下了整整一夜，清晨推开门时，院子里的石榴树挂满了水珠，燕子蹲在屋檐，空气里全是泥土的味道。"
    chunks = list(sft.synthesize(said(text), sft.builtin("chinese_female"), np.random.default_rng(3)))
    assert len(chunks) > 1
    assert all(len(chunk.samples) > 0 for chunk in chunks)
    assert chunks[0].marks[0].end == chunks[1].marks[0].start


def test_two_threads_make_the_same_samples(folder: Path) -> None:
    text = "今天天气很好，我们一起去公园散步吧，那里有很多花，也有很多人在唱歌跳舞。"
    one, two = (engine(folder, CosyVoiceSFT, "fast-stream", n) for n in (1, 2))
    who = one.builtin("chinese_female")
    np.testing.assert_array_equal(samples(one, said(text), who), samples(two, said(text), who))


def test_conversion_keeps_the_length(folder: Path) -> None:
    base = engine(folder)
    rng = np.random.default_rng(0)
    source = np.concatenate([SPEECH, SPEECH[:12345]])
    sound = np.concatenate([c.samples for c in base.convert(source, base.condition([SPEECH], None), rng)])
    assert len(sound) == len(source)


def test_a_long_recording_is_cut_where_it_is_quiet() -> None:
    loud = np.ones(22050 * 40, np.float32)
    loud[22050 * 17 : 22050 * 18] = 0
    first, second = listening.at_pauses(loud)
    assert 17 < len(first) / 22050 < 18
    assert len(first) + len(second) == len(loud)


@pytest.mark.parametrize("seconds", [25.1, 26.0, 36.0])
def test_no_piece_of_a_long_recording_is_too_short_to_be_heard(folder: Path, seconds: float) -> None:
    """Falling all the way, it is quietest near the longest that a piece may be; what is left is heard all the same."""
    source = (np.resize(SPEECH, int(seconds * 22050)) * np.linspace(1, 0.1, int(seconds * 22050))).astype(np.float32)
    source[int(24.8 * 22050) : 25 * 22050] = 0
    pieces = [len(piece) / 22050 for piece in listening.at_pauses(source)]
    assert all(10 <= piece <= 25 for piece in pieces)
    assert sum(pieces) == pytest.approx(len(source) / 22050)
    base = engine(folder)
    base._levers = replace(base._levers, n_steps=1)
    made = [chunk.samples for chunk in base.convert(source, base.condition([SPEECH], None), np.random.default_rng(0))]
    assert sum(map(len, made)) == len(source)


def test_the_longest_recording_that_is_taken_is_taken(folder: Path) -> None:
    longest = np.resize(SPEECH[4000:-4000], 30 * 22050)
    assert len(engine(folder).condition([longest], "说了什么。").arrays["codes"]) == 1500
    with pytest.raises(InvalidInput, match=r"30\.5 seconds cannot be used"):
        engine(folder).condition([np.resize(longest, int(30.5 * 22050))], None)


def test_recordings_that_cannot_be_used_are_refused(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="seconds cannot be used"):
        engine(folder).condition([np.tile(SPEECH, 15)], None)
    with pytest.raises(InvalidInput, match="seconds cannot be used"):
        engine(folder, CosyVoiceSFT).condition([SPEECH[:300]], None)
    with pytest.raises(InvalidInput, match=r"spk2info\.pt has no speaker"):
        engine(folder, CosyVoiceSFT).builtin("english_male")


def test_babble_without_end_is_an_error(folder: Path) -> None:
    class Endless:
        log_probs = np.log(np.append(np.full(N_CODES, 1 / N_CODES), 1e-30)).astype(np.float32)

        def say(self, token: int) -> None: ...

    for preset in ("exact", "stream"):
        sft = engine(folder, CosyVoiceSFT, preset)
        sft._begin = lambda *_: Endless()  # type: ignore[method-assign]
        with pytest.raises(SpeechError, match="did not come to an end"):
            samples(sft, said("你好。"), sft.builtin("chinese_female"))


def test_without_files_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights, match="kouji models pull cosyvoice-300m-sft"):
        CosyVoiceSFT()
    (tmp_path / "campplus.onnx").write_bytes(b"not a graph")
    with pytest.raises(BadCheckpoint, match=r"campplus\.onnx cannot be read"):
        listening.Ears(tmp_path, 1).embedding(SPEECH)


def test_users_voices_in_the_table_of_speakers_are_left_out(tmp_path: Path) -> None:
    from kouji.engines.cosyvoice.loading import speakers_of

    embedding = torch.randn(1, 192)
    own = {"prompt_text": torch.zeros(1, 3), "llm_embedding": embedding, "note": "words"}
    torch.save({"中文女": {"embedding": embedding}, "mine": own}, tmp_path / "spk2info.pt")
    assert list(speakers_of(tmp_path)) == ["中文女"]
    torch.save({"中文女": {"embedding": torch.randn(1, 512)}}, tmp_path / "spk2info.pt")
    with pytest.raises(BadCheckpoint, match="192"):
        speakers_of(tmp_path)


def test_tags_that_the_model_knows_reach_it_and_no_one_complains(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    encode = prose.tokenizer.encode
    monkeypatch.setattr(prose.tokenizer, "encode", lambda text: read.append(text) or encode(text))
    session = Session(card.INSTRUCT, engine=engine(folder, CosyVoiceInstruct))
    text = "<strong>今天</strong>真好[laughter]。<strong>走</strong>吧[breath]<wobble>！</wobble>"
    speech = session.synthesize(text, "chinese_female", n_tokens=160)
    for sentence in ("<strong>今天</strong>真好[laughter]。", "<strong>走</strong>吧[breath]！"):
        assert sentence in read
    (told,) = [notice.message for notice in speech.notices if notice.code == "skipped_tags"]
    assert "wobble" in told
    assert "strong" not in told


def test_the_hall_says_a_recording_with_the_voice_of_a_clip(folder: Path) -> None:
    session = Session(card.BASE, engine=engine(folder, preset="fast"))
    source, who = FEMALE, str(MALE)
    speech = session.convert(str(source), reference_audio=who)
    assert abs(speech.duration - 2.88) < 0.02
    assert str(speech.metadata["voice"]).startswith("clip:")
    assert speech.metadata["preset"] == "exact"
    with pytest.raises(InvalidInput, match="no voice of its own"):
        session.convert(str(source))
