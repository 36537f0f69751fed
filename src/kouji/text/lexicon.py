"""The user's own pronunciations.

A lexicon file is UTF-8 text, one entry per line, three fields separated by tabs; `#` begins a comment line:

    重庆	zh	chong2 qing4
    Kouji	en	K OW1 JH IY0
    東京	ja	とうきょう
    佢哋	yue	keoi5 dei6
    C++	zh	=C加加

Chinese and Cantonese words have one syllable per character. A pronunciation that begins with `=` is other text to
say instead. The longest entry wins; an entry wins over every dictionary and loses to an inline pronunciation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path

from kouji.errors import InvalidInput, UnknownName

from .markup import arpabet, numbered
from .normalization.characters import clean, script
from .phonemes import LANGUAGES, jyutping_to_phonemes


@dataclass(frozen=True)
class Entry:
    """How a word is said: readings (one per character in zh and yue), or other text instead."""

    language: str
    readings: tuple[str, ...] = ()
    instead: str = ""


@dataclass(frozen=True)
class Lexicon:
    """Words -> entries, by language."""

    entries: Mapping[str, Mapping[str, Entry]] = field(default_factory=dict)  # word -> language -> entry

    @cached_property
    def _lengths(self) -> dict[str, list[int]]:
        """First character -> lengths of the words that begin with it, the longest first."""
        lengths: dict[str, set[int]] = {}
        for word in self.entries:
            lengths.setdefault(word[0], set()).add(len(word))
        return {character: sorted(found, reverse=True) for character, found in lengths.items()}

    @classmethod
    def of(cls, words: Mapping[str, tuple[str, str]]) -> Lexicon:
        """From word -> (language, pronunciation).

        Raises:
            InvalidInput: a pronunciation that is none.
            UnknownName: a language that Kouji does not speak.
        """
        return cls._build((word, language, said, "") for word, (language, said) in words.items())

    @classmethod
    def read(cls, file: str | PathLike[str]) -> Lexicon:
        """From a lexicon file.

        Raises:
            InvalidInput: the file cannot be read, or a line (named in the message) is not an entry.
            UnknownName: a language that Kouji does not speak.
        """
        try:
            lines = Path(file).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as wrong:
            raise InvalidInput(
                f"The lexicon {str(file)!r} cannot be read: {wrong}.", "Give a UTF-8 text file."
            ) from wrong
        rows = []
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            fields = [part.strip() for part in line.split("\t")]
            if len(fields) != 3 or not all(fields):
                raise InvalidInput(
                    f"Line {number} of {str(file)!r} is not an entry: {line!r}.",
                    "Write word, language and pronunciation with tabs between them.",
                )
            rows.append((fields[0], fields[1], fields[2], f" (line {number} of {str(file)!r})"))
        return cls._build(rows)

    @classmethod
    def _build(cls, rows: Iterable[tuple[str, str, str, str]]) -> Lexicon:
        entries: dict[str, dict[str, Entry]] = {}
        for word, language, said, where in rows:
            key = clean(word).text.strip()
            if not key:
                raise InvalidInput(
                    f"The lexicon word {word!r} has nothing to say{where}.", "Give letters or characters."
                )
            entries.setdefault(key, {})[language] = _entry(key, language, said, where)
        return cls(entries)

    def find(self, text: str, language: str) -> Iterator[tuple[int, int, Entry]]:
        """Entries in a region of one language, from left to right, the longest first."""
        position = 0
        while position < len(text):
            for length in self._lengths.get(text[position], ()):
                end = position + length
                entry = self._at(text, position, end, language)
                if entry is not None:
                    yield position, end, entry
                    position = end - 1
                    break
            position += 1

    def _at(self, text: str, start: int, end: int, language: str) -> Entry | None:
        word = text[start:end]
        by_language = self.entries.get(word)
        if by_language is None or _inside_word(text, start, end):
            return None
        foreign = any(script(c) == "latin" for c in word)
        return by_language.get(language) or (by_language.get("en") if foreign else None)


def _inside_word(text: str, start: int, end: int) -> bool:
    def joined(a: int, b: int) -> bool:
        return 0 <= a and b < len(text) and script(text[a]) == script(text[b]) == "latin"

    return joined(start - 1, start) or joined(end - 1, end)


def _entry(word: str, language: str, said: str, where: str) -> Entry:
    if language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    if said.startswith("="):
        if not said[1:].strip():
            raise InvalidInput(f"Nothing is to be said for {word!r}{where}.", "Write text behind the =.")
        return Entry(language, instead=said[1:].strip())
    readings = _readings(word, language, said)
    if readings is None:
        raise InvalidInput(
            f"{said!r} is not how {word!r} can be said in {language!r}{where}.",
            "zh: pinyin, yue: jyutping, one syllable per character; en: ARPABET; ja: kana; ko: hangul; or =other text.",
        )
    return Entry(language, readings)


def _readings(word: str, language: str, said: str) -> tuple[str, ...] | None:
    try:
        if language == "en":
            arpabet(said)
            return (" ".join(said.upper().split()),)
        if language == "yue":
            for syllable in said.split():
                jyutping_to_phonemes(syllable)
    except ValueError:
        return None
    if language in ("ja", "ko"):
        wanted = "kana" if language == "ja" else "hangul"
        return (said,) if all(script(c) == wanted for c in said) else None
    if len(said.split()) != len(word) or any(script(c) != "han" for c in word):
        return None
    if language == "yue":
        return tuple(said.lower().split())
    pinyin = [numbered(syllable) for syllable in said.split()]
    return None if None in pinyin else tuple(p for p in pinyin if p is not None)
