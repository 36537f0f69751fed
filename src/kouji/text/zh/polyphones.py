"""Which reading a character has here."""

from __future__ import annotations

from . import contexts, g2pm, grammar
from .lexicon import lexicon

_ASKED = frozenset("勒塞葛肖仔刹燕覃翟坊朴什鲜")  # of those with patterns; mostly in names
_FIRST = {  # where the dictionary's first reading is not the one of running text
    "么": "me5", "吗": "ma5", "吧": "ba5", "子": "zi3", "们": "men5", "啊": "a5", "和": "he2", "上": "shang4", "儿": "er2",
    "谁": "shei2",
}  # fmt: skip


def read(words: list[str], characters: str) -> list[str]:
    """Lexical readings of a run between two marks.

    Args:
        words: the run in simplified characters, cut into words.
        characters: the same run as written, simplified or traditional.
    """
    run = "".join(words)
    found: list[str | None] = []
    for position, word in enumerate(words):
        start = len(found)
        if len(word) == 1:
            found.append(_single(run, start, words, position))
        else:
            found += [_decide(run, start + i, known, start, len(word)) for i, known in enumerate(_checked(word))]
    open_ = [i for i, reading in enumerate(found) if reading is None and _is_asked(run[i])]
    for i, (reading, _) in zip(open_, g2pm.vote(run, open_) if open_ else (), strict=True):
        found[i] = reading
    return [
        _allowed(c, reading or _first(run[i])) for i, (c, reading) in enumerate(zip(characters, found, strict=True))
    ]


def _is_asked(character: str) -> bool:
    """The network learnt from an encyclopedia and is sure of itself in daily talk too, without reason."""
    return (contexts.usual(character) is None or character in _ASKED) and g2pm.knows(character)


def _checked(word: str) -> list[str | None]:
    """Readings that the phrase dictionary gives; of a word that it lacks, the longest phrases inside."""
    table = lexicon()
    whole = table.phrase(word)
    if whole:
        return list(whole)
    found: list[str | None] = [None] * len(word)
    for size in range(len(word) - 1, 1, -1):
        for start in range(len(word) - size + 1):
            part = table.phrase(word[start : start + size])
            if part and not any(found[start : start + size]):
                found[start : start + size] = part
    return found


def _single(run: str, index: int, words: list[str], position: int) -> str | None:
    """A word of one character: patterns, unless grammar speaks louder."""
    seen, said = contexts.evidence(run, index), grammar.opinion(words, position)
    if said and (seen is None or said[1] > seen.weight):
        return said[0]
    return seen.reading if seen else None


def _decide(run: str, index: int, checked: str | None, start: int, size: int) -> str | None:
    """A pattern decides unless the phrase dictionary knows a longer stretch; None where neither knows."""
    seen = contexts.evidence(run, index)
    if seen and checked:
        inside = start <= seen.start and seen.end <= start + size
        return seen.reading if seen.weight - (0 if inside else 0.6) >= size - 1 else checked
    return seen.reading if seen else checked


def _first(character: str) -> str:
    """Empty for a character without any reading: the user has given it one, or it would have been refused."""
    known = lexicon().readings(character)
    return contexts.usual(character) or _FIRST.get(character) or (known[0] if known else "")


def _allowed(character: str, reading: str) -> str:
    """A traditional character may have fewer readings than the simplified one that stands for it: 髮 is fa4 only."""
    own = lexicon().readings(character)
    return reading if not own or reading in own or reading.endswith("5") else own[0]
