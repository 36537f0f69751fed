"""IPA of Korean -> hangul as it is said."""

from __future__ import annotations

from kouji.errors import InvalidInput

from ..ko.hangul import Syllable
from .symbols import tokens, unknown

_TENSE = "\u0348"
_CONSONANTS = {
    "k": "ㄱ", "ɡ": "ㄱ", f"k{_TENSE}": "ㄲ", "kk": "ㄲ", "kʰ": "ㅋ", "n": "ㄴ", "ɲ": "ㄴ", "t": "ㄷ", "d": "ㄷ",
    f"t{_TENSE}": "ㄸ", "tt": "ㄸ", "tʰ": "ㅌ", "ɾ": "ㄹ", "r": "ㄹ", "l": "ㄹ", "ɭ": "ㄹ", "ʎ": "ㄹ", "m": "ㅁ",
    "p": "ㅂ", "b": "ㅂ", "β": "ㅂ", f"p{_TENSE}": "ㅃ", "pp": "ㅃ", "pʰ": "ㅍ", "s": "ㅅ", "ɕ": "ㅅ", "sʰ": "ㅅ", "ʃ": "ㅅ",
    f"s{_TENSE}": "ㅆ", f"ɕ{_TENSE}": "ㅆ", "ss": "ㅆ", "tɕ": "ㅈ", "dʑ": "ㅈ", "tʃ": "ㅈ", "dʒ": "ㅈ",
    f"tɕ{_TENSE}": "ㅉ", f"t{_TENSE}ɕ": "ㅉ", "ttɕ": "ㅉ", "tɕʰ": "ㅊ", "tʃʰ": "ㅊ", "h": "ㅎ", "ɦ": "ㅎ", "ç": "ㅎ", "x": "ㅎ",
    "ŋ": "ㅇ",
}  # fmt: skip
_VOWELS = {
    "a": "ㅏ", "ɐ": "ㅏ", "ɛ": "ㅐ", "æ": "ㅐ", "ʌ": "ㅓ", "ə": "ㅓ", "ɔ": "ㅓ", "e": "ㅔ", "o": "ㅗ", "u": "ㅜ", "ɯ": "ㅡ",
    "ɨ": "ㅡ", "i": "ㅣ", "ø": "ㅚ", "y": "ㅟ", "ja": "ㅑ", "jɐ": "ㅑ", "jɛ": "ㅒ", "jʌ": "ㅕ", "jə": "ㅕ", "jɔ": "ㅕ",
    "je": "ㅖ", "jo": "ㅛ", "ju": "ㅠ", "wa": "ㅘ", "wɐ": "ㅘ", "wɛ": "ㅙ", "we": "ㅞ", "wʌ": "ㅝ", "wə": "ㅝ", "wɔ": "ㅝ",
    "wi": "ㅟ", "ɥi": "ㅟ", "ɰi": "ㅢ", "ɯi": "ㅢ",
}  # fmt: skip
_CODAS = "ㄱㄴㄷㄹㅁㅂㅇㅅㅈㅊㅋㅌㅍㅎ"
_MARKS = (".", " ", "ˈ", "ː", "\u031a", "\u0325", "\u031e", "\u0320")


def hangul(ipa: str) -> tuple[str, ...]:
    """ "kuŋmul" -> ("궁물",).

    Raises:
        InvalidInput: a symbol that Korean has no sound for, or sounds that make no syllable.
    """
    syllables: list[Syllable] = []
    pending: list[str] = []  # consonants since the last vowel; "" is a border
    for symbol in tokens(ipa, {**_CONSONANTS, **_VOWELS, **dict.fromkeys(_MARKS, "")}, "ko"):
        if symbol in _VOWELS:
            onset = pending.pop() if pending and pending[-1] not in ("", "ㅇ") else "ㅇ"
            _close(syllables, pending, ipa)
            syllables.append(Syllable(onset, _VOWELS[symbol], ""))
            pending = []
        elif symbol in _CONSONANTS:
            pending.append(_CONSONANTS[symbol])
        elif symbol in (".", " ", "\u031a"):
            pending.append("")
    _close(syllables, pending, ipa)
    if not syllables:
        raise InvalidInput(f"There is no vowel in {ipa!r}.", "Write syllables, such as kuŋmul.")
    return ("".join(map(str, syllables)),)


def _close(syllables: list[Syllable], pending: list[str], ipa: str) -> None:
    """Give the last syllable the consonant that is left over."""
    left = [consonant for consonant in pending if consonant]
    if not left:
        return
    if len(left) > 1 or not syllables or left[0] not in _CODAS:
        raise unknown(ipa, ipa, "ko") if not syllables else InvalidInput(
            f"Korean has no syllable with {''.join(left)} at its end in {ipa!r}.", "One of k n t l m p ŋ may end one."
        )
    syllables[-1].coda = left[0]
