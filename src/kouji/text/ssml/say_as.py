"""<say-as>: something written, in the words or in the unmistakable writing that the normalisation reads as asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping

from kouji.errors import InvalidInput

from ..normalization import patterns, reader
from ..normalization.numbers import english_ordinal, korean_native
from ..normalization.units import CURRENCY_NAMES

_MONTHS = (
    "January February March April May June July August September October November December".split()
)
_NUMBER = re.compile(r"([-+±]?)\s*(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?\s*(?:([ap])\.?m\.?)?", re.ASCII | re.IGNORECASE)
_MONEY = re.compile(r"([^\d\s.,-]{0,4})\s*(\d[\d,]*(?:\.\d+)?)\s*([^\d\s.,-]{0,4})", re.ASCII)
_ORDERS = ("mdy", "dmy", "ymd", "ydm", "ym", "my", "md", "dm", "y", "m", "d")
_LONGEST = 16  # digits that still make a number


def say(text: str, kind: str, form: str, language: str) -> str | None:
    """What to say instead of `text`.

    Args:
        text: what stands in the element.
        kind: its interpret-as.
        form: its format, "" where there is none.
        language: zh | en | ja | ko | yue.

    Returns:
        Text for the normalisation; None where the kind is not known.

    Raises:
        InvalidInput: the text is nothing of that kind.
    """
    how = KINDS.get(kind.lower())
    if how is None:
        return None
    written = unicodedata.normalize("NFKC", text).strip()
    said = how(written, form.lower(), language) if written else ""
    if said is None:
        raise InvalidInput(f"{text.strip()[:60]!r} cannot be said as {kind!r}.", "Write it so, or leave <say-as> out.")
    return said


def _cardinal(text: str, form: str, language: str) -> str | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    rules = reader(language)
    return rules.signed(match[1], rules.number(match[2]))


def _ordinal(text: str, form: str, language: str) -> str | None:
    match = re.fullmatch(r"(?:第\s*)?(\d{1,16})(?:st|nd|rd|th|番目|번째)?\.?", text, re.ASCII)
    if match is None:
        return None
    n = int(match[1])
    if language == "en":
        return english_ordinal(n)
    if language == "ko":
        return ("첫" if n == 1 else korean_native(n)) + " 번째"
    said = reader(language).cardinal(n)
    return f"{said}番目" if language == "ja" else f"第{said}"


def _digits(text: str, form: str, language: str) -> str | None:
    return reader(language).digits(text) if re.search(r"\d", text, re.ASCII) else None


def _characters(text: str, form: str, language: str) -> str | None:
    """Each character by its name: letters as letters, digits as digits, signs by the words for them."""
    rules = reader(language)
    names = {".": rules.dot, "@": rules.at, "/": rules.slash, **rules.symbols, **rules.signs_in_addresses}
    said = []
    for character in text:
        if character.isascii() and character.isdigit():
            said.append(rules.digits(character))
        elif character.isascii() and character.isalpha():
            said.append(character.upper())
        elif not character.isspace():
            said.append(names.get(character, character).strip())
    return " ".join(" ".join(said).split())


def _date(text: str, form: str, language: str) -> str | None:
    if form and form not in _ORDERS:
        raise InvalidInput(f"{form!r} is not the format of a date.", f"Use {', '.join(_ORDERS)}.")
    fields = re.findall(r"\d+", text, re.ASCII)
    if len(fields) == 1 and len(fields[0]) == 8 and form in ("", "ymd"):
        fields = [text[:4], text[4:6], text[6:]] if text.isdigit() else fields
    if not form:
        guessed = "ymd" if len(fields) == 3 and len(fields[0]) == 4 else ""
        if not guessed:
            return text  # 5 March 2024, 今年3月: the normalisation knows
        form = guessed
    if len(fields) != len(form) or any(len(each) > 4 for each in fields):
        return None
    part = dict(zip(form, map(int, fields), strict=True))
    if not 1 <= part.get("m", 1) <= 12 or not 1 <= part.get("d", 1) <= 31:
        return None
    return _written_date(part, language)


def _written_date(part: Mapping[str, int], language: str) -> str:
    """A date as the language writes it."""
    if language != "en":
        marks = {"y": "년", "m": "월", "d": "일"} if language == "ko" else {"y": "年", "m": "月", "d": "日"}
        return (" " if language == "ko" else "").join(f"{part[key]}{marks[key]}" for key in "ymd" if key in part)
    month = _MONTHS[part["m"] - 1] if "m" in part else ""
    day = english_ordinal(part["d"]) if "d" in part else ""
    year = str(part["y"]) if "y" in part else ""
    return " ".join(filter(None, (month, f"{day}," if day and year else day, year)))


def _time(text: str, form: str, language: str) -> str | None:
    match = _CLOCK.fullmatch(text)
    if match is None or (match[2] is None and match[4] is None):
        return None
    hour, minute, second = int(match[1]), int(match[2] or 0), None if match[3] is None else int(match[3])
    noon = f"{match[4]}m".lower() if match[4] else ""
    if hour > 24 or minute > 59 or (second or 0) > 59 or (noon and not 1 <= hour <= 12):
        return None
    return reader(language).time(hour, minute, second, noon)


def _telephone(text: str, form: str, language: str) -> str | None:
    return reader(language).phone(text) if re.search(r"\d", text, re.ASCII) else None


def _currency(text: str, form: str, language: str) -> str | None:
    match = _MONEY.fullmatch(text)
    if match is None or len(match[2]) > _LONGEST:
        return None
    sign = match[1] or match[3] or form.upper()
    code = patterns.CURRENCIES.get(sign, sign.upper())
    if code in CURRENCY_NAMES:
        return reader(language).money(match[2], "", code)
    return text if sign and not sign.isascii() else None  # 99元: as it stands


def _fraction(text: str, form: str, language: str) -> str | None:
    match = re.fullmatch(r"(?:(\d{1,9})\s+)?(\d{1,9})\s*/\s*(\d{1,9})", text, re.ASCII)
    if match is None or int(match[3]) == 0:
        return None
    rules = reader(language)
    said = rules.fraction(int(match[2]), int(match[3]))
    if not match[1]:
        return said
    joint = {"en": " and ", "ko": "과 ", "ja": "と"}.get(language, "又")
    return rules.cardinal(int(match[1])) + joint + said


def _as_written(text: str, form: str, language: str) -> str | None:
    """What the normalisation reads rightly as it stands: 10km, 3 kg."""
    return text if re.search(r"\d", text, re.ASCII) else None


KINDS: Mapping[str, Callable[[str, str, str], str | None]] = {
    "cardinal": _cardinal, "number": _cardinal, "ordinal": _ordinal, "digits": _digits, "number_digit": _digits,
    "characters": _characters, "spell-out": _characters, "date": _date, "time": _time, "telephone": _telephone,
    "currency": _currency, "fraction": _fraction, "unit": _as_written,
}  # fmt: skip

SPELLED = ("characters", "spell-out")  # kinds that name each letter
