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

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path

from kouji.drafts import whole
from kouji.errors import InvalidInput, OutputFailed, UnknownName

from .markup import arpabet, numbered
from .normalization.characters import clean, script
from .phonemes import LANGUAGES, jyutping_to_phonemes

_HOW = (
    "zh: pinyin, yue: jyutping, one syllable per character; en: ARPABET; ja: kana; ko: hangul; or =other text."
)


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
    name: str = ""  # of its file, without folders: what <lexicon uri="…"> in SSML may name
    lines: tuple[str, ...] = ()  # as they stand in the file, comments included

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
        entries: dict[str, dict[str, Entry]] = {}
        for word, (language, said) in words.items():
            key = _key(word, "")
            entries.setdefault(key, {})[language] = _entry(key, language, said, "")
        return cls(entries, "", tuple(f"{word}\t{language}\t{said}" for word, (language, said) in words.items()))

    @classmethod
    def inline(cls, words: Mapping[str, str | Mapping[str, str]]) -> Lexicon:
        """From word -> pronunciation, or word -> language -> pronunciation.

        Where no language is named, the word is said so in every language that the pronunciation is one of: "hong4" is
        pinyin where the text is Mandarin and jyutping where it is Cantonese.

        Raises:
            InvalidInput: a pronunciation that is none.
            UnknownName: a language that Kouji does not speak.
        """
        entries: dict[str, dict[str, Entry]] = {}
        for word, said in words.items():
            key = _key(word, "")
            given = said if isinstance(said, Mapping) else dict.fromkeys(LANGUAGES, said)
            found = {language: _read(key, language, each) for language, each in given.items()}
            wrong = [language for language, entry in found.items() if entry is None]
            if wrong and (isinstance(said, Mapping) or len(wrong) == len(found)):
                where = repr(wrong[0]) if isinstance(said, Mapping) else "any language"
                raise InvalidInput(f"{given[wrong[0]]!r} is not how {word!r} can be said in {where}.", _HOW)
            entries.setdefault(key, {}).update({name: entry for name, entry in found.items() if entry is not None})
        return cls(entries)

    def over(self, other: Lexicon | None) -> Lexicon:
        """Both, of which this one decides where both know a word in a language; named after the other."""
        if other is None:
            return self
        merged = {word: {**other.entries.get(word, {}), **found} for word, found in self.entries.items()}
        return Lexicon({**other.entries, **merged}, other.name, other.lines + self.lines)

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
        entries: dict[str, dict[str, Entry]] = {}
        for number, line in enumerate(lines, 1):
            if not _is_entry(line):
                continue
            fields = [part.strip() for part in line.split("\t")]
            if len(fields) != 3 or not all(fields):
                raise InvalidInput(
                    f"Line {number} of {str(file)!r} is not an entry: {line!r}.",
                    "Write word, language and pronunciation with tabs between them.",
                )
            where = f" (line {number} of {str(file)!r})"
            key = _key(fields[0], where)
            entries.setdefault(key, {})[fields[1]] = _entry(key, fields[1], fields[2], where)
        return cls(entries, Path(file).name, tuple(lines))

    def add(self, word: str, language: str, said: str) -> Lexicon:
        """With one more entry; one that the word has in that language gives way, in its place among the lines.

        Raises:
            InvalidInput: a pronunciation that is none, or a word with nothing to say.
            UnknownName: a language that Kouji does not speak.
        """
        word, said = word.strip(), said.strip()
        if word.startswith("#") or re.search(r"[\t\n\r\v\f\x1c-\x1e\x85\u2028\u2029]", word + said):
            raise InvalidInput(f"{word!r} cannot stand in a lexicon.", "Leave out tabs, line ends and a # at its head.")
        key = _key(word, "")
        entry = _entry(key, language, said, "")
        lines = list(self.lines)
        old = self._lines_of(key, language)
        line = f"{word}\t{language}\t{said}"
        if old:
            lines[old[0]] = line
        else:
            lines.append(line)
        lines = [line for number, line in enumerate(lines) if number not in old[1:]]
        entries = {**self.entries, key: {**self.entries.get(key, {}), language: entry}}
        return Lexicon(entries, self.name, tuple(lines))

    def remove(self, word: str, language: str | None = None) -> Lexicon:
        """Without a word, or without what is said for it in one language.

        Raises:
            UnknownName: it is not in here.
        """
        key = clean(word).text.strip()
        if key not in self.entries or (language is not None and language not in self.entries[key]):
            raise UnknownName("word in the lexicon", word, list(self.entries))
        gone = set(self._lines_of(key, language))
        rest = {name: entry for name, entry in self.entries[key].items() if language not in (None, name)}
        entries = {name: found for name, found in self.entries.items() if name != key} | ({key: rest} if rest else {})
        return Lexicon(entries, self.name, tuple(line for i, line in enumerate(self.lines) if i not in gone))

    def save(self, file: str | PathLike[str]) -> None:
        """Write the file whole or not at all; comments stay where they were.

        Raises:
            OutputFailed: it cannot be written; what was there is untouched.
        """
        path = Path(file)
        try:
            with whole(path) as draft:
                draft.write_text("".join(f"{line}\n" for line in self.lines), encoding="utf-8")
                if path.exists():
                    draft.chmod(path.stat().st_mode)
        except OSError as wrong:
            raise OutputFailed(f"The lexicon {str(file)!r} cannot be written: {wrong}.") from wrong

    def _lines_of(self, key: str, language: str | None) -> list[int]:
        """Which lines hold a word, in one language or in any."""
        found = []
        for number, line in enumerate(self.lines):
            fields = [part.strip() for part in line.split("\t")]
            if _is_entry(line) and clean(fields[0]).text.strip() == key and language in (None, fields[1]):
                found.append(number)
        return found

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


def _is_entry(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _key(word: str, where: str) -> str:
    """The word as it is looked for in a clean text."""
    key = clean(word).text.strip()
    if not key:
        raise InvalidInput(f"The lexicon word {word!r} has nothing to say{where}.", "Give letters or characters.")
    return key


def _inside_word(text: str, start: int, end: int) -> bool:
    def joined(a: int, b: int) -> bool:
        return 0 <= a and b < len(text) and script(text[a]) == script(text[b]) == "latin"

    return joined(start - 1, start) or joined(end - 1, end)


def _entry(word: str, language: str, said: str, where: str) -> Entry:
    entry = _read(word, language, said)
    if entry is None and said.startswith("="):
        raise InvalidInput(f"Nothing is to be said for {word!r}{where}.", "Write text behind the =.")
    if entry is None:
        raise InvalidInput(f"{said!r} is not how {word!r} can be said in {language!r}{where}.", _HOW)
    return entry


def _read(word: str, language: str, said: str) -> Entry | None:
    """The entry; None where that is no pronunciation of the word in that language."""
    if language not in LANGUAGES:
        raise UnknownName("language", language, LANGUAGES)
    if said.startswith("="):
        return Entry(language, instead=said[1:].strip()) if said[1:].strip() else None
    readings = _readings(word, language, said)
    return None if readings is None else Entry(language, readings)


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
