"""Directions in plain text: emotions, voices, durations, silence."""

from __future__ import annotations

import random

import pytest

from kouji.errors import InvalidInput, SpeechError
from kouji.text import analyse
from kouji.types import EMOTIONS, Utterance


def said(text: str) -> list[tuple[str, dict[str, object]]]:
    return [(u.normalized, dict(u.controls)) for u in analyse(text).utterances]


def tones(utterance: Utterance) -> list[str]:
    return [unit.said for unit in utterance.units]


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_each_emotion_has_its_tag(emotion: str) -> None:
    assert said(f"<{emotion} 0.6>好。</{emotion}>") == [("好。", {"emotion": emotion, "intensity": 0.6})]
    assert said(f"<{emotion}>好。</{emotion}>") == [("好。", {"emotion": emotion, "intensity": 1.0})]


def test_the_ways_to_write_an_intensity_are_one() -> None:
    wanted = [("好。", {"emotion": "sad", "intensity": 0.5})]
    for tag in ("<sad 0.5>", "<sad .5>", '<sad intensity="0.5">', "<SAD  intensity='0.5' >"):
        assert said(f"{tag}好。</sad>") == wanted, tag


def test_an_emotion_within_a_sentence_cuts_the_sound_but_not_the_sentence() -> None:
    first, second, third = analyse("这件事我<angry 0.8>绝不</angry>会答应。").utterances
    assert [u.text for u in (first, second, third)] == ["这件事我", "绝不", "会答应。"]
    assert [dict(u.controls) for u in (first, third)] == [{}, {}]
    assert second.controls == {"emotion": "angry", "intensity": 0.8}
    assert (first.units[-1].pause, second.units[-1].pause, third.units[-1].pause) == ("_", "_", ".")
    assert first.pause == second.pause == 0.05  # no pause of a full stop, nor of a comma
    assert third.pause is None


def test_what_is_cut_is_pronounced_as_one_sentence() -> None:
    whole = [unit.said for unit in analyse("他不对，银行的行长。").utterances[0].units]
    pieces = analyse("他不<happy>对，银</happy>行的行长。").utterances
    assert [tone for piece in pieces for tone in tones(piece)] == whole
    assert whole[1] == "bu2"


@pytest.mark.parametrize("word", ["un<happy>believable</happy>", "<happy>un</happy>believable", "un<happy>be</happy>lievable"])
def test_a_word_is_not_torn_apart_and_its_direction_not_lost(word: str) -> None:
    first, second, third = analyse(f"It is {word} today.").utterances
    assert [[unit.text for unit in u.units] for u in (first, second, third)] == [["It", "is"], ["unbelievable"], ["today"]]
    assert [u.controls.get("emotion") for u in (first, second, third)] == [None, "happy", None]


def test_tags_within_tags_ask_for_both_and_the_inner_wins() -> None:
    assert said("<voice male_1><sad 0.4>一。<happy 0.9>二。</happy></sad>三。</voice>四。") == [
        ("一。", {"voice": "male_1", "emotion": "sad", "intensity": 0.4}),
        ("二。", {"voice": "male_1", "emotion": "happy", "intensity": 0.9}),
        ("三。", {"voice": "male_1"}),
        ("四。", {}),
    ]


def test_another_voice_begins_a_sentence_of_its_own() -> None:
    first, second, third = analyse("他说：<voice name='a b'>你</voice>好。").utterances
    assert [u.controls.get("voice") for u in (first, second, third)] == [None, "a b", None]
    assert [unit.said for u in (second, third) for unit in u.units] == ["ni3", "hao3"]  # no sandhi between two people


@pytest.mark.parametrize(
    ("tag", "seconds"),
    [("<break 500ms>", 0.5), ("<break 1.5s/>", 1.5), ('<break time="0.25s"/>', 0.25), ("<break>", 0.5),
     ('<break strength="strong"/>', 1.0), ("<break time='2s' strength='weak'>", 2.0)],
)  # fmt: skip
def test_a_break_is_silence_after_what_precedes_it(tag: str, seconds: float) -> None:
    first, second = analyse(f"你好{tag}世界。").utterances
    assert (first.pause, second.pause) == (seconds, None)
    assert first.units[-1].pause == ","  # goes on after the silence
    assert analyse(f"你好。{tag}世界。").utterances[0].pause == seconds
    assert analyse(f"你好。{tag}世界。").utterances[0].units[-1].pause == "."


def test_breaks_add_up_also_at_the_ends() -> None:
    analysis = analyse("<break 1s><break 500ms>你好。<break 300ms> <break 200ms>")
    assert analysis.lead == 1.5
    assert [u.pause for u in analysis.utterances] == [0.5]


@pytest.mark.parametrize("text", ["<break 60s>" * 11 + "hi", "hi " + "<break 50s>ho " * 13, "<break 60s/>hi." * 200])
def test_breaks_that_fill_hours_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="The breaks of this text take") as error:
        analyse(text)
    assert error.value.hint == "Give at most 600 s."


def test_a_break_of_nothing_takes_the_pause_away() -> None:
    (utterance,) = analyse("你好，<break strength='none'/>世界。").utterances
    assert [unit.pause for unit in utterance.units] == ["", "", "", "."]
    assert analyse("你好。<break 0s>世界。").utterances[0].pause == 0.0


def test_sentences_of_one_duration_share_a_group() -> None:
    first, second, third = analyse("<duration 2.4s>一。二。</duration><duration 800ms>三。</duration>").utterances
    assert first.controls == second.controls == {"duration": 2.4, "duration_group": 0}
    assert third.controls == {"duration": 0.8, "duration_group": 1}


def test_pronunciations_work_within_and_across() -> None:
    first, second = analyse("<happy>重{chong2}</happy>复").utterances
    assert first.units[0].reading == "chong2"
    assert second.units[0].reading == "fu4"
    pieces = analyse("去银<happy>行{yin2 hang2}</happy>吧").utterances
    assert [[unit.reading for unit in piece.units] for piece in pieces] == [["qu4"], ["yin2", "hang2"], ["ba5"]]
    assert pieces[1].controls["emotion"] == "happy"


@pytest.mark.parametrize(
    ("wrong", "place"),
    [("一<happy>二", 2), ("一</happy>二", 2), ("<happy>一<sad>二</happy></sad>", 15), ("a<happy 7>b</happy>", 2),
     ("a<happy much>b</happy>", 2), ("a<happy 0.5 0.6>b</happy>", 2), ("<break 2>a", 1), ("<break -1s>a", 1),
     ("<break 2h>a", 1), ("a<break 999s>b", 2), ("<break strength='huge'/>a", 1), ("<break foo='1'>a", 1),
     ("<voice>a</voice>", 1), ("<duration>a</duration>", 1), ("<duration 0s>a</duration>", 1), ("</break>a", 1),
     ("<duration 2s>a<duration 1s>b</duration></duration>", 15)],
)  # fmt: skip
def test_a_wrong_tag_is_an_error_with_its_place(wrong: str, place: int) -> None:
    with pytest.raises(InvalidInput, match=rf"at character {place}\b"):
        analyse(wrong)


@pytest.mark.parametrize("text", ["<strong>好</strong>", "<happyness>好", "a < happy > b", "</ happy>", "1<2 sad>"])
def test_other_tags_and_signs_are_no_directions(text: str) -> None:
    assert all(not utterance.controls for utterance in analyse(text).utterances)


def test_a_backslash_makes_a_tag_ask_for_nothing() -> None:
    assert said(r"\<happy>好。") == [("好。", {})]


def test_noise_of_tags_is_spoken_or_refused_but_never_breaks_anything() -> None:
    rng = random.Random(5)
    parts = [
        "你好", "，", "。", "重{chong2}", "un", "believable ", " ", "3", "\n", "<happy>", "</happy>", "<sad 0.5>", "</sad>",
        "<break 200ms>", "<break 0s>", "<voice a>", "</voice>", "<duration 2s>", "</duration>", "<strong>", "<", ">", "(chóng)", "👋",
    ]  # fmt: skip
    n_spoken = 0
    for _ in range(500):
        text = "".join(rng.choice(parts) for _ in range(rng.randint(1, 9)))
        try:
            utterances = analyse(text).utterances
        except SpeechError:
            continue
        assert [u.index for u in utterances] == list(range(len(utterances))), text
        assert all(u.units and u.units[-1].pause for u in utterances), text
        n_spoken += 1
    assert n_spoken > 100


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        ("<|yue|>你好。", ["yue"]),
        ("<|ja|>東京。", ["ja"]),
        ("<|JP|>東京。<|zh|>东京。", ["ja", "zh"]),
        ("<happy><|yue|>你好。</happy>再见。", ["yue", "yue"]),
    ],
)
def test_a_tag_of_a_language_holds_until_the_next(text: str, languages: list[str]) -> None:
    found = analyse(text)
    assert [each.language for each in found.utterances] == languages
    assert not found.notices
    assert not any("|" in each.text for each in found.utterances)
