"""What of an utterance is read, and what the user said about its pronunciation: in braces, in SSML, in a lexicon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kouji.errors import SpeechError
from kouji.text import analyse, markup
from kouji.text.markup import Fixed
from kouji.types import Unit, Utterance


def written(utterance: Utterance) -> tuple[str, tuple[Fixed, ...]]:
    """The text for `cuts.pieces_with` and `front.phonemise`, and the pronunciations given for words in it.

    It is the user's own text, which the release normalises in its way. Only where tags or a lexicon say what is not
    in that text is it Kouji's normalised one.
    """
    language = utterance.language or None
    alone = _units(utterance.text, language)
    if [(unit.text, unit.said) for unit in alone] == [(unit.text, unit.said) for unit in utterance.units]:
        marked = markup.parse(utterance.text, language)
        return marked.text, marked.fixed
    return utterance.normalized, tuple(_changed(utterance, _units(utterance.normalized, language)))


def _units(text: str, language: str | None) -> list[Unit]:
    """As the front end reads a text without knowing any more."""
    try:
        return [unit for each in analyse(text, language).utterances for unit in each.units]
    except SpeechError:  # such as a tag that means nothing by itself
        return []


def _changed(utterance: Utterance, usual: Sequence[Unit]) -> Iterator[Fixed]:
    """Units that are read otherwise than Kouji reads them by itself, and where they stand in the normalised text."""
    is_same = [unit.text for unit in usual] == [unit.text for unit in utterance.units]
    position = 0
    for number, unit in enumerate(utterance.units):
        place = utterance.normalized.find(unit.text, position)
        if place < 0:
            continue
        position = place + len(unit.text)
        if unit.said and not (is_same and usual[number].said == unit.said) and (reading := _reading(unit)):
            yield Fixed(place, position, unit.language, (reading,))


def _reading(unit: Unit) -> str:
    return unit.reading if unit.language in ("en", "ja") else unit.said
