"""Numbers, dates, money, addresses … in words, by own rules for five languages.

wetext (finite-state transducers for zh, en and ja) was measured first: of the 127 cases with digits in
`tests/text/data/normalization_cases.json` that all speakers of these languages read alike, it says 34 otherwise
(¥128.5 as 一元二十八点五元, 1,234,567 in three parts, $1,299.99 without its first word, 100m as minutes, 555-1234 as
a range). Its import takes 0.2 s and 45 MB; these rules take neither, and give ko and yue the same frame.
"""

from __future__ import annotations

import importlib
from functools import cache

from .reader import Reader, needs_reading

_READERS = {"zh": "Mandarin", "yue": "Cantonese", "ja": "Japanese", "ko": "Korean", "en": "English"}


@cache
def reader(language: str) -> Reader:
    """The rules of a language, compiled at the first call."""
    module = importlib.import_module(f".{language}", __package__)
    found: Reader = getattr(module, _READERS[language])()
    return found


def in_words(text: str, language: str) -> str:
    """Cleaned text of one language (foreign words in it stay) with everything that is not words written out."""
    return reader(language).rewrite(text) if needs_reading(text) else text
