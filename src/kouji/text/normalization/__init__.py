"""Numbers, dates, money, addresses … in words, for five languages.

Own rules for all of them. wetext, which is often used for zh, en and ja, was measured first: see
`tests/text/normalization/test_parity.py` for the cases and what it gets wrong.
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
