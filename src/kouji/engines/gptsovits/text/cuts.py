"""Where a text is cut before it is spoken: the six methods of upstream's menu, and what it does around them.

    text -> marks thinned -> a mark before a short beginning -> cut -> short pieces joined -> at most 510 characters

Source: GPT_SoVITS/TTS_infer_pack of RVC-Boss/GPT-SoVITS (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from kouji.errors import EmptyText, UnknownName
from kouji.text.markup import Fixed

from .symbols import PUNCTUATION

SPLITTERS = "，。？！,.?!~:：—…"
_SPLITTER = re.compile(f"([{SPLITTERS}])")
_CUT5_MARKS = frozenset(",.;?!、，。？！：…")
_SILENT = frozenset(PUNCTUATION + " ")  # a piece of nothing else is left out
_REPEATED = re.compile(f"([{re.escape(PUNCTUATION)}])[{re.escape(PUNCTUATION)}]+")

_CLAUSES = 4  # of cut1
_LONG = 50  # characters of cut2
_SHORT = 5  # characters; shorter pieces are joined
_SHORT_BEGINNING = 4  # characters before the first mark
_LONGEST = 510  # characters; BERT has 512 places, two of them are taken


def pieces(text: str, language: str, method: str = "cut5") -> list[str]:
    """What is spoken one after the other; each piece ends with a mark.

    Args:
        text: anything.
        language: as in `front.phonemise`; English gets a full stop of its own.
        method: "cut0" not at all, "cut1" every four clauses, "cut2" after 50 characters, "cut3" at 。, "cut4" at a
            full stop, "cut5" at every mark.

    Raises:
        EmptyText: nothing in it can be said.
        UnknownName: no such method.
    """
    stop = "." if language == "en" else "。"
    thinned = _REPEATED.sub(r"\1", text).strip("\n")
    if thinned and thinned[0] not in SPLITTERS and len(_SPLITTER.split(thinned)[0].strip()) < _SHORT_BEGINNING:
        thinned = stop + thinned
    found: list[str] = []
    for piece in _joined([each for each in cut(thinned, method).split("\n") if each not in ("", " ")]):
        if not re.search(r"\w", piece):
            continue
        ended = piece if piece[-1] in SPLITTERS else piece + stop
        found += [ended] if len(ended) <= _LONGEST else _shortened(ended)
    if not found:
        raise EmptyText(text)
    return found


def pieces_with(
    text: str, given: Sequence[Fixed], language: str, method: str = "cut5"
) -> list[tuple[str, list[Fixed]]]:
    """The same, each piece with the pronunciations that the user gave for words in it.

    Raises:
        EmptyText: nothing in it can be said.
        UnknownName: no such method.
    """
    found = pieces(text, language, method)
    if not given:
        return [(piece, []) for piece in found]
    words = [at for at, character in enumerate(text) if re.match(r"\w", character)]  # cutting changes marks alone
    placed, n_before = [], 0
    for piece in found:
        inside = [at for at, character in enumerate(piece) if re.match(r"\w", character)]
        moved = dict(zip(words[n_before : n_before + len(inside)], inside, strict=True))
        own = [
            replace(fixed, start=moved[fixed.start], end=moved[fixed.end - 1] + 1)
            for fixed in given
            if fixed.start in moved and fixed.end - 1 in moved
        ]
        placed.append((piece, own))
        n_before += len(inside)
    return placed


def cut(text: str, method: str) -> str:
    """The text with a line break at every cut.

    Raises:
        UnknownName: no such method.
    """
    if method not in METHODS:
        raise UnknownName("method of cutting", method, list(METHODS))
    return METHODS[method](text)


def _uncut(text: str) -> str:
    return text if set(text) - _SILENT else "\n"


def _every_four_clauses(text: str) -> str:
    text = text.strip("\n")
    clauses = _clauses(text)
    starts = range(0, len(clauses), _CLAUSES)[:-1]  # the last group joins the one before it
    if not starts:
        return _lines([text])
    ends = [*starts[1:], len(clauses)]
    return _lines("".join(clauses[start:end]) for start, end in zip(starts, ends, strict=True))


def _after_fifty(text: str) -> str:
    text = text.strip("\n")
    clauses = _clauses(text)
    if len(clauses) < 2:
        return text
    groups = [""]
    for clause in clauses:
        groups[-1] += clause
        if len(groups[-1]) > _LONG:
            groups.append("")
    groups = groups if groups[-1] else groups[:-1]
    if len(groups) > 1 and len(groups[-1]) < _LONG:
        groups[-2:] = ["".join(groups[-2:])]
    return _lines(groups)


def _at_chinese_stops(text: str) -> str:
    return _lines(text.strip("\n").strip("。").split("。"))


def _at_full_stops(text: str) -> str:
    return _lines(re.split(r"(?<!\d)\.(?!\d)", text.strip("\n").strip(".")))


def _at_every_mark(text: str) -> str:
    text = text.strip("\n")
    found, start = [], 0
    for at, character in enumerate(text):
        is_decimal = character == "." and 0 < at < len(text) - 1 and text[at - 1].isdigit() and text[at + 1].isdigit()
        if character in _CUT5_MARKS and not is_decimal:
            found.append(text[start : at + 1])
            start = at + 1
    found.append(text[start:])
    return "\n".join(piece for piece in found if set(piece) - _CUT5_MARKS)


METHODS: dict[str, Callable[[str], str]] = {
    "cut0": _uncut,
    "cut1": _every_four_clauses,
    "cut2": _after_fifty,
    "cut3": _at_chinese_stops,
    "cut4": _at_full_stops,
    "cut5": _at_every_mark,
}


def _clauses(text: str) -> list[str]:
    """Each with its mark; an ellipsis ends a sentence, a dash a clause."""
    if not text:
        return []
    text = text.replace("……", "。").replace("——", "，")
    if text[-1] not in SPLITTERS:
        text += "。"
    return re.findall(f"[^{SPLITTERS}]*[{SPLITTERS}]", text)


def _lines(found: Iterable[str]) -> str:
    return "\n".join(piece for piece in found if set(piece) - _SILENT)


def _joined(found: Sequence[str]) -> list[str]:
    """Short pieces together; a short rest goes with the last."""
    if len(found) < 2:
        return list(found)
    joined, held = [], ""
    for piece in found:
        held += piece
        if len(held) >= _SHORT:
            joined.append(held)
            held = ""
    if held:
        joined[-1:] = ["".join(joined[-1:]) + held]
    return joined


def _shortened(piece: str) -> list[str]:
    """A long piece in parts that end with a mark; one without marks stays whole."""
    parts = [""]
    for stretch in _SPLITTER.split(piece):
        if len(parts[-1] + stretch) > _LONGEST:
            parts.append("")
        parts[-1] += stretch
    return [part for part in parts if part]
