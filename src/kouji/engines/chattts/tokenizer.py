"""Text to ids and back: the word pieces of BERT, as `asset/tokenizer/tokenizer.json` lists them, and 50 tags.

In plain Python, so that nothing has to be installed for it; it is read for its words alone (the file also asks for
256 ids a text, which nobody wants here). Nothing is added at either end.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from kouji.errors import BadCheckpoint

UNKNOWN, PADDING = "[UNK]", 0
INSIDE = "##"  # before a piece that goes on within a word
LONGEST_WORD = 100  # characters; a longer one is unknown
_FIRST_TAG, _N_TAGS = 21128, 50
_IDEOGRAPHS = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B920, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip
# Written without the blanks around them, in this order.
_TIGHT = (" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're")


class Tokenizer:
    """One vocabulary."""

    def __init__(self, pieces: Mapping[str, int], tags: Mapping[str, int]) -> None:
        self._pieces, self.tags = dict(pieces), dict(tags)
        self._names = {number: name for name, number in [*pieces.items(), *tags.items()]}
        self._unknown = self.tags.get(UNKNOWN, self._pieces.get(UNKNOWN, 100))
        by_length = sorted(self.tags, key=len, reverse=True)
        self._tag = re.compile("|".join(map(re.escape, by_length)) or "(?!)")

    @classmethod
    def read(cls, path: Path) -> Tokenizer:
        """From the published file.

        Raises:
            BadCheckpoint: it is no such file.
        """
        try:
            file = json.loads(path.read_text("utf-8"))
            pieces = {str(piece): int(number) for piece, number in file["model"]["vocab"].items()}
            tags = {str(row["content"]): int(row["id"]) for row in file["added_tokens"]}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadCheckpoint(f"{path} cannot be read: {error}", "Download it again.") from error
        if len(set(pieces.values()) | set(tags.values())) != _FIRST_TAG + _N_TAGS:
            raise BadCheckpoint(f"{path} has another number of words.", "It is of another model.")
        return cls(pieces, tags)

    def encode(self, text: str) -> list[int]:
        """Ids; tags are found as they are written, capitals and all."""
        ids: list[int] = []
        start = 0
        for tag in self._tag.finditer(text):
            ids += self._of_plain(text[start : tag.start()])
            ids.append(self.tags[tag[0]])
            start = tag.end()
        ids += self._of_plain(text[start:])
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Text: pieces with blanks between them, those of a word joined, none before most marks."""
        text = ""
        for number in ids:
            piece = self._names.get(int(number), UNKNOWN)
            if text and piece.startswith(INSIDE):
                text += piece.removeprefix(INSIDE)
            else:
                text += f" {piece}" if text else piece
        for mark in _TIGHT:
            text = text.replace(mark, mark.strip())
        return text

    def _of_plain(self, text: str) -> Iterator[int]:
        for word in _words(_cleaned(text)):
            yield from self._of_word(word)

    def _of_word(self, word: str) -> list[int]:
        """The longest piece from the left, again and again; unknown as a whole where one is missing."""
        ids: list[int] = []
        start = 0
        if len(word) > LONGEST_WORD:
            return [self._unknown]
        while start < len(word):
            for end in range(len(word), start, -1):
                found = self._pieces.get((INSIDE if start else "") + word[start:end])
                if found is not None:
                    break
            else:
                return [self._unknown]
            ids.append(found)
            start = end
        return ids


def batch(rows: Sequence[Sequence[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Ids of several texts -> (B, T) int64 with padding on the left, and (B, T) True where there is none."""
    longest = max(map(len, rows))
    ids = np.full((len(rows), longest), PADDING, np.int64)
    mask = np.zeros((len(rows), longest), bool)
    for number, row in enumerate(rows):
        if row:
            ids[number, -len(row) :] = row
            mask[number, -len(row) :] = True
    return ids, mask


def _cleaned(text: str) -> str:
    """Without controls, ideographs apart, without accents, in lower case."""
    kept = []
    for character in text:
        if character in "\t\n\r" or (character.isspace() and not _is_control(character)):
            kept.append(" ")
        elif character not in "\0\ufffd" and not _is_control(character):
            kept.append(f" {character} " if _is_ideograph(character) else character)
    apart = unicodedata.normalize("NFD", "".join(kept))
    return "".join(character.lower() for character in apart if unicodedata.category(character) != "Mn")


def _words(text: str) -> Iterator[str]:
    """Runs of what is neither blank nor mark; each mark alone."""
    for is_mark, run in groupby(text, _is_mark):
        piece = "".join(run)
        yield from piece if is_mark else piece.split()


def _is_control(character: str) -> bool:
    return character not in "\t\n\r" and unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs")


def _is_ideograph(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _IDEOGRAPHS)


def _is_mark(character: str) -> bool:
    is_ascii = character.isascii() and character.isprintable() and not character.isalnum() and character != " "
    return is_ascii or unicodedata.category(character)[0] == "P"
