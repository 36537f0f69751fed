"""English: a text to ARPABET with stress, as g2p_en does it with the release's dictionaries.

    text -> normalised -> tokens -> homographs, dictionary, names, letters, parts of compounds, a small network

Source: GPT_SoVITS/text/english.py of RVC-Boss/GPT-SoVITS (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import cache, lru_cache
from typing import Any

from kouji.errors import needs
from kouji.text.en.heteronyms import choose
from kouji.text.en.lexicon import pronunciation
from kouji.text.en.syntax import Place

from . import en_letters
from .en_normal import GIVEN, normalise
from .segment import Segment
from .symbols import symbols
from .tables import table

Tagger = Callable[[Sequence[str]], Sequence[str]]  # tokens -> part of speech of each, as the Penn Treebank names them

# What nltk's TweetTokenizer does with letters and marks alone: domains, words with apostrophes, words, dots.
_TOKEN = re.compile(
    rf"{GIVEN}|[a-z0-9]+(?:[.\-][a-z0-9]+){{0,126}}[.][a-z]{{2,13}}\b"
    r"|[a-z](?:[a-z]|['\-])+[a-z]|[a-z]+|\.(?:[ ]*\.)+|\S",
    re.IGNORECASE,
)
_VOICELESS = ("P", "T", "K", "F", "TH", "HH")
_HISSING = ("S", "Z", "SH", "ZH", "CH", "JH")
_SHORT = 3  # letters: unknown words as short as that are spelled
_REACH = 60  # tokens around a homograph that decide how it is said
_FEW = 4  # phonemes: fewer get a comma in front
_LONGEST = 100  # letters: what is longer is no word, and is spelled too
_LEFT_OUT = ("<pad>", "<s>", "</s>", "UW")


def phonemise(text: str, given: Sequence[str] = (), tag: Tagger | None = None) -> Segment:
    """The phonemes of an English text.

    Args:
        text: anything; letters of other scripts are left out and listed as lost.
        given: ARPABET for each `GIVEN` character that stands in the text in place of a word, in order.
        tag: parts of speech, which decide between the pronunciations of a homograph; the release asks nltk's tagger,
            whose data is a download of its own. None: Kouji's own rules decide.

    Raises:
        MissingExtra: an unknown compound, and the package that takes it apart is not installed.
    """
    normalised, lost = normalise(text)
    tokens = _TOKEN.findall(re.sub(r"([^A-Za-z0-9])\1{3,}", r"\1\1\1", normalised))
    tags = tag(tokens) if tag else None
    own = iter(given)
    phones: list[str] = []
    for at, token in enumerate(tokens):
        phones += next(own, "").split() if token == GIVEN else _token(tokens, at, tags[at] if tags else None)
    known = symbols()
    kept = ["UNK" if phone == "<unk>" else "-" if phone == "'" else phone for phone in phones]
    kept = [phone for phone in kept if phone in known and phone not in _LEFT_OUT]
    if len(kept) < _FEW:
        kept.insert(0, ",")
    return Segment("en", normalised, tuple(kept), (), lost)


def _token(tokens: Sequence[str], at: int, tag: str | None) -> Sequence[str]:
    token = tokens[at]
    word = token.lower()
    if not re.search("[a-z]", word):
        return [token]
    if len(word) == 1:
        return ["EY1"] if token == "A" else _letter(word)
    homographs: dict[str, tuple[str, str, str]] = table("en_homographs")
    if word in homographs:
        first, second, tag_of_first = homographs[word]
        if tag is None:
            says_first = _is_nearer(tokens, at, first, second)
        else:
            says_first = tag.startswith(tag_of_first) or (tag != "" and tag_of_first.startswith(tag))
        return (first if says_first else second).split()
    return _word(token)


def _is_nearer(tokens: Sequence[str], at: int, first: str, second: str) -> bool:
    """Whether Kouji's own choice for a homograph is the first of the release's pronunciations."""
    start = max(0, at - _REACH)
    near = tokens[start : at + _REACH]
    is_word = [token[0].isalpha() or token == GIVEN for token in near]
    words = [token.lower() for token, is_one in zip(near, is_word, strict=True) if is_one]
    breaks = [not after for is_one, after in zip(is_word, [*is_word[1:], False], strict=True) if is_one]
    place = Place(words, sum(is_word[: at - start]), breaks, tokens[at][0].isupper() and at > 0)
    said = choose(place)
    if said is None or first == second:
        return False
    alike = [SequenceMatcher(None, said.split(), each.split()).ratio() for each in (first, second)]
    return alike[0] > alike[1]


def _letter(letter: str) -> list[str]:
    return (dictionary(letter) or "").split()


@lru_cache(maxsize=8192)
def _word(token: str) -> tuple[str, ...]:
    """A word of two letters or more, in the case it was written."""
    word = token.lower()
    if known := dictionary(word) if len(word) > 1 else None:
        return tuple(known.split())
    if token.istitle() and word in table("en_names"):
        return tuple(table("en_names")[word].split())
    if not _SHORT < len(word) <= _LONGEST:
        names = [["EY1"] if c == "a" else _letter(c) if c.isalpha() else [c] for c in word]
        return tuple(phone for name in names for phone in name)
    if re.fullmatch(r"[a-z]+'s", word):
        return _owner(_word(word[:-2]))
    parts = _parts(word)
    if len(parts) == 1:
        return en_letters.spoken(word)
    return tuple(phone for part in parts for phone in _word(part))


def _owner(phones: tuple[str, ...]) -> tuple[str, ...]:
    if phones[-1] in _VOICELESS:
        return (*phones, "S")
    return (*phones, "AH0", "Z") if phones[-1] in _HISSING else (*phones, "Z")


@lru_cache(maxsize=8192)
def dictionary(word: str) -> str | None:
    """The pronunciation of a lower-case word in the release's dictionary: CMUdict, with what the release changed."""
    changes = _changes()
    return None if word in changes["unknown"] else changes["said"].get(word) or pronunciation(word)


@cache
def _changes() -> Any:
    """Where the release's dictionary differs from Kouji's, which is CMUdict too."""
    changes = table("en_words")
    return {"said": changes["said"], "unknown": frozenset(changes["unknown"])}


def _parts(word: str) -> list[str]:
    """The words of a compound, the likeliest by counts of the web."""
    return list(_segmenter().segment(word))


@cache
def _segmenter() -> Any:
    """The package wordsegment with its counts; loading takes half a second."""
    with needs("gptsovits", "English compounds for GPT-SoVITS"):
        import wordsegment
    wordsegment.load()
    return wordsegment
