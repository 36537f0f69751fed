"""Which pause a punctuation mark asks for."""

from __future__ import annotations

_MARKS = {
    ",": ",，、،;；:：—–|/()（）[]【】{}",
    ".": ".。｡．\n",
    "?": "?？؟",
    "!": "!！",
    "…": "…⋯",
}
_PAUSE_OF = {mark: pause for pause, marks in _MARKS.items() for mark in marks}
_STRENGTH = {"": 0, "_": 1, ",": 2, "…": 3, ".": 4, "!": 5, "?": 6}


def pause_for(mark: str) -> str:
    """The pause (one of kouji.text.phonemes.PAUSES) after a mark; "" where none is made, as at a quotation mark."""
    return _PAUSE_OF.get(mark, "")


def stronger(first: str, second: str) -> str:
    """The pause that wins where two meet: "?" before "." before "," before none."""
    return max(first, second, key=_STRENGTH.__getitem__)
