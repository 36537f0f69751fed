"""What is not words: the patterns that all languages share."""

from __future__ import annotations

import re


def rx(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern whose \\w, \\d and \\b mean Latin letters and digits: a Chinese character is no word character here."""
    return re.compile(pattern, re.ASCII | flags)


NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?"
N = rf"(?:(?<!\d)(?:{NUMBER}))"  # the guard keeps long rows of digits from being tried at every digit
DASH = r"\s?[-–—~～]\s?"

EMAIL = rx(r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
URL = rx(
    r"(?<![A-Za-z0-9@])(?:(?:https?|ftp)://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*[A-Za-z0-9/_=-]"
    r"|www\.[A-Za-z0-9._~/-]*[A-Za-z0-9/]"
    r"|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:com|org|net|edu|gov|io|cn|jp|kr|hk|tw|uk|de|ai|dev|app|co)"
    r"(?:/[A-Za-z0-9._~/-]*[A-Za-z0-9/])?)(?![A-Za-z0-9])"
)
DOTTED = rx(r"(?<![\d.A-Za-z])([vV]?)(\d+(?:\.\d+){2,})(?!\.?\d)")
DATE = rx(r"(?<![\d./-])(1\d{3}|20\d{2}|21\d{2})([-/.])(1[0-2]|0?[1-9])\2(3[01]|[12]\d|0?[1-9])(?![\d]|[./-]\d)")
YEAR_MONTH = rx(r"(?<![\d./-])(19\d{2}|20\d{2})[-/](1[0-2]|0[1-9])(?![\d]|[./-]\d)")
NOON = r"(?:\s?(?P<noon>[AaPp]\.?\s?[Mm]\b\.?(?!\w)))?"
CLOCK = r"(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?"
TIME = rx(rf"(?<![\d:.])(?P<h>[01]?\d|2[0-4])[:](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:])(?!\.\d){NOON}")
TIME_RANGE = rx(rf"(?<![\d:.])({CLOCK}){DASH}({CLOCK})(?![\d:])")
RATIO = rx(r"(?<![\d:.])(\d+(?:\.\d+)?)\s?[:：]\s?(\d+(?:\.\d+)?)(?![\d:])(?!\.\d)")
FRACTION = rx(r"(?<![\d/.A-Za-z])(\d{1,4})/(\d{1,4})(?![\d/]|\.\d)")
PHONE = rx(
    r"(?<![\dA-Za-z.-])(?!(?:1\d|20)\d\d-(?:1\d|20)\d\d(?!\d))(?:"
    r"\+\d{1,3}[- ]?(?:\(\d+\)[- ]?)?\d{2,5}(?:[- ]?\d{2,5}){1,4}"
    r"|1-[2-9]\d{2}-\d{3}-\d{4}|\d{3,4}(?: \d{3,4}){2,}"
    r"|\(\d{2,4}\)\s?\d{3,4}-\d{4}"
    r"|0\d{1,3}-\d{3,4}-\d{3,4}|0\d{2,3}-\d{7,8}|0\d{1,3}-\d{3,4} \d{4}"
    r"|[48]00-\d{3,4}-\d{3,4}|\d{3}-\d{3}-\d{4}|\d{3}-\d{4}-\d{4}|\d{4}-\d{4}"
    r"|1[3-9]\d-?\d{4}-?\d{4}"
    r")(?![\d-])"
)
CURRENCIES = {
    "HK$": "HKD", "US$": "USD", "NT$": "TWD", "A$": "AUD", "C$": "CAD", "S$": "SGD", "$": "USD", "€": "EUR", "£": "GBP",
    "¥": "CNY", "₩": "KRW", "₹": "INR", "₽": "RUB", "฿": "THB", "₫": "VND",
}  # fmt: skip
CODES = ("USD", "EUR", "GBP", "CNY", "RMB", "JPY", "KRW", "HKD", "TWD", "AUD", "CAD", "SGD")
_SIGNS = "|".join(re.escape(sign) for sign in CURRENCIES)
SCALE = r"(?:\s?(?P<scale>[万萬亿億兆만억조千百]+|(?:thousand|million|billion|trillion)\b|[KkMmBb](?![A-Za-z])))?"
MONEY = rx(
    rf"(?P<minus>(?<![\d\w])-)?(?<![A-Za-z])(?P<sign>{_SIGNS})\s?(?P<value>{NUMBER}){SCALE}"
    r"(?P<word>\s?(?:元|円|圆|圓|块|塊|원|蚊|美元|欧元|英镑|dollars?|euros?|pounds?|yen|won))?"
)
MONEY_RANGE = rx(
    rf"(?<![A-Za-z])(?P<sign>{_SIGNS})\s?(?P<a>{NUMBER}){DASH}(?:(?:{_SIGNS})\s?)?(?P<b>{NUMBER}){SCALE}(?![\d-])"
)
MONEY_AFTER = rx(rf"(?<![\d.,])(?P<value>{NUMBER}){SCALE}\s?(?P<sign>[$€£₩]|(?:{'|'.join(CODES)})\b)(?!\d)")
PERCENT = rx(rf"(?P<sign>(?<![\w%％])[-+±])?(?P<value>{N})\s?(?P<mark>[%‰])")
PERCENT_RANGE = rx(rf"(?<![\d.])(?P<a>{N})\s?%?{DASH}(?P<b>{N})\s?%")
RANGE = rx(rf"(?<![\d.,A-Za-z:/-])(?P<a>{N})(?P<dash>{DASH})(?P<b>{N})(?![\d:/]|[.,]\d|\s?[-=])")
SIGNED = rx(rf"(?<![\w)%])(?P<sign>[-+±])\s?(?P<value>{N})")
PLAIN = rx(N)
EQUATION = rx(rf"(?<![\w.])-?{N}(?:\s?[-+×÷*/xX^=≈≠<>≤≥]\s?-?{N})+(?![\w.])")
