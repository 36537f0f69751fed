"""Where directions cut a sentence: at silence and at another voice in two, at another manner only in the sound.

Parts are pronounced each on its own. The pieces of one part are pronounced as one sentence, so that 不 before a
happy 对 is still bú, and then handed to the engine one by one, each with its own controls.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from kouji.types import Cue, Unit, Utterance

from .directions import Bookmark, Break, Directed, Point
from .markup import Fixed
from .sentence import Said
from .sentences import trimmed

_MARKS = re.compile(r"[\s，。！？；：、…,.!?;:）)】」』”’]*")
SEAM = 0.05  # seconds between two manners within a sentence: no pause, but no sound runs into the other


@dataclass(frozen=True)
class Piece:
    """What an engine gets at once."""

    start: int  # in the cleaned text
    end: int
    units: tuple[Unit, ...]
    normalized: str
    pause: float | None  # seconds after it, where the mark does not say it
    units_before: int  # in the same part


class Directions:
    """What is asked of each place of a cleaned text."""

    def __init__(self, directed: Directed, fixed: Iterable[Fixed]) -> None:
        """Take the directions of a text.

        Args:
            directed: with places in the cleaned text.
            fixed: words whose pronunciation is given: nothing cuts one. A span takes in all of it, a point comes after.
        """
        words = sorted((mark.start, mark.end) for mark in fixed)
        self.points = tuple(replace(point, at=_around(words, point.at)[1]) for point in directed.points)
        self._starts: list[int] = [0]
        self._ways: list[tuple[Mapping[str, object], str]] = [({}, "")]
        for span in directed.spans:
            start, end = _around(words, span.start)[0], _around(words, span.end)[1]
            if start >= end:
                continue
            while self._starts[-1] >= start and len(self._starts) > 1:
                self._starts.pop()
                self._ways.pop()
            self._starts += [start, end]
            self._ways += [(span.controls, span.language), ({}, "")]
        self._silences = sorted({point.at for point in self.points if isinstance(point, Break) and point.seconds})
        self._places = sorted({point.at for point in self.points})

    def controls(self, at: int) -> Mapping[str, object]:
        """What is asked of the character at a place."""
        return self._ways[bisect_right(self._starts, at) - 1][0]

    def language(self, at: int) -> str:
        """What language the character at a place is said to be; "" where nothing is said."""
        return self._ways[bisect_right(self._starts, at) - 1][1]

    def parts(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """A sentence cut at silence and where the voice changes, without spaces around the parts."""
        changes = [at for at in self._changes(start, end) if self._voice(at) != self._voice(at - 1)]
        for first, last in _between(start, end, [*changes, *_inside(self._silences, start, end)]):
            first, last = trimmed(text, first, last)
            if first < last:
                yield first, last

    def borders(self, start: int, end: int) -> list[int]:
        """Every place within a part where a direction changes or a mark stands."""
        return sorted({*self._changes(start, end), *_inside(self._places, start, end)})

    def languages(self, start: int, end: int) -> dict[int, str]:
        """Where within a part the language is said anew -> which; empty where it is the same throughout."""
        edges = [start, *(at for at in self._changes(start, end) if self.language(at) != self.language(at - 1))]
        return {at: self.language(at) for at in edges} if len(edges) > 1 else {}

    def pieces(self, said: Said, start: int, end: int) -> list[Piece]:
        """A part cut where the manner changes; what has nothing to say in it falls away."""
        manner = [at for at in self._changes(start, end) if self.controls(at) != self.controls(at - 1)]
        found: list[Piece] = []
        for first, last in _between(start, end, manner):
            before = self._n_units(said, first, start) if first > start else 0
            until = self._n_units(said, last, start) if last < end else len(said.units)
            text_before = said.text_before.get(first - start, 0)
            text_until = said.text_before[last - start] if last < end else None
            units = tuple(said.units[before:until])
            text = said.normalized[text_before:text_until]
            if found:  # marks belong to what they follow
                marks = _MARKS.match(text)
                lead = text if not units else marks[0] if marks else ""
                found[-1] = replace(
                    found[-1], end=found[-1].end if units else last, normalized=(found[-1].normalized + lead).strip()
                )
                text = text[len(lead) :]
            if units:
                found.append(Piece(first, last, units, text.strip(), None, before))
        return [*(self._going_on(piece) for piece in found[:-1]), *found[-1:]]

    def _n_units(self, said: Said, at: int, start: int) -> int:
        """How many units of a part come before a change; a word across it goes where more is asked of it."""
        begins = len(self.controls(at)) >= len(self.controls(at - 1))
        return (said.units_done if begins else said.units_before)[at - start]

    def _going_on(self, piece: Piece) -> Piece:
        """A piece after which the sentence goes on: it does not sound finished."""
        last = piece.units[-1]
        if last.pause:
            return piece
        # Where a length is asked for, the silence that the engine leaves is part of it and stays.
        is_timed = "duration" in self.controls(piece.start) or "duration" in self.controls(piece.end)
        return replace(piece, units=(*piece.units[:-1], replace(last, pause="_")), pause=None if is_timed else SEAM)

    def _changes(self, start: int, end: int) -> list[int]:
        return _inside(self._starts, start, end)

    def _voice(self, at: int) -> object:
        return self.controls(at).get("voice")


def _inside(places: Sequence[int], start: int, end: int) -> list[int]:
    return list(places[bisect_right(places, start) : bisect_left(places, end)])


def _between(start: int, end: int, cuts: Iterable[int]) -> Iterator[tuple[int, int]]:
    edges = sorted({start, end, *cuts})
    return pairwise(edges)


def _around(words: Sequence[tuple[int, int]], at: int) -> tuple[int, int]:
    """Start and end of the word within which a place lies; the place itself where there is none."""
    number = bisect_left(words, (at, 0)) - 1
    return words[number] if number >= 0 and words[number][0] < at < words[number][1] else (at, at)


# ---- silence and marks, once all utterances are known ---------------------------------------------


@dataclass(frozen=True)
class Placed:
    """An utterance, and where it stands in the cleaned text."""

    utterance: Utterance
    start: int
    end: int
    units_at: Mapping[int, int]  # place within it -> how many of its units begin before


def apply(placed: Sequence[Placed], points: Sequence[Point]) -> tuple[tuple[Utterance, ...], float]:
    """Give the utterances their silence and their marks.

    Returns:
        The utterances, and the seconds of silence before the first.
    """
    utterances = [each.utterance for each in placed]
    starts = [each.start for each in placed]
    lead = 0.0
    silent: set[int] = set()  # utterances after which silence came already
    last_break = {
        bisect_left(starts, point.at) - 1: number
        for number, point in enumerate(points)
        if isinstance(point, Break) and point.seconds
    }
    for number, point in enumerate(points):
        before = bisect_left(starts, point.at) - 1  # the utterance that begins before the point
        is_inside = before >= 0 and point.at < placed[before].end
        if isinstance(point, Bookmark):
            if is_inside:
                utterances[before] = _cued(utterances[before], point, placed[before].units_at.get(point.at, 0))
                continue
            to_come = last_break.get(before, -1) > number
            if before + 1 < len(placed) and (before in silent or not to_come):
                utterances[before + 1] = _cued(utterances[before + 1], point, 0)
            elif before < 0:
                utterances[0] = _cued(utterances[0], point, -1)
            else:
                utterances[before] = _cued(utterances[before], point, len(utterances[before].units) + (before in silent))
        elif is_inside:
            utterances[before] = _without_pause(utterances[before], placed[before].units_at.get(point.at, 0))
        elif before < 0:
            lead += point.seconds
            silent.add(before)
        else:
            last = utterances[before]
            known = (last.pause or 0.0) if before in silent else 0.0
            utterances[before] = replace(last, pause=known + point.seconds)
            silent.add(before)
    return tuple(utterances), lead


def _cued(utterance: Utterance, mark: Bookmark, unit: int) -> Utterance:
    return replace(utterance, cues=(*utterance.cues, Cue(mark.name, unit)))


def _without_pause(utterance: Utterance, n_units: int) -> Utterance:
    """A break of no length: the mark before it makes no pause."""
    if not 0 < n_units < len(utterance.units):
        return utterance
    units = list(utterance.units)
    units[n_units - 1] = replace(units[n_units - 1], pause="")
    return replace(utterance, units=tuple(units))
