"""Text as the user wrote it to text as IndexTTS 2 was trained on it.

    2 plain words, GPT-4, 银HANG2, 让-雅克 … ─protect─→ grammar ─restore─→ one set of marks

Its habits are kept where they are heard ("rabbit's" becomes "rabbit is"); only where the original's answer depends on
chance (the order of a set) is there an order here: that of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from . import grammar

Glossary = Mapping[str, str | Mapping[str, str]]  # term -> reading, or language -> reading

_HAN = "\u4e00-\u9fff"
_CONTRACTION = re.compile(r"(what|where|who|which|how|here|there|it|he|she|that|this)'s", re.IGNORECASE)
_EMAIL = re.compile(r"[A-Za-z0-9]+@[A-Za-z0-9]+\.[A-Za-z]+")
_FINALS = (
    "iang|iong|uang|üang|vang|ang|eng|ing|ong|ian|iao|uai|uan|üan|van|ai|ei|ua|ui|uo|ao|ou|ia|iu|ie|ue|üe|ve"
    "|an|en|in|un|vn|a|e|i|o|u|ü|v"
)
PINYIN = re.compile(
    rf"(?<![a-z])(?:ng|er|(?:zh|ch|sh|[bpmfdtnlgkhjqxzcsryw])?(?:{_FINALS}))[1-5]", re.IGNORECASE | re.ASCII
)
_NAME = re.compile(rf"[{_HAN}]+(?:[-·—][{_HAN}]+){{1,2}}")
_TERM = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)+")
_ANNOTATION = re.compile(r"<[^|>\n]+\|[^>\n]+>")
_SHARP = re.compile(r"([jqx])[uü](n|e|an)?(\d)", re.IGNORECASE)

# Tried in this order at each place, so that "，，，" becomes three marks and ",,," one.
_MARKS = {
    "：": ",", "；": ",", ";": ",", "，": ",", "。": ".", "！": "!", "？": "?", "\n": " ", "·": "-", "、": ",",
    "...": "…", ",,,": "…", "，，，": "…", "……": "…", "“": "'", "”": "'", '"': "'", "‘": "'", "’": "'", "（": "'",
    "）": "'", "(": "'", ")": "'", "《": "'", "》": "'", "【": "'", "】": "'", "[": "'", "]": "'", "—": "-", "～": "-",
    "~": "-", "「": "'", "」": "'", ":": ",",
}  # fmt: skip
_ZH_MARKS = {"$": ".", **_MARKS}


def normalize(text: str, glossary: Glossary | None = None) -> str:
    """What the tokenizer gets.

    Args:
        text: of any length; pinyin with tone digits may stand in it (`银HANG2`).
        glossary: own readings of terms, whatever their case.
    """
    text, annotations = _set_aside(text, _ANNOTATION, lambda i: f"PRONPLACEHOLDER{_letters(i)}PRONPLACEHOLDER")
    language = route(text)
    text = _CONTRACTION.sub(r"\1 is", text)
    text = _with_glossary(text, glossary or {}, language)
    text = _Chinese.said(text) if language == "zh" else _terms_back(grammar.in_words(_terms_aside(text), "en"))
    return _restored(_with_marks(text, _ZH_MARKS if language == "zh" else _MARKS), annotations)


def route(text: str) -> str:
    """Which grammar reads it: "zh" or "en"."""
    has_han = re.search(f"[{_HAN}]", text)
    if has_han or not re.search("[A-Za-z]", text) or _EMAIL.fullmatch(text) or PINYIN.search(text):
        return "zh"
    return "en"


class _Chinese:
    """The Chinese route."""

    @staticmethod
    def said(text: str) -> str:
        text = _terms_aside(text.rstrip())
        text, pinyin = _set_aside(text, PINYIN, lambda i: f"<pinyin_{_letters(i)}>")
        text, names = _set_aside(text, _NAME, lambda i: f"<n_{_letters(i)}>")
        text = _restored(grammar.in_words(text, "zh"), names)
        spelled = {placeholder: _spelled(syllable) for placeholder, syllable in pinyin.items()}
        return _terms_back(_restored(text, spelled))


def _spelled(syllable: str) -> str:
    """ju, que, xuan … in capitals and with V for the ü they are said with; others as they were typed."""
    if syllable[0] not in "jqxJQX":
        return syllable
    return _SHARP.sub(r"\g<1>v\g<2>\g<3>", syllable).upper()


def _with_glossary(text: str, glossary: Glossary, language: str) -> str:
    for term in sorted(glossary, key=len, reverse=True):
        entry = glossary[term]
        reading = entry if isinstance(entry, str) else entry.get(language)
        if term and reading is not None:
            said = reading.replace("\\", r"\\")  # as it stands, not as a template
            text = re.sub(re.escape(term), said, text, flags=re.IGNORECASE)
    return text


def _terms_aside(text: str) -> str:
    """GPT-4 keeps its hyphen: the grammars would read it."""
    for term in sorted(set(_TERM.findall(text)), key=lambda term: (-len(term), term)):
        text = text.replace(term, term.replace("-", "<H>"))
    return text


def _terms_back(text: str) -> str:
    return re.sub(r"\s*<H>\s*", "-", text)


def _with_marks(text: str, marks: Mapping[str, str]) -> str:
    return re.sub("|".join(map(re.escape, marks)), lambda found: marks[found[0]], text)


def _set_aside(text: str, pattern: re.Pattern[str], name: Callable[[int], str]) -> tuple[str, dict[str, str]]:
    """Text with a placeholder for each distinct match, and what each stands for."""
    placeholders: dict[str, str] = {}

    def replaced(found: re.Match[str]) -> str:
        return placeholders.setdefault(found[0], name(len(placeholders)))

    text = pattern.sub(replaced, text)
    return text, {placeholder: content for content, placeholder in placeholders.items()}


def _restored(text: str, placeholders: Mapping[str, str]) -> str:
    for placeholder, content in placeholders.items():
        text = text.replace(placeholder, content)
    return text


def _letters(number: int) -> str:
    """0 -> a, 25 -> z, 26 -> aa."""
    number, last = divmod(number, 26)
    return (_letters(number - 1) if number else "") + chr(ord("a") + last)
