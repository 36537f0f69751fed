"""Digits in English words, as the package inflect says them, which the release uses."""

from __future__ import annotations

import re

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
_GROUPS = (
    " thousand million billion trillion quadrillion quintillion sextillion septillion octillion nonillion decillion"
).split(" ")
_LONGEST = 3 * len(_GROUPS)  # digits; longer ones are read one by one
_ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
    "twelve": "twelfth",
}  # fmt: skip


def cardinal(digits: str, joint: str = "and ") -> str:
    """ "1001" -> one thousand and one; `joint` "" leaves the and out."""
    plain = digits.lstrip("0")
    if len(plain) > _LONGEST:
        return " ".join(_ONES[int(digit)] for digit in digits)
    if not plain:
        return _ONES[0]
    padded = plain.zfill(-(-len(plain) // 3) * 3)
    groups = [int(padded[i : i + 3]) for i in range(0, len(padded), 3)]
    said = ""
    for power, group in zip(range(len(groups) - 1, -1, -1), groups, strict=True):
        if group:
            between = "" if not said else f" {joint}" if power == 0 and group < 100 else ", "
            said += between + f"{_group(group, joint)} {_GROUPS[power]}".rstrip()
    return said


def _group(value: int, joint: str) -> str:
    hundreds, rest = divmod(value, 100)
    if not hundreds:
        return _two(rest)
    return f"{_ONES[hundreds]} hundred" + (f" {joint}{_two(rest)}" if rest else "")


def _two(value: int) -> str:
    if value < 20:
        return _ONES[value]
    return _TENS[value // 10] + (f"-{_ONES[value % 10]}" if value % 10 else "")


def ordinal(digits: str) -> str:
    """ "22" -> twenty-second."""
    start, last = re.fullmatch(r"(.*?)([a-z]+)", cardinal(digits)).groups()  # type: ignore[union-attr]
    if last.endswith("y"):
        return f"{start}{last[:-1]}ieth"
    return start + _ORDINALS.get(last, last + "th")


def with_ending(digits: str) -> str:
    """ "22" -> 22nd."""
    ending = {"1": "st", "2": "nd", "3": "rd"}.get(digits[-1], "th")
    return digits + ("th" if digits[-2:] in ("11", "12", "13") else ending)


def number(digits: str) -> str:
    """As a year from 1001 to 2999, else a cardinal without and."""
    value = int(digits) if len(digits.lstrip("0")) == 4 else 0
    if not 1000 < value < 3000:
        return cardinal(digits, "")
    century, rest = divmod(value, 100)
    if value == 2000:
        return "two thousand"
    if 2000 < value < 2010:
        return f"two thousand {_ONES[rest]}"
    if rest == 0:
        return f"{_two(century)} hundred"
    return f"{_two(century)} {'oh ' if rest < 10 else ''}{_two(rest)}"
