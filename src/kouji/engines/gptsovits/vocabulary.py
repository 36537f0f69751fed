"""Characters to the numbers by which BERT knows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Vocabulary:
    """Characters to ids, one each, as BERT's own tokenizer splits Chinese text."""

    def __init__(self, words: Mapping[str, int]) -> None:
        self.words = words
        self.start, self.end, self.unknown = (words[name] for name in ("[CLS]", "[SEP]", "[UNK]"))

    @classmethod
    def of(cls, tokenizer: Mapping[str, Any]) -> Vocabulary:
        """From a tokenizer.json. KeyError or TypeError: it is none of BERT's."""
        return cls(tokenizer["model"]["vocab"])

    def ids(self, text: str) -> list[int]:
        """[CLS], one id per character, [SEP]."""
        return [self.start, *(self.words.get(each.lower(), self.unknown) for each in text), self.end]
