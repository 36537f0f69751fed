"""Upstream's rules for text: how a prompt is cleaned, and how a long text is cut into segments.

They come after Kouji's own front end, which has put numbers into words. Without its optional normaliser, upstream
does the same as this, golden by golden; where upstream fails (a text of blanks), this gives nothing.

Source: cosyvoice/cli/frontend.py and utils/frontend_utils.py of FunAudioLLM/CosyVoice (Apache-2.0).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import groupby

MOST, FEW, SHORT = 80, 60, 20  # characters (zh) or tokens of a segment; one shorter than SHORT joins the last
_MARKS = {"zh": "。？！；：、.?!;", "en": ".?!;:"}
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()
_GROUPS = ["", *"thousand million billion trillion quadrillion quintillion sextillion septillion octillion".split()]


def segments(text: str, count: Callable[[str], int]) -> list[str]:
    """Clean a text and cut it.

    Args:
        text: of one request or sentence.
        count: how many tokens a text has.
    """
    if _is_left_alone(text):
        return [text]
    text = normalized(text)
    language = "zh" if contains_chinese(text) else "en"
    pieces = split_paragraph(text, language, len if language == "zh" else count) if text else []
    return [piece for piece in pieces if not is_only_punctuation(piece)]


def normalized(text: str) -> str:
    """Clean a text as a whole: for the transcript of a prompt, or an instruction."""
    if _is_left_alone(text):
        return text
    text = text.strip()
    if not contains_chinese(text):
        return spell_out_numbers(text)
    text = replace_blank(text.replace("\n", ""))
    text = replace_corner_mark(text).replace(".", "。").replace(" - ", "，")
    return re.sub(r"[，,、]+$", "。", remove_bracket(text))


def split_paragraph(
    text: str, language: str, count: Callable[[str], int], most: int = MOST, few: int = FEW, short: int = SHORT,
    at_commas: bool = False,
) -> list[str]:  # fmt: skip
    """Cut behind sentence marks, then join greedily to about `few` to `most`."""
    joined: list[str] = []
    current = ""
    for piece in _sentences(text, language, at_commas):
        if count(current + piece) > most and count(current) > few:
            joined.append(current)
            current = ""
        current += piece
    if joined and current and count(current) < short:
        joined[-1] += current
    elif current:
        joined.append(current)
    return joined


def _sentences(text: str, language: str, at_commas: bool) -> Iterator[str]:
    marks = _MARKS[language] + ("，," if at_commas else "")
    if text[-1] not in marks:
        text += "。" if language == "zh" else "."
    pieces: list[str] = []
    start = 0
    for place, character in enumerate(text):
        if character not in marks:
            continue
        if place > start:  # a mark right behind another is lost
            pieces.append(text[start : place + 1])
        start = place + 1
        if pieces and text[start : start + 1] in ('"', "”") and start < len(text):
            pieces[-1] += text[start]
            start += 1
    return iter(pieces)


def contains_chinese(text: str) -> bool:
    """True for kanji too: upstream reads Japanese with kanji by the rules for Chinese."""
    return any("一" <= character <= "\u9fff" for character in text)


def is_only_punctuation(text: str) -> bool:
    """True where nothing can be said, and for an empty text."""
    return all(unicodedata.category(character)[0] in "PS" for character in text)


def replace_blank(text: str) -> str:
    """Delete every space but those between two ASCII characters."""
    kept = []
    for place, character in enumerate(text):
        around = text[place - 1 : place] + text[place + 1 : place + 2] if place else ""
        if character != " " or (len(around) == 2 and around.isascii() and " " not in around):
            kept.append(character)
    return "".join(kept)


def replace_corner_mark(text: str) -> str:
    """Square and cube in words."""
    return text.replace("²", "平方").replace("³", "立方")


def remove_bracket(text: str) -> str:
    """Full-width brackets and back-ticks go, a Chinese dash becomes a blank."""
    return re.sub("[（）【】`]", "", text).replace("——", " ")


def spell_out_numbers(text: str) -> str:
    """Each run of digits in English words."""
    runs = ((is_digit, "".join(run)) for is_digit, run in groupby(text, str.isdigit))
    return "".join(_number_words(run) if is_digit else run for is_digit, run in runs)


def _is_left_alone(text: str) -> bool:
    """Texts with a tag are given to the model as they are."""
    return not text or ("<|" in text and "|>" in text)


def _number_words(digits: str) -> str:
    """British: one thousand, two hundred and thirty-four."""
    number = int("".join(str(unicodedata.digit(digit)) for digit in digits))
    if number == 0:
        return "zero"
    if number >= 1000 ** len(_GROUPS):
        return " ".join(_ONES[unicodedata.digit(digit)] for digit in digits)
    groups = []
    for name in _GROUPS:
        number, rest = divmod(number, 1000)
        if rest:
            groups.append((f"{_below_thousand(rest)} {name}".strip(), rest, name))
    words = ", ".join(group[0] for group in reversed(groups[1:]))
    last, rest, name = groups[0]
    if not words:
        return last
    return f"{words} and {last}" if name == "" and rest < 100 else f"{words}, {last}"


def _below_thousand(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = _ONES[rest] if rest < 20 else _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    if not hundreds:
        return words
    return f"{_ONES[hundreds]} hundred" + (f" and {words}" if rest else "")
