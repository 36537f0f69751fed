"""How written Korean is said: the rules of 표준 발음법 (Standard Pronunciation, National Institute of Korean Language).

Rules work on neighbouring syllables of one word, or of two words said in one breath. What no rule can know, the
words of `data/ko_words.txt` say: compounds that insert ㄴ or harden, Sino-Korean words that harden after ㄹ.
"""

from __future__ import annotations

from .hangul import Syllable, decompose

NEUTRAL = {  # art. 8-11: the seven codas that are said
    "ㄲ": "ㄱ", "ㅋ": "ㄱ", "ㄳ": "ㄱ", "ㄺ": "ㄱ", "ㅅ": "ㄷ", "ㅆ": "ㄷ", "ㅈ": "ㄷ", "ㅊ": "ㄷ", "ㅌ": "ㄷ", "ㅎ": "ㄷ", "ㅍ": "ㅂ",
    "ㄿ": "ㅂ", "ㅄ": "ㅂ", "ㄵ": "ㄴ", "ㄶ": "ㄴ", "ㄼ": "ㄹ", "ㄽ": "ㄹ", "ㄾ": "ㄹ", "ㅀ": "ㄹ", "ㄻ": "ㅁ",
}  # fmt: skip
_SPLIT = {  # what stays and what moves on to a vowel, art. 13-14
    "ㄳ": ("ㄱ", "ㅆ"), "ㄵ": ("ㄴ", "ㅈ"), "ㄶ": ("", "ㄴ"), "ㄺ": ("ㄹ", "ㄱ"), "ㄻ": ("ㄹ", "ㅁ"), "ㄼ": ("ㄹ", "ㅂ"),
    "ㄽ": ("ㄹ", "ㅆ"), "ㄾ": ("ㄹ", "ㅌ"), "ㄿ": ("ㄹ", "ㅍ"), "ㅀ": ("", "ㄹ"), "ㅄ": ("ㅂ", "ㅆ"), "ㅎ": ("", "ㅇ"),
}  # fmt: skip
_TENSE = {"ㄱ": "ㄲ", "ㄷ": "ㄸ", "ㅂ": "ㅃ", "ㅅ": "ㅆ", "ㅈ": "ㅉ"}
_ASPIRATED = {"ㄱ": "ㅋ", "ㄷ": "ㅌ", "ㅂ": "ㅍ", "ㅈ": "ㅊ"}
_NASAL = {"ㄱ": "ㅇ", "ㄷ": "ㄴ", "ㅂ": "ㅁ"}
_STEMS_IN_LG = frozenset("읽맑늙밝굵긁붉묽갉얽낡")  # before ㄱ these keep ㄹ: 읽고 [일꼬], but 닭과 [닥꽈]
_NO_HARDENING = frozenset("덟")  # 여덟도 [여덜도]: a noun, not a stem


def said(syllables: list[Syllable], joints: list[bool]) -> None:
    """Change the syllables, in place, to what is said.

    Args:
        syllables: of one breath.
        joints: for each syllable, True if it begins a word (other than the first); rules that hold only within a
            word stop there.
    """
    for syllable in syllables:
        _written_vowel(syllable)
    for i, syllable in enumerate(syllables):
        after = syllables[i + 1] if i + 1 < len(syllables) else None
        if after is None:
            syllable.coda = NEUTRAL.get(syllable.coda, syllable.coda)
        else:
            written = str(syllable)
            _meet(syllable, after, written, joints[i + 1])
        if syllable.onset in ("ㅈ", "ㅉ", "ㅊ") and syllable.vowel == "ㅕ":
            syllable.vowel = "ㅓ"  # 가져 [가저], 붙여 [부처]: art. 5


def _meet(first: Syllable, second: Syllable, written: str, joint: bool) -> None:
    """Everything that happens between the coda of one syllable and the onset of the next."""
    if joint:
        first.coda = NEUTRAL.get(first.coda, first.coda)
    if not first.coda:
        return
    if second.onset == "ㅇ":
        _link(first, second, joint)
        return
    if second.onset == "ㅎ":
        _breathe(first, second)
    if first.coda in ("ㅎ", "ㄶ", "ㅀ"):
        _lose_h(first, second)
    _harden(first, second, written)
    first.coda = _neutral_before(first.coda, second.onset, written)
    _assimilate(first, second)


def _link(first: Syllable, second: Syllable, joint: bool) -> None:
    """Liaison (art. 13-15) and palatalisation (art. 17)."""
    if first.coda == "ㅇ":
        return
    stays, moves = _SPLIT.get(first.coda, ("", first.coda))
    if moves in ("ㄷ", "ㅌ") and second.vowel in ("ㅣ", "ㅕ") and not joint:
        moves = {"ㄷ": "ㅈ", "ㅌ": "ㅊ"}[moves]
    first.coda, second.onset = stays, moves


def _breathe(first: Syllable, second: Syllable) -> None:
    """A stop before ㅎ becomes aspirated (art. 12.1 and 17): 입학 [이팍], 맏형 [마텽], 굳히다 [구치다]."""
    stays, stop = {"ㄺ": ("ㄹ", "ㄱ"), "ㄼ": ("ㄹ", "ㅂ"), "ㄵ": ("ㄴ", "ㅈ")}.get(first.coda, ("", first.coda))
    if stop not in ("ㅈ",):
        stop = NEUTRAL.get(stop, stop) if stop not in ("ㅎ", "ㄶ", "ㅀ") else stop
    if stop not in _ASPIRATED:
        return
    palatal = first.coda in ("ㄷ", "ㅌ") and (
        second.vowel == "ㅣ" or (second.vowel == "ㅕ" and second.coda in ("", "ㅆ"))
    )
    first.coda, second.onset = stays, "ㅊ" if palatal else _ASPIRATED[stop]


def _lose_h(first: Syllable, second: Syllable) -> None:
    """The coda ㅎ before a consonant (art. 12)."""
    rest = {"ㅎ": "", "ㄶ": "ㄴ", "ㅀ": "ㄹ"}[first.coda]
    if second.onset in ("ㄱ", "ㄷ", "ㅈ"):
        first.coda, second.onset = rest, _ASPIRATED[second.onset]
    elif second.onset == "ㅅ":
        first.coda, second.onset = rest, "ㅆ"
    elif second.onset == "ㅎ":
        first.coda = rest
    elif rest:
        first.coda = rest


def _harden(first: Syllable, second: Syllable, written: str) -> None:
    """Tense onsets after stops, and after the stem codas ㄵ ㄻ ㄼ ㄾ (art. 23-25)."""
    if second.onset not in _TENSE:
        return
    stop = NEUTRAL.get(first.coda, first.coda) in ("ㄱ", "ㄷ", "ㅂ")
    stem = first.coda in ("ㄵ", "ㄼ", "ㄾ") and written not in _NO_HARDENING
    stem = stem or (first.coda == "ㄻ" and _is_ending(written, second))
    if stop or stem:
        second.onset = _TENSE[second.onset]


def _is_ending(written: str, second: Syllable) -> bool:
    """After ㄻ: 닮고, 젊지 harden; 삶과 (a noun) and 옮기다, 굶기다 (voice suffix) do not."""
    if second.vowel in ("ㅘ", "ㅗ") and second.onset in ("ㄱ", "ㄷ") and written == "삶":
        return second.onset == "ㄱ" and second.vowel == "ㅗ"
    return not (written in ("옮", "굶", "곪") and second.onset == "ㄱ" and second.vowel in ("ㅣ", "ㅕ"))


def _neutral_before(coda: str, onset: str, written: str) -> str:
    if coda == "ㄺ" and onset == "ㄲ" and written in _STEMS_IN_LG:
        return "ㄹ"
    if coda == "ㄼ" and written == "밟":
        return "ㅂ"
    return NEUTRAL.get(coda, coda)


def _assimilate(first: Syllable, second: Syllable) -> None:
    """Nasals and laterals change their neighbours (art. 18-20)."""
    if second.onset == "ㄹ" and first.coda in ("ㅁ", "ㅇ", *_NASAL):
        second.onset = "ㄴ"
    if second.onset in ("ㄴ", "ㅁ") and first.coda in _NASAL:
        first.coda = _NASAL[first.coda]
    elif (first.coda, second.onset) in (("ㄴ", "ㄹ"), ("ㄹ", "ㄴ")):
        first.coda = second.onset = "ㄹ"


def _written_vowel(syllable: Syllable) -> None:
    """Art. 5: ㅖ keeps its glide only in 예, 녜 and 례; ㅢ written after a consonant is ㅣ (희망 [히망], but 국민의 [궁미늬])."""
    if syllable.vowel == "ㅖ" and syllable.onset not in ("ㅇ", "ㄹ", "ㄴ"):
        syllable.vowel = "ㅔ"
    elif syllable.vowel == "ㅢ" and syllable.onset != "ㅇ":
        syllable.vowel = "ㅣ"


def say(hangul: str) -> str:
    """What one word sounds like, in hangul, by rule alone: "국물" -> "궁물"."""
    syllables = decompose(hangul)
    said(syllables, [False] * len(syllables))
    return "".join(map(str, syllables))
