"""What the house says of errors, clips and engines, for those who read Chinese. `data/zh.tsv` holds the words."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("data") / "zh.tsv"
_PLACE = re.compile(r"\{([a-z]+)\}")  # not {chong2}, which is pinyin
_NEXT = re.compile(r"(?<=[.!?…]) (?=\S)")  # where one sentence ends and another begins
_LONGEST = 2000  # characters that are looked at; what is longer quotes somebody


def chinese(message: str) -> str:
    """A message, line by line; what no sentence is known for stays as it is."""
    return message if len(message) > _LONGEST else "\n".join(map(_line, message.split("\n")))


def _line(line: str) -> str:
    """As several sentences where all of them are known; else as one, which may quote the end of another."""
    parts = [_sentence(part) for part in _NEXT.split(line)]
    if None not in parts:
        return "".join(filter(None, parts))
    return _sentence(line) or line


def _sentence(text: str) -> str | None:
    exact, shapes = _table()
    if text in exact:
        return exact[text]
    for shape, said in shapes:
        if match := shape.fullmatch(text):
            return _filled(said, {name: _inner(value) for name, value in match.groupdict().items()})
    return None


def _filled(said: str, values: dict[str, str]) -> str:
    return _PLACE.sub(lambda place: values[place[1]], said)


def _inner(value: str) -> str:
    """What stands in a place: a list of what is known, a message with or without its full stop, or as it is."""
    parts = [_sentence(part) for part in value.split(", ")]
    if None not in parts:
        return "、".join(filter(None, parts))
    for whole in (value, f"{value}.", value.removesuffix(".")):
        if (said := _line(whole)) != whole:
            return said.removesuffix("。")
    return value


def sentences() -> list[tuple[str, str]]:
    """(English, Chinese) of all that is known."""
    rows = _TABLE.read_text(encoding="utf-8").splitlines()
    return [(row.partition("\t")[0], row.partition("\t")[2]) for row in rows if row and not row.startswith("#")]


@cache
def _table() -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """The sentences without places, and the shapes of those with some: what says more stands before what says less.

    What begins with a place could begin with anything, the beginning of another sentence too: it comes last.
    """
    exact = {english: said for english, said in sentences() if not _PLACE.search(english)}
    shapes = [pair for pair in sentences() if pair[0] not in exact]
    shapes.sort(key=lambda pair: (pair[0].startswith("{"), -len(_PLACE.sub("", pair[0]))))
    return exact, [(_shape(english), said) for english, said in shapes]


def _shape(english: str) -> re.Pattern[str]:
    texts = _PLACE.split(english)  # text, name, text, name, … text
    places = [re.escape(text) if n % 2 == 0 else f"(?P<{text}>.+?)" for n, text in enumerate(texts)]
    return re.compile("".join(places), re.DOTALL)
