"""Chinese words and their parts of speech: jieba, whose words the sandhi of GPT-SoVITS was made for."""

from __future__ import annotations

import warnings
from functools import cache, lru_cache
from typing import Any

from kouji.errors import needs
from kouji.text.zh.lexicon import MAX_WORD, lexicon

Word = tuple[str, str]  # characters, part of speech in jieba's letters


@cache
def _jieba() -> Any:
    """jieba's tagger with its own dictionary; loading takes a second."""
    with needs("gptsovits", "Chinese for GPT-SoVITS"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its patterns are older than Python's rules for them
        import jieba
        from jieba.posseg import POSTokenizer
    words = jieba.Tokenizer()
    # By itself it would read a file from a folder that everybody on the machine may write to.
    words.FREQ, words.total = words.gen_pfdict(words.get_dict_file())
    words.initialized = True
    return POSTokenizer(words)


_LONGEST = 200  # characters: in a longer text without marks no new words are looked for, which takes 1 ms a character


def tagged(text: str) -> list[Word]:
    """Words of a sentence; joined they are the sentence.

    Raises:
        MissingExtra: jieba is not installed.
    """
    return [(pair.word, pair.flag) for pair in _jieba().lcut(text, HMM=len(text) <= _LONGEST)]


@lru_cache(maxsize=8192)
def parts(word: str) -> tuple[str, str]:
    """A word in two: its shortest word, and the rest; ("好", "") for one that has no parts."""
    shortest = min(_jieba().tokenizer.cut_for_search(word), key=len)
    if word.startswith(shortest):
        return shortest, word[len(shortest) :]
    return word[: -len(shortest)], shortest


def alone(word: str) -> list[str]:
    """The reading of a word that nobody knows the sentence of; a character without one stands for itself."""
    table = lexicon()
    found: list[str] = []
    while len(found) < len(word):
        start = len(found)
        for size in range(min(MAX_WORD, len(word) - start), 1, -1):
            if known := table.phrase(word[start : start + size]):
                found += known
                break
        else:
            found.append((table.readings(word[start]) or [word[start]])[0])
    return found
