"""English: numbers, dates, money, abbreviations … in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from . import patterns as p
from .numbers import english, english_ordinal, english_year
from .patterns import rx
from .reader import Reader, Rule
from .units import currency, unit

_MONTHS = ("January February March April May June July August September October November December").split()
_MONTH = {name[:3].lower(): i for i, name in enumerate(_MONTHS, 1)}
_M = (
    r"(?P<month>Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\b\.?"
)
_YEAR = r"(?P<year>1[0-9]\d{2}|20\d{2})(?![\d,.]\d|\d)"
_ABBREVIATIONS = {  # before a name or a number; the full stop goes
    "Dr": "Doctor", "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Prof": "Professor", "Gen": "General", "Col": "Colonel",
    "Capt": "Captain", "Lt": "Lieutenant", "Sgt": "Sergeant", "Rev": "Reverend", "Hon": "Honorable", "Sen": "Senator",
    "Gov": "Governor", "Mt": "Mount", "Jr": "Junior", "Sr": "Senior", "Inc": "Incorporated", "Ltd": "Limited",
    "Corp": "Corporation", "Co": "Company", "Ch": "Chapter", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Dept": "Department", "Fig": "Figure",
    "Vol": "Volume", "vol": "volume", "fig": "figure", "pp": "pages", "approx": "approximately", "est": "estimated",
    "vs": "versus", "etc": "et cetera", "Univ": "University", "Assn": "Association", "Bros": "Brothers",
}  # fmt: skip
_FRACTIONS = {2: "half", 3: "third", 4: "quarter"}
_SCALES = {"k": "thousand", "m": "million", "b": "billion", "万": "ten thousand", "亿": "hundred million"}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN_AFTER = r"Chapter|Part|Volume|Book|Act|Scene|Section|Appendix|Phase|Type|Class|Grade|Level|World War|Mark|Stage"
_KINGS = (
    r"Henry|Louis|George|Edward|Charles|Richard|William|James|Elizabeth|Mary|Catherine|Philip|Frederick|Nicholas|Alexander"
    r"|Ivan|Peter|Paul|John|Francis|Napoleon|Leo|Pius|Gregory|Benedict|Innocent|Wilhelm|Otto|Ramses|Ptolemy|Cleopatra"
)


class English(Reader):
    """English, as an American reads it."""

    language = "en"
    space = " "
    minus, plus, plus_minus = "negative", "plus", "plus or minus"
    point, to, at, dot, slash = "point", "to", "at", "dot", "slash"
    digit_names = "zero one two three four five six seven eight nine".split()
    operators: ClassVar[dict[str, str]] = {
        "+": "plus", "-": "minus", "*": "times", "÷": "divided by", "/": "over", "^": "to the power of",
        "=": "equals", "≈": "is about", "≠": "is not", "<": "is less than", ">": "is greater than", "≤": "is at most",
        "≥": "is at least",
    }  # fmt: skip
    symbols: ClassVar[dict[str, str]] = {
        "`": "", "¢": " cents",
        "≥": " at least ", "≤": " at most ", "≈": " approximately ", "≠": " is not ", "±": " plus or minus ",
        "√": " the square root of ", "∞": " infinity ", "×": " times ", "÷": " divided by ", "=": " equals ",
        "%": " percent ", "‰": " per mille ", "℃": " degrees Celsius ", "℉": " degrees Fahrenheit ", "°": " degrees ",
        "$": " dollar ", "€": " euro ", "£": " pound ", "¥": " yen ", "₩": " won ", "@": " at ", "#": " hash ",
        "*": " ", "&": " and ", "+": " plus ", "²": " squared", "³": " cubed", "→": " to ", "<": " ", ">": " ",
        "^": " ", "_": " ", "|": ", ", "\\": " ", "~": " ",
    }  # fmt: skip
    signs_in_addresses: ClassVar[dict[str, str]] = {
        "-": "dash", "_": "underscore", "?": "question mark", "=": "equals", "&": "and", "#": "hash", ":": "colon",
        "+": "plus", "%": "percent", "~": "tilde",
    }  # fmt: skip

    def cardinal(self, n: int) -> str:
        return english(n)

    def before(self) -> list[Rule]:
        N = p.N
        return [
            (rx(r"\bC\+\+"), lambda m: "C plus plus"),
            (rx(r"\b([CF])#"), lambda m: f"{m[1]} sharp"),
            (rx(r"\b(?:i\.e\.|ie\.)"), lambda m: "that is"),
            (rx(r"\b(?:e\.g\.|eg\.)"), lambda m: "for example"),
            (rx(r"\bSt\.(?=\s[A-Z])"), lambda m: "Saint"),
            (rx(r"\bSt\."), lambda m: "Street"),
            (rx(r"\bPh\.\s?D\b\.?"), lambda m: "P H D"),
            (rx(r"\b(?:No|no|Nos|№)\.\s?(?=\d)|#(?=\d)"), lambda m: "number "),
            (rx(r"\b(etc)\.(?=\s*$|\s+[A-Z])"), lambda m: "et cetera."),
            (rx(rf"\b({'|'.join(_ABBREVIATIONS)})\."), self._abbreviation),
            (rx(r"\b24/7\b"), lambda m: "twenty four seven"),
            (
                rx(r"(?<![\d/])(9/11|50[/-]50)(?![\d/-])"),
                lambda m: self.join(english(int(n)) for n in re.split("[/-]", m[0])),
            ),
            (rx(r"(?<![\d.,-])(?<!\)\s)(?<!\))\d{3}-\d{4}(?![\d-])"), lambda m: self.phone(m[0])),
            (
                rx(r"\b([Cc]all|[Dd]ial|[Rr]oom|[Ff]light|[Ss]uite|[Gg]ate|[Hh]ighway)\s(\d{3,4})(?![\d,.]\d|[-\d])"),
                self._spoken_digits,
            ),
            (rx(r"(?<![\d.])(\d+)\s?¢"), lambda m: f"{english(int(m[1]))} cent{'s' * (m[1] != '1')}"),
            (rx(r"(?<![\d.,])(\d{1,2})(\d\d)p\b"), lambda m: f"{english(int(m[1]))} {english(int(m[2]))} P"),
            (rx(r"(?<=[A-Za-z)])\^(\d+)"), lambda m: f" to the power of {english(int(m[1]))}"),
            (rx(r"\bw/o\b"), lambda m: "without"),
            (rx(rf"\b({_ROMAN_AFTER})\s+([IVXL]+)\b"), lambda m: f"{m[1]} {self._roman(m[2], english)}"),
            (rx(rf"\b({_KINGS})\s+([IVX]+)\b"), lambda m: f"{m[1]} the {self._roman(m[2], english_ordinal)}"),
            # dates in letters
            (rx(rf"\b{_M}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*,?\s*{_YEAR})?(?![\d:])"), self._month_day),
            (rx(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_M}(?:,?\s+{_YEAR})?"), self._day_month),
            (
                rx(rf"\b{_M},?\s+{_YEAR}"),
                lambda m: f"{_MONTHS[_MONTH[m['month'][:3].lower()] - 1]} {english_year(int(m['year']))}",
            ),
            (
                rx(r"(?<![\d/])(1[0-2]|0?[1-9])/(3[01]|[12]\d|0?[1-9])/((?:19|20)\d{2})(?![\d/])"),
                lambda m: self.date(m[3], int(m[1]), int(m[2])),
            ),
            (
                rx(r"(?<![\d-])((?:1\d|20)\d{2})(\s?[-–]\s?)((?:1\d|20)\d{2})(?![\d-])"),
                lambda m: f"{english_year(int(m[1]))} to {english_year(int(m[3]))}",
            ),
            (rx(r"(?<![\d'’])(1[0-9]|20)(\d)0['’]?s\b"), lambda m: _plural(english_year(int(m[1] + m[2] + "0")))),
            (rx(r"['’](\d)0['’]?s\b|(?<![\w$.,])([2-9])0['’]?s\b"), lambda m: _plural(english(10 * int(m[1] or m[2])))),
            (rx(r"(?<![\d.,])(\d[\d,]*)(st|nd|rd|th)\b"), lambda m: english_ordinal(int(m[1].replace(",", "")))),
            (
                rx(r"(?<![\d:])(\d{1,2})\s?([AaPp])\.?[Mm]\b\.?(?!\w)"),
                lambda m: f"{english(int(m[1]))} {m[2].upper()}M",
            ),
            (rx(r"(?<![\w.])(\d+)'\s?(\d+)\"?(?!\w)"), lambda m: f"{english(int(m[1]))} foot {english(int(m[2]))}"),
            (rx(r"(?<![\d/])(\d+)\s+(\d{1,2})/(\d{1,3})(?![\d/])"), self._mixed),
            (rx(rf"(?<![\d.,])({N})\s?[xX×]\s?({N})(?!\s?[=\d])(?=\s?[a-z]|[\s,.!?;:)]|$)"), self._by),
            (rx(rf"(?<![\w.])({N})[xX](?!\w)"), lambda m: f"{self.number(m[1])} times"),
            (rx(rf"(?<![\d\w])~\s?(?={N})"), lambda m: "about "),
            (rx(rf"(?<![\w.])>\s?(?={N})"), lambda m: "more than "),
            (rx(rf"(?<![\w.])<\s?(?={N})"), lambda m: "less than "),
            (rx(r"(?<=\d)\+(?!\s?[\d=])"), lambda m: " plus"),
        ]

    def after(self) -> list[Rule]:
        return [
            (rx(r"\b([AP]M)\s?[-–—~]\s?(?=[a-z])"), lambda m: f"{m[1]} to "),
            (rx(r"(?<![\d.,A-Za-z$€£¥])(?:1[1-9]\d{2}|20\d{2})(?![\d%]|[.,]\d)"), lambda m: english_year(int(m[0]))),
            (rx(r"(?<=[A-Za-z])(?=\d)"), lambda m: " "),
            (rx(rf"(?<![\d.,])({p.N})(?=[A-Za-z])"), lambda m: f"{self.number(m[1])} "),
            (rx(r"\b(?:[A-Z]\.){2,}"), lambda m: " ".join(m[0].replace(".", "")) + self._kept_stop(m)),
            (rx(r"\b([ap])\.m\.", re.IGNORECASE), lambda m: f"{m[1].upper()}M" + self._kept_stop(m)),
            (rx(r"\*\*|__"), lambda m: ""),
        ]

    def _spoken_digits(self, m: re.Match[str]) -> str:
        return f"{m[1]} {self.digits(m[2]).replace('zero', 'oh')}"

    def _kept_stop(self, m: re.Match[str]) -> str:
        """The last full stop of U.S. also ends the sentence."""
        following = m.string[m.end() :]
        return "." if not following.strip("\"'”’) ") else ""

    def _abbreviation(self, m: re.Match[str]) -> str:
        following = m.string[m.end() :]
        at_end = not following.strip("\"'”’) ")
        return _ABBREVIATIONS[m[1]] + ("." if at_end else "")

    def _roman(self, written: str, say: Callable[[int], str]) -> str:
        values = [_ROMAN[c] for c in written]
        total = sum(-v if v < after else v for v, after in zip(values, [*values[1:], 0], strict=True))
        return say(total) if total > 0 else written

    def _month_day(self, m: re.Match[str]) -> str:
        month = _MONTHS[_MONTH[m["month"][:3].lower()] - 1]
        year = f", {english_year(int(m['year']))}" if m["year"] else ""
        return (
            f"{month} {english_ordinal(int(m['day']))}{year}"
            if 0 < int(m["day"]) < 32
            else f"{month} {self.number(m['day'])}{year}"
        )

    def _day_month(self, m: re.Match[str]) -> str:
        if not 0 < int(m["day"]) < 32 or (
            m["month"] == "May" and not m["year"] and "of" not in m[0] and m[0].endswith("May ")
        ):
            return m[0]
        month = _MONTHS[_MONTH[m["month"][:3].lower()] - 1]
        year = f", {english_year(int(m['year']))}" if m["year"] else ""
        return f"the {english_ordinal(int(m['day']))} of {month}{year}"

    def _mixed(self, m: re.Match[str]) -> str:
        if int(m[3]) == 0:
            return m[0]
        said = self.fraction(int(m[2]), int(m[3]))
        return f"{self.number(m[1])} and {'a ' + said.removeprefix('one ') if int(m[2]) == 1 else said}"

    def _by(self, m: re.Match[str]) -> str:
        following = m.string[m.end() :].lstrip()
        return (
            f"{self.number(m[1])} by {self.number(m[2])}"
            if not following.startswith("=")
            else f"{self.number(m[1])} times {self.number(m[2])}"
        )

    def phone(self, written: str) -> str:
        return ", ".join(self.digits(group) for group in re.findall(r"\d+", written))

    def date(self, year: str, month: int, day: int) -> str:
        return f"the {english_ordinal(day)} of {_MONTHS[month - 1]}, {english_year(int(year))}"

    def year_month(self, year: str, month: int) -> str:
        return f"{_MONTHS[month - 1]} {english_year(int(year))}"

    def time(self, hour: int, minute: int, second: int | None, noon: str) -> str:
        said = english(hour)
        if minute:
            said += f" {'oh ' if minute < 10 else ''}{english(minute)}"
        elif second is None and not noon:
            said += " o'clock" if 0 < hour <= 12 else " hundred hours"
        if second is not None:
            said += f" and {english(second)} second{'s' * (second != 1)}"
        return f"{said} {noon.upper()}" if noon else said

    def scale(self, written: str) -> str:
        return _SCALES.get(written.strip().lower(), written.strip())

    def code(self, code: str) -> str:
        return "JPY" if code == "CNY" else code

    def money(self, value: str, scale: str, code: str) -> str:
        whole, _, cents = value.replace(",", "").partition(".")
        if code in ("USD", "EUR", "GBP", "AUD", "CAD", "HKD") and len(cents) == 2 and not scale:
            coin = "penny|pence" if code == "GBP" else "cent|cents"
            minor = english(int(cents)) + " " + coin.split("|")[int(cents) != 1] if int(cents) else ""
            major = f"{english(int(whole))} {currency(code, 'en', whole == '1')}" if int(whole) else ""
            return " and ".join(part for part in (major, minor) if part) or f"zero {currency(code, 'en')}"
        return super().money(value, scale, code)

    def percent(self, said: str, mark: str) -> str:
        return f"{said} {'percent' if mark == '%' else 'per mille'}"

    def fraction(self, numerator: int, denominator: int) -> str:
        if numerator == denominator:
            return f"{english(numerator)} out of {english(denominator)}"
        if denominator == 1 or denominator > 100:
            return f"{english(numerator)} over {english(denominator)}"
        name = _FRACTIONS.get(denominator) or english_ordinal(denominator).removeprefix("one ")
        if numerator != 1:
            name = "halves" if name == "half" else name + "s"
        return f"{english(numerator)} {name}"

    def ratio(self, a: str, b: str) -> str:
        return f"{self.number(a)} to {self.number(b)}"

    def measure(self, value: str, said: str, written: str, per: str, many: str) -> str:
        name = unit(written, "en", value == "1")
        if per:
            return f"{said} {name} per {english(int(many)) + ' ' if many else ''}{unit(per, 'en', many in ('', '1'))}"
        return f"{said} {name}"

    def address(self, written: str) -> str:
        scheme = re.match(r"(https?|ftp)://", written)
        return (f" {scheme[1].upper()}" if scheme else "") + super().address(written)


def _plural(said: str) -> str:
    return said[:-1] + "ies" if said.endswith("y") else said + "s"
