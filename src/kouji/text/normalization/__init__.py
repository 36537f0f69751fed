"""Numbers, dates, money, addresses … in words, by own rules for five languages.

wetext (finite-state transducers for zh, en and ja) was measured first: of the 127 zh, en and ja cases with digits in
`tests/text/data/normalization_cases.json` that speakers read alike, it says 35 otherwise (¥128.5 as 一元二十八点五元,
1,234,567 in three parts, 100m as minutes). Take the number with care: in 9 of the 35 another system says what we say;
in the other 26 the reading counted as right is our own judgement, row by row in `normalization_differences.tsv`.
Its import takes 0.2 s and 45 MB; these rules take neither, and give ko and yue the same frame.
"""

from __future__ import annotations

import importlib
from functools import cache

from .reader import Reader, needs_reading
from .written import as_written, nothing_dropped

__all__ = ["as_written", "in_words", "needs_reading", "nothing_dropped", "reader"]

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
