"""SSML -> a text with directions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from kouji.errors import InvalidInput, UnknownName
from kouji.types import Notice

from .. import amounts, segment
from ..directions import Bookmark, Break, Builder, Directed
from ..lexicon import Lexicon
from ..markup import Fixed
from . import checks, phoneme, say_as, styles
from .tree import Element, parse

_WIDE_SPACE = re.compile(r"(?<=[\u2e80-\u9fff\uff00-\uffef])\s*\n\s*(?=[\u2e80-\u9fff\uff00-\uffef])")
_SILENT = ("desc", "metadata", "meta")  # what stands in them is not spoken
_KNOWN = {  # attributes with an effect, or rightly without one
    "speak": "version xml:lang xml:base xsi:schemaLocation onlangfailure", "voice": "name xml:lang",
    "break": "time strength", "prosody": "rate pitch volume duration", "mstts:audioduration": "value",
    "mstts:express-as": "style styledegree", "say-as": "interpret-as format detail", "sub": "alias",
    "phoneme": "alphabet ph", "lang": "xml:lang onlangfailure", "p": "xml:lang", "s": "xml:lang", "mark": "name",
    "bookmark": "mark", "lexicon": "uri xml:id type",
}  # fmt: skip


def read(raw: str, language: str | None = None, lexicon: Lexicon | None = None) -> Directed:
    """Take an SSML document apart.

    Args:
        raw: begins with <speak (or an XML declaration).
        language: of the request; an xml:lang in the document is nearer.
        lexicon: of the request; <lexicon uri> may name it.

    Raises:
        InvalidInput: malformed, or a value that is none; names line and column.
        UnknownName: an xml:lang that Kouji does not speak.
    """
    root = parse(raw)
    walk = _Walk(language, lexicon)
    walk.element(root, _Way())
    return walk.builder.build(walk.notices())


@dataclass(frozen=True)
class _Way:
    """How an element is said: what it inherits, with its own on top."""

    controls: Mapping[str, object] = field(default_factory=dict)
    language: str = ""
    sentence: Element | None = None  # the nearest p, s or the like, whose letters tell the language
    timed: bool = False  # within a duration


class _Walk:
    """One document, from left to right."""

    def __init__(self, language: str | None, lexicon: Lexicon | None) -> None:
        self.builder = Builder()
        self._language, self._lexicon = language, lexicon
        self._unknown: dict[str, None] = {}
        self._ignored: dict[str, None] = {}
        self._space = False  # a space is due before the next text
        self._line_begins = True
        self._n_groups = 0

    def notices(self) -> tuple[Notice, ...]:
        """What was not understood."""
        found = []
        if self._unknown:
            names = " ".join(list(self._unknown)[:20])
            found.append(Notice("skipped_tags", f"These tags are not understood; their text is spoken: {names}."))
        if self._ignored:
            names = ", ".join(list(self._ignored)[:20])
            found.append(Notice("ignored_markup", f"This markup has no effect: {names}."))
        return tuple(found)

    def element(self, element: Element, way: _Way) -> None:
        """Say an element."""
        self._ignore_attributes(element)
        handler = _HANDLERS.get(element.tag)
        if element.tag in _SILENT:
            return
        if handler is None:
            self._unknown[f"<{element.tag}>"[:60]] = None
            self._inside(element, way)
            return
        try:
            handler(self, element, way)
        except UnknownName:
            raise
        except InvalidInput as wrong:
            raise wrong if "(SSML, line" in wrong.message else element.wrong(wrong.message, wrong.hint) from wrong

    def _inside(self, element: Element, way: _Way) -> None:
        """All that stands in an element."""
        start = self.builder.position
        self.builder.direct(way.controls, way.language)
        for child in element.children:
            if isinstance(child, Element):
                self.element(child, way)
                self.builder.direct(way.controls, way.language)
            else:
                self._say(child)
        self._last_duration(element, way, start)

    def _say(self, text: str, written: str | None = None) -> None:
        """Text, its white space as XML means it: any amount is one space, none at the edges of a line."""
        text = re.sub(r"\s+", " ", _WIDE_SPACE.sub("", text))
        self._space = (self._space or text.startswith(" ")) and not self._line_begins
        said = text.strip()
        if not said:
            return
        self.builder.say(" " if self._space else "")
        self.builder.say(said, written)
        self._space, self._line_begins = text.endswith(" "), False

    def _line(self) -> None:
        """A new line: sentences do not reach across."""
        if not self._line_begins:
            self.builder.direct({})
            self.builder.say("\n")
        self._space, self._line_begins = False, True

    def _ignore_attributes(self, element: Element) -> None:
        known = _KNOWN.get(element.tag)
        if known is None:
            return
        for name in element.attributes:
            if name not in known.split() and not name.startswith("xmlns"):
                self._ignored[f"{name} of <{element.tag}>"[:80]] = None

    # ---- who and how -----------------------------------------------------------------------------

    def speak(self, element: Element, way: _Way) -> None:
        if way.sentence is not None:
            raise element.wrong("<speak> within <speak>", "There is one, around everything.")
        self._inside(element, replace(_spoken(element, way), sentence=element))

    def voice(self, element: Element, way: _Way) -> None:
        name = checks.needed(element, "name").strip()
        if not name:
            raise element.wrong("The name of the voice is empty", "See `kouji voices`.")
        way = replace(_spoken(element, way), sentence=element)
        self._inside(element, replace(way, controls={**way.controls, "voice": name}))

    def lang(self, element: Element, way: _Way) -> None:
        checks.needed(element, "xml:lang")
        self._inside(element, _spoken(element, way))

    def line(self, element: Element, way: _Way) -> None:
        self._line()
        self._inside(element, replace(_spoken(element, way), sentence=element))
        self._line()

    def prosody(self, element: Element, way: _Way) -> None:
        asked = dict(way.controls)
        given = element.attributes
        if "rate" in given:
            asked["speed"] = round(checks.number(asked, "speed", 1.0) * amounts.rate(given["rate"]), 6)
        if "pitch" in given:
            asked["pitch"] = round(checks.number(asked, "pitch", 0.0) + amounts.pitch(given["pitch"]), 6)
        if "volume" in given:
            asked["volume"] = round(checks.number(asked, "volume", 0.0) + amounts.volume(given["volume"]), 6)
        if "duration" in given:
            checks.refuse_second(way.timed)
            asked |= self._duration(given["duration"])
        self._inside(element, replace(way, controls=asked, timed=way.timed or "duration" in given))

    def _duration(self, written: str) -> dict[str, object]:
        """A length for a stretch of its own."""
        self._n_groups += 1
        return {"duration": amounts.duration(written), "duration_group": self._n_groups - 1}

    def _last_duration(self, element: Element, way: _Way, start: int) -> None:
        """The length that an <mstts:audioduration> right within asks for the whole element."""
        found = [child for child in element.elements() if child.tag == "mstts:audioduration"]
        if not found:
            return
        try:
            is_timed = "duration" in self.builder.controls_since(start)
            checks.refuse_second(way.timed or is_timed or len(found) > 1)
            self.builder.add_controls(start, self._duration(checks.needed(found[0], "value")))
        except InvalidInput as wrong:
            raise wrong if "(SSML, line" in wrong.message else found[0].wrong(wrong.message, wrong.hint) from wrong

    def audioduration(self, element: Element, way: _Way) -> None:
        checks.refuse_content(element)  # what it asks for is done once the element around it is complete

    def express(self, element: Element, way: _Way) -> None:
        given = element.attributes
        self._inside(element, replace(way, controls=self._emotion(given, way.controls)))

    def _emotion(self, given: Mapping[str, str], controls: Mapping[str, object]) -> Mapping[str, object]:
        style = given.get("style", "")
        degree = checks.degree(given.get("styledegree", "1"))
        if style.lower() in styles.NONE:
            return {name: value for name, value in controls.items() if name not in ("emotion", "intensity")}
        found = styles.emotion(style, degree)
        if found is None:
            if style:
                self._ignored[f"style {style!r}"[:80]] = None
            return controls
        return {**controls, "emotion": found[0], "intensity": found[1]}

    # ---- what is said ----------------------------------------------------------------------------

    def substitute(self, element: Element, way: _Way) -> None:
        alias = checks.needed(element, "alias")
        checks.refuse_elements(element)
        if not alias.strip():
            raise element.wrong("The alias is empty", "Write what is to be said.")
        self.builder.direct(way.controls, way.language)
        self._say(alias, element.text())

    def say_as(self, element: Element, way: _Way) -> None:
        checks.refuse_elements(element)
        kind, form = checks.needed(element, "interpret-as"), element.attributes.get("format", "")
        language = way.language or self._language or _guess(element, way.sentence)
        said = say_as.say(element.text(), kind, form, language)
        if said is None:
            self._ignored[f"interpret-as {kind!r}"[:80]] = None
            said = element.text()
        self.builder.direct(way.controls, way.language)
        self._say(said, element.text())
        if kind.lower() in say_as.SPELLED:
            start = self.builder.position - len(said)
            for letter in re.finditer(r"(?<![A-Za-z])A(?![A-Za-z])", said):  # the letter, not the article
                self.builder.fixed.append(Fixed(start + letter.start(), start + letter.end(), "en", ("EY1",)))

    def phoneme(self, element: Element, way: _Way) -> None:
        checks.refuse_elements(element)
        written = element.text()
        alphabet = element.attributes.get("alphabet", "ipa")
        language = way.language or self._language or ""
        if not written.strip():
            raise element.wrong("<phoneme> is empty", "Write the word that the pronunciation is of.")
        text, said, readings = phoneme.reading(" ".join(written.split()), alphabet, checks.needed(element, "ph"), language)
        self.builder.direct(way.controls, way.language)
        self._space = self._space or written[0].isspace()
        self._say(text)
        self.builder.fixed.append(Fixed(self.builder.position - len(text), self.builder.position, said, readings))
        self._space = written[-1].isspace()

    # ---- moments ---------------------------------------------------------------------------------

    def pause(self, element: Element, way: _Way) -> None:
        checks.refuse_content(element)
        seconds = amounts.pause(element.attributes.get("time"), element.attributes.get("strength"))
        self.builder.points.append(Break(self.builder.position, seconds))

    def mark(self, element: Element, way: _Way) -> None:
        checks.refuse_content(element)
        name = checks.needed(element, "name" if element.tag == "mark" else "mark")
        self.builder.points.append(Bookmark(self.builder.position, name))

    def lexicon(self, element: Element, way: _Way) -> None:
        uri = checks.needed(element, "uri")
        known = self._lexicon.name if self._lexicon else ""
        if not known or uri != known:
            hint = f"The one in force is {known!r}." if known else "Name one in the settings (lexicon) or with --lexicon."
            raise element.wrong(f"There is no registered lexicon {uri[:80]!r}", hint)

    def audio(self, element: Element, way: _Way) -> None:
        self._ignored["<audio>, whose text is spoken instead"] = None
        self._inside(element, way)


_HANDLERS: Mapping[str, Callable[[_Walk, Element, _Way], None]] = {
    "speak": _Walk.speak, "voice": _Walk.voice, "lang": _Walk.lang, "p": _Walk.line, "s": _Walk.line,
    "prosody": _Walk.prosody, "mstts:express-as": _Walk.express, "mstts:audioduration": _Walk.audioduration,
    "sub": _Walk.substitute, "say-as": _Walk.say_as, "phoneme": _Walk.phoneme, "break": _Walk.pause,
    "mark": _Walk.mark, "bookmark": _Walk.mark, "lexicon": _Walk.lexicon, "audio": _Walk.audio,
}  # fmt: skip


def _spoken(element: Element, way: _Way) -> _Way:
    """With the language of the element's xml:lang."""
    given = element.attributes.get("xml:lang", "").strip()
    return replace(way, language=checks.language_of(given)) if given else way


def _guess(element: Element, sentence: Element | None) -> str:
    """The language of the letters around."""
    return segment.main_language(element.text() + (sentence.text() if sentence else "")[:1000])
