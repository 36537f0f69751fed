"""A text as the networks read it: pieces of phones, each with what its characters mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from kouji.text import analyse
from kouji.types import Utterance

from .config import DIM_BERT
from .text import cuts, front, pronounce, symbols
from .text.segment import Segment


class Meaning(Protocol):
    """What understands Chinese; see torch_stages.TorchMeaning."""

    @property
    def reading(self) -> front.Reading:
        """What else decides how characters are read: g2pW, where its folder is there."""
        ...

    def features(self, text: str) -> np.ndarray:
        """Text of L characters -> (L, 1024)."""
        ...


@dataclass(frozen=True)
class Piece:
    """What is said in one go."""

    phones: np.ndarray  # (L,) int64
    features: np.ndarray  # (1024, L) float32; zeros but for Chinese


def pieces(utterance: Utterance, cut: str, meaning: Meaning) -> list[Piece]:
    """An utterance in the pieces that a method cuts it into.

    Raises:
        EmptyText: nothing in it can be said.
        InvalidInput: a pronunciation that cannot be used.
        MissingExtra: a language whose packages are not installed.
    """
    text, fixed = pronounce.written(utterance)
    language = utterance.language
    texts = cuts.pieces_with(text, fixed, language, cut)
    return [_piece(front.phonemise(each, language, given, meaning.reading), meaning) for each, given in texts]


def transcript(text: str, meaning: Meaning) -> Piece:
    """What is said in a recording.

    Raises:
        EmptyText: nothing in it can be said.
    """
    languages = [unit.language for each in analyse(text).utterances for unit in each.units]
    language = max(dict.fromkeys(languages), key=languages.count) if languages else "zh"
    return _piece(front.phonemise(_ended(text.strip(), language), language, (), meaning.reading), meaning)


def _ended(text: str, language: str) -> str:
    return text if text and text[-1] in cuts.SPLITTERS else text + ("." if language == "en" else "。")


def _piece(segments: Sequence[Segment], meaning: Meaning) -> Piece:
    phones = symbols.ids([phone for segment in segments for phone in segment.phones])
    return Piece(phones, np.concatenate([_features(segment, meaning) for segment in segments], 1))


def _features(segment: Segment, meaning: Meaning) -> np.ndarray:
    if segment.language != "zh":
        return np.zeros((DIM_BERT, len(segment.phones)), np.float32)
    rows = meaning.features(segment.normalised)
    return np.ascontiguousarray(np.repeat(rows, segment.word2ph, axis=0).T, np.float32)
