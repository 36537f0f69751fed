"""SSML as a tree of elements with their places, read without anything that XML could be abused for.

A document type, and with it every entity and every file that one could name, is refused; so is depth that no speech
needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from kouji.errors import InvalidInput

MAX_DEPTH = 10  # elements within one another, <speak> included
MAX_LENGTH = 2_000_000  # characters of a document


@dataclass
class Element:
    """One element: its name as it is written (`mstts:express-as`), what it says, and where it begins."""

    tag: str
    attributes: Mapping[str, str]
    line: int  # from 1
    column: int  # from 1
    children: list[Element | str] = field(default_factory=list)

    def text(self) -> str:
        """All characters within."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def elements(self) -> Iterator[Element]:
        """The elements right within."""
        return (child for child in self.children if isinstance(child, Element))

    def wrong(self, message: str, hint: str = "") -> InvalidInput:
        """An error that names this place."""
        return refusal(message, self.line, self.column, hint)


def refusal(message: str, line: int, column: int, hint: str = "") -> InvalidInput:
    """An error that names a place: "…, line 3, column 7."."""
    return InvalidInput(f"{message.removesuffix('.')} (SSML, line {line}, column {column}).", hint)


def parse(raw: str) -> Element:
    """The root of a document, which is <speak>.

    Raises:
        InvalidInput: malformed, too deep, too long, or with a document type; names line and column.
    """
    if len(raw) > MAX_LENGTH:
        raise InvalidInput(f"An SSML document of {len(raw)} characters is too long.", f"Give at most {MAX_LENGTH}.")
    document = raw.lstrip("\ufeff \t\r\n\f\v")
    n_lines = raw[: len(raw) - len(document)].count("\n")
    return _Reading(n_lines).read(document)


class _Reading:
    """One run of the parser."""

    def __init__(self, n_lines: int) -> None:
        # The text is decoded already: whatever encoding the declaration names, it is UTF-8 here.
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.EntityDeclHandler = self._refuse
        self._parser.ExternalEntityRefHandler = self._refuse
        self._n_lines = n_lines  # before the document
        self._open: list[Element] = []
        self._root: Element | None = None

    def read(self, document: str) -> Element:
        try:
            self._parser.Parse(document.encode("utf-8", "surrogatepass"), True)
        except expat.ExpatError as error:
            message = f"This is not well-formed XML: {expat.ErrorString(error.code)}"
            hint = "Close every element, quote every attribute, write &amp; for & and &lt; for <."
            raise refusal(message, error.lineno + self._n_lines, error.offset + 1, hint) from error
        if self._root is None or self._root.tag != "speak":
            raise InvalidInput("The root of the SSML is not <speak>.", "Write <speak>…</speak> around the text.")
        return self._root

    def _place(self) -> tuple[int, int]:
        return self._parser.CurrentLineNumber + self._n_lines, self._parser.CurrentColumnNumber + 1

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        element = Element(tag, attributes, *self._place())
        if len(self._open) >= MAX_DEPTH:
            raise element.wrong(f"<{tag}> is nested too deep", f"At most {MAX_DEPTH} elements may lie in one another.")
        if self._open:
            self._open[-1].children.append(element)
        elif self._root is None:
            self._root = element
        self._open.append(element)

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _characters(self, text: str) -> None:
        if self._open:
            self._open[-1].children.append(text)

    def _refuse(self, *_: object) -> int:
        raise refusal("A document type or an entity is not allowed", *self._place(), "Leave out <!DOCTYPE …>.")
