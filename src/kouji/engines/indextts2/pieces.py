"""Normalised text to pieces, and pieces to segments that the GPT says in one breath.

Official file: bpe.model (SentencePiece, 12 000 pieces).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from kouji.errors import BadCheckpoint, needs

from .normalize import Glossary, normalize

MAX_PIECES = 120  # of a segment, as in the release
UNKNOWN = 2  # id of what the vocabulary lacks
_WIDE = re.compile(
    "([\u1100-\u11ff\u2e80-\ua4cf\ua840-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff65-\uffdc\U00020000-\U0002ffff])"
)
_ENDS = frozenset([".", "!", "?", "▁.", "▁?", "▁..."])
_COMMAS = frozenset([",", "▁,"])
_HYPHENS = frozenset(["-"])
_QUOTES = ("'", "▁'")


class Pieces:
    """The tokenizer of a model folder."""

    def __init__(self, path: Path) -> None:
        """Read bpe.model.

        Raises:
            BadCheckpoint: it is not there or no SentencePiece model.
            MissingExtra: sentencepiece is not installed.
        """
        with needs("torch", "The tokenizer of IndexTTS 2"):
            from sentencepiece import SentencePieceProcessor
        try:
            self._model = SentencePieceProcessor(model_proto=path.read_bytes())
        except (OSError, RuntimeError) as error:
            raise BadCheckpoint(f"{path} cannot be read as a SentencePiece model.", "Download it again.") from error
        self._known: set[str] = set()  # characters

    def __len__(self) -> int:
        return int(self._model.get_piece_size())

    def of(self, text: str, glossary: Glossary | None = None) -> list[str]:
        """Pieces of a text as the user wrote it."""
        if not text.strip():
            return []
        if len(text.strip()) == 1:
            return list(self._model.encode(text, out_type=str))
        return self.of_normalized(normalize(text, glossary))

    def of_normalized(self, text: str) -> list[str]:
        """Pieces of a text that `normalize` made."""
        return list(self._model.encode(spaced(text), out_type=str))

    def know(self, text: str) -> bool:
        """Whether each letter and digit of a text, by itself, is in the vocabulary."""
        letters = {character for character in text if character.isalnum()}
        self._known |= {each for each in letters - self._known if UNKNOWN not in self.ids(self.of_normalized(each))}
        return self._known >= letters

    def ids(self, pieces: Sequence[str]) -> list[int]:
        """Their numbers; `UNKNOWN` for what the vocabulary lacks."""
        return [int(self._model.piece_to_id(piece)) for piece in pieces]


def spaced(text: str) -> str:
    """Every Chinese character (kana, hangul, …) by itself, the rest in capitals: "你好 world" -> "你 好 WORLD"."""
    parts = (part.strip().upper() for part in _WIDE.split(text))
    return " ".join(part for part in parts if part)


def segments(pieces: Sequence[str], longest: int = MAX_PIECES, n_quick: int = 0) -> list[list[str]]:
    """Cut at sentences, within them at commas and hyphens, then join what fits together.

    A quote after a mark closes one segment *and* opens the next, as in the release.

    Args:
        pieces: of a whole text.
        longest: pieces per segment.
        n_quick: so many pieces at the beginning are joined less, so that sound comes earlier.
    """
    return _split(list(pieces), _ENDS, longest, n_quick)


def _split(pieces: list[str], marks: frozenset[str], longest: int, n_quick: int) -> list[list[str]]:
    found: list[list[str]] = []
    current: list[str] = []
    for i, piece in enumerate(pieces):
        current.append(piece)
        if not marks & _COMMAS and _COMMAS & set(current):
            found += _split(current, _COMMAS, longest, n_quick)
        elif not marks & _HYPHENS and "-" in current:
            found += _split(current, _HYPHENS, longest, n_quick)
        elif len(current) > longest:
            found += [current[j : j + longest] for j in range(0, len(current), longest)]
        elif piece in marks and len(current) > 2:
            following = pieces[i + 1 : i + 2]
            found.append(current + [mark for mark in following if mark in _QUOTES])
        else:
            continue
        current = []
    if current:
        found.append(current)
    return _joined(found, longest, n_quick)


def _joined(found: list[list[str]], longest: int, n_quick: int) -> list[list[str]]:
    joined: list[list[str]] = []
    n_before = 0
    for segment in found:
        n_before += len(segment)
        together = len(joined[-1]) + len(segment) if joined else longest + 1
        if (together <= longest and n_before > n_quick) or together <= longest / 2:
            joined[-1] = joined[-1] + segment
        elif segment:
            joined.append(segment)
    return joined
