"""How written Korean is said, syllables in their letters (U+1100 to U+11FF): the rules of g2pk2 (Apache-2.0).

The numbers are articles of the standard of pronunciation (표준 발음법).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from .tables import table

_NATIVE = (  # what is counted in native numbers
    "군데 권 개 그루 닢 대 두 마리 모 모금 뭇 발 발짝 방 번 벌 보루 살 수 술 시 쌈 움큼 정 짝 채 척 첩 축 켤레 톨 통"
)
_DIGITS = dict(zip("0123456789", "영일이삼사오육칠팔구", strict=True))
_ONES = dict(zip("123456789", "한 두 세 네 다섯 여섯 일곱 여덟 아홉".split(), strict=True))
_TENS = dict(zip("123456789", "열 스물 서른 마흔 쉰 예순 일흔 여든 아흔".split(), strict=True))
_POWERS = ("", "십", "백", "천", "만", "십", "백", "천", "억", "십", "백", "천", "조", "십", "백", "천")
_ALONE = 8  # powers of ten below 억 that are said without 일 in front

_SPECIAL = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"([ᄌᄍᄎ])ᅧ", r"\1ᅥ"),  # 5.1
        (r"([ᄀᄁᄂᄃᄄᄅᄆᄇᄈᄉᄊᄌᄍᄎᄏᄐᄑᄒ])ᅴ", r"\1ᅵ"),  # 5.3
        (r"/J", ""),
        (r"([\u1100\u1173])ᆮᄋ", r"\1ᄉ"),  # 16, as g2pk2 has it
        (r"([\u110b\u1173])[ᆽᆾᇀᇂ]ᄋ", r"\1ᄉ"),
        (r"([\u110b\u1173])ᆿᄋ", r"\1ᄀ"),
        (r"([\u110b\u1173])ᇁᄋ", r"\1ᄇ"),
        (r"ᆰ/P[ᄀᄁ]", "ᆯᄁ"),  # 11.1
        *((rf"([ᆲᆴ])/P{plain}", rf"\1{tense}") for plain, tense in zip("ᄀᄃᄉᄌ", "ᄁᄄᄊᄍ", strict=True)),  # 25
        *(
            (rf"{coda}/P{plain}", rf"{left}{tense}")  # 24
            for coda, left in (("([ᆫᆷ])", r"\1"), ("ᆬ", "ᆫ"), ("ᆱ", "ᆷ"))
            for plain, tense in zip("ᄀᄃᄉᄌ", "ᄁᄄᄊᄍ", strict=True)
        ),
        (r"(바)ᆲ($|[^ᄋᄒ])", r"\1ᆸ\2"),  # 10.1
        (r"(너)ᆲ([ᄌᄍ]ᅮ|[ᄃᄄ]ᅮ)", r"\1ᆸ\2"),
        (r"ᆮᄋ([ᅵᅧ])", r"ᄌ\1"),  # 17
        (r"ᇀᄋ([ᅵᅧ])", r"ᄎ\1"),
        (r"ᆴᄋ([ᅵᅧ])", r"ᆯᄎ\1"),
        (r"ᆮ히", "치"),
        *((rf"ᆯ/E {plain}", rf"ᆯ {tense}") for plain, tense in zip("ᄀᄃᄇᄉᄌ", "ᄁᄄᄈᄊᄍ", strict=True)),  # 27
        ("ᆯ걸", "ᆯ껄"),
        ("ᆯ밖에", "ᆯ빠께"),
        ("ᆯ세라", "ᆯ쎄라"),
        ("ᆯ수록", "ᆯ쑤록"),
        ("ᆯ지라도", "ᆯ찌라도"),
        ("ᆯ지언정", "ᆯ찌언정"),
        ("ᆯ진대", "ᆯ찐대"),
        (r"/[PJEB]", ""),
    )
]
_LINKS = (  # a coda before an empty onset moves over: 13, 14, 12.4
    *zip("ᆨᆩᆫᆮᆯᆷᆸᆺᆻᆽᆾᆿᇀᇁ", "ᄀᄁᄂᄃᄅᄆᄇᄉᄊᄌᄎᄏᄐᄑ", strict=True),
    ("ᆪ", "ᆨᄊ"), ("ᆬ", "ᆫᄌ"), ("ᆰ", "ᆯᄀ"), ("ᆱ", "ᆯᄆ"), ("ᆲ", "ᆯᄇ"), ("ᆳ", "ᆯᄊ"), ("ᆴ", "ᆯᄐ"), ("ᆵ", "ᆯᄑ"), ("ᆹ", "ᆸᄊ"),
    ("ᇂ", "ᄋ"), ("ᆭ", "ᄂ"), ("ᆶ", "ᄅ"),
)  # fmt: skip


def respelled(text: str) -> str:
    """Compounds that no rule can know, written as they are said."""
    for written, said in table("ko")["idioms"].items():
        text = text.replace(written, said)
    return text


def annotated(text: str, words: Sequence[tuple[str, str]]) -> str:
    """The text with the marks that some rules ask for: /J particle 의, /E ending, /P verb, /B counter.

    Args:
        text: as it is written.
        words: morphemes and their tags in the manner of mecab-ko.
    """
    if text.replace(" ", "") != "".join(word for word, _ in words):
        return text
    tags = iter([tag for word, name in words for tag in ["_"] * (len(word) - 1) + [_tag(name)]])
    return "".join(character + (_mark(character, next(tags)) if character != " " else "") for character in text)


def _tag(name: str) -> str:
    last = name.split("+")[-1]
    return "B" if last == "NNBC" else last[:1]


def _mark(character: str, tag: str) -> str:
    if tag == "B" or (tag == "J" and character == "의"):
        return f"/{tag}"
    coda = letters(character)[-1]
    if tag == "E" and coda == "ᆯ":
        return "/E"
    return "/P" if tag == "V" and coda in "ᆫᆬᆷᆱᆰᆲᆴ" else ""


def numbered(text: str) -> str:
    """Numbers in words: native before a counter that takes them, else Sino-Korean; others digit by digit."""
    text = re.sub(
        r"(\d[\d,]*)([ㄱ-힣]+)/B", lambda m: f"{_number(m[1], m[2] in _NATIVE)}{m[2]}/B", text, flags=re.ASCII
    )
    return re.sub(r"[0-9]", lambda match: _DIGITS[match[0]], text)


def _number(written: str, is_native: bool) -> str:
    digits = written.replace(",", "")
    if digits == "0":
        return _DIGITS["0"]
    if len(digits) > len(_POWERS):
        return "".join(_DIGITS[digit] for digit in digits)
    if is_native and digits == "20":
        return "스무"
    said: list[str] = []
    for power, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True):
        if digit == "0" and (power % 4 or not "".join(said[-3:])):
            said.append("")
        elif is_native and power < 2:
            said.append((_ONES, _TENS)[power].get(digit, ""))
        else:
            one = power and power < _ALONE and digit == "1"
            said.append(("" if one or digit == "0" else _DIGITS[digit]) + _POWERS[power])
    return "".join(said)


def letters(text: str) -> str:
    """Syllables in their letters; everything else as it is."""
    return "".join(_letters(character) for character in text)


@cache
def _letters(character: str) -> str:
    index = ord(character) - 0xAC00
    if not 0 <= index < 11172:
        return character
    onset, vowel, coda = index // 588, index // 28 % 21, index % 28
    return chr(0x1100 + onset) + chr(0x1161 + vowel) + (chr(0x11A7 + coda) if coda else "")


def said(spelled: str) -> str:
    """Letters with marks -> letters as they are said."""
    for pattern, replacement in _special():
        spelled = pattern.sub(replacement, spelled)
    for pattern, replacement in _table():
        spelled = pattern.sub(replacement, spelled)
    for coda, moved in _LINKS:
        spelled = spelled.replace(coda + "ᄋ", moved)
    return re.sub(r"(^|[^\u1100-\u1112])([\u1161-\u1175])", r"\1ᄋ\2", spelled)


@cache
def _special() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(letters(pattern.pattern)), letters(replacement)) for pattern, replacement in _SPECIAL]


@cache
def _table() -> list[tuple[re.Pattern[str], str]]:
    """What a coda and the onset after it become: 9 to 12, 18 to 20, 23."""
    rules: dict[str, list[str]] = table("ko")["codas"]
    onsets = table("ko")["onsets"]
    return [
        (re.compile(coda + onset), replacement)
        for coda, cells in rules.items()
        for onset, replacement in zip(onsets, cells, strict=True)
        if replacement
    ]
