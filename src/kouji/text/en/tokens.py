"""English text cut into words, with the pause after each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from kouji.errors import InvalidInput
from kouji.text.punctuation import pause_for, stronger

# Letters that do not fall apart into a Latin letter and an accent.
_PLAIN = str.maketrans({
    "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
    "ð": "th", "Ð": "Th", "þ": "th", "Þ": "Th", "ı": "i", "ŋ": "ng", "Ŋ": "Ng", "ħ": "h", "Ħ": "H", "ĸ": "k", "ẞ": "SS",
    "’": "'", "ʼ": "'", "＇": "'", "`": "'", "´": "'", "‘": "'", "ʻ": "'", "ª": "a", "º": "o",
})  # fmt: skip
_APOSTROPHES = "'’ʼ＇`´‘ʻ"
_CLIPPED = frozenset("em tis twas cause til till bout n round cuz im ave fraid gainst mongst nother neath kay".split())
_LETTER = "[^\\W\\d_]"
# A word: "U.S." and "Ph.D." with their dots; else letters, digits and accents, with apostrophes inside and at most one after.
_WORD = re.compile(
    rf"(?:Ph\.D\b|(?<![^\W_])(?:{_LETTER}\.){{2,}}(?![^\W_]))"
    rf"|(?:[^\W_][\u0300-\u036f]*)+(?:[{_APOSTROPHES}]{_LETTER}+)*[{_APOSTROPHES}]?"
)


@dataclass(frozen=True)
class Token:
    """One written word."""

    text: str  # as it stands in the text
    start: int  # index of its first character
    plain: str  # the same in ASCII: no accents, straight apostrophes
    pause: str = ""  # asked for by the marks after it

    @property
    def word(self) -> str:
        """How it is looked up: "The" -> "the"."""
        return self.plain.lower()


def tokenize(text: str, given: Mapping[int, str] | None = None) -> list[Token]:
    """The words of a text; marks become the pause of the word before them.

    Args:
        given: indices at which a word begins whose pronunciation is known. It is one token, hyphens and all; an
            empty pronunciation says where it ends.

    Raises:
        InvalidInput: letters that are not Latin; the message names them.
    """
    given = given or {}
    _refuse_other_letters(text)
    spans = [span for match in _WORD.finditer(text) for span in _parts(text, match)]
    spans = _whole(text, spans, given)
    tokens = []
    for i, (start, end) in enumerate(spans):
        following = spans[i + 1][0] if i + 1 < len(spans) else len(text)
        pause = _pause(text[end:following])
        if text[end - 1] == "." and following == len(text):
            pause = stronger(pause, ".")  # "… in the U.S."
        tokens.append(Token(text[start:end], start, _to_ascii(text[start:end]), pause))
    return tokens


def _whole(text: str, spans: list[tuple[int, int]], given: Mapping[int, str]) -> list[tuple[int, int]]:
    """The spans with every given word as one of them."""
    for start in sorted(i for i, said in given.items() if said and 0 <= i < len(text)):
        later = [i for i in given if i > start]
        end = min(later, default=len(text))
        if end == len(text) or given[end]:  # not told: up to the last word that a hyphen joins
            inside = [span for span in spans if span[1] > start and span[0] < end] or [(start, end)]
            stop = next(
                (k for k in range(1, len(inside)) if not _is_joint(text[inside[k - 1][1] : inside[k][0]])), len(inside)
            )
            end = min(inside[stop - 1][1], end)
        before = [(a, min(b, start)) for a, b in spans if a < start]
        after = [(max(a, end), b) for a, b in spans if b > end]
        spans = [*before, (start, end), *after]
    return spans


def _is_joint(between: str) -> bool:
    return between in ("", "-", "‐", "‑")


def _parts(text: str, match: re.Match[str]) -> list[tuple[int, int]]:
    """The spans of one match: quotation marks cut off, digits apart from letters ("B2B")."""
    start, end = match.span()
    if text[end - 1] in _APOSTROPHES and not _keeps_apostrophe(text, start, end):
        end -= 1
    opened = start and text[start - 1] in _APOSTROPHES and (start == 1 or not text[start - 2].isalnum())
    if opened and _to_ascii(text[start:end]).lower().rstrip("'") in _CLIPPED:
        start -= 1
    if "." in text[start:end] or not any(c.isdigit() for c in text[start:end]):
        return [(start, end)]
    pieces = re.finditer(r"\d+|[^\d]+", text[start:end])
    return [(start + piece.start(), start + piece.end()) for piece in pieces]


def _keeps_apostrophe(text: str, start: int, end: int) -> bool:
    """True for "dogs' " and "goin' ", False where the mark closes a quotation that was opened before."""
    if not text[start : end - 1].lower().endswith(("s", "in", "o", "n")):
        return False
    before = text[max(0, start - 200) : start]
    opened = re.findall(rf"(?<![^\W_])[{_APOSTROPHES}](?=\w)", before)
    closed = re.findall(rf"(?<=[\w.,!?])[{_APOSTROPHES}](?![^\W_])", before)
    return len(opened) <= len(closed)


def _pause(between: str) -> str:
    pause = ""
    for mark in between:
        # One hyphen joins; a spaced one, or two, stand for a dash.
        if mark in "-‐‑‒" and (" " in between or len(between) > 1):
            pause = stronger(pause, ",")
        elif mark != " " and not (mark == "." and pause == "…"):
            pause = stronger(pause, pause_for(mark))
    return "…" if "..." in between else pause


def _to_ascii(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.translate(_PLAIN))
    return "".join(c for c in decomposed if c.isascii())


def _refuse_other_letters(text: str) -> None:
    if text.isascii():
        return
    other = sorted({c for c in text if not c.isascii() and c.isalnum() and not _to_ascii(c)})
    if other:
        raise InvalidInput(
            f"These letters cannot be read in English: {' '.join(other[:20])}.",
            "Give the language they belong to, or spell them in Latin letters.",
        )
