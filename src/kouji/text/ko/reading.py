"""Korean text -> units: one per space-separated word, as written and as said."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from kouji.errors import InvalidInput
from kouji.text.phonemes import KO_CODAS, KO_ONSETS, KO_VOWELS
from kouji.text.punctuation import pause_for, stronger
from kouji.types import Unit

from .hangul import Syllable, decompose, is_syllable
from .sandhi import NEUTRAL, said
from .words import harden, respell

_LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
    "에이 비 씨 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 아르 에스 티 유 브이 더블유 엑스 와이 제트"
).split(), strict=True)) | dict(zip("0123456789", "영일이삼사오육칠팔구", strict=True))  # fmt: skip
_JAMO = dict(zip("ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎㄲㄸㅃㅆㅉ", (
    "기역 니은 디귿 리을 미음 비읍 시옷 이응 지읒 치읓 키읔 티읕 피읖 히읗 쌍기역 쌍디귿 쌍비읍 쌍시옷 쌍지읒"
).split(), strict=True)) | dict(zip("ㅏㅑㅓㅕㅗㅛㅜㅠㅡㅣㅐㅒㅔㅖㅘㅙㅚㅝㅞㅟㅢ", "아야어여오요우유으이애얘에예와왜외워웨위의", strict=True))  # fmt: skip
# Bound nouns: hard after an adnominal ending in ㄹ, also across the space (art. 27): 할 것을 [할꺼슬].
_BOUND = re.compile(
    r"^(것|거|게|걸|건|겁|수(가|는|도|밖에|를)?$|줄(은|을|도|로)?$|바(를|가|는)?$|데(가|는|에|도)?$|듯|적(이|은|도)?$|뿐|지(도|를)?$|사람|생각|예정)"
)
_COUNTERS = re.compile(r"^(시|개|살|번|분|명|권|장|달|대|병|잔|동|층|시간|사람|가지|군데|배|주|점|곳)")
# ㄴ comes in between these words too (art. 29): 한 일 [한닐], 옷 입다 [온닙따], 할 일 [할릴].
_TAKES_N = re.compile(
    r"^(일(이|을|은|도|만|과|에|들|입|인|하|했|할)?|입[는은을고다어습]|입었|이불|여섯|여덟|여름|이야기|요리|이름|약)"
)


@dataclass(frozen=True)
class _Word:
    text: str
    hangul: str  # syllable blocks only
    pause: str
    given: bool = False


def to_units(text: str, given: Mapping[int, str] | None = None) -> list[Unit]:
    """One unit per space-separated word.

    Args:
        text: normalised Korean (numbers in words), with its punctuation.
        given: index of a word's first character -> its pronunciation in hangul, taken as said. An empty one says
            where the word before it ends; without one it covers as many characters as it has syllables.

    Raises:
        InvalidInput: Chinese characters or other letters that are not hangul; a given pronunciation that is not hangul.
    """
    words = _words(text, given or {})
    units: list[Unit] = []
    first = 0
    for last, word in enumerate(words):  # one breath: the words up to a pause
        if word.pause or last + 1 == len(words):
            units += _breath(words[first : last + 1])
            first = last + 1
    return units


def _words(text: str, given: Mapping[int, str]) -> list[_Word]:
    pattern = re.compile(r"[^\W_](?:[^\W_]|[̀-ͯᄀ-ᇿ])*")
    matches = _cut(text, [m.span() for m in pattern.finditer(text)], given)
    words = []
    for i, (start, end) in enumerate(matches):
        following = matches[i + 1][0] if i + 1 < len(matches) else len(text)
        pause = ""
        between = text[end:following]
        for mark in between:
            pause = stronger(pause, pause_for(mark) or ("," if mark in "~〜-" and " " in between else ""))
        if "..." in between:
            pause = "…"
        fixed = bool(given.get(start))
        hangul = _given(given[start]) if fixed else _to_hangul(text[start:end])
        words.append(_Word(text[start:end], hangul, pause, fixed))
    return words


def _cut(text: str, spans: list[tuple[int, int]], given: Mapping[int, str]) -> list[tuple[int, int]]:
    """A given reading begins a word of its own, and ends it: at an empty reading, or after as many syllables."""
    edges = set(given)
    for start, reading in given.items():
        if reading and not any(not given[i] for i in given if i > start):
            edges.add(start + len(_given(reading)))
    cut = []
    for start, end in spans:
        inside = [start, *sorted(i for i in edges if start < i < end), end]
        cut += list(itertools.pairwise(inside))
    return cut


def _to_hangul(word: str) -> str:
    word = unicodedata.normalize("NFC", word)
    word = re.sub(r"([ㅋㅎ])\1+", lambda m: ("크" if m[1] == "ㅋ" else "흐") * len(m[0]), word)  # laughter
    word = "".join(_JAMO.get(c) or _LETTERS.get(unicodedata.normalize("NFKC", c).upper(), c) for c in word)
    other = sorted({c for c in word if not is_syllable(c)})
    if other:
        chinese = any("一" <= c <= "鿿" or "㐀" <= c <= "䶿" or "豈" <= c <= "﫿" for c in other)
        kind = "Chinese characters" if chinese else "characters"
        raise InvalidInput(
            f"These {kind} cannot be read in Korean: {' '.join(other[:20])}.",
            "Write them in hangul, or give their reading or their language.",
        )
    return word


def _given(hangul: str) -> str:
    hangul = unicodedata.normalize("NFC", hangul).replace(" ", "")
    if not hangul or not all(map(is_syllable, hangul)):
        raise InvalidInput(f"{hangul!r} is not a pronunciation in hangul.", "Write it in syllable blocks, like 궁물.")
    return hangul


def _breath(words: list[_Word]) -> list[Unit]:
    """Apply the rules to words that are said without a pause between them."""
    spelled = [word.hangul if word.given else respell(word.hangul) for word in words]
    for i in range(1, len(words)):
        if not words[i].given and not words[i - 1].given:
            spelled[i - 1], spelled[i] = _across(words[i - 1].hangul, words[i].hangul, spelled[i - 1], spelled[i])
    parts = [decompose(spelling) for spelling in spelled]
    first = 0
    for last in range(len(words)):  # runs of words that the rules join
        if last + 1 < len(words) and _joined(words[last], words[last + 1]):
            continue
        _say(words[first : last + 1], parts[first : last + 1])
        first = last + 1
    return [_unit(word, syllables) for word, syllables in zip(words, parts, strict=True)]


def _across(before: str, after: str, said_before: str, said_after: str) -> tuple[str, str]:
    """What the rules cannot know of two neighbouring words."""
    coda = decompose(before[-1])[0].coda
    if coda == "ㄹ" and _BOUND.match(after):
        return said_before, harden(said_after)
    if before in ("열", "여덟") and _COUNTERS.match(after):
        return said_before, harden(said_after)
    if coda and (len(before) == 1 or before in ("무슨", "어떤")) and _TAKES_N.match(after):
        first = decompose(said_after[0])[0]
        first.onset = "ㄴ" if first.onset == "ㅇ" else first.onset
        return said_before, str(first) + said_after[1:]
    return said_before, said_after


def _joined(word: _Word, after: _Word) -> bool:
    """Words of one syllable lean on the next: 못 해 [모태], 집 앞 [지밥], 옷 한 벌 [오탄벌]."""
    coda = decompose(word.hangul[-1])[0].coda
    if word.given or after.given or not coda or (len(word.hangul) > 1 and word.hangul not in ("무슨", "어떤")):
        return False
    first = decompose(after.hangul[0])[0]
    return first.onset != "ㅇ" or bool(_TAKES_N.match(after.hangul)) or first.vowel not in "ㅣㅑㅕㅛㅠ"


def _say(words: list[_Word], parts: list[list[Syllable]]) -> None:
    syllables = [syllable for part, word in zip(parts, words, strict=True) if not word.given for syllable in part]
    joints = [
        i > 0 and j == 0
        for i, (part, word) in enumerate(zip(parts, words, strict=True))
        if not word.given
        for j in range(len(part))
    ]
    said(syllables, joints)


def _unit(word: _Word, syllables: list[Syllable]) -> Unit:
    said_as = "".join(map(str, syllables))
    return Unit(word.text, "ko", word.hangul, said_as, to_phonemes(syllables), True, word.pause)


def to_phonemes(syllables: list[Syllable]) -> tuple[str, ...]:
    """Phonemes of syllables as they are said; ㄹㄹ is one long lateral, not lateral and tap."""
    phonemes: list[str] = []
    coda = ""
    for syllable in syllables:
        onset = "l" if coda == "ㄹ" and syllable.onset == "ㄹ" else KO_ONSETS[syllable.onset]
        coda = syllable.coda
        phonemes += [p for p in (onset, KO_VOWELS[syllable.vowel], _coda(coda)) if p]
    return tuple(phonemes)


def _coda(coda: str) -> str:
    """A given pronunciation may have any coda; it is said as one of the seven."""
    return KO_CODAS[NEUTRAL.get(coda, coda)] if coda else ""
