"""The front door: a piece of text to stretches of one language, each with its phonemes.

    text -> languages -> per stretch its own front end -> Segments

Source: GPT_SoVITS/TTS_infer_pack/TextPreprocessor.py of RVC-Boss/GPT-SoVITS (MIT).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter

from kouji.errors import EmptyText, UnknownName
from kouji.text.markup import Fixed
from kouji.types import Notice

from . import en, ja, ko, yue, zh
from .languages import Stretch, by_script, stretches
from .neighbours import Identify
from .segment import Segment
from .symbols import PUNCTUATION, UNKNOWN
from .zh_normal import GIVEN, is_content

__all__ = ["LANGUAGES", "Reading", "Segment", "notices", "phonemise"]

# The release's own names: "zh" is Chinese with English in it, "all_zh" Chinese by default, "auto" what stands there.
LANGUAGES = ("en", "zh", "ja", "ko", "yue", "all_zh", "all_ja", "all_ko", "all_yue", "auto", "auto_yue")
_FEW = 6  # phonemes of a piece; shorter ones are tried once more with a full stop in front
_NO_SOUND = frozenset(PUNCTUATION) | {UNKNOWN, "SP", "SP2", "SP3", "_", "空", "停"}


@dataclass(frozen=True)
class Reading:
    """What decides a reading besides the text; every part may be left to Kouji."""

    pinyin: zh.Reader | None = None  # of each Chinese character in its sentence, such as `g2pw.G2PW`
    tags: en.Tagger | None = None  # parts of speech of English words, for homographs
    identify: Identify = by_script  # the language of a few words


def phonemise(text: str, language: str, given: Sequence[Fixed] = (), reading: Reading = Reading()) -> list[Segment]:
    """The phonemes of a piece of text, as `cuts.pieces` gives them.

    Args:
        text: anything.
        language: one of `LANGUAGES`.
        given: pronunciations that the user wrote, with places in the text (see `kouji.text.markup.parse`).
        reading: what else decides.

    Raises:
        EmptyText: nothing in it can be said.
        InvalidInput: a given pronunciation that cannot be used.
        MissingExtra: a language whose packages are not installed.
        UnknownName: no such language.
    """
    if language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    text, given = _single_spaced(text, given)
    segments = _segments(text, language, given, reading)
    if sum(len(segment.phones) for segment in segments) < _FEW:
        moved = [replace(fixed, start=fixed.start + 1, end=fixed.end + 1) for fixed in given]
        segments = _segments("." + text, language, moved, reading)
    if all(phone in _NO_SOUND for segment in segments for phone in segment.phones):
        raise EmptyText(text)
    return segments


def notices(segments: Sequence[Segment]) -> tuple[Notice, ...]:
    """What the caller should know: characters that have no sound here."""
    lost = "".join(dict.fromkeys(c for segment in segments for c in segment.lost if c != GIVEN))
    if not lost:
        return ()
    shown = " ".join(lost[:20]) + (" …" if len(lost) > 20 else "")
    return (Notice("skipped_characters", f"Not read aloud: {shown}"),)


def _single_spaced(text: str, given: Sequence[Fixed]) -> tuple[str, list[Fixed]]:
    """One space for several, and none of the marks that we set ourselves."""
    text = text.replace(GIVEN, " ")
    kept = [at for at, character in enumerate(text) if character != " " or text[at - 1 : at] != " "]
    moved = [replace(each, start=bisect_left(kept, each.start), end=bisect_left(kept, each.end)) for each in given]
    return "".join(text[at] for at in kept), moved


def _segments(text: str, language: str, given: Sequence[Fixed], reading: Reading) -> list[Segment]:
    found = _of_the_users(stretches(text, language, reading.identify), given)
    segments = [_segment(text, stretch, given, reading) for stretch in found]
    heard = {at for stretch in found for at in stretch.places}
    lost = "".join(character for at, character in enumerate(text) if at not in heard and is_content(character))
    if segments and lost:
        segments[-1] = replace(segments[-1], lost=segments[-1].lost + lost)
    return segments


def _of_the_users(found: Sequence[Stretch], given: Sequence[Fixed]) -> list[Stretch]:
    """A stretch is in the language of the pronunciation that was given for it."""
    if not given:
        return list(found)
    spoken = {at: fixed.language for fixed in given for at in range(fixed.start, fixed.end)}
    letters = [
        (spoken.get(at, stretch.language), at, character)
        for stretch in found
        for at, character in zip(stretch.places, stretch.text, strict=True)
    ]
    runs = [(language, list(run)) for language, run in groupby(letters, key=itemgetter(0))]
    return [
        Stretch(language, "".join(character for _, _, character in run), tuple(at for _, at, _ in run))
        for language, run in runs
    ]


def _segment(text: str, stretch: Stretch, given: Sequence[Fixed], reading: Reading) -> Segment:
    places = set(stretch.places) if given else set()
    inside = [fixed for fixed in given if fixed.start in places]
    match stretch.language:
        case "zh":
            marked, readings = _behind(stretch, inside)
            return zh.phonemise(marked, readings, reading.pinyin)
        case "en":
            marked, readings = _instead(stretch, inside)
            return _written(en.phonemise(marked, readings, reading.tags), text, inside)
        case "yue":
            return yue.phonemise(*_behind(stretch, inside))
        case "ko":
            return ko.phonemise(_spelled(stretch, inside))
        case _:
            return _written(ja.phonemise(*_instead(stretch, inside)), text, inside)


def _written(segment: Segment, text: str, inside: Sequence[Fixed]) -> Segment:
    """The segment with the words that have a reading as they stand in the text."""
    words = iter([text[fixed.start : fixed.end] for fixed in sorted(inside, key=lambda fixed: fixed.start)])
    return replace(segment, normalised=re.sub(GIVEN, lambda _: next(words), segment.normalised))


def _spelled(stretch: Stretch, inside: Sequence[Fixed]) -> str:
    """The text with each word that has a reading written as it is said."""
    marked, readings = _instead(stretch, inside)
    said = iter(readings)
    return re.sub(GIVEN, lambda _: next(said), marked)


def _behind(stretch: Stretch, inside: Sequence[Fixed]) -> tuple[str, list[str]]:
    """The text with a mark behind each character that has a reading, and the readings in order."""
    own = {fixed.start + n: syllable for fixed in inside for n, syllable in enumerate(fixed.readings)}
    marked = "".join(c + GIVEN * (at in own) for at, c in zip(stretch.places, stretch.text, strict=True))
    return marked, [own[at] for at in stretch.places if at in own]


def _instead(stretch: Stretch, inside: Sequence[Fixed]) -> tuple[str, list[str]]:
    """The text with a mark in place of each word that has phonemes."""
    starts = {fixed.start: fixed for fixed in inside}
    covered = {at for fixed in inside for at in range(fixed.start, fixed.end)}
    marked = "".join(_word(at, c, starts, covered) for at, c in zip(stretch.places, stretch.text, strict=True))
    return marked, [" ".join(fixed.readings) for fixed in sorted(inside, key=lambda fixed: fixed.start)]


def _word(at: int, character: str, starts: dict[int, Fixed], covered: set[int]) -> str:
    if at in starts:
        return GIVEN
    return "" if at in covered else character
