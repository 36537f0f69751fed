"""What stands beside a polyphonic character: the patterns of `zh_polyphones.txt` (its first lines explain them)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

REACH = 6  # characters looked at on either side
_SYNTAX = frozenset("<>[](|).#?{}")


@dataclass(frozen=True)
class Evidence:
    """A pattern that was found."""

    reading: str
    weight: float  # fixed characters; a class counts half
    start: int  # span in the run, the character itself included
    end: int


@dataclass(frozen=True)
class _Pattern:
    reading: str
    weight: float
    text: str


@cache
def _blocks() -> tuple[dict[str, str], dict[str, tuple[str, list[str]]]]:
    """Classes, and per character its usual reading and its lines; patterns are compiled at their first use."""
    classes: dict[str, str] = {}
    blocks: dict[str, tuple[str, list[str]]] = {}
    lines: list[str] = []
    for line in files("kouji.text.data").joinpath("zh_polyphones.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("@"):
            name, members = line[1:].split()
            classes[name] = f"(?:{members})" if "|" in members else f"[{members}]"
        elif line.startswith(" "):
            lines.append(line)
        elif line and not line.startswith("#"):
            character, usual = line.split()
            lines = []
            blocks[character] = (usual, lines)
    return classes, blocks


def usual(character: str) -> str | None:
    """The reading where nothing speaks for another; None for a character without a block."""
    block = _blocks()[1].get(character)
    return block[0] if block else None


@cache
def _patterns(character: str) -> dict[str, list[_Pattern]]:
    """By the character that must stand beside: "银~" for one before, "~业" for one after, "" for none in particular."""
    found: dict[str, list[_Pattern]] = {"": []}
    block = _blocks()[1].get(character)
    for line in block[1] if block else ():
        reading, *patterns = line.split()
        for pattern in patterns:
            text = pattern.removeprefix("!")
            found.setdefault(_key(text), []).append(_Pattern(reading, _weight(text) + 2 * (text != pattern), text))
    return found


def _key(text: str) -> str:
    place = text.index("~")
    if place and text[place - 1] not in _SYNTAX:
        return text[place - 1 : place + 1]
    if place + 1 < len(text) and text[place + 1] not in _SYNTAX:
        return text[place : place + 2]
    return ""


def _weight(text: str) -> float:
    optional = r"(<\w+>|\[[^]]*\]|\([^)]*\)|.)(\?|\{0,\d\})"  # what may be missing weighs nothing
    fixed = re.sub(optional, "", text)
    bare = re.sub(r"<\w+>|\[[^]]*\]|\([^)]*\)|\{[^}]*\}|[~#.]", "", fixed)
    n_words = len(re.findall(r"<(?!num|who)\w+>|\(", fixed))
    n_classes = fixed.count("<num>") + fixed.count("<who>") + fixed.count("[") + fixed.count("#")
    return len(bare) + n_words + n_classes / 2


def _span(text: str, window: str) -> tuple[int, int] | None:
    if _SYNTAX.isdisjoint(text) or (_SYNTAX & set(text)) == {"#"}:
        start = window.find(text)
        return None if start < 0 else (start, start + len(text))
    match = _compiled(text).search(window)
    return match.span() if match else None


@cache
def _compiled(text: str) -> re.Pattern[str]:
    classes = _blocks()[0]
    return re.compile(re.sub(r"<(\w+)>", lambda match: classes[match[1]], text))


def evidence(run: str, index: int) -> Evidence | None:
    """The heaviest pattern for the character at `index` of a run between two marks, or None."""
    patterns = _patterns(run[index])
    edged = f"#{run}#"
    first = max(0, index + 1 - REACH)
    window = edged[first : index + 1] + "~" + edged[index + 2 : index + 2 + REACH]
    best: Evidence | None = None
    for key in (edged[index] + "~", "~" + edged[index + 2], ""):
        for pattern in patterns.get(key, ()):
            if best is None or pattern.weight > best.weight:
                span = _span(pattern.text, window)
                if span is not None:
                    best = Evidence(pattern.reading, pattern.weight, span[0] + first - 1, span[1] + first - 1)
    return best
