"""Digits in Chinese words, as PaddleSpeech's normaliser says them (Apache-2.0)."""

from __future__ import annotations

_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))
_UNITS = {1: "十", 2: "百", 3: "千", 4: "万"}  # power of ten -> its name
_GROUP = 8  # digits that 亿 parts


def cardinal(digits: str) -> str:
    """ "120" -> 一百二十, "10" -> 十, "" -> ""."""
    if not digits:
        return ""
    plain = digits.lstrip("0")
    if not plain:
        return _DIGITS["0"]
    head = len(plain) % _GROUP or _GROUP
    groups = [plain[:head], *(plain[i : i + _GROUP] for i in range(head, len(plain), _GROUP))]
    said = "亿".join(_group(group) for group in groups)
    return said[1:] if said.startswith("一十") else said


def _group(digits: str) -> str:
    plain = digits.lstrip("0")
    if len(plain) < 2:
        return (_DIGITS["0"] if plain and len(plain) < len(digits) else "") + "".join(_DIGITS[d] for d in plain)
    power = max(power for power in _UNITS if power < len(plain))
    return _group(digits[:-power]) + _UNITS[power] + _group(digits[-power:])


def one_by_one(digits: str, on_telephone: bool = False) -> str:
    """ "110" -> 一一零, or 幺幺零 as in telephone numbers."""
    said = "".join(_DIGITS[digit] for digit in digits)
    return said.replace("一", "幺") if on_telephone else said


def number(written: str) -> str:
    """An integer or decimal without sign: "3.20" -> 三点二零, ".5" -> 零点五; of the zeros at the end one is kept."""
    whole, _, decimals = written.partition(".")
    kept = decimals.rstrip("0") + ("0" if decimals.endswith("0") else "")
    said = cardinal(whole)
    return f"{said or _DIGITS['0']}点{one_by_one(kept)}" if kept else said
