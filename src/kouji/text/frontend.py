"""Text -> what is said: the joint of cleaning, sentences, languages, normalisation and pronunciation."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise

from kouji.errors import EmptyText, InvalidInput, UnknownName
from kouji.types import Notice, Unit, Utterance

from . import amounts, markup, segment, sentences, tags
from .cuts import Directions, Piece, Placed, apply
from .directions import Directed
from .lexicon import Lexicon
from .markup import Fixed, Marked
from .normalization import nothing_dropped
from .normalization.characters import Cleaned, clean, script
from .phonemes import LANGUAGES
from .sentence import Reading, in_words, read
from .spelling import written_out

_GLANCE = 1000  # characters from which the language of the text is told
_OPENED = re.compile(r"(?:<[A-Za-z][^<>/]*>)+$")
_SSML = re.compile(r"[\ufeff\s]*<(?:speak(?=[\s/>])|\?xml\s|!DOCTYPE\s)")


@dataclass(frozen=True)
class Analysis:
    """A text, ready for an engine."""

    utterances: tuple[Utterance, ...]
    notices: tuple[Notice, ...] = ()
    lead: float = 0.0  # seconds of silence before the first


def analyse(
    text: str,
    language: str | None = None,
    lexicon: Lexicon | None = None,
    max_characters: int = sentences.MAX_CHARACTERS,
    known_tags: Collection[str] = (),
    as_written: bool = False,
) -> Analysis:
    """Cut a text into sentences and say how each is spoken.

    Args:
        text: anything; may hold inline pronunciations (see `markup.parse`) and directions such as <happy>…</happy>
            (see `tags.read`); or SSML, which begins with <speak.
        language: the main language, or None to find out. Latin words in Chinese stay English either way.
        lexicon: the user's own pronunciations.
        max_characters: longer sentences are cut at their best clause.
        known_tags: names of those that the engine finds in the text by itself; of others the caller is told.
        as_written: nothing is put in words.

    Raises:
        UnknownName: no such language.
        EmptyText: nothing in it can be said.
        InvalidInput: an inline pronunciation that is none; directions that cannot be understood; numbers or signs in
            a text that is to be said as it is written.
    """
    if language is not None and language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    if max_characters < 10:
        raise InvalidInput(f"A sentence of at most {max_characters} characters is too short.", "Allow at least 10.")
    directed = read_directions(text, language, lexicon)
    marked = markup.parse(directed.text, language)
    cleaned = clean(marked.text)
    if as_written:
        nothing_dropped(cleaned.dropped)
    directed = directed.moved(lambda at: bisect_left(cleaned.origins, bisect_left(marked.origins, at)))
    fixed = _apart([*(_moved(mark, cleaned.origins) for mark in marked.fixed), *directed.fixed])
    directions = Directions(directed, fixed)
    source = _Source(directed, marked, cleaned, fixed, directions, language, lexicon, as_written, known_tags)
    placed: list[Placed] = []
    default = language or segment.main_language(cleaned.text[:_GLANCE])
    for sentence in sentences.split(cleaned.text, max_characters):
        for start, end in source.directions.parts(cleaned.text, *sentence):
            found = list(_part(source, start, end, default, len(placed)))
            placed += found
            if found:
                default = language or _most(unit for each in found for unit in each.utterance.units)
    if not placed:
        raise EmptyText(_printable(text))
    utterances, lead = apply(placed, source.directions.points)
    amounts.check_silence(lead + sum(utterance.pause or 0.0 for utterance in utterances))
    strange = tuple(tag for tag in marked.tags if tag.strip("</>").split()[0].lower() not in known_tags)
    return Analysis(utterances, (*_notices(cleaned.dropped, strange), *directed.notices), lead)


@dataclass(frozen=True)
class _Source:
    """A text at all its stages, and how it is to be read."""

    directed: Directed  # with places in the cleaned text
    marked: Marked
    cleaned: Cleaned
    fixed: Sequence[Fixed]
    directions: Directions
    language: str | None
    lexicon: Lexicon | None
    as_written: bool
    tags: Collection[str]  # of the engine


def _part(source: _Source, start: int, end: int, default: str, index: int) -> Iterator[Placed]:
    """The utterances of a stretch of the cleaned text that is pronounced as one sentence."""
    text, directions = source.cleaned.text, source.directions
    inside = [replace(f, start=f.start - start, end=f.end - start) for f in source.fixed if start <= f.start < end]
    language = directions.language(start) or source.language
    how = Reading(
        language or _hint(text, start, end, inside),
        language or default,
        inside,
        source.lexicon,
        [at - start for at in directions.borders(start, end)],
        {at - start: name for at, name in directions.languages(start, end).items()},
        source.as_written,
        source.tags,
    )
    said = read(text[start:end], how)
    if not said.units:
        return
    is_cut = text[end : end + 1] not in ("", "\n") and not said.units[-1].pause
    said.units[-1] = replace(said.units[-1], pause=said.units[-1].pause or ("," if is_cut else "."))
    for number, piece in enumerate(directions.pieces(said, start, end), index):
        written, spoken = _written(source, piece), _most(piece.units)
        utterance = Utterance(
            written, piece.normalized, piece.units, spoken, number, directions.controls(piece.start),
            pause=piece.pause, spelled=_spelled(written, [spoken, *(unit.language for unit in piece.units)], source),
            as_written=source.as_written,
        )  # fmt: skip
        units_at = {at + start: n - piece.units_before for at, n in said.units_before.items()}
        yield Placed(utterance, piece.start, piece.end, units_at)


def _written(source: _Source, piece: Piece) -> str:
    """A piece as the user wrote it."""
    directed, marked, cleaned = source.directed, source.marked, source.cleaned

    def origin(at: int) -> int:
        return directed.origins[at] if at < len(directed.origins) else len(directed.written)

    first, last = marked.origins[cleaned.origins[piece.start]], cleaned.origins[piece.end - 1] + 1
    end = marked.origins[last] if last < len(marked.origins) else len(directed.text)
    # A tag that is opened right before a sentence belongs to it, and not to the one before.
    first = len(_OPENED.sub("", directed.text[:first]))
    end = len(_OPENED.sub("", directed.text[:end])) if end < len(directed.text) else end
    return _printable(directed.written[origin(first) : origin(end)]).strip()


def _spelled(written: str, languages: Sequence[str], source: _Source) -> str:
    """See Utterance.spelled."""
    if source.lexicon is None:
        return ""
    spelled = written_out(written, languages, source.lexicon)
    return "" if spelled == written else spelled


def analyse_line(
    line: str, language: str | None = None, lexicon: Lexicon | None = None, as_written: bool = False
) -> dict[str, object]:
    """One line as plain data: text, normalized, units (text, language, reading, said, phonemes).

    A line with nothing to say has no units.
    """
    try:
        utterances = analyse(line, language, lexicon, as_written=as_written).utterances
    except EmptyText:
        utterances = ()
    return {
        "text": line,
        "normalized": reduce(join, (u.normalized for u in utterances), ""),
        "units": [
            {"text": u.text, "language": u.language, "reading": u.reading, "said": u.said, "phonemes": list(u.phonemes)}
            for utterance in utterances
            for u in utterance.units
        ],
    }


def normalize(text: str, language: str | None = None) -> str:
    """Numbers, dates, signs … of a text in words; sentence by sentence, joined by spaces.

    Raises:
        UnknownName: no such language.
    """
    if language is not None and language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    cleaned = clean(markup.parse(read_directions(text, language, None).text, language).text).text
    said, default = "", language or segment.main_language(cleaned[:_GLANCE])
    for start, end in sentences.split(cleaned):
        hint = language or _hint(cleaned, start, end, ())
        said = join(said, in_words(cleaned[start:end], hint, default))
    return said


def join(first: str, second: str) -> str:
    """Two sentences one after the other; a space only where Latin or Korean letters need one."""
    if not first or not second:
        return first + second
    is_wide = script(first[-1]) in ("han", "kana") or unicodedata.east_asian_width(first[-1]) in "WF"
    return first + ("" if is_wide or (first[-1] in "”’…" and script(second[0]) == "han") else " ") + second


def is_ssml(text: str) -> bool:
    """True for what begins with <speak, an XML declaration or a document type."""
    return _SSML.match(text) is not None


def read_directions(text: str, language: str | None, lexicon: Lexicon | None) -> Directed:
    """SSML, or plain text with tags: what is to be said, and how.

    Raises:
        InvalidInput: malformed, or something impossible is asked for; names the place.
        UnknownName: a language that Kouji does not speak.
    """
    if not is_ssml(text):
        return tags.read(text)
    from . import ssml

    return ssml.read(text, language, lexicon)


# ---- small things --------------------------------------------------------------------------------


def _moved(mark: Fixed, origins: tuple[int, ...]) -> Fixed:
    """A mark in the cleaned text; `origins` never fall."""
    return replace(mark, start=bisect_left(origins, mark.start), end=bisect_left(origins, mark.end))


def _apart(fixed: list[Fixed]) -> list[Fixed]:
    """Given pronunciations in order; two of one word contradict each other."""
    fixed.sort(key=lambda mark: mark.start)
    for mark, following in pairwise(fixed):
        if following.start < mark.end:
            raise InvalidInput(
                f"Two pronunciations for one word: {' '.join(mark.readings)} and {' '.join(following.readings)}.",
                "Give one.",
            )
    return fixed


def _hint(text: str, start: int, end: int, fixed: Iterable[Fixed]) -> str | None:
    """Cantonese where its line is; otherwise the sentence's own letters decide."""
    if any(mark.language == "yue" for mark in fixed):
        return "yue"
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    line = text[max(first, start - 2000) : min(last if last >= 0 else len(text), end + 2000)]
    has_kana = re.search(r"[\u3041-\u30fa]", text[start:end])
    return "yue" if segment.is_cantonese(line) and not has_kana else None


def _most(units: Iterable[Unit]) -> str:
    counts: dict[str, int] = {}
    for unit in units:
        counts[unit.language] = counts.get(unit.language, 0) + 1
    return max(counts, key=counts.__getitem__)


def _printable(text: str) -> str:
    """Without lone surrogates, which no encoding can write."""
    return re.sub("[\ud800-\udfff]", "", text)


def _notices(dropped: tuple[str, ...], tags: tuple[str, ...]) -> tuple[Notice, ...]:
    notices = []
    if dropped:
        names = [c if c.isprintable() and not c.isspace() else f"U+{ord(c):04X}" for c in dropped]
        notices.append(
            Notice("skipped_characters", f"These characters have no sound and were skipped: {_some(names)}.")
        )
    if tags:
        notices.append(Notice("skipped_tags", f"These tags are not understood; their text is spoken: {_some(tags)}."))
    return tuple(notices)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return " ".join(names[:20]) + more
