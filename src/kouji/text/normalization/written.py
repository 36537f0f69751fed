"""Text that is said as it is written: letters and marks, nothing that would have to be put in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence

from kouji.errors import InvalidInput

from .characters import is_mark, script

_BRACKETS = re.compile(r"\[(\w+)\]")
_WORDS = ("han", "kana", "hangul")
_BESIDE = frozenset("'\"-~～")  # between words, or around them


def as_written(text: str, tags: Collection[str] = ()) -> str:
    """The same cleaned text.

    Args:
        text: of letters and marks.
        tags: that may stand in it in square brackets, whatever their characters.

    Raises:
        InvalidInput: something in it is no word; names it.
    """
    bare = _BRACKETS.sub(lambda found: "[" * len(found[0]) if found[1] in tags else found[0], text)
    kinds = "".join(_kind(character) for character in bare)
    if (found := re.search("a*0[a0]*", kinds)) is not None:
        raise _refused(text[found.start() : found.end()])
    return text


def nothing_dropped(dropped: Sequence[str]) -> None:
    """Raises InvalidInput where cleaning has taken something visible out."""
    seen = [character for character in dropped if unicodedata.category(character)[0] not in "CMZ"]
    if seen:
        raise _refused("".join(seen[:20]))


def _kind(character: str) -> str:
    """ "a": a Latin letter, " ": anything else that can be said, "0": what cannot."""
    kind = script(character)
    if kind == "latin":
        return "a"
    return " " if character.isspace() or kind in _WORDS or is_mark(character) or character in _BESIDE else "0"


def _refused(what: str) -> InvalidInput:
    shown = what if len(what) <= 40 else what[:40] + "…"
    hint = "Write it in words, give it a pronunciation, or leave normalize=off out."
    return InvalidInput(f"{shown!r} cannot be said as it is written.", hint, param="normalize")
