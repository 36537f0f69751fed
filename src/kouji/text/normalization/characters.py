"""Which characters can be said: foreign forms are folded, what has no sound is dropped and named."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Forms that NFKC would spoil (m² -> m2) or that it leaves as they are.
_FOLD = {
    "％": "%", "＋": "+", "－": "-", "−": "-", "‐": "-", "‑": "-", "‒": "-", "／": "/", "⁄": "/", "∕": "/", "＝": "=",
    "＃": "#", "＄": "$", "￥": "¥", "￡": "£", "￦": "₩", "￠": "¢", "＆": "&", "＠": "@", "＊": "*", "＜": "<",
    "＞": ">", "＾": "^", "＿": "_", "｜": "|", "＂": '"', "＇": "'", "｀": "`", "＼": "\\", "［": "[", "］": "]",
    "｛": "{", "｝": "}", "ʼ": "'", "´": "'", "„": "“", "‟": "“", "‚": "‘", "‹": "《", "›": "》", "«": "《",
    "»": "》", "′": "'", "″": '"', "―": "—", "─": "—", "━": "—", "‥": "…", "⋯": "…", "⋅": "·", "∙": "·", "•": "·",
    "・": "・", "･": "・", "｡": "。", "､": "、", "｢": "「", "｣": "」", "〜": "～", "∼": "~", "˜": "~", "∶": ":",
    "﹣": "-", "﹢": "+", "﹪": "%", "﹕": "：", "﹔": "；", "﹐": "，", "﹖": "？", "﹗": "！", "︰": "：", "℃": "℃",
    "℉": "℉", "㏑": "ln", "㏒": "log", "Ω": "Ω", "µ": "μ", "㎜": "mm", "㎝": "cm", "㎞": "km", "㎎": "mg", "㎏": "kg",
    "㏄": "cc", "㎡": "m²", "㎥": "m³", "㎢": "km²", "㎖": "ml", "ℓ": "L", "㎐": "Hz", "㎑": "kHz", "㎒": "MHz",
    "㎓": "GHz", "㎅": "KB", "㎆": "MB", "㎇": "GB", "㎾": "kW", "㎧": "m/s", "©": "", "®": "", "™": "", "℗": "",
    "℠": "", "²": "²", "³": "³", "¼": "1/4", "½": "1/2", "¾": "3/4", "⅓": "1/3", "⅔": "2/3", "⅛": "1/8", "⅜": "3/8",
    "⅝": "5/8", "⅞": "7/8", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6", "№": "No.",
    "℡": "TEL", "㈱": "株式会社", "℅": "c/o", "➡": "→", "⟶": "→", "⇒": "→", "﹏": "", "✕": "×", "✖": "×", "➕": "+",
    "➖": "-", "➗": "÷", "㊗": "祝", "㊙": "秘", "ﾟ": "゜", "ﾞ": "゛", "·": "·", "¨": "", "¸": "", "¯": "",
}  # fmt: skip
_SYMBOLS = frozenset("+-×÷=<>≤≥≦≧≈≠≡±∓√∞%‰°℃℉$€£¥₩¢฿₫₹₽#@&*/\\^_~～|→←↑↓²³∑∫∆∂∏∈∪∩∴∵Ω`'\"")
_PUNCTUATION = frozenset("‘’,.!?;:，。！？；：、…—–-()（）[]{}〔〕〖〗【】《》〈〉「」『』“”﹁﹂·・．¿¡゠")
_MARKS = frozenset("々〆〇ー゛゜ヽヾゝゞ")
# A character that continues the one before it: combining marks, Hangul vowels and codas, half-width voicing marks.
_CONTINUES = re.compile("[\u1160-\u11ff\uff9e\uff9f]")
_APOSTROPHE = re.compile("(?<=[A-Za-z])[’‘](?=[A-Za-z])")
_OTHER_LATIN = frozenset("ßẞæÆœŒøØłŁđĐðÐþÞıŋŊħĦĸ")
_ROMAN = {chr(0x2160 + i): i + 1 for i in range(12)} | {chr(0x2170 + i): i + 1 for i in range(12)}
_SUPERSCRIPT = dict(zip("⁰¹⁴⁵⁶⁷⁸⁹", "01456789", strict=True))


@dataclass(frozen=True)
class Cleaned:
    """Text of sayable characters, and where each came from."""

    text: str
    origins: tuple[int, ...]  # (len(text),) index in the raw text of what each character was made from
    dropped: tuple[str, ...]  # in order of appearance, each once


def clean(raw: str) -> Cleaned:
    """Compose accents, fold width and compatibility forms, drop what has no sound.

    A dropped picture or symbol leaves a space; a dropped invisible character leaves nothing.
    Chinese punctuation keeps its width.
    """
    letters: list[str] = []
    origins: list[int] = []
    dropped: dict[str, None] = {}
    start = 0
    while start < len(raw):
        end = start + 1
        while end < len(raw) and end - start < 64 and _continues(raw[end]):
            end += 1
        folded, lost = _fold(raw[start:end])
        dropped.update(dict.fromkeys(lost))
        letters.extend(folded)
        origins.extend([start] * len(folded))
        start = end
    text = _APOSTROPHE.sub("'", "".join(letters))
    return Cleaned(text, tuple(origins), tuple(dropped))


def _continues(character: str) -> bool:
    return unicodedata.combining(character) != 0 or bool(_CONTINUES.match(character))


@lru_cache(maxsize=8192)
def _fold(cluster: str) -> tuple[str, tuple[str, ...]]:
    """One base character with its marks -> (what is said of it, what was dropped)."""
    kept: list[str] = []
    lost: list[str] = []
    if _CONTINUES.search(cluster, 1):
        cluster = unicodedata.normalize("NFKC", cluster)
    for character in unicodedata.normalize("NFC", cluster):
        said = _said(character)
        if said is None:
            lost.append(character)
            said = "" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Cn", "Co", "Mn", "Me") else " "
        kept.append(said)
    return unicodedata.normalize("NFC", "".join(kept)), tuple(lost)


def _said(character: str) -> str | None:
    """The sayable form of one character, "" for a mark that is silent by nature, None if it must be dropped."""
    if character in _FOLD:
        return _FOLD[character]
    if character in _SYMBOLS or character in _PUNCTUATION or character in _MARKS:
        return character
    category = unicodedata.category(character)
    if character in "\n\r\v\f\x85\u2028\u2029":
        return "\n"
    if category == "Zs" or character == "\t":
        return " "
    if category == "Nd":
        return str(unicodedata.digit(character))
    if character in _ROMAN:
        return str(_ROMAN[character])
    if character in _SUPERSCRIPT:
        return "^" + _SUPERSCRIPT[character]
    if category[0] == "L" and script(character) is not None:
        return character
    folded = unicodedata.normalize("NFKC", character)
    if folded != character:
        parts = [_said(part) for part in folded]
        if all(part is not None for part in parts):
            return "".join(part or "" for part in parts)
    return None


def is_mark(character: str) -> bool:
    """Punctuation, or a sign that lengthens or repeats what it stands behind."""
    return character in _PUNCTUATION or character in _MARKS


def _has_plain_form(letter: str) -> bool:
    """é is an e; ǝ is nothing that English reads."""
    return letter in _OTHER_LATIN or unicodedata.normalize("NFKD", letter)[0].isascii()


def script(character: str) -> str | None:
    """han | kana | hangul | latin | greek | digit, or None for everything else."""
    point = ord(character)
    if point < 0x80:
        return "digit" if character.isdigit() else "latin" if character.isalpha() else None
    if 0x4E00 <= point <= 0x9FFF or 0x3400 <= point <= 0x4DBF or 0x20000 <= point <= 0x323AF or character in "〇々〆":
        return "han"
    if 0x3041 <= point <= 0x30FE and character not in "・゠\u3097\u3098\u3099\u309a":
        return "kana"
    if 0xAC00 <= point <= 0xD7A3 or 0x3131 <= point <= 0x3163:
        return "hangul"
    if (0xC0 <= point <= 0x24F or 0x1E00 <= point <= 0x1EFF) and _has_plain_form(character):
        return "latin"
    if 0x0386 <= point <= 0x03CE and character != "\u0387":
        return "greek"
    return None
