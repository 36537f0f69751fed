"""The frame of normalisation: find what is not words, let a language read it.

`Reader.rewrite` walks one fixed list of kinds (e-mail, URL, date, time, …), most specific first. Every rule turns
what it matched into words without digits, so that no later rule can touch it. A language gives the words (class
attributes), its own rules before the common ones, and overrides where its grammar differs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import ClassVar

from . import greek
from . import patterns as p
from .patterns import rx
from .units import UNIT, currency

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

MEASURE = rx(
    rf"(?P<sign>(?<![\w)%])[-+±])?(?P<value>{p.N})(?!\sin\b)\s?(?P<unit>{UNIT})(?:\s?/\s?(?P<many>\d+)?(?P<per>{UNIT}))?"
)
MEASURE_RANGE = rx(rf"(?<![\d.A-Za-z])(?P<a>-?{p.N})\s?(?:{UNIT})?{p.DASH}(?P<b>-?{p.N})\s?(?P<unit>{UNIT})(?!/)")


class Reader:
    """One language's way of saying what is written in digits and signs."""

    language = ""
    space = ""  # between words
    minus, plus, plus_minus = "", "", ""
    point, to, at, dot, slash = "", "", "", "", ""
    operators: ClassVar[dict[str, str]]  # sign -> word, in equations
    symbols: ClassVar[dict[str, str]]  # what a sign that is left over says
    digit_names: Sequence[str] = "零一二三四五六七八九"
    phone_names: Sequence[str] = ""  # digits of a telephone number, where they differ

    # ---- words ----------------------------------------------------------------------------------

    def cardinal(self, n: int) -> str:
        """A whole number in words."""
        raise NotImplementedError

    def digits(self, written: str, names: Sequence[str] = "") -> str:
        """Digit by digit; other characters are dropped."""
        table = names or self.digit_names
        return self.space.join(table[int(d)] for d in written if d.isdigit())

    def number(self, written: str) -> str:
        """A number as it is written: 1,234.50, 007, 3.14."""
        whole, _, decimals = written.replace(",", "").partition(".")
        if len(whole) > 16 or (len(whole) > 1 and whole[0] == "0"):
            said = self.digits(whole)
        else:
            said = self.cardinal(int(whole))
        if decimals:
            said = self.space.join((said, self.point, self.digits(decimals)))
        return said

    def signed(self, sign: str | None, said: str) -> str:
        """A number with its sign."""
        word = {"-": self.minus, "+": self.plus, "±": self.plus_minus}.get(sign or "", "")
        return f"{word}{self.space}{said}" if word else said

    def phone(self, written: str) -> str:
        """A telephone number, group by group."""
        groups = re.findall(r"\d+", written)
        return self.join(self.digits(g, self.phone_names) for g in groups)

    def join(self, parts: Iterable[str]) -> str:
        """Words one after the other."""
        return self.space.join(part for part in parts if part)

    def date(self, year: str, month: int, day: int) -> str:
        """A date written in digits."""
        raise NotImplementedError

    def year_month(self, year: str, month: int) -> str:
        """2024-03."""
        raise NotImplementedError

    def time(self, hour: int, minute: int, second: int | None, noon: str) -> str:
        """A time of day; `noon` is "am", "pm" or ""."""
        raise NotImplementedError

    def money(self, value: str, scale: str, code: str) -> str:
        """An amount; `scale` is 万, million, … or ""."""
        value = re.sub(r"\.0+$", "", value)
        return self.join((self.number(value), self.scale(scale), currency(code, self.language, value == "1")))

    def scale(self, written: str) -> str:
        """How million, 万, K … is said."""
        return written

    def percent(self, said: str, mark: str) -> str:
        """Percent or per mille of a number in words."""
        raise NotImplementedError

    def percent_range(self, a: str, b: str) -> str:
        """10-20%, both in words."""
        return self.percent(self.range(a, b), "%")

    def fraction(self, numerator: int, denominator: int) -> str:
        """3/4."""
        raise NotImplementedError

    def ratio(self, a: str, b: str) -> str:
        """3:2."""
        raise NotImplementedError

    def measure(self, value: str, said: str, written: str, per: str, many: str) -> str:
        """A number in words with its unit, and the unit it is counted in."""
        raise NotImplementedError

    def range(self, a: str, b: str) -> str:
        """From a to b, both in words."""
        return f"{a}{self.space}{self.to}{self.space}{b}"

    def version(self, letter: str, written: str) -> str:
        """2.1.3, 192.168.1.1."""
        sep = f"{self.space}{self.point}{self.space}"
        is_address = written.count(".") == 3
        parts = [self.digits(w) if is_address or w[0] == "0" else self.cardinal(int(w)) for w in written.split(".")]
        return (f"{letter} " if letter else "") + sep.join(parts)

    def address(self, written: str) -> str:
        """A URL or e-mail address: words and the names of the signs between them."""
        written = re.sub(r"^(?:https?|ftp)://", "", written)
        names = {".": self.dot, "@": self.at, "/": self.slash, **self.signs_in_addresses}
        parts = [
            f" {names[part]} " if part in names else f" {self._in_address(part)} " if part.isdigit() else part
            for part in re.findall(r"[A-Za-z]+|\d+|.", written)
        ]
        return " " + re.sub(r"\s+", " ", "".join(parts)).strip() + " "

    signs_in_addresses: ClassVar[dict[str, str]]

    def _in_address(self, digits: str) -> str:
        return self.cardinal(int(digits)) if len(digits) <= 2 and digits[0] != "0" else self.digits(digits)

    # ---- rules ----------------------------------------------------------------------------------

    def before(self) -> list[Rule]:
        """Rules of this language that come before the common ones."""
        return []

    def after(self) -> list[Rule]:
        """Rules of this language for plain numbers, before the last resort."""
        return []

    def rules(self) -> list[Rule]:
        """All rules in order."""
        return [
            (rx(r"([-=_*#~+^|<>])\1{2,}"), lambda m: " — "),  # a ruled line
            (rx(r"(?<!\w)(\*\*?|~~|__)(?=\S)([^*~_\n]+?)(?<=\S)\1(?!\w)"), lambda m: m[2]),  # *stressed*
            (rx(r"(?<![\w.])\.(?=\d)"), lambda m: "0."),
            (p.EMAIL, lambda m: self.address(m[0])),
            (p.URL, lambda m: self.address(m[0])),
            *self.before(),
            (p.DATE, lambda m: self.date(m[1], int(m[3]), int(m[4]))),
            (p.DOTTED, lambda m: self.version(m[1], m[2])),
            (p.PHONE, lambda m: self.phone(m[0])),
            (p.YEAR_MONTH, lambda m: self.year_month(m[1], int(m[2]))),
            (p.TIME_RANGE, lambda m: self.range(self._clock(m[1]), self._clock(m[2]))),
            (p.TIME, self._time),
            (p.MONEY_RANGE, self._money_range),
            (p.MONEY, self._money),
            (p.MONEY_AFTER, self._money),
            (p.PERCENT_RANGE, lambda m: self.percent_range(self.number(m["a"]), self.number(m["b"]))),
            (p.PERCENT, lambda m: self.percent(self.signed(m["sign"], self.number(m["value"])), m["mark"])),
            (MEASURE_RANGE, self._measure_range),
            (MEASURE, self._measure),
            (p.EQUATION, self._equation),
            (p.RATIO, lambda m: self.ratio(m[1], m[2])),
            (p.FRACTION, self._fraction),
            (rx(r"(?<=[A-Za-z])-(?=\d)|(?<=\d)-(?=[A-Za-z])"), lambda m: " "),
            (p.RANGE, self._range),
            *self.after(),
            (p.SIGNED, lambda m: self.signed(m["sign"], self.number(m["value"]))),
            (p.PLAIN, lambda m: self.number(m[0])),
            (rx("[\u0370-\u03ff]"), lambda m: greek.name(m[0], self.language)),
            (rx("|".join(re.escape(s) for s in self.symbols)), lambda m: self.symbols[m[0]]),
        ]

    def rewrite(self, text: str) -> str:
        """All numbers and signs in words."""
        for pattern, say in self._rules:
            text = pattern.sub(say, text)
        return text

    @cached_property
    def _rules(self) -> list[Rule]:
        return self.rules()

    def _clock(self, written: str) -> str:
        hour, minute, *second = (int(part) for part in written.split(":"))
        return self.time(hour, minute, second[0] if second else None, "")

    def _time(self, m: re.Match[str]) -> str:
        noon = re.sub(r"[^apm]", "", (m["noon"] or "").lower())
        return self.time(int(m["h"]), int(m["m"]), int(m["s"]) if m["s"] else None, noon)

    def _money(self, m: re.Match[str]) -> str:
        groups = m.groupdict()
        code = p.CURRENCIES.get(m["sign"], m["sign"])
        said = self.money(m["value"], groups["scale"] or "", self.code(code))
        return self.signed(groups.get("minus"), said)

    def _money_range(self, m: re.Match[str]) -> str:
        code = p.CURRENCIES.get(m["sign"], m["sign"])
        return self.range(self.number(m["a"]), self.money(m["b"], m["scale"] or "", self.code(code)))

    def code(self, code: str) -> str:
        """The currency a sign means in this language: ¥ is yen in Japanese."""
        return code

    def _measure(self, m: re.Match[str]) -> str:
        said = self.signed(m["sign"], self.number(m["value"]))
        return self.measure(m["value"], said, m["unit"], m["per"] or "", m["many"] or "")

    def _measure_range(self, m: re.Match[str]) -> str:
        a, b = (self.signed("-" if m[k][0] == "-" else None, self.number(m[k].lstrip("-"))) for k in "ab")
        return self.measure("2", self.range(a, b), m["unit"], "", "")

    def _fraction(self, m: re.Match[str]) -> str:
        numerator, denominator = int(m[1]), int(m[2])
        if denominator == 0:
            return self.join((self.number(m[1]), self.slash, self.number(m[2])))
        return self.fraction(numerator, denominator)

    def _range(self, m: re.Match[str]) -> str:
        return self.range(self.number(m["a"]), self.number(m["b"]))

    def _equation(self, m: re.Match[str]) -> str:
        parts = re.findall(rf"({p.N})|\s?([-+×÷*/xX^=≈≠<>≤≥])", m[0])
        if not is_equation(m[0]):
            return m[0]
        said, after_number = [], False
        for number, sign in parts:
            if number:
                said.append(self.number(number))
            elif sign == "-" and not after_number:
                said.append(self.minus)
            else:
                said.append(self.operators["*" if sign in "xX×" else sign])
            after_number = bool(number)
        return self.join(said)


def is_equation(written: str) -> bool:
    """3+5=8 and 2 × 3, but not 3-5, 1/2 or 2024-03."""
    return bool(re.search(r"[=+×÷^≈≠≤≥<>]|\d\s?[*xX]\s?\d", written))


CAPITALS = rx(r"(?<![A-Za-z'])[A-Z]{1,5}(?![A-Za-z'])")


def spell(m: re.Match[str], names: dict[str, str]) -> str:
    """NHK, KTX, T: capitals by their names in the language; NASA and words among English ones stay."""
    around = m.string[max(0, m.start() - 2) : m.start()] + "|" + m.string[m.end() : m.end() + 2]
    is_word = len(m[0]) > 3 and re.search("[AEIOU]", m[0])
    return m[0] if is_word or re.search(r"[A-Za-z] \||\| [A-Za-z]", around) else "".join(names[c] for c in m[0])


_TO_CLEAN = rx(r"[〇`¢\dA-Za-z@#%&$€£¥₩₹₽฿₫¢°℃℉+\-=×÷*/\\^_~<>|≤≥≈≠±√∞∑‰№²³Ω→←↑↓\u0370-\u03ff]")


def needs_reading(text: str) -> bool:
    """False for plain words and punctuation, which no rule would change."""
    return bool(_TO_CLEAN.search(text))
