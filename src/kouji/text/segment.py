"""Which language each stretch of a sentence is in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .normalization.characters import script
from .normalization.units import UNITS

# Characters that only written Cantonese uses, and words that do.
_CANTONESE = re.compile(
    r"[嘅咗喺佢冇哋嘢啲嗰咁㗎咩嚟嗮冚攞瞓揾嬲孭氹諗啱睇嘥]|乜嘢|唔[係该該好使知识識得会會想要可见見記记同]|[點点]解|邊[度個]|[鍾钟锺]意|係咪"
)
_CHINESE_ONLY = frozenset(
    "你您她们們这這那吗嗎呢吧啊哪么麼谁誰很没沒都给給让讓说說跟把被还還在是的了个個从從对對为為会會过過"
)
_KANA_SAFE = frozenset("在是的那都会個対")  # of these, also written in Japanese
_CLAUSE = re.compile(r"[^，。！？；：,!?;:、“”「」『』()（）]+")
_LATIN_WORD = re.compile(r"(?<![0-9A-Za-zÀ-ɏ])(?:[A-Za-zÀ-ɏ]{2,}(?:['’][A-Za-z]+)?|[Ia])(?![0-9A-Za-zÀ-ɏ])")
_ADDRESS = re.compile(r"\S*(?:://|www\.|@)\S+", re.ASCII)
_CJK_STRETCH = re.compile(
    r"[^\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7a3\u3131-\u318e〇々〆\U00020000-\U000323af]+"
)
_BOUNDARY = frozenset("，。！？；：“”「」『』（）《》()!?;:")
_OF_SCRIPT = {"kana": "ja", "hangul": "ko", "latin": "en"}


@dataclass(frozen=True)
class Region:
    """A stretch whose numbers and signs are read in one language; foreign words may stand in it."""

    start: int
    end: int
    language: str


def is_cantonese(text: str) -> bool:
    """True where the text is certainly written Cantonese."""
    return _CANTONESE.search(text) is not None


def regions(text: str, language: str | None, default: str) -> list[Region]:
    """Cut one sentence by the language that reads it.

    Args:
        text: a clean sentence.
        language: what the user said it is, or None.
        default: for a sentence of digits only.
    """
    labels = _labels(text, language)
    if not any(labels):
        return [Region(0, len(text), default)]
    _number_labels(text, labels, language)
    return _merge(labels)


def main_language(text: str) -> str:
    """What a sentence of digits in this text is read in: the language of most letters, zh where there are none."""
    labels = _labels(text, None)
    return _main(labels, None) if any(labels) else "zh"


def _labels(text: str, language: str | None) -> list[str]:
    """The language of each letter; "" for everything else."""
    labels = [_OF_SCRIPT.get(script(c) or "", "") for c in text]
    for match in _CLAUSE.finditer(text):
        start, end = match.span()
        han = [i for i in range(start, end) if script(text[i]) == "han" or text[i] in "ー々"]
        if han:
            said = _han_language(text, start, end, language)
            for i in han:
                labels[i] = labels[i] or said
    return labels


def _han_language(text: str, start: int, end: int, language: str | None) -> str:
    """The language of the Chinese characters of one clause."""
    if language in ("ja", "yue"):
        return language
    clause = text[start:end]
    kana = sum(script(c) == "kana" for c in clause)
    if kana and not _is_chinese(clause) and (language is None or kana * 2 >= len(clause)):
        return "ja"
    if language is None:
        if is_cantonese(text):
            return "yue"
        if not kana and any(script(c) == "kana" for c in text) and not _is_chinese(clause):
            return "ja"
    return "zh"


def _is_chinese(clause: str) -> bool:
    """True where a character stands that Japanese does not write."""
    return any((c in _CHINESE_ONLY and c not in _KANA_SAFE) or _simplified(c) for c in clause if script(c) == "han")


@lru_cache(maxsize=8192)
def _simplified(character: str) -> bool:
    """In the national standard of the mainland, but in no Japanese one."""
    return _encodes(character, "gb2312") and not _encodes(character, "euc_jis_2004")


def _encodes(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True


def _number_labels(text: str, labels: list[str], language: str | None) -> None:
    """Give digits, signs and foreign words the language that reads them (in place)."""
    main = _main(labels, language)
    if not any(label and label != "en" for label in labels):
        english = language in (None, "en") or (any(word.islower() for word in _words(text)) and len(_words(text)) > 1)
        labels[:] = ["en" if english else main] * len(labels)
        return
    for match in _CJK_STRETCH.finditer(text):
        start, end = match.span()
        before = labels[start - 1] if start else ""
        after = labels[end] if end < len(text) else ""
        parts = [(start, end)] if not _is_english(text, start, end, before, after) else []
        reads_here = before or after or main
        if not parts:
            labels[start:end] = ["en"] * (end - start)
            continue
        for i in range(start, end):
            labels[i] = reads_here
        # a number right before a character belongs to that character
        tail = end
        while after and tail > start and (script(text[tail - 1]) == "digit" or text[tail - 1] in " .,%$€£¥+-:/~"):
            tail -= 1
        while tail < end and text[tail] == " ":
            tail += 1
        for i in range(tail, end):
            labels[i] = after
    for i, label in enumerate(labels):  # marks that belong to a script, such as ・
        labels[i] = label or (labels[i - 1] if i else main)


def _is_english(text: str, start: int, end: int, before: str, after: str) -> bool:
    """A stretch between Chinese, Japanese or Korean that is an English phrase of its own, numbers included."""
    stretch = text[start:end]
    words = _words(stretch)
    lower = sum(word.islower() for word in words)
    apart = (not before or text[start] in _BOUNDARY or text[start - 1] in _BOUNDARY) and (
        not after or stretch.rstrip()[-1:] in _BOUNDARY or stretch.rstrip()[-1:] == "."
    )
    return (apart and len(words) >= 2 and lower >= 1) or (len(words) >= 3 and lower >= 2)


def _words(text: str) -> list[str]:
    """English words; no units, addresses, or letters that touch digits."""
    return [word for word in _LATIN_WORD.findall(_ADDRESS.sub(" ", text)) if word not in UNITS]


def _main(labels: list[str], language: str | None) -> str:
    counts: dict[str, int] = {}
    for label in labels:
        if label:
            counts[label] = counts.get(label, 0) + (1 if label == "en" else 3)
    others = {name: n for name, n in counts.items() if name != "en"}
    if language in others or not others:
        return language or "en"
    return max(others, key=others.__getitem__)


def _merge(labels: list[str]) -> list[Region]:
    found: list[Region] = []
    for i, label in enumerate(labels):
        if found and found[-1].language == label:
            found[-1] = Region(found[-1].start, i + 1, label)
        else:
            found.append(Region(i, i + 1, label))
    return found


def runs(text: str, language: str) -> list[tuple[int, int, str]]:
    """Words of a region, numbers already in words: foreign letters are English, marks go with what precedes them."""
    found: list[tuple[int, int, str]] = []
    start = 0
    current = ""
    for i, character in enumerate(text):
        kind = script(character)
        said = "en" if kind in ("latin", "greek") else language if kind in ("han", "kana", "hangul") else ""
        if not said or said == current:
            continue
        if current:
            found.append((start, i, current))
            start = i
        current = said
    found.append((start, len(text), current or language))
    return found
