"""Text -> what is said: the joint of cleaning, sentences, languages, normalisation and pronunciation."""

from __future__ import annotations

import importlib
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, reduce

from kouji.errors import EmptyText, InvalidInput, UnknownName
from kouji.types import Notice, Unit, Utterance

from . import markup, normalization, segment, sentences
from .lexicon import Lexicon
from .markup import Fixed
from .normalization.characters import clean, script
from .phonemes import LANGUAGES
from .punctuation import pause_for, stronger

_GLANCE = 1000  # characters from which the language of the text is told
_TRAILING = re.compile(r"\W*$")
_BRACKETS = re.compile(r"[()（）\[\]【】{}/|]")


@dataclass(frozen=True)
class Analysis:
    """A text, ready for an engine."""

    utterances: tuple[Utterance, ...]
    notices: tuple[Notice, ...] = ()


@dataclass
class _Segment:
    """Normalised text of one language, with the pronunciations the user fixed in it."""

    language: str
    text: str = ""
    given: dict[int, str] = field(default_factory=dict)  # index in `text` -> reading


def analyse(
    text: str,
    language: str | None = None,
    lexicon: Lexicon | None = None,
    max_characters: int = sentences.MAX_CHARACTERS,
) -> Analysis:
    """Cut a text into sentences and say how each is spoken.

    Args:
        text: anything; may hold inline pronunciations (see `markup.parse`).
        language: the main language, or None to find out. Latin words in Chinese stay English either way.
        lexicon: the user's own pronunciations.
        max_characters: longer sentences are cut at their best clause.

    Raises:
        UnknownName: no such language.
        EmptyText: nothing in it can be said.
        InvalidInput: an inline pronunciation that is none.
    """
    if language is not None and language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    if max_characters < 10:
        raise InvalidInput(f"A sentence of at most {max_characters} characters is too short.", "Allow at least 10.")
    marked = markup.parse(text, language)
    cleaned = clean(marked.text)
    fixed = [_moved(mark, cleaned.origins) for mark in marked.fixed]
    utterances: list[Utterance] = []
    default = language or segment.main_language(cleaned.text[:_GLANCE])
    for start, end in sentences.split(cleaned.text, max_characters):
        inside = [replace(f, start=f.start - start, end=f.end - start) for f in fixed if start <= f.start < end]
        hint = language or _hint(cleaned.text, start, end, inside)
        normalized, units = _sentence(cleaned.text[start:end], hint, default, inside, lexicon)
        if not units:
            continue
        is_cut = cleaned.text[end : end + 1] not in ("", "\n") and not units[-1].pause
        units[-1] = replace(units[-1], pause=units[-1].pause or ("," if is_cut else "."))
        first, last = marked.origins[cleaned.origins[start]], cleaned.origins[end - 1] + 1
        written = text[first : marked.origins[last] if last < len(marked.origins) else len(text)]
        most = _most(units)
        utterances.append(Utterance(_printable(written).strip(), normalized, tuple(units), most, len(utterances)))
        default = language or most
    if not utterances:
        raise EmptyText(_printable(text))
    return Analysis(tuple(utterances), _notices(cleaned.dropped, marked.tags))


def analyse_line(line: str, language: str | None = None, lexicon: Lexicon | None = None) -> dict[str, object]:
    """One line as plain data: text, normalized, units (text, language, reading, said, phonemes).

    A line with nothing to say has no units.
    """
    try:
        utterances = analyse(line, language, lexicon).utterances
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
    cleaned = clean(markup.parse(text, language).text).text
    said, default = "", language or segment.main_language(cleaned[:_GLANCE])
    for start, end in sentences.split(cleaned):
        hint = language or _hint(cleaned, start, end, ())
        parts = _segments(cleaned[start:end], hint, default, (), None)
        said = join(said, "".join(part.text for part in parts).strip())
    return said


# ---- one sentence --------------------------------------------------------------------------------


def _sentence(
    text: str, language: str | None, default: str, fixed: Iterable[Fixed], lexicon: Lexicon | None
) -> tuple[str, list[Unit]]:
    """Normalised text and units of one clean sentence."""
    units: list[Unit] = []
    said = ""
    for part in _segments(text, language, default, fixed, lexicon):
        said += part.text
        found = _to_units(part.language)(part.text, part.given)
        if found:
            units.extend(found)
        elif units:
            units[-1] = replace(units[-1], pause=_strongest(part.text, units[-1].pause))
    if units:
        marks = _TRAILING.search(said)
        closing = _strongest(_BRACKETS.sub("", marks[0])) if marks else ""
        units[-1] = replace(units[-1], pause=closing)
    return said.strip(), units


def _segments(
    text: str, language: str | None, default: str, fixed: Iterable[Fixed], lexicon: Lexicon | None
) -> list[_Segment]:
    """Runs of one language each, numbers in words."""
    found: list[_Segment] = []
    marks = list(fixed)
    for region in segment.regions(text, language, default):
        inside = [m for m in marks if region.start <= m.start < region.end]
        inside += _of_lexicon(text, region, inside, lexicon)
        position = region.start
        for mark in sorted(inside, key=lambda m: m.start):
            _append_plain(found, text[position : mark.start], region.language)
            _append_fixed(found, text[mark.start : mark.end], mark, region.language)
            position = max(position, mark.end)
        _append_plain(found, text[position : region.end], region.language)
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


def _append_plain(found: list[_Segment], text: str, language: str) -> None:
    if not text:
        return
    said = re.sub(r"\s+(?=[，。！？；：、,.!?;:）])|\s+(?=\s)", "", normalization.in_words(text, language))
    for start, end, spoken in segment.runs(said, language):
        run = said[start:end]
        if spoken == "en" and language != "en":
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


def _append_fixed(found: list[_Segment], text: str, mark: Fixed, language: str) -> None:
    """Add a word whose reading the user gave."""
    if mark.readings[0].startswith("="):
        _append_plain(found, mark.readings[0][1:], language)
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


def join(first: str, second: str) -> str:
    """Two sentences one after the other; a space only where Latin or Korean letters need one."""
    if not first or not second:
        return first + second
    is_wide = script(first[-1]) in ("han", "kana") or unicodedata.east_asian_width(first[-1]) in "WF"
    return first + ("" if is_wide or (first[-1] in "”’…" and script(second[0]) == "han") else " ") + second


# ---- small things --------------------------------------------------------------------------------


def _moved(mark: Fixed, origins: tuple[int, ...]) -> Fixed:
    """A mark in the cleaned text; `origins` never fall."""
    return replace(mark, start=bisect_left(origins, mark.start), end=bisect_left(origins, mark.end))


def _hint(text: str, start: int, end: int, fixed: Iterable[Fixed]) -> str | None:
    """Cantonese where its line is; otherwise the sentence's own letters decide."""
    if any(mark.language == "yue" for mark in fixed):
        return "yue"
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    line = text[max(first, start - 2000) : min(last if last >= 0 else len(text), end + 2000)]
    has_kana = re.search(r"[\u3041-\u30fa]", text[start:end])
    return "yue" if segment.is_cantonese(line) and not has_kana else None


def _strongest(marks: str, pause: str = "") -> str:
    for mark in marks:
        pause = stronger(pause, pause_for(mark))
    return pause


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
