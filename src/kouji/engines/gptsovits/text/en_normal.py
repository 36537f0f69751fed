"""English text -> letters and the marks ' . , ? ! -, by the steps of the release (MIT).

A private-use character stands for a word whose phonemes the user gave; it passes through every step.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from .en_numbers import cardinal, number, ordinal, with_ending
from .symbols import PUNCTUATION

GIVEN = "\ue000"
_UNITS = {
    "m": ("meter", "meters"), "km": ("kilometer", "kilometers"), "km/h": ("kilometer per hour", "kilometers per hour"),
    "ft": ("feet", "feet"), "L": ("liter", "liters"), "tbsp": ("tablespoon", "tablespoons"),
    "tsp": ("teaspoon", "teaspoons"), "h": ("hour", "hours"), "min": ("minute", "minutes"), "s": ("second", "seconds"),
    "°C": ("degree celsius", "degrees celsius"), "°F": ("degree fahrenheit", "degrees fahrenheit"),
}  # fmt: skip
_SIGNS = {"+": " plus ", "-": " minus ", "×": " times ", "÷": " divided by ", "=": " Equals "}
_RAISED = "[⁰¹²³⁴⁵⁶⁷⁸⁹ˣʸⁿ]*"
_TERM = rf"(?:-?\d+(?:\.\d+)?{_RAISED})|(?:\.\d+{_RAISED})|(?:[A-Za-z]{_RAISED})"
_SUM = re.compile(rf"({_TERM})\s+([+\-×÷=])\s+({_TERM})", re.ASCII)
_NOT_MISSED = frozenset("~<>|`^=+")

# So long a number has one reading, and looking for the others in it would take time that grows with its square.
_LONG_DECIMAL = re.compile(r"(?<![0-9.])([0-9]{1,40})\.([0-9]{41,})")
_LONG_NUMBER = re.compile(r"[0-9]{41,}")

Match = re.Match[str]


def normalise(text: str) -> tuple[str, str]:
    """What is said of an English text, and the characters that were left out and are no marks."""
    for mark, plain in (("。", "."), ("！", "!"), ("？", "?")):
        text = text.replace(mark, plain)
    text = _in_words(text)
    decomposed = unicodedata.normalize("NFD", text)
    text = "".join(c for c in decomposed if unicodedata.category(c) != "Mn").replace("%", " percent")
    kept = re.sub(rf"[^ A-Za-z'.,?!\-{GIVEN}]", "", text)
    lost = "" if len(kept) == len(text) else "".join(c for c in text if _is_missed(c))
    kept = re.sub(r"(?i)i\.e\.", "that is", kept)
    kept = re.sub(r"(?i)e\.g\.", "for example", kept)
    kept = re.sub(r"(?<!^)(?<!\s)([A-Z])", r" \1", kept)
    return re.sub(rf"([{re.escape(PUNCTUATION)}\s])[{re.escape(PUNCTUATION)}]+", r"\1", kept), lost


def _is_missed(character: str) -> bool:
    if re.match(rf"[A-Za-z{GIVEN}]", character) or character in _NOT_MISSED:
        return False
    return unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "So", "Sc", "Sm")


def _in_words(text: str) -> str:
    text = _LONG_DECIMAL.sub(lambda match: f"{match[1]} point {' '.join(match[2])}", text)
    text = _LONG_NUMBER.sub(lambda match: " ".join(cardinal(digit) for digit in match[0]), text)
    text = re.sub(r"\b([0-9]+)\. ", lambda match: f"{with_ending(match[1])}, ", text)
    while _SUM.search(text):
        text = _SUM.sub(lambda match: match[1] + _SIGNS[match[2]] + match[3], text)
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return text


def _clock(match: Match) -> str:
    hour, minute = int(match[1]), match[2]
    said = cardinal(str(hour - 12 if hour > 12 else hour))
    half = "a.m." if hour < 12 else "p.m."
    return f"{said} o'clock {half}" if minute == "00" else f"{said} {cardinal(minute)} {half}"


def _measure(match: Match) -> str:
    is_one = not match[2] and match[1].lstrip("0") == "1"
    return f"{match[1]}{match[2] or ''} {_UNITS[match[3]][not is_one]}"


def _money(one: str, many: str, one_small: str, many_small: str) -> Callable[[Match], str]:
    def said(match: Match) -> str:
        whole, *small = match[1].split(".")
        if len(small) > 1:
            return f"{match[1]} {many}"
        n_whole = re.sub(r"\D", "", whole).lstrip("0")
        n_small = re.sub(r"\D", "", small[0]).ljust(2, "0").lstrip("0") if small and small[0] else ""
        parts = [f"{n_whole} {one if n_whole == '1' else many}"] if n_whole else []
        parts += [f"{n_small} {one_small if n_small == '1' else many_small}"] if n_small else []
        return " and ".join(parts) or f"zero {many}"

    return said


_pounds = _money("pound", "pounds", "penny", "pence")
_dollars = _money("dollar", "dollars", "cent", "cents")


def _decimal(match: Match) -> str:
    whole, decimals = match[1].split(".")
    return f"{whole} point {' '.join(decimals)}"


def _fraction(match: Match) -> str:
    above, below = (digits.lstrip("0") or "0" for digits in match[1].split("/"))
    said = cardinal(above)
    if below == "1":
        return said
    if below == "2":
        return f"{said} {'half' if above == '1' else 'halves'}"
    return f"{said} {ordinal(below)}{'' if above in '01' else 's'}"


_STEPS: list[tuple[re.Pattern[str], Callable[[Match], str]]] = [
    (re.compile(r"(?:^|\s+)-(\d+)", re.ASCII), lambda match: f"negative {match[1]}"),
    (re.compile(r"([0-9][0-9,]+[0-9])"), lambda match: match[1].replace(",", "")),
    (re.compile(r"\b([01]?[0-9]|2[0-3]):([0-5][0-9])\b"), _clock),
    (re.compile(r"\b([0-9]+)(\.[0-9]+)?(m|km|km/h|ft|L|tbsp|tsp|h|min|s|°C|°F)\b"), _measure),
    (re.compile(r"£([0-9.,]*[0-9]+)"), _pounds),
    (re.compile(r"(?<![0-9.,])([0-9.,]*[0-9]+)£"), _pounds),
    (re.compile(r"\$([0-9.,]*[0-9]+)"), _dollars),
    (re.compile(r"(?<![(0-9.,])([(0-9.,]*[0-9]+)\$"), _dollars),
    (re.compile(r"([0-9]+\.\s*[0-9]+)"), _decimal),
    (re.compile(r"([0-9]+/[0-9]+)"), _fraction),
    (re.compile(r"([0-9]+)(?:st|nd|rd|th)"), lambda match: ordinal(match[1])),
    (re.compile(r"[0-9]+"), lambda match: number(match[0])),
]
