"""What the languages' IPA readers share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kouji.errors import InvalidInput

NAMES = {"zh": "Mandarin", "yue": "Cantonese", "en": "English", "ja": "Japanese", "ko": "Korean"}


def unknown(rest: str, whole: str, language: str) -> InvalidInput:
    """The error for a symbol at the head of `rest`; a mark that leans on a letter is named with it."""
    symbol = rest[:1]
    return InvalidInput(
        f"{NAMES[language]} has no sound for {symbol!r} (U+{ord(symbol):04X}) in {whole!r}.",
        "Give a pronunciation with the sounds of the language, or another alphabet.",
    )


def tokens(ipa: str, table: Mapping[str, object] | Sequence[str], language: str) -> list[str]:
    """The symbols of a pronunciation, the longest first.

    Raises:
        InvalidInput: something that is not in the table; names it.
    """
    names = sorted(table, key=len, reverse=True)
    found, position = [], 0
    while position < len(ipa):
        name = next((name for name in names if ipa.startswith(name, position)), None)
        if name is None:
            raise unknown(ipa[position:], ipa, language)
        found.append(name)
        position += len(name)
    return found
