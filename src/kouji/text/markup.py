"""Inline pronunciation: 重{chong2}复, 重(chóng)复, read{R EH1 D}, 今日{きょう}, 값이{갑씨}."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from kouji.errors import InvalidInput

from .normalization.characters import script
from .phonemes import arpabet_to_phonemes, jyutping_to_phonemes, pinyin_to_phonemes
from .segment import is_cantonese
from .zh.lexicon import lexicon

_BRACES = re.compile(r"\{([^{}\n]*)\}")
_ACCENTED = re.compile(r"[（(]\s*([A-Za-zÀ-ɏ̀-ͯ]{1,12})\s*[)）]")
_ATTRIBUTE = r"""\s+[A-Za-z:-]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*')"""
_TAG = re.compile(rf"</?[A-Za-z][A-Za-z0-9:-]*(?:{_ATTRIBUTE})*\s*/?>|<\|[A-Za-z_]{{1,20}}\|>")
_KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30ff]+['’]?[\u3041-\u309f\u30a1-\u30ff]*\d{0,2}")  # ハシ, ハ'シ, ハシ1
_BREAKS = ("br", "p", "div", "li", "s", "tr")  # tags that part lines
_TONES = {"̄": "1", "́": "2", "̌": "3", "̀": "4"}
_HINT = "Write 重{chong2}复 (pinyin and tone), 行{hong4} (jyutping), read{R EH1 D} (ARPABET) or 今日{きょう} (kana)."


@dataclass(frozen=True)
class Fixed:
    """A stretch of text whose pronunciation the user wrote."""

    start: int
    end: int
    language: str  # zh | en | ja | ko | yue
    readings: tuple[str, ...]  # zh, yue: one per character; otherwise one for the whole


@dataclass(frozen=True)
class Marked:
    """Text without its marks."""

    text: str
    fixed: tuple[Fixed, ...]
    origins: tuple[int, ...]  # index of each character in what the user wrote
    tags: tuple[str, ...] = ()  # <strong> and the like, which were taken out


def parse(raw: str, language: str | None = None) -> Marked:
    """Take the inline pronunciations out of a text.

    Braces stand directly behind the characters or the word they explain; braces that stand alone are ordinary
    text, and so is `\\{`. Jyutping counts in Cantonese text only, so that mistyped pinyin is not taken for it.
    Round brackets count only when they hold exactly one pinyin syllable with a tone mark and follow a Chinese
    character.

    Tags like <strong> or <|en|> are taken out and listed; their text stays.

    Raises:
        InvalidInput: braces with something that is no pronunciation of what stands before them.
    """
    allowed = {"zh", "yue"} if language is None and is_cantonese(raw) else {"yue"} if language == "yue" else {"zh"}
    text: list[str] = []
    origins: list[int] = []
    fixed: list[Fixed] = []
    tags: dict[str, None] = {}
    position = 0
    while position < len(raw):
        character = raw[position]
        tag = _TAG.match(raw, position) if character == "<" else None
        if tag is not None:
            tags[tag[0]] = None
            if tag[0].strip("</> ").split()[0].lower() in _BREAKS:
                text.append("\n")
                origins.append(position)
            position = tag.end()
            continue
        if character == "\\" and raw[position + 1 : position + 2] in ("{", "}"):
            text.append(raw[position + 1])
            origins.append(position + 1)
            position += 2
            continue
        found = _at(raw, position, text, allowed) if character in "{(（" else None
        if found is None:
            text.append(character)
            origins.append(position)
            position += 1
            continue
        mark, position = found
        del text[mark.end :], origins[mark.end :]
        if fixed and fixed[-1].end > mark.start:
            raise InvalidInput(f"Two pronunciations for {raw[mark.start : position]!r}.", _HINT)
        fixed.append(mark)
    return Marked("".join(text), tuple(fixed), tuple(origins), tuple(tags))


def _at(raw: str, position: int, before: Sequence[str], allowed: set[str]) -> tuple[Fixed, int] | None:
    """The mark that begins at `position` and the index behind it, or None for an ordinary bracket."""
    if not before or (kind := script(before[-1])) is None:
        return None
    if raw[position] != "{":
        match = _ACCENTED.match(raw, position)
        numbered = _numbered(match[1]) if match and kind == "han" and "zh" in allowed else None
        if match is None or numbered is None:
            return None
        return Fixed(len(before) - 1, len(before), "zh", (numbered,)), match.end()
    match = _BRACES.match(raw, position)
    if match is None:
        return None
    mark = _read(match[1].strip(), before, kind, allowed)
    if mark is None:
        word = "".join(before[-8:]).split()[-1]
        raise InvalidInput(
            f"{match[0]!r} at character {position + 1} is not a pronunciation of the text before it (…{word}).", _HINT
        )
    return mark, match.end()


def _read(content: str, before: Sequence[str], kind: str, allowed: set[str]) -> Fixed | None:
    end = len(before)
    if not content:
        return None
    scripts = {script(c) for c in content if not c.isspace()}
    if _KANA.fullmatch(content) and kind in ("han", "kana"):
        return Fixed(_back(before, {"han"} if kind == "han" else {"kana"}), end, "ja", (content,))
    if scripts == {"hangul"} and kind == "hangul":
        return Fixed(_back(before, {"hangul"}), end, "ko", (content,))
    if kind == "latin":
        return Fixed(_word(before), end, "en", (" ".join(content.upper().split()),)) if _is(arpabet, content) else None
    if kind != "han":
        return None
    return _syllables(content, before, allowed)


def _syllables(content: str, before: Sequence[str], allowed: set[str]) -> Fixed | None:
    """Pinyin or jyutping, one syllable per Chinese character before the brace."""
    parts = re.findall(r"[^\s\d]+[1-6]?", content.lower())
    start = len(before) - len(parts)
    if "".join(parts) != re.sub(r"\s", "", content.lower()) or start < 0:
        return None
    if any(script(c) != "han" for c in before[start:]):
        return None
    if "yue" in allowed and all(_is(jyutping_to_phonemes, part) for part in parts):
        return Fixed(start, len(before), "yue", tuple(parts))
    pinyin = [numbered(part) for part in parts]
    if _is_erhua(pinyin, before) and "zh" in allowed:
        return Fixed(start - 1, start, "zh", (pinyin[0] or "",))
    if "zh" in allowed and None not in pinyin:
        return Fixed(start, len(before), "zh", tuple(p for p in pinyin if p is not None))
    return None


def _is_erhua(pinyin: Sequence[str | None], before: Sequence[str]) -> bool:
    """玩儿{wanr2}: one syllable for two characters, of which the second falls away."""
    one = pinyin[0] if len(pinyin) == 1 else None
    return bool(one and one[-2] == "r" and one[:-1] != "er" and len(before) > 1 and before[-1] in "儿兒")


def _back(before: Sequence[str], scripts: set[str]) -> int:
    start = len(before)
    while start > 0 and script(before[start - 1]) in scripts:
        start -= 1
    return start


def _word(before: Sequence[str]) -> int:
    start = len(before)
    while start > 0 and (script(before[start - 1]) == "latin" or before[start - 1] in "'’-"):
        start -= 1
    while before[start] in "'’-":
        start += 1
    return start


def arpabet(content: str) -> tuple[str, ...]:
    """ARPABET symbols with a digit on every vowel. Raises ValueError otherwise."""
    phonemes = arpabet_to_phonemes(content)
    if not any(p[-1].isdigit() for p in phonemes):
        raise ValueError(f"{content!r} has no vowel with a stress digit.")
    return phonemes


def numbered(syllable: str) -> str | None:
    """Pinyin with a tone digit: "chóng" and "chong2" -> "chong2"; None if it is not a syllable of Mandarin."""
    written = unicodedata.normalize("NFC", syllable.lower()).replace("u:", "v").replace("ü", "v")
    return written if _exists(written) else _numbered(syllable)


def _numbered(accented: str) -> str | None:
    """ "chóng" -> "chong2"; None without exactly one tone mark or if the syllable does not exist."""
    letters, tone = "", ""
    for character in unicodedata.normalize("NFD", accented.lower()):
        if character in _TONES:
            tone += _TONES[character]
        else:
            letters += character
    candidate = unicodedata.normalize("NFC", letters).replace("ü", "v") + tone
    return candidate if len(tone) == 1 and _exists(candidate) else None


def _exists(pinyin: str) -> bool:
    """A syllable that some character has (with or without erhua), in any tone."""
    base = pinyin[:-1] if pinyin[:-1] == "er" else pinyin[:-1].removesuffix("r")
    return _is(pinyin_to_phonemes, pinyin) and base in _syllables_of_mandarin()


@cache
def _syllables_of_mandarin() -> frozenset[str]:
    readings = lexicon().characters.values()
    return frozenset(reading[:-1] for said in readings for reading in said.split(","))


def _is(check: Callable[[str], object], value: str) -> bool:
    try:
        check(value)
    except ValueError:
        return False
    return True
