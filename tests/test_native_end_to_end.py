"""The voice that comes with the package, from the command to the file."""

import io
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile

import kouji
from kouji import config, engines
from kouji.audio.join import collect
from kouji.errors import InvalidInput, UnsupportedControl

HELLO = {
    "zh": "你好，世界。",
    "en": "Hello, world.",
    "ko": "안녕하세요, 세계.",
    "yue": "你好，世界。",
    "ja": "こんにちは、世界。",
}
EXTRA = {"ja": "pyopenjtalk"}  # what a language needs beside the base install
VOICES = ("female_1", "male_1", "english_1", "english_2", "japanese_1", "korean_1", "cantonese_1")


@pytest.fixture(scope="module")
def tts() -> kouji.Session:
    return kouji.load("native")


def as_bytes(speech: kouji.Speech) -> bytes:
    file = io.BytesIO()
    speech.save(file, "wav")
    return file.getvalue()


def loudness(samples: np.ndarray) -> float:
    """Level of the loudest tenth of a second, dBFS."""
    frames = samples[: len(samples) // 2400 * 2400].reshape(-1, 2400)
    return float(10 * np.log10((frames**2).mean(axis=1).max() + 1e-12))


def test_the_command_writes_a_file_that_can_be_heard(tmp_path: Path) -> None:
    path = tmp_path / "hello.wav"
    subprocess.run([sys.executable, "-m", "kouji", "say", HELLO["zh"], "-o", path], check=True, capture_output=True)
    samples, sample_rate = soundfile.read(path)
    assert sample_rate == 24000
    assert 0.8 < len(samples) / sample_rate < 2.5
    assert -30 < loudness(samples) < -3


def test_starting_and_speaking_is_quick_small_and_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys, resource; from kouji.cli.main import main\n"
        f"assert main(['say', {HELLO['zh']!r}, '-o', {str(tmp_path / 'a.wav')!r}]) == 0\n"
        "assert not {'torch', 'scipy', 'numba', 'librosa'} & set(sys.modules)\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        # not ru_maxrss, which a child takes over from the process that forked it
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]\n"
        "print(used.ru_utime + used.ru_stime, peak)"
    )
    run = [sys.executable, "-c", code]
    subprocess.run(run, check=True, capture_output=True)  # the second run counts: files are in memory then
    seconds, kilobytes = map(float, subprocess.run(run, check=True, capture_output=True, text=True).stdout.split())
    assert seconds < 1.2  # processor time, which other work on the machine does not change
    assert kilobytes < 400_000


@pytest.mark.parametrize("voice", VOICES)
def test_every_voice_speaks_every_language(tts: kouji.Session, voice: str) -> None:
    for language, text in HELLO.items():
        if language in EXTRA:
            pytest.importorskip(EXTRA[language])
        speech = tts.synthesize(text, voice=voice, language=language)
        assert 0.6 < speech.duration < 4.0, language
        assert -35 < loudness(speech.samples) < -1, language
        assert np.abs(speech.samples).max() <= 1


def test_the_same_text_voice_and_seed_give_the_same_bytes_in_another_process(tts: kouji.Session) -> None:
    command = [sys.executable, "-m", "kouji", "say", "口技 Kouji。", "--seed", "7", "-v", "male_1", "-o", "-"]
    said = subprocess.run(command, check=True, capture_output=True).stdout
    assert said == as_bytes(tts.synthesize("口技 Kouji。", seed=7, voice="male_1"))


def test_a_batch_of_eight_is_the_same_as_one_by_one(tts: kouji.Session) -> None:
    texts = [f"第{number}句话，then some English." for number in range(1, 9)]
    batch = [as_bytes(speech) for speech in tts.synthesize_batch(texts)]
    assert batch == [as_bytes(kouji.load("native").synthesize(text)) for text in texts]


def test_a_stream_is_the_same_sound_in_pieces(tts: kouji.Session) -> None:
    text = "第一句马上就能听到。第二句随后就来。"
    np.testing.assert_array_equal(collect(tts.stream(text))[0], tts.synthesize(text).samples)


def test_sentences_are_joined_with_a_pause_and_without_a_click(tts: kouji.Session) -> None:
    speech = tts.synthesize("今天下雨。我们回家吧。")
    quiet = np.abs(speech.samples) < 10 ** (-50 / 20)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], quiet, [0]]).astype(int)))
    inner = [(start, end) for start, end in edges.reshape(-1, 2) if start > 2400 and end < len(quiet) - 2400]
    start, end = max(inner, key=lambda run: run[1] - run[0])
    assert 0.3 < (end - start) / speech.sample_rate < 0.9
    steps = np.abs(np.diff(speech.samples))
    assert max(steps[start - 50 : start + 50].max(), steps[end - 50 : end + 50].max()) < 0.1


def test_a_long_text_is_said_whole(tts: kouji.Session) -> None:
    sentence = "从前有一座山，山上有一座庙。"
    once, ten_times = tts.synthesize(sentence), tts.synthesize(sentence * 10)
    assert ten_times.duration == pytest.approx(10 * once.duration + 9 * 0.4, rel=0.1)


def fuzzed(seed: int) -> str:
    """Anything that may arrive: letters of every script, emoji, control characters, lone surrogates, marks."""
    draw = random.Random(seed)
    ranges = ((0, 0x7F), (0x80, 0x24F), (0x300, 0x36F), (0x600, 0x6FF), (0x2000, 0x206F), (0x3000, 0x30FF),
              (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xD800, 0xDFFF), (0xE000, 0xE0FF), (0xFF00, 0xFFEF),
              (0x1F300, 0x1FAFF), (0x20000, 0x200FF), (0xE0000, 0xE007F))  # fmt: skip
    chosen = draw.sample(ranges, draw.randint(1, 4))
    return "".join(chr(draw.randint(*draw.choice(chosen))) for _ in range(draw.randint(0, 60)))


def is_said_or_refused(tts: kouji.Session, text: str) -> bool:
    try:
        speech = tts.synthesize(text)
    except kouji.SpeechError as error:
        return bool(error.message and error.hint)
    return len(speech.samples) > 0 and bool(np.isfinite(speech.samples).all())


def test_whatever_is_typed_is_said_or_refused(tts: kouji.Session) -> None:
    for seed in range(40):
        assert is_said_or_refused(tts, fuzzed(seed)), ascii(fuzzed(seed))


@pytest.mark.full
def test_a_thousand_times(tts: kouji.Session) -> None:
    for seed in range(1000):
        assert is_said_or_refused(tts, fuzzed(seed)), ascii(fuzzed(seed))


@pytest.mark.full
@pytest.mark.parametrize("text", ["好" * 100_000, "a" * 100_000, "。" * 100_000, "hello world, " * 7_700])
def test_a_hundred_thousand_characters(tts: kouji.Session, text: str) -> None:
    with suppress(kouji.SpeechError):
        assert len(next(tts.stream(text)).samples) > 0  # hours of sound: the beginning will do


@pytest.mark.parametrize(
    "arguments", [["--voice", "female_11"], ["--language", "zz"], ["--format", "wave"], ["-o", "."]]
)
def test_a_mistake_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    from kouji.cli.main import main

    monkeypatch.chdir(tmp_path)
    assert main(["say", "你好", *arguments]) == 2
    assert list(tmp_path.iterdir()) == []


def test_words_of_one_request_are_said_as_they_would_be_in_braces(tts: kouji.Session) -> None:
    plain = kouji.Session(tts.card, config.load({}, watermark="off"))  # a mark is of the text, and so of its braces
    asked = plain.synthesize("在重庆。", pronunciation={"重庆": "zhong4 qing4"}).samples
    np.testing.assert_array_equal(asked, plain.synthesize("在重{zhong4}庆。").samples)
    assert not np.array_equal(asked, plain.synthesize("在重庆。").samples)
    assert tts.plan("在重庆。", pronunciation={"重庆": "=四川的重庆"}).natural > tts.plan("在重庆。").natural


def test_what_is_said_as_it_is_written_has_no_numbers(tts: kouji.Session) -> None:
    written, usual = (tts.synthesize("你好，世界。", normalize=way).samples for way in ("off", "auto"))
    np.testing.assert_array_equal(written, usual)
    with pytest.raises(InvalidInput, match=r"'3' cannot be said as it is written\. Write it in words"):
        tts.stream("3", normalize="off")
    with pytest.raises(UnsupportedControl, match=r"'gptsovits-v2' has no control 'normalize'\. These have: .*native"):
        kouji.Session(engines.card("gptsovits-v2")).stream("好。", normalize="off")
