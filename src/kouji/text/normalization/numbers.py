"""Numbers in words: Chinese, Cantonese, Japanese (characters), English, Korean (Sino-Korean and native)."""

from __future__ import annotations

from collections.abc import Iterator

_ZH = "零一二三四五六七八九"
_KO = "영일이삼사오육칠팔구"
_GROUPS = ("", "万", "亿", "兆", "京")

_EN_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_EN_TENS = ". . twenty thirty forty fifty sixty seventy eighty ninety".split()
_EN_GROUPS = ("", " thousand", " million", " billion", " trillion", " quadrillion")
_EN_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip
_KO_NATIVE = ["", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉"]
_KO_NATIVE_TENS = ["", "열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"]


def chinese(n: int, two: str = "两") -> str:
    """Mandarin: 110 -> 一百一十, 10010 -> 一万零一十; a leading 2 before 百 千 万 亿 is `two`."""
    if n == 0:
        return "零"
    parts: list[str] = []
    skipped = False  # a zero was passed over and must be said before the next part
    for group in range(len(_GROUPS) - 1, -1, -1):
        value = n // 10000**group % 10000
        if value == 0:
            skipped = bool(parts)
            continue
        if parts and (skipped or value < 1000):
            parts.append("零")
        parts.append(_chinese_group(value) + _GROUPS[group])
        skipped = False
    said = "".join(parts)
    if said.startswith("一十"):
        said = said[1:]
    if said[0] == "二" and said[1:2] in tuple("百千万亿兆"):
        said = two + said[1:]
    return said


def _chinese_group(value: int) -> str:
    said, zero = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        if digit == 0:
            zero = bool(said)
            continue
        said += ("零" if zero else "") + _ZH[digit] + unit
        zero = False
    return said


def cantonese(n: int) -> str:
    """As Mandarin in traditional characters: 二百, but 兩千, 兩萬."""
    said = chinese(n, two="兩").replace("万", "萬").replace("亿", "億")
    return "二" + said[1:] if said.startswith("兩百") else said


def japanese(n: int) -> str:
    """1234 -> 千二百三十四; 一 stands only before 万 and higher, and in 一千万."""
    if n == 0:
        return "零"
    said = ""
    for group, value in _by_ten_thousands(n):
        words = _without_ones(value, _ZH, "千百十")
        if group and words.startswith("千"):
            words = "一" + words
        said += words + ("", "万", "億", "兆", "京")[group]
    return said


def korean(n: int) -> str:
    """Sino-Korean: 2024 -> 이천이십사, 10000 -> 만."""
    if n == 0:
        return "영"
    said = ""
    for group, value in _by_ten_thousands(n):
        words = _without_ones(value, _KO, "천백십")
        if group == 1 and value == 1 and not said:
            words = ""  # 만, not 일만
        said += words + ("", "만", "억", "조", "경")[group]
    return said


def _by_ten_thousands(n: int) -> Iterator[tuple[int, int]]:
    """(power of 10,000, how many of it: 1 to 9999), the highest first."""
    for group in range(len(_GROUPS) - 1, -1, -1):
        if value := n // 10000**group % 10000:
            yield group, value


def _without_ones(value: int, digits: str, units: str) -> str:
    """1 to 9999 with units for 1000, 100 and 10, before which a one is not said."""
    return "".join(
        ("" if digit == 1 and unit else digits[digit]) + unit
        for power, unit in zip((1000, 100, 10, 1), (*units, ""), strict=True)
        if (digit := value // power % 10)
    )


def korean_native(n: int) -> str:
    """Native numerals before a counter, 1 to 99: 1 -> 한, 20 -> 스무, 21 -> 스물한; larger numbers as `korean`."""
    if not 1 <= n <= 99:
        return korean(n) if n < 100 or n % 100 == 0 else korean(n - n % 100) + korean_native(n % 100)
    if n == 20:
        return "스무"
    return _KO_NATIVE_TENS[n // 10] + _KO_NATIVE[n % 10]


def english(n: int) -> str:
    """1299 -> one thousand two hundred and ninety nine."""
    if n < 1000:
        return _english_group(n)
    parts = []
    for group in range(len(_EN_GROUPS) - 1, -1, -1):
        value = n // 1000**group % 1000
        if value:
            joiner = "and " if group == 0 and value < 100 else ""
            parts.append(joiner + _english_group(value) + _EN_GROUPS[group])
    return " ".join(parts)


def _english_group(n: int) -> str:
    if n < 20:
        return _EN_SMALL[n]
    if n < 100:
        return _EN_TENS[n // 10] + (f" {_EN_SMALL[n % 10]}" if n % 10 else "")
    return f"{_EN_SMALL[n // 100]} hundred" + (f" and {_english_group(n % 100)}" if n % 100 else "")


def english_ordinal(n: int) -> str:
    """21 -> twenty first."""
    *head, last = english(n).split(" ")
    if last in _EN_ORDINALS:
        last = _EN_ORDINALS[last]
    else:
        last = (last[:-1] + "ie" if last.endswith("y") else last) + "th"
    return " ".join([*head, last])


def english_year(n: int) -> str:
    """1987 -> nineteen eighty seven, 1905 -> nineteen oh five, 2005 -> two thousand five, 2024 -> twenty …"""
    century, rest = divmod(n, 100)
    if 2000 <= n <= 2009 or n % 1000 == 0 or n < 1000 or n > 9999:
        return english(n).replace(" and ", " ")
    if rest == 0:
        return f"{english(century)} hundred"
    return f"{english(century)} {'oh ' if rest < 10 else ''}{english(rest)}"
