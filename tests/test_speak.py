"""The hall: one request, from text to sound."""

import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

import kouji
from kouji.audio.join import collect
from kouji.engines.contract import DENOISE, Conditioning, Control
from kouji.errors import EmptyText, InvalidInput, UnknownName, UnsupportedControl
from kouji.types import Chunk, Timing, Utterance
from kouji_parrot.card import CARD
from kouji_parrot.engine import SECONDS, Parrot

LONG = "第一句很短。第二句稍微长一点，还有一个逗号。第三句问什么呢？最后一句结束了！"


@pytest.fixture(scope="module")
def tts() -> kouji.Session:
    return kouji.load("parrot")


def as_bytes(speech: kouji.Speech) -> bytes:
    file = io.BytesIO()
    speech.save(file, "wav")
    return file.getvalue()


def test_speech_knows_what_made_it(tts: kouji.Session) -> None:
    speech = tts.synthesize("你好，世界。", seed=3)
    made = {name: value for name, value in speech.metadata.items() if name not in ("tags", "marking", "watermark")}
    assert made == {"engine": "parrot", "voice": "ara", "language": "zh", "seed": 3, "preset": "exact"}
    assert speech.sample_rate == tts.sample_rate == 16000
    assert speech.duration > 0.5


def test_the_same_text_voice_and_seed_give_the_same_bytes(tts: kouji.Session) -> None:
    first = as_bytes(tts.synthesize(LONG, voice="polly", seed=5))
    assert as_bytes(kouji.load("parrot").synthesize(LONG, voice="polly", seed=5)) == first
    assert as_bytes(tts.synthesize(LONG, voice="polly", seed=6)) != first


def test_a_batch_of_eight_is_the_same_as_one_by_one(tts: kouji.Session) -> None:
    texts = [f"{LONG}第{number}次。" for number in "一二三四五六七八"]
    batch = tts.synthesize_batch(texts, seed=1)
    assert [as_bytes(speech) for speech in batch] == [as_bytes(tts.synthesize(text, seed=1)) for text in texts]


def test_a_stream_is_the_same_sound_in_pieces(tts: kouji.Session) -> None:
    chunks = list(tts.stream(LONG, seed=2))
    speech = tts.synthesize(LONG, seed=2)
    assert len(chunks) > 4
    np.testing.assert_array_equal(collect(chunks)[0], speech.samples)
    assert collect(chunks)[1] == speech.marks


def test_a_stream_tells_errors_before_the_first_sound(tts: kouji.Session) -> None:
    with pytest.raises(UnknownName):
        tts.stream("你好", voice="nobody")


def test_a_stream_starts_before_the_text_is_over(tts: kouji.Session) -> None:
    said = []

    class Listening(Parrot):
        def synthesize(self, utterance, conditioning, rng):  # type: ignore[no-untyped-def]
            said.append(utterance.text)
            return super().synthesize(utterance, conditioning, rng)

    next(kouji.Session(tts.card, engine=Listening()).stream(LONG))
    assert len(said) == 1


def test_marks_follow_the_sound_across_sentences(tts: kouji.Session) -> None:
    speech = tts.synthesize("你好。你好。")
    assert [mark.text for mark in speech.marks] == list("你好你好")
    first, second = speech.marks[0], speech.marks[2]
    assert second.start - first.start > 0.6  # two units and the pause of a full stop
    assert speech.marks[-1].end == pytest.approx(speech.duration, abs=0.01)


def test_the_voice_follows_the_language_of_the_text(tts: kouji.Session) -> None:
    assert tts.synthesize("你好").metadata["voice"] == "ara"
    assert tts.synthesize("你好", language="zh", voice="polly").metadata["voice"] == "polly"


def test_progress_is_told_after_every_sentence(tts: kouji.Session) -> None:
    told: list[tuple[int, int]] = []
    tts.speak(kouji.Request(LONG), progress=lambda n_said, n_all: told.append((n_said, n_all)))
    assert told == [(n_said, 4) for n_said in range(5)]


def test_a_control_of_the_card_is_obeyed(tts: kouji.Session) -> None:
    plain, fast = tts.synthesize("你好"), tts.synthesize("你好", speed=2)
    assert fast.duration == pytest.approx(plain.duration / 2)
    assert tts.synthesize("你好", config={"speed": 2}).duration == fast.duration


def test_a_control_that_the_card_lacks_is_refused(tts: kouji.Session) -> None:
    with pytest.raises(UnsupportedControl, match="'parrot' has no control 'emotion_text'"):
        tts.synthesize("你好", emotion_text="愤怒")
    with pytest.raises(UnsupportedControl, match="duration_ratio"):
        tts.synthesize("你好", config={"duration_ratio": 1.1})


def test_a_refused_control_names_the_engines_that_have_it(tts: kouji.Session) -> None:
    mute = kouji.Session(replace(tts.card, id="mute", controls={}))
    with pytest.raises(UnsupportedControl, match=r"These have: .*parrot"):
        mute.synthesize("你好", speed=1.5)


@pytest.mark.parametrize("speed", [0.1, 3, "fast", True, None, float("nan")])
def test_a_control_out_of_range_is_refused(tts: kouji.Session, speed: object) -> None:
    with pytest.raises(InvalidInput, match=r"Give 0\.5 to 2\.0"):
        tts.synthesize("你好", speed=speed)


def test_unknown_names_tell_the_nearest(tts: kouji.Session) -> None:
    with pytest.raises(UnknownName, match="'polly'"):
        tts.synthesize("你好", voice="poly")
    with pytest.raises(UnknownName, match=r"Known: en, zh"):
        tts.synthesize("你好", language="xx")
    with pytest.raises(UnknownName, match="'speed'"):
        tts.synthesize("你好", sped=1.0)
    with pytest.raises(UnknownName, match="'parrot'"):
        kouji.load("parot")


@pytest.mark.parametrize("seed", [-1, 1.5, "1", True])
def test_a_seed_is_a_whole_number(tts: kouji.Session, seed: object) -> None:
    with pytest.raises(InvalidInput, match="seed"):
        tts.synthesize("你好", seed=seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "   \n", "……", "🙂"])
def test_nothing_to_say_is_an_error(tts: kouji.Session, text: str) -> None:
    with pytest.raises(EmptyText):
        tts.synthesize(text)


def test_what_is_left_out_is_told(tts: kouji.Session) -> None:
    assert [notice.code for notice in tts.synthesize("你好🙂").notices] == ["skipped_characters"]


def test_a_lexicon_changes_what_is_said(tmp_path, tts: kouji.Session) -> None:  # type: ignore[no-untyped-def]
    lexicon = tmp_path / "words.txt"
    lexicon.write_text("口\tzh\t=口技口技\n", "utf-8")
    longer = kouji.load("parrot", lexicon=lexicon).synthesize("口")
    assert longer.duration > 2 * tts.synthesize("口").duration


def test_save_wav_resamples(tmp_path, tts: kouji.Session) -> None:  # type: ignore[no-untyped-def]
    from kouji.audio import files

    speech = tts.synthesize("你好")
    kouji.utils.save_wav(speech, tmp_path / "a.wav", sr=24000)
    samples, sample_rate = files.read(tmp_path / "a.wav")
    assert sample_rate == 24000
    assert len(samples) / 24000 == pytest.approx(speech.duration, abs=1e-3)


# ---- an exact length, whatever the engine ---------------------------------------------------------


class Clumsy(Parrot):
    """A parrot that knows how long it takes and tries to keep a length, but misses it by `error`."""

    def __init__(self, error: float = 1.0) -> None:
        super().__init__()
        self.error = error

    def timing(self, utterance: Utterance, conditioning: Conditioning) -> Timing:
        natural = SECONDS * sum(len(unit.phonemes) for unit in utterance.units) / utterance.delivery.speed
        return Timing(natural, 0.4 * natural, 3 * natural)

    def synthesize(
        self, utterance: Utterance, conditioning: Conditioning, rng: np.random.Generator
    ) -> Iterator[Chunk]:
        wanted = utterance.delivery.duration
        if wanted is not None:
            natural = self.timing(utterance, conditioning).natural * utterance.delivery.speed
            speed = natural / (wanted * self.error)
            utterance = replace(utterance, delivery=replace(utterance.delivery, speed=speed))
        return super().synthesize(utterance, conditioning, rng)


def clumsy(error: float = 1.0) -> kouji.Session:
    control = Control("exact length")
    card = replace(CARD, controls={**CARD.controls, "duration": control, "duration.tokens": control}, token_rate=25.0)
    return kouji.Session(card, engine=Clumsy(error))


def test_noise_is_taken_out_of_what_the_engine_says_and_the_length_stays_exact() -> None:
    tts = clumsy(1.03)
    tts.card = replace(tts.card, controls={**tts.card.controls, "denoise": DENOISE})
    asked = {"duration": round(1.1 * tts.plan(LONG).natural, 3), "sampling": {"temperature": 3.0}}  # it hisses
    plain, less = (tts.synthesize(LONG, denoise=strength, **asked) for strength in (0, 1))
    assert len(less.samples) == len(plain.samples) == round(float(str(asked["duration"])) * 16000)
    assert np.mean(np.diff(less.samples) ** 2) < 0.7 * np.mean(np.diff(plain.samples) ** 2)
    assert less.metadata["tags"] != plain.metadata["tags"]  # the id in its marks
    np.testing.assert_array_equal(collect(tts.stream(LONG, denoise=1, **asked))[0], less.samples)


def test_a_strength_of_noise_suppression_has_a_range(tts: kouji.Session) -> None:
    able = kouji.Session(replace(tts.card, controls={**tts.card.controls, "denoise": DENOISE}))
    for wrong in (1.1, -0.1, float("nan"), "much", True):
        with pytest.raises(InvalidInput, match=r"denoise=.* Give 0\.0 to 1\.0"):
            able.stream("好。", denoise=wrong)
    with pytest.raises(UnsupportedControl, match="'denoise'"):
        tts.stream("好。", denoise=0.5)


@pytest.mark.parametrize("error", [1.0, 0.9995, 1.03, 0.93, 1.4, 0.6])
@pytest.mark.parametrize("ratio", [0.7, 1.0, 1.3])
def test_a_wanted_length_is_met_to_the_sample(error: float, ratio: float) -> None:
    tts = clumsy(error)
    target = round(ratio * tts.plan(LONG).natural, 3)
    speech = tts.synthesize(LONG, duration=target)
    assert len(speech.samples) == round(target * 16000)
    assert speech.marks[-1].end <= speech.duration


def test_a_ratio_counts_from_the_natural_length() -> None:
    tts = clumsy()
    speech = tts.synthesize(LONG, config={"duration_control": "ratio", "duration_ratio": 1.1, "mode": "controlled"})
    assert speech.duration == pytest.approx(1.1 * tts.synthesize(LONG).duration, abs=0.01)


def test_the_plan_comes_with_the_sound() -> None:
    tts = clumsy(error=1.04)
    made = tts.synthesize(LONG, duration_ratio=1.2).metadata["duration"]
    plan = tts.plan(LONG, duration_ratio=1.2)
    assert isinstance(made, dict)
    assert {name: made[name] for name in plan.plain()} == plan.plain()
    assert made["stretch"] == pytest.approx(1 / 1.04, abs=0.001)
    assert "duration" not in tts.synthesize(LONG).metadata


def test_a_free_pace_sounds_as_ever() -> None:
    tts = clumsy(error=1.1)
    plain = kouji.load("parrot").synthesize(LONG)
    assert np.array_equal(tts.synthesize(LONG, mode="free").samples, plain.samples)


def test_a_stream_of_a_wanted_length_comes_sentence_by_sentence() -> None:
    tts = clumsy()
    chunks = list(tts.stream(LONG, duration_ratio=0.9))
    assert len(chunks) >= 4
    np.testing.assert_array_equal(collect(chunks)[0], tts.synthesize(LONG, duration_ratio=0.9).samples)


@pytest.mark.parametrize("seconds", [0.05, 600])
def test_an_impossible_length_is_refused_before_any_sound(seconds: float) -> None:
    with pytest.raises(InvalidInput, match=r"Give \d\.\d\d to \d\.\d\d s"):
        clumsy().stream("三个字", duration=seconds)


def test_what_had_to_be_stretched_too_far_is_told() -> None:
    class Stubborn(Clumsy):
        def synthesize(self, utterance, conditioning, rng):  # type: ignore[no-untyped-def]
            return Parrot.synthesize(self, utterance, conditioning, rng)

    tts = clumsy()
    speech = kouji.Session(tts.card, engine=Stubborn()).synthesize("你好，世界。", duration_ratio=1.25)
    assert [notice.code for notice in speech.notices] == ["duration_stretched"]
    assert speech.duration == pytest.approx(1.25 * tts.plan("你好，世界。").natural, abs=1e-4)


def test_a_length_is_refused_where_the_engine_has_none(tts: kouji.Session) -> None:
    with pytest.raises(UnsupportedControl, match="'duration'"):
        tts.synthesize("你好", duration=2)
    with pytest.raises(UnsupportedControl, match="'duration'"):
        tts.plan("你好")
# ---- what the markup of a text asks for ----------------------------------------------------------


def seconds_of_silence(speech: kouji.Speech) -> list[float]:
    quiet = np.abs(speech.samples) < 1e-3
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quiet, [False]]).astype(int)))
    runs = [(end - start) / speech.sample_rate for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return [round(run, 2) for run in runs if run > 0.03]


def test_voices_speeds_and_silence_of_ssml_are_heard(tts: kouji.Session) -> None:
    plain = tts.synthesize("一二三四", voice="ara").duration
    fast = tts.synthesize('<speak><prosody rate="200%">一二三四</prosody></speak>', voice="ara")
    assert fast.duration == pytest.approx(plain / 2)
    speech = tts.synthesize(
        '<speak><break time="1s"/>一二三四<break time="700ms"/><voice name="polly">一二三四</voice>'
        '<break time="0.3s"/></speak>',
        voice="ara",
    )
    assert seconds_of_silence(speech) == [1.0, 0.7, 0.3]
    assert speech.duration == pytest.approx(2 * plain + 2.0, abs=0.01)
    halves = np.split(speech.samples[: len(speech.samples) // 2 * 2], 2)
    pitches = [np.abs(np.fft.rfft(half)).argmax() * 16000 / len(half) for half in halves]
    assert pitches == [pytest.approx(220, rel=0.05), pytest.approx(440, rel=0.05)]


def test_markup_outweighs_the_request(tts: kouji.Session) -> None:
    marked = tts.synthesize("<speak>一二<prosody rate='100%'>三一</prosody></speak>", speed=2)
    slow, fast = (mark.end - mark.start for mark in (marked.marks[-1], marked.marks[0]))
    assert slow == pytest.approx(2 * fast)


def test_named_marks_have_their_time(tts: kouji.Session) -> None:
    speech = tts.synthesize(
        '<speak><mark name="start"/><break time="1s"/>一二<mark name="middle"/>三四。<break time="500ms"/>'
        '<mark name="second"/>五六。<mark name="end"/></speak>'
    )
    named = {mark.text: mark.start for mark in speech.marks if mark.kind == "mark"}
    words = {mark.text: mark for mark in speech.marks if mark.kind == "word"}
    assert named == {
        "start": 0.0,
        "middle": pytest.approx(words["三"].start),
        "second": pytest.approx(words["五"].start),
        "end": pytest.approx(words["六"].end),
    }
    assert words["一"].start == pytest.approx(1.0, abs=1e-3)
    assert words["五"].start - words["四"].end == pytest.approx(0.5, abs=1e-3)


def test_a_stream_of_marked_text_is_the_same_sound(tts: kouji.Session) -> None:
    text = "<speak><break/>一<mark name='m'/>二<break time='0.1s'/><voice name='polly'>三。</voice>四<break/></speak>"
    chunks, speech = list(tts.stream(text)), tts.synthesize(text)
    np.testing.assert_array_equal(collect(chunks)[0], speech.samples)
    assert collect(chunks)[1] == speech.marks


def test_markup_that_the_engine_lacks_is_refused_before_any_sound(tts: kouji.Session) -> None:
    with pytest.raises(UnsupportedControl, match="'parrot' has no control 'emotion'"):
        tts.stream("好。<happy 0.6>好</happy>")
    with pytest.raises(UnsupportedControl, match="'pitch'"):
        tts.stream("<speak>好。<prosody pitch='+2st'>好</prosody></speak>")
    with pytest.raises(UnsupportedControl, match="'volume'"):
        tts.stream("<speak>好。<prosody volume='loud'>好</prosody></speak>")
    with pytest.raises(UnsupportedControl, match="'duration'"):
        tts.stream("好。<duration 2s>好</duration>")
    with pytest.raises(InvalidInput, match=r"Give 0\.5 to 2\.0"):
        tts.stream("<speak>好。<prosody rate='300%'>好</prosody></speak>")
    with pytest.raises(UnknownName, match="'polly'"):
        tts.stream("好。<voice poly>好</voice>")


def test_an_engine_that_has_a_control_is_handed_what_the_markup_asks(tts: kouji.Session) -> None:
    heard = []

    class Acting(Parrot):
        def synthesize(self, utterance, conditioning, rng):  # type: ignore[no-untyped-def]
            heard.append((utterance.normalized, dict(utterance.controls)))
            return super().synthesize(utterance, conditioning, rng)

    card = replace(tts.card, controls={**tts.card.controls, "emotion.vector": Control("emotion")})
    kouji.Session(card, engine=Acting()).synthesize("好，<happy 0.6>好</happy>。")
    assert heard == [("好，", {}), ("好。", {"emotion": "happy", "intensity": 0.6})]
