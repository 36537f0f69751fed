"""Inline pronunciations."""

from __future__ import annotations

import pytest

from kouji.errors import InvalidInput
from kouji.text import analyse
from kouji.text.markup import Fixed, parse


@pytest.mark.parametrize(
    ("raw", "text", "fixed"),
    [
        ("重{chong2}复", "重复", Fixed(0, 1, "zh", ("chong2",))),
        ("重(chóng)复", "重复", Fixed(0, 1, "zh", ("chong2",))),
        ("重（chóng）复", "重复", Fixed(0, 1, "zh", ("chong2",))),
        ("去重庆{chong2 qing4}", "去重庆", Fixed(1, 3, "zh", ("chong2", "qing4"))),
        ("绿{lü4}", "绿", Fixed(0, 1, "zh", ("lv4",))),
        ("I read{R EH1 D} it", "I read it", Fixed(2, 6, "en", ("R EH1 D",))),
        ("今日{きょう}は", "今日は", Fixed(0, 2, "ja", ("きょう",))),
        ("값이{갑씨}", "값이", Fixed(0, 2, "ko", ("갑씨",))),
        ("佢行{haang4}", "佢行", Fixed(1, 2, "yue", ("haang4",))),
        ("玩儿{wanr2}", "玩", Fixed(0, 1, "zh", ("wanr2",))),
    ],
)
def test_a_pronunciation_belongs_to_what_stands_before_it(raw: str, text: str, fixed: Fixed) -> None:
    marked = parse(raw)
    assert (marked.text, marked.fixed) == (text, (fixed,))


@pytest.mark.parametrize("raw", ["（注意）", "中(zhong)国", "好(hǎo hǎo)", "f() { return }", "a {b}", r"重\{chong2\}"])
def test_ordinary_brackets_are_left_alone(raw: str) -> None:
    assert parse(raw).fixed == ()
    assert parse(raw).text == raw.replace("\\", "")


@pytest.mark.parametrize(
    "wrong", ["重{chong9}复", "重{xang1}复", "重{jang1}复", "重{}复", "3{san1}", "read{R EH1 Q}", "行{xing2 hang2}"]
)
def test_an_impossible_pronunciation_is_an_error_with_its_place(wrong: str) -> None:
    with pytest.raises(InvalidInput, match=f"at character {wrong.index('{') + 1} .*") as caught:
        parse(wrong)
    assert "chong2" in caught.value.hint


def test_it_survives_numbers_and_pictures_before_it() -> None:
    (utterance,) = analyse("他花了5000元👋，又重{chong2}做，3次行{hang2}2").utterances
    readings = {unit.text: unit.reading for unit in utterance.units}
    assert (readings["重"], readings["行"]) == ("chong2", "hang2")
    assert utterance.normalized == "他花了五千元，又重做，三次行二"


def test_it_is_said_as_given_in_every_language() -> None:
    assert [u.said for u in analyse("I read{R EH1 D}").utterances[0].units][-1] == "R EH1 D"
    assert analyse("값이{갑씨} 비싸다").utterances[0].units[0].said == "갑씨"


def test_the_original_text_keeps_its_marks() -> None:
    assert analyse("重{chong2}复。好。").utterances[0].text == "重{chong2}复。"


def test_tags_are_taken_out_and_named() -> None:
    analysis = analyse("<strong>必须</strong>完成，a<b")
    assert analysis.utterances[0].normalized == "必须完成，a小于b"
    assert [notice.code for notice in analysis.notices] == ["skipped_tags"]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("重{chong2}複", ["chong2", "fu4"]),
        ("重(chóng)複", ["chong2", "fu4"]),
        ("銀行{yin2 hang2}", ["yin2", "hang2"]),
        ("女{nü3}女{nv3}女{nu:3}女(nǚ)", ["nv3", "nv3", "nv3", "nv3"]),
        ("綠{lü4}略{lve4}", ["lv4", "lve4"]),
        ("东西{dong1 xi5}", ["dong1", "xi5"]),
        ("這兒{zher4}", ["zher4"]),
        ("玩儿{wanr2}吧", ["wanr2", "ba5"]),
        ("女儿{nv3 er2}", ["nv3", "er2"]),
    ],
)
def test_traditional_characters_umlauts_neutral_tones_and_erhua(raw: str, said: list[str]) -> None:
    (utterance,) = analyse(raw).utterances
    assert [unit.reading for unit in utterance.units] == said


def test_an_english_word_is_said_as_given_once() -> None:
    (utterance,) = analyse("I read{R EH1 D} what you read{R IY1 D}.").utterances
    assert [unit.reading for unit in utterance.units if unit.text == "read"] == ["R EH1 D", "R IY1 D"]
