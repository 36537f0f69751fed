"""A text with directions: which stretch of it is said by whom and how, where silence comes, where marks stand.

Both writings of directions end here, SSML and the tags of plain text; everything after knows this form alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kouji.types import Notice

from .markup import Fixed


@dataclass(frozen=True)
class Span:
    """A stretch that is said in one way."""

    start: int
    end: int
    controls: Mapping[str, object] = field(default_factory=dict)  # as Utterance.controls
    language: str = ""  # zh | en | ja | ko | yue; "": not said


@dataclass(frozen=True)
class Break:
    """Silence that the user asked for."""

    at: int  # index of the character before which it comes
    seconds: float


@dataclass(frozen=True)
class Bookmark:
    """A name for a moment."""

    at: int  # index of the character before which it stands
    name: str


Point = Break | Bookmark


@dataclass(frozen=True)
class Directed:
    """Text, and what is asked of its stretches. The text may still hold inline pronunciations."""

    text: str
    written: str  # what the user wrote, without the directions
    origins: Sequence[int]  # (len(text),) index in `written` of what each character was made from
    spans: tuple[Span, ...] = ()  # in order, apart from one another; what none covers is said as the request asks
    points: tuple[Point, ...] = ()  # in the order of the document
    fixed: tuple[Fixed, ...] = ()
    notices: tuple[Notice, ...] = ()

    def moved(self, to: Callable[[int], int]) -> Directed:
        """The same with every place put through `to` (a text that was cleaned since); `text` stays behind."""
        return replace(
            self,
            spans=tuple(replace(span, start=to(span.start), end=to(span.end)) for span in self.spans),
            points=tuple(replace(point, at=to(point.at)) for point in self.points),
            fixed=tuple(replace(mark, start=to(mark.start), end=to(mark.end)) for mark in self.fixed),
        )


def plain(text: str) -> Directed:
    """A text without directions."""
    return Directed(text, text, range(len(text)))


class Builder:
    """Puts a text with directions together, from left to right."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._written: list[str] = []
        self._origins: list[int] = []
        self._n_written = 0
        self._spans: list[Span] = []
        self._controls: Mapping[str, object] = {}
        self._language = ""
        self.points: list[Point] = []
        self.fixed: list[Fixed] = []

    @property
    def position(self) -> int:
        """Characters so far."""
        return len(self._origins)

    def say(self, text: str, written: str | None = None) -> None:
        """Add text; `written` stands for it where the user wrote something else."""
        if not text:
            return
        start = self.position
        if written is None:
            self._origins += range(self._n_written, self._n_written + len(text))
            written = text
        else:
            self._origins += [self._n_written] * len(text)
        self._n_written += len(written)
        self._text.append(text)
        self._written.append(written)
        if not self._controls and not self._language:
            return
        last = self._spans[-1] if self._spans else None
        if last and last.end == start and (last.controls, last.language) == (self._controls, self._language):
            self._spans[-1] = replace(last, end=self.position)
        else:
            self._spans.append(Span(start, self.position, self._controls, self._language))

    def direct(self, controls: Mapping[str, object], language: str = "") -> None:
        """How the text from here on is said."""
        self._controls, self._language = controls, language

    def add_controls(self, start: int, controls: Mapping[str, object]) -> None:
        """Ask something of all text since `start`; what is asked nearer to it stays."""
        spans = [span for span in self._spans if span.end <= start]
        position = start
        for span in self._spans[len(spans) :]:
            if position < span.start:
                spans.append(Span(position, span.start, controls))
            spans.append(replace(span, controls={**controls, **span.controls}))
            position = span.end
        if position < self.position:
            spans.append(Span(position, self.position, controls))
        self._spans = spans

    def controls_since(self, start: int) -> set[str]:
        """What is asked of any text since `start`, by name."""
        return {name for span in self._spans if span.end > start for name in span.controls}

    def build(self, notices: Sequence[Notice] = ()) -> Directed:
        """All of it."""
        return Directed(
            "".join(self._text), "".join(self._written), tuple(self._origins), tuple(self._spans),
            tuple(self.points), tuple(self.fixed), tuple(notices),
        )  # fmt: skip
