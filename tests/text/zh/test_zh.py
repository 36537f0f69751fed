"""Mandarin characters to readings, what is said, and pauses."""

from __future__ import annotations

import time

import pytest

from kouji.errors import InvalidInput
from kouji.text.phonemes import inventory, split_tone
from kouji.text.zh import to_units


def said(text: str, **kwargs: object) -> str:
    return " ".join(unit.said for unit in to_units(text, **kwargs) if unit.said)


def readings(text: str) -> str:
    return " ".join(unit.reading for unit in to_units(text))


def test_every_character_becomes_one_unit_in_order() -> None:
    units = to_units("今天天气真好。")
    assert "".join(unit.text for unit in units) == "今天天气真好"
    assert all(unit.language == "zh" and unit.phonemes for unit in units)


def test_words_are_marked_by_their_first_character() -> None:
    assert [unit.word_start for unit in to_units("我喜欢银行")] == [True, True, False, True, False]


def test_punctuation_becomes_the_pause_after_the_last_character_before_it() -> None:
    assert [unit.pause for unit in to_units("你好，世界！")] == ["", ",", "", "!"]
    assert [unit.pause for unit in to_units("真的吗？！")][-1] == "?"
    assert [unit.pause for unit in to_units("他说：“好。”我走了")][2:] == [".", "", "", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好", "ni2 hao3"),
        ("水果", "shui2 guo3"),
        ("展览馆", "zhan2 lan2 guan3"),
        ("小老虎", "xiao3 lao2 hu3"),
        ("我很好", "wo2 hen2 hao3"),
        ("你好，我是小李", "ni2 hao3 wo3 shi4 xiao2 li3"),
        ("想想", "xiang2 xiang5"),
        ("奶奶", "nai3 nai5"),
        ("小姐", "xiao2 jie5"),
        ("椅子", "yi3 zi5"),
    ],
)
def test_a_third_tone_rises_before_another(text: str, expected: str) -> None:
    assert said(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("不是", "bu2 shi4"),
        ("不好", "bu4 hao3"),
        ("好不好", "hao3 bu5 hao3"),
        ("一个", "yi2 ge5"),
        ("一天", "yi4 tian1"),
        ("一样", "yi2 yang4"),
        ("看一看", "kan4 yi5 kan4"),
        ("第一天", "di4 yi1 tian1"),
        ("统一", "tong3 yi1"),
        ("星期一见", "xing1 qi1 yi1 jian4"),
        ("二十一", "er4 shi2 yi1"),
        ("同一个人", "tong2 yi2 ge4 ren2"),
    ],
)
def test_yi_and_bu_follow_what_comes_next(text: str, expected: str) -> None:
    assert said(text).replace("ge5", "ge4") == expected.replace("ge5", "ge4")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("爸爸", "ba4 ba5"),
        ("看看", "kan4 kan5"),
        ("朋友们", "peng2 you5 men5"),
        ("桌子", "zhuo1 zi5"),
        ("站起来", "zhan4 qi3 lai5"),
        ("走过去", "zou3 guo4 qu5"),
        ("天天", "tian1 tian1"),
        ("我的", "wo3 de5"),
    ],
)
def test_light_syllables_are_neutral(text: str, expected: str) -> None:
    assert said(text) == expected


def test_neutral_speech_keeps_the_lexical_reading() -> None:
    assert readings("朋友头发") == "peng2 you3 tou2 fa4"


def test_erhua_merges_and_keeps_both_characters() -> None:
    flower, er = to_units("花儿")
    assert (flower.said, er.text, er.reading, er.said, er.phonemes) == ("huar1", "儿", "er2", "", ())
    assert said("一会儿") == "yi2 huir4"


def test_two_er_in_a_row_do_not_merge_twice() -> None:
    assert [unit.said for unit in to_units("花儿儿")] == ["huar1", "", "er2"]


def test_child_is_a_syllable_of_its_own() -> None:
    assert said("女儿") == "nv3 er2"
    assert said("儿童") == "er2 tong2"


def test_a_given_reading_is_said_as_given() -> None:
    units = to_units("重复", {0: "zhong4"})
    assert (units[0].reading, units[0].said) == ("zhong4", "zhong4")
    assert said("你好", given={0: "ni3"}) == "ni3 hao3"
    assert said("女", given={0: "lü4"}) == "lv4"


@pytest.mark.parametrize("wrong", ["zhong", "xyz4", "zhong6", ""])
def test_a_given_reading_that_is_not_pinyin_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput, match=r"pinyin|syllable"):
        to_units("重", {0: wrong})


def test_a_reading_for_a_place_outside_the_text_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has 1"):
        to_units("重", {5: "zhong4"})


def test_traditional_text_reads_as_simplified() -> None:
    assert readings("頭髮長髮銀行") == "tou2 fa4 chang2 fa4 yin2 hang2"
    assert readings("他長得很高") == readings("他长得很高")
    assert "".join(unit.text for unit in to_units("銀行")) == "銀行"


def test_a_traditional_character_with_two_lives_is_read_by_its_company() -> None:
    assert readings("著急的人看著著名的著作") == "zhao2 ji2 de5 ren2 kan4 zhe5 zhu4 ming2 de5 zhu4 zuo4"
    assert readings("乾淨") == "gan1 jing4"
    assert readings("乾隆") == "qian2 long2"
    assert readings("三隻鳥") == "san1 zhi1 niao3"


def test_rare_characters_are_read() -> None:
    assert readings("龘") == "da2"
    assert readings("〇") == "ling2"


def test_a_character_without_any_reading_is_named_and_can_be_given() -> None:
    with pytest.raises(InvalidInput, match="U\\+2A6D6"):
        to_units("\U0002a6d6")
    assert said("\U0002a6d6", given={0: "xie2"}) == "xie2"


@pytest.mark.parametrize("text", ["", "，。！", "   ", "😀", "abc 123", "\ud800"])
def test_text_without_characters_has_no_units(text: str) -> None:
    assert to_units(text) == []


def test_every_phoneme_is_in_the_inventory() -> None:
    known = set(inventory())
    units = to_units("嗯，哼，呣，绿色略女雪全军用儿歌玩儿、味儿、有点儿、事儿、字儿、丝儿，特别诶。")
    assert {split_tone(p)[0] for unit in units for p in unit.phonemes} <= known


def test_a_hundred_thousand_characters_take_seconds() -> None:
    start = time.process_time()
    assert len(to_units("他得去银行还钱，然后再好好睡一觉" * 6667)) > 99_000
    assert time.process_time() - start < 30


def test_long_text_without_a_mark_is_read_whole() -> None:
    assert len(to_units("好" * 3000)) == 3000
