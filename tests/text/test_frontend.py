"""From any text to units: the whole way."""

from __future__ import annotations

import random
import subprocess
import sys
import time

import pytest

from kouji.errors import EmptyText, InvalidInput, SpeechError, UnknownName
from kouji.text import Analysis, analyse, analyse_line, normalize


def units(text: str, language: str | None = None) -> list[tuple[str, str]]:
    return [(u.language, u.text) for utterance in analyse(text, language).utterances for u in utterance.units]


def test_chinese_with_english_words_and_a_price() -> None:
    (utterance,) = analyse("我今天买了一台iPhone，花了5000元。").utterances
    assert utterance.language == "zh"
    assert utterance.normalized == "我今天买了一台iPhone，花了五千元。"
    assert ("en", "iPhone") in [(u.language, u.text) for u in utterance.units]
    assert [u.text for u in utterance.units[-3:]] == ["五", "千", "元"]


def test_pauses_follow_the_marks_and_the_last_is_the_closing_one() -> None:
    first, second, third = analyse("你好，iPhone，走吧？\n好！Fine").utterances
    assert [u.pause for u in first.units] == ["", ",", ",", "", "?"]
    assert second.units[-1].pause == "!"
    assert third.units[-1].pause == "."


def test_a_sentence_cut_for_its_length_does_not_sound_finished() -> None:
    first, last = analyse("我" * 210).utterances
    assert (first.units[-1].pause, last.units[-1].pause) == (",", ".")


def test_every_language_in_one_line() -> None:
    pytest.importorskip("pyopenjtalk")
    spoken = dict.fromkeys(language for language, _ in units("你好，hello，こんにちは，안녕하세요。"))
    assert list(spoken) == ["zh", "en", "ja", "ko"]


def test_cantonese_is_heard_from_its_characters() -> None:
    pytest.importorskip("ToJyutping")
    assert {language for language, _ in units("佢今日去咗飲茶。好食！")} == {"yue"}


def test_emoji_are_dropped_with_a_notice() -> None:
    analysis = analyse("你好👋世界🌍")
    assert analysis.utterances[0].normalized == "你好 世界"
    (notice,) = analysis.notices
    assert notice.code == "skipped_characters"
    assert "👋 🌍" in notice.message


def test_utterances_keep_what_the_user_wrote_in_order() -> None:
    analysis = analyse("  第１句：3.5元。\u200b第2句！")
    assert [u.text for u in analysis.utterances] == ["第１句：3.5元。", "第2句！"]
    assert [u.index for u in analysis.utterances] == [0, 1]


def test_the_language_says_how_characters_are_read() -> None:
    pytest.importorskip("ToJyutping")
    assert {language for language, _ in units("飲茶", "yue")} == {"yue"}
    assert {language for language, _ in units("飲茶")} == {"zh"}


def test_an_unknown_language_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="'zhh'"):
        analyse("你好", "zhh")
    with pytest.raises(UnknownName):
        normalize("你好", "fr")


@pytest.mark.parametrize("text", ["", "   \n", "……！！！", "👋", "\ud800", "«»", "\x00\x07", "()"])
def test_nothing_to_say_is_an_error(text: str) -> None:
    with pytest.raises(EmptyText):
        analyse(text)


def test_a_line_as_plain_data() -> None:
    line = analyse_line("买2个apple。")
    assert line["text"] == "买2个apple。"
    assert line["normalized"] == "买两个apple。"
    assert [list(u) for u in line["units"]] == [["text", "language", "reading", "said", "phonemes"]] * 4
    assert analyse_line("")["units"] == []


def test_sentences_may_not_be_absurdly_short() -> None:
    with pytest.raises(InvalidInput):
        analyse("你好", max_characters=0)


# ---- anything may come ---------------------------------------------------------------------------

_POOLS = [
    "你我他重行的了，。！？5",
    "abc XYZ.,'-!?",
    "0123456789-/.:,%$€¥~+×÷=^()@#",
    "ひらカナ漢字ー、。한국어 漢",
    "{}()（）“”「」<>[]\\",
    "👋🌍\u200d\ufe0f\u200b\ufeff\x00\x07\ud800\udfff\u0301\u202e",
    "".join(chr(c) for c in range(0x20, 0x2FFF, 7)),
]


def _noise(rng: random.Random) -> str:
    pools = rng.sample(_POOLS, rng.randint(1, 3))
    return "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(1, 60)))


@pytest.mark.filterwarnings("ignore:Dictionary.create:DeprecationWarning")  # of Sudachi, inside pyopenjtalk
def test_noise_is_spoken_or_refused_but_never_breaks_anything() -> None:
    rng = random.Random(7)
    for _ in range(300):
        text = _noise(rng)
        language = rng.choice([None, None, "zh", "en", "ko"])
        try:
            analysis = analyse(text, language)
        except SpeechError:
            continue
        assert isinstance(analysis, Analysis)
        assert all(u.units and u.units[-1].pause for u in analysis.utterances), text
        assert "".join(u.text for u in analysis.utterances).encode("utf-8")


@pytest.mark.parametrize(
    "text", ["(" * 100_000, "我" * 20_000, "1" * 10_000, "-1" * 5_000, "a." * 5_000, "你{ni3}" * 2_000]
)
def test_endless_text_without_marks_takes_time_in_proportion(text: str) -> None:
    start = time.process_time()
    try:
        assert analyse(text).utterances
    except EmptyText:
        assert "(" in text
    assert time.process_time() - start < 5  # under one second each on an idle core


def test_importing_loads_no_dictionary_and_no_torch() -> None:
    code = (
        "import sys, kouji.text; print([m for m in ('torch', 'pypinyin', 'pyopenjtalk', 'wetext') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
