"""Numbers in words."""

from __future__ import annotations

import pytest

from kouji.text.normalization import numbers


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (0, "零"), (10, "十"), (15, "十五"), (20, "二十"), (101, "一百零一"), (110, "一百一十"), (1001, "一千零一"),
        (1010, "一千零一十"), (2000, "两千"), (2222, "两千二百二十二"), (10000, "一万"), (10010, "一万零一十"),
        (100000, "十万"), (101000, "十万一千"), (100001000, "一亿零一千"), (200000000, "两亿"), (10**12, "一兆"),
    ],
)  # fmt: skip
def test_mandarin(n: int, said: str) -> None:
    assert numbers.chinese(n) == said


def test_mandarin_numbers_can_be_read_back() -> None:
    """Against an independent reader of Chinese numerals, for numbers of every length."""
    for n in [*range(1200), *(7**k for k in range(18)), *(10**k + 10**j for k in range(15) for j in range(k))]:
        assert _read(numbers.chinese(n)) == n


def _read(said: str) -> int:
    total = section = digit = 0
    for character in said:
        if character in "十百千":
            section += max(digit, 1) * 10 ** ("十百千".index(character) + 1)
            digit = 0
        elif character in "万亿兆":
            total += (section + digit) * 10 ** (4 * ("万亿兆".index(character) + 1))
            section = digit = 0
        else:
            digit = 2 if character == "两" else "零一二三四五六七八九".index(character)
    return total + section + digit


def test_cantonese_says_two_hundred_but_a_couple_of_thousand() -> None:
    assert [numbers.cantonese(n) for n in (200, 2000, 20000)] == ["二百", "兩千", "兩萬"]


@pytest.mark.parametrize(
    ("n", "said"),
    [(1, "一"), (1000, "千"), (1234, "千二百三十四"), (10000, "一万"), (11111111, "一千百十一万千百十一")],
)
def test_japanese(n: int, said: str) -> None:
    assert numbers.japanese(n) == said


def test_korean_counts_in_two_ways() -> None:
    assert [numbers.korean(n) for n in (0, 16, 10000, 20241)] == ["영", "십육", "만", "이만이백사십일"]
    assert [numbers.korean_native(n) for n in (1, 20, 21, 99, 101)] == ["한", "스무", "스물한", "아흔아홉", "백한"]


def test_english_numbers_ordinals_and_years() -> None:
    assert numbers.english(1_000_101) == "one million one hundred and one"
    assert numbers.english(2001) == "two thousand and one"
    assert [numbers.english_ordinal(n) for n in (1, 12, 20, 101)] == [
        "first", "twelfth", "twentieth", "one hundred and first",
    ]  # fmt: skip
    assert [numbers.english_year(n) for n in (1900, 1905, 2000, 2005, 2024)] == [
        "nineteen hundred", "nineteen oh five", "two thousand", "two thousand five", "twenty twenty four",
    ]  # fmt: skip
