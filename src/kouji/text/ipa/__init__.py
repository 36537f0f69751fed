"""IPA and X-SAMPA -> the lexical reading of a language: pinyin, jyutping, ARPABET, kana, hangul.

A pronunciation in IPA is read as the nearest reading that the language has, so that every engine can use it and the
phonemes come from one place. What a language has no sound for is refused by name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping

from kouji.errors import InvalidInput

from . import en, ja, ko, sinitic
from .xsampa import to_ipa

__all__ = ["reading", "to_ipa"]

_READERS: Mapping[str, Callable[[str], tuple[str, ...]]] = {
    "zh": sinitic.pinyin, "yue": sinitic.jyutping, "en": en.arpabet, "ja": ja.kana, "ko": ko.hangul,
}  # fmt: skip
_SAME = str.maketrans({
    "g": "ɡ", "ʧ": "tʃ", "ʤ": "dʒ", "ʦ": "ts", "ʣ": "dz", "ʨ": "tɕ", "ʥ": "dʑ", "ꭧ": "tʂ", "ʈ": "t", "ɖ": "d",
    "'": "ˈ", "’": "ˈ", ":": "ː", "͡": None, "͜": None, "‿": None, "-": None, "\u200d": None, "ᶢ": "ɡ",
})  # fmt: skip


def reading(ipa: str, language: str) -> tuple[str, ...]:
    """The readings of a pronunciation: zh and yue one per syllable, otherwise one for the whole.

    Args:
        ipa: with or without / / or [ ] around it; tones of zh and yue as digits or Chao letters, stress as ˈ and ˌ.
        language: zh | en | ja | ko | yue.

    Raises:
        InvalidInput: a symbol that the language has no sound for; names it.
    """
    plain = unicodedata.normalize("NFD", ipa.strip().strip("/[]").strip()).replace("c\u0327", "ç")
    folded = plain.translate(_SAME)
    if not folded:
        raise InvalidInput("The pronunciation is empty.", "Write it in IPA.")
    return _READERS[language](folded)
