"""The official preparation of a text: half-width marks widened, strange ones mapped, all others deleted.

It deletes digits. What can be said in words must be in words before it comes here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

from kouji.errors import InvalidInput

Reader = Callable[[str], str]  # of one language: a piece of text -> the same in words
_WIDE = {character: chr(ord(character) + 0xFEE0) for character in "!#$%&(),-*+/:;<=>?@\\^`{|}~"} | {
    '"': "“", "'": "‘", ".": "。",
}  # fmt: skip
_TO_COMMA, _TO_STOP = "：；（）【】『』「」《》－", "！"
_MAPPED = str.maketrans({**dict.fromkeys(_TO_COMMA, "，"), **dict.fromkeys(_TO_STOP, "。"),
                         **dict.fromkeys(":;()><-", ","), "!": "."})  # fmt: skip
_TAG = re.compile(r"\[[\w_]+\]")
_STRANGE = re.compile(r"[^\u4e00-\u9fffA-Za-z，。、,. ]")
_HAN, _WORD = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"\b[A-Za-z]+\b")


def language_of(text: str) -> str:
    """zh where there are more ideographs than words of Latin letters, else en."""
    return "zh" if len(_HAN.findall(text)) > len(_WORD.findall(text)) else "en"


def normalized(
    text: str,
    language: str = "",
    widened: bool = True,
    readers: Mapping[str, Reader] | None = None,
    homophones: Mapping[str, str] | None = None,
) -> str:
    """A text as the model was trained on.

    Args:
        text: may hold tags, [laugh] and the like: they stay.
        language: zh or en; "": found out.
        widened: put it through the reader of its language, and half-width marks of a Chinese text to full width.
        readers: by language.
        homophones: characters that are replaced by others of the same sound.
    """
    if widened:
        language = language or language_of(text)
        if reader := (readers or {}).get(language):
            text = _between_tags(text, reader)
        if language == "zh":
            text = "".join(_WIDE.get(character, character) for character in text)
    strange = set(_STRANGE.findall(_TAG.sub("", text)))
    if strange:
        text = text.translate(_MAPPED)
    if homophones:
        text = "".join(homophones.get(character, character) for character in text)
    if strange:
        text = _between_tags(text, lambda piece: "".join(each for each in piece if each not in strange))
    return text


def pieces(text: str) -> list[str]:
    """A text cut into what is said at once: at line breaks where there are any, else behind full stops."""
    if "\n" in text:
        return text.split("\n")
    cuts = [0, *(match.end() for match in re.finditer(r"。|\.\s", text)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if start < end]


def read_homophones(path: Path) -> dict[str, str]:
    """A table of homophones: a JSON object of single characters.

    Raises:
        InvalidInput: it is none.
    """
    try:
        table = json.loads(path.read_text("utf-8"))
        if not all(len(key) == len(value) == 1 for key, value in table.items()):
            raise ValueError("not of single characters")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InvalidInput(f"{path} is no table of homophones: {error}", 'Give a JSON file: {"粘": "年"}.') from error
    return dict(table)


def _between_tags(text: str, change: Reader) -> str:
    """Change what is not within brackets. One that is opened twice begins anew; one that stays open ends the text."""
    done, piece = "", ""
    tag: str | None = None
    for character in text:
        if character == "[":
            done, piece, tag = done + (change(piece) if piece else ""), "", character
        elif tag is None:
            piece += character
        else:
            tag += character
            if character == "]":
                done, tag = done + tag, None
    return done + (change(piece) if piece else "")
