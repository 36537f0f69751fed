"""An utterance as the GPT reads it: ids of one or more segments.

Pronunciations that the user wrote in Kouji's manner, 重{chong2}复, or keeps in a lexicon, become the release's:
CHONG2复.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kouji.errors import EmptyText, InvalidInput
from kouji.text import markup
from kouji.text.markup import Fixed
from kouji.types import Utterance

from .normalize import Glossary
from .pieces import MAX_PIECES, UNKNOWN, Pieces, segments

_ERHUA = re.compile(r"(?!er\d)([a-zü]+)r([1-5])", re.IGNORECASE)


def script(utterance: Utterance, pieces: Pieces, glossary: Glossary, longest: int = MAX_PIECES) -> list[list[int]]:
    """Ids per segment.

    Args:
        utterance: as the hall gives it.
        pieces: the model's tokenizer.
        glossary: the folder's own readings.
        longest: pieces per segment.

    Raises:
        EmptyText: nothing in it can be said.
        InvalidInput: a character that the model does not know, or a pronunciation that it cannot be given.
    """
    found = [_known(segment, pieces) for segment in segments(pieces.of(written(utterance), glossary), longest)]
    found = [ids for ids in found if ids]
    if not found:
        raise EmptyText(utterance.text)
    return found


def check(utterance: Utterance, pieces: Pieces, glossary: Glossary) -> None:
    """Refuse what `script` would refuse; in a fraction of its time where every character is one that the model knows.

    Raises:
        InvalidInput: see `script`.
    """
    text = written(utterance)
    if not pieces.know(text):
        script(utterance, pieces, glossary)


def written(utterance: Utterance) -> str:
    """The text with every pronunciation in the release's manner."""
    marked = markup.parse(utterance.spelled or utterance.text, utterance.language or None)
    text, position = "", 0
    for fixed in sorted(marked.fixed, key=lambda fixed: fixed.start):
        text += marked.text[position : fixed.start] + _spelled(fixed, marked.text[fixed.start : fixed.end])
        position = fixed.end
    return text + marked.text[position:]


def _spelled(fixed: Fixed, characters: str) -> str:
    if fixed.language != "zh":
        raise InvalidInput(
            f"IndexTTS 2 cannot be told how {characters!r} is said.", "It takes pinyin: 重{chong2}复, or CHONG2复."
        )
    return " ".join(_ERHUA.sub(r"\1\2儿", reading).upper() for reading in fixed.readings)


def _known(segment: Sequence[str], pieces: Pieces) -> list[int]:
    """Ids; marks that the vocabulary lacks have no sound and fall away, anything else is an error."""
    ids = pieces.ids(segment)
    strange = [piece for piece, id in zip(segment, ids, strict=True) if id == UNKNOWN]
    lost = "".join(dict.fromkeys(character for piece in strange for character in piece if character.isalnum()))
    if lost:
        raise InvalidInput(
            f"IndexTTS 2 does not know {lost!r}.", "Write it in other characters, or in pinyin such as XUAN4."
        )
    return [id for id in ids if id != UNKNOWN]
