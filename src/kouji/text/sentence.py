"""One sentence -> what is said: each language's normalisation and pronunciation, one after the other."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise

from kouji.types import Unit

from . import normalization, segment
from .lexicon import Lexicon
from .markup import Fixed
from .punctuation import pause_for, stronger

_TRAILING = re.compile(r"\W*$")
_BRACKETS = re.compile(r"[()（）\[\]【】{}/|]")


@dataclass(frozen=True)
class Said:
    """A sentence, ready for an engine."""

    normalized: str
    units: list[Unit]
    units_before: dict[int, int]  # border -> how many units begin before it
    units_done: dict[int, int]  # border -> how many units end before it: one fewer where it lies in a word
    text_before: dict[int, int]  # border -> how many characters of `normalized` stand before it


@dataclass
class _Segment:
    """Normalised text of one language, with the pronunciations the user fixed in it."""

    language: str
    text: str = ""
    given: dict[int, str] = field(default_factory=dict)  # index in `text` -> reading
    borders: list[tuple[int, int]] = field(default_factory=list)  # (index in `text`, border)


@dataclass(frozen=True)
class Reading:
    """How a sentence is to be read."""

    language: str | None  # of the sentence; None: its letters decide
    default: str  # for one of digits only
    fixed: Sequence[Fixed] = ()  # the user's inline pronunciations
    lexicon: Lexicon | None = None
    borders: Sequence[int] = ()  # where something changes, ascending: no number is read across it
    languages: Mapping[int, str] = field(default_factory=dict)  # from each index on: the language there; "": not said
    as_written: bool = False  # nothing is put in words
    tags: Collection[str] = ()  # of the engine, in square brackets: they are no text


def read(text: str, how: Reading) -> Said:
    """Normalised text and units of one clean sentence."""
    units: list[Unit] = []
    said = ""
    units_before: dict[int, int] = {}
    units_done: dict[int, int] = {}
    text_before: dict[int, int] = {}
    for part in _segments(text, how):
        found = _to_units(part.language)(part.text, part.given)
        spans = _spans(part.text, found) if part.borders else []
        for index, border in part.borders:
            units_before[border] = len(units) + sum(start < index for start, _ in spans)
            units_done[border] = len(units) + sum(end <= index for _, end in spans)
            text_before[border] = len(said) + index
        said += part.text
        if found:
            units.extend(found)
        elif units:
            units[-1] = replace(units[-1], pause=_strongest(part.text, units[-1].pause))
    if units:
        marks = _TRAILING.search(said)
        closing = _strongest(_BRACKETS.sub("", marks[0])) if marks else ""
        units[-1] = replace(units[-1], pause=closing)
    indent = len(said) - len(said.lstrip())
    return Said(
        said.strip(),
        units,
        {border: units_before.get(border, 0) for border in how.borders},
        {border: units_done.get(border, 0) for border in how.borders},
        {border: max(0, text_before.get(border, 0) - indent) for border in how.borders},
    )


def in_words(text: str, language: str | None, default: str) -> str:
    """The normalised text alone."""
    return "".join(part.text for part in _segments(text, Reading(language, default))).strip()


def _spans(text: str, units: Sequence[Unit]) -> list[tuple[int, int]]:
    """Where each unit stands in the text that it was made from."""
    spans, position = [], 0
    for unit in units:
        found = text.find(unit.text, position)
        start = found if found >= 0 else position
        position = start + (len(unit.text) if found >= 0 else 0)
        spans.append((start, position))
    return spans


def _segments(text: str, how: Reading) -> list[_Segment]:
    """Runs of one language each, numbers in words."""
    found: list[_Segment] = []
    borders = list(how.borders)

    def plain(start: int, end: int, language: str) -> None:
        while borders and borders[0] < end:
            border = borders.pop(0)
            if border > start:
                _append_plain(found, text[start:border], language, how)
                start = border
            if found:
                found[-1].borders.append((len(found[-1].text), border))
        _append_plain(found, text[start:end], language, how)

    for region in _regions(text, how):
        inside = [m for m in how.fixed if region.start <= m.start < region.end]
        inside += _of_lexicon(text, region, inside, how.lexicon)
        position = region.start
        for mark in sorted(inside, key=lambda m: m.start):
            plain(position, mark.start, region.language)
            while borders and borders[0] <= mark.start:  # what begins right at the word
                border = borders.pop(0)
                if found:
                    found[-1].borders.append((len(found[-1].text), border))
            _append_fixed(found, text[mark.start : mark.end], mark, region.language, how)
            position = max(position, mark.end)
        plain(position, region.end, region.language)
    return found


def _regions(text: str, how: Reading) -> list[segment.Region]:
    """Runs whose numbers are read in one language."""
    if not how.languages:
        return segment.regions(text, how.language, how.default)
    found = []
    edges = sorted({0, len(text), *how.languages})
    language = ""
    for start, end in pairwise(edges):
        language = how.languages.get(start, language)
        for region in segment.regions(text[start:end], language or how.language, language or how.default):
            found.append(replace(region, start=region.start + start, end=region.end + start))
    return found


def _of_lexicon(text: str, region: segment.Region, fixed: list[Fixed], lexicon: Lexicon | None) -> list[Fixed]:
    """The user's words in a region, where nothing is fixed inline."""
    if lexicon is None:
        return []
    marks = []
    for start, end, entry in lexicon.find(text[region.start : region.end], region.language):
        start, end = start + region.start, end + region.start
        if not any(f.start < end and start < f.end for f in fixed):
            readings = entry.readings or ("=" + entry.instead,)
            marks.append(Fixed(start, end, entry.language, readings))
    return marks


def _append_plain(found: list[_Segment], text: str, language: str, how: Reading) -> None:
    if not text:
        return
    said = normalization.as_written(text, how.tags) if how.as_written else normalization.in_words(text, language)
    said = re.sub(r"\s+(?=[，。！？；：、,.!?;:）])|\s+(?=\s)", "", said)
    for start, end, spoken in segment.runs(said, language):
        run = said[start:end]
        if spoken == "en" and language != "en" and not how.as_written:
            run = re.sub(r"\s+", " ", normalization.in_words(run, "en"))
        _append(found, run, spoken)


def _append(found: list[_Segment], text: str, language: str) -> _Segment:
    """Add text to the last segment if it has the same language."""
    if not found or found[-1].language != language:
        if found and text[:1].isspace() and not found[-1].text.endswith(" "):
            found[-1].text += " "
        found.append(_Segment(language))
    last = found[-1]
    last.text += text.lstrip() if not last.text or last.text[-1].isspace() else text
    return last


def _append_fixed(found: list[_Segment], text: str, mark: Fixed, language: str, how: Reading) -> None:
    """Add a word whose reading the user gave."""
    if mark.readings[0].startswith("="):
        _append_plain(found, mark.readings[0][1:], language, how)
        return
    part = _append(found, "", mark.language)
    if part.text and mark.language in ("en", "ko") and part.text[-1].isalnum():
        part.text += " "
    for offset, reading in enumerate(mark.readings):
        part.given[len(part.text) + offset] = reading
    part.text += text
    if mark.language in ("en", "ja", "ko"):
        part.given[len(part.text)] = ""  # an empty reading says where the given one ends


@cache
def _to_units(language: str) -> Callable[[str, Mapping[int, str] | None], list[Unit]]:
    """The language's own pronunciation, loaded when first needed."""
    return importlib.import_module(f".{language}", __package__).to_units  # type: ignore[no-any-return]


def _strongest(marks: str, pause: str = "") -> str:
    for mark in marks:
        pause = stronger(pause, pause_for(mark))
    return pause
