"""IPA of Mandarin and Cantonese -> pinyin and jyutping: a syllable, then its tone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from kouji.errors import InvalidInput

from ..phonemes import YUE_FINALS, YUE_INITIALS, ZH_FINALS, ZH_INITIALS, split_pinyin
from .symbols import unknown

_CHAO = {"˥": "5", "˦": "4", "˧": "3", "˨": "2", "˩": "1"}
_RAISED = dict(zip("⁰¹²³⁴⁵⁶", "0123456", strict=True))
_TONE = re.compile(r"[˥˦˧˨˩]+|[⁰¹²³⁴⁵⁶]+|[0-6]+")
# Contours by Chao's numbers; one digit alone is the number of the tone.
_ZH_TONES = {
    "55": "1", "44": "1", "35": "2", "25": "2", "24": "2", "214": "3", "213": "3", "212": "3", "21": "3", "211": "3",
    "51": "4", "53": "4", "41": "4", "33": "5", "22": "5", "11": "3", "1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "0": "5",
}  # fmt: skip
_YUE_TONES = {
    "55": "1", "53": "1", "25": "2", "35": "2", "33": "3", "21": "4", "11": "4", "23": "5", "13": "5", "24": "5",
    "22": "6", "1": "1", "2": "2", "3": "3", "4": "4", "5": "5", "6": "6",
}  # fmt: skip
# Ways to write one sound; what is right stands for all on its left.
_FOLDED = (
    ("ʰ", "h"), ("ʷ", "w"), ("ɪ", "i"), ("ʊ", "u"), ("ʏ", "y"), ("ɛ", "e"),
    ("ᴇ", "e"), ("ɑ", "a"), ("æ", "a"), ("ɻ\u0329", "ʅ"), ("ʐ\u0329", "ʅ"), ("ɹ\u0329", "ɿ"), ("z\u0329", "ɿ"),
    ("ɚ", "ər"), ("ɻ", "r"), ("ɹ", "r"), ("ʐ", "r"), ("˞", "r"), ("ɨ", "ʅ"), ("ɣ", "x"), ("\u032f", ""), ("\u0329", ""),
    ("\u031a", ""), ("\u0325", ""), ("ː", ""), (".", ""), (" ", ""), ("ˈ", ""), ("ˌ", ""),
)  # fmt: skip
_GLIDES = (("j", "i"), ("w", "u"), ("ɥ", "y"))  # in Mandarin they are the vowels that they glide from
_ALSO = {  # other ways to write a Mandarin final, folded
    "uo": ("o", "uɔ", "ɔ"), "eng": ("ɤŋ", "ʌŋ"), "en": ("en",), "e": ("ə", "uɤ", "ɤə"), "ong": ("oŋ", "uəŋ"),
    "iong": ("yŋ", "ioŋ", "yuŋ"), "ian": ("ian",), "van": ("yan",), "iou": ("iu", "iəu"), "uei": ("ui",), "ou": ("əu",),
    "uen": ("un",), "ao": ("ao",), "iao": ("iao",), "er": ("ər", "er", "arr", "aər"), "ing": ("iəŋ",), "in": ("iən",),
    "vn": ("yən", "uyn"), "ei": ("əi",), "ie": ("iə",), "ii": ("i", "z", "ʅ"), "iii": ("r", "i", "ɿ"),
}  # fmt: skip
_YUE_ALSO = {  # the same for Cantonese
    "a": ("ɐ", "ʌ", "ə"), "oe": ("ø", "œ", "ɵ"), "eo": ("ɵ", "ø", "œ"), "ng": ("ŋ",), "eoi": ("ɵi", "øy", "œy"),
}  # fmt: skip
_HEARD_YUE = {"ts": ("tʃ", "tɕ"), "tsh": ("tʃh", "tɕh"), "s": ("ʃ", "ɕ"), "kwh": ("khw",)}


def pinyin(ipa: str) -> tuple[str, ...]:
    """ "ʈʂʊŋ˥ kwɔ˧˥" -> ("zhong1", "guo2"). Raises InvalidInput, naming the symbol or the syllable."""
    return tuple(_syllables(ipa, _mandarin(), _ZH_TONES, "zh", _fold))


def jyutping(ipa: str) -> tuple[str, ...]:
    """ "kʷɔːŋ˧˥" -> ("gwong2",). Raises InvalidInput, naming the symbol or the syllable."""
    return tuple(_syllables(ipa, _cantonese(), _YUE_TONES, "yue", _fold_cantonese))


def _syllables(
    ipa: str, known: Mapping[str, str], tones: Mapping[str, str], language: str, fold: Callable[[str], str]
) -> Iterable[str]:
    position = 0
    for match in _TONE.finditer(ipa):
        segment = ipa[position : match.start()]
        position = match.end()
        contour = "".join(_CHAO.get(c) or _RAISED.get(c) or c for c in match[0])
        tone = tones.get(contour * 2 if len(contour) == 1 and contour != match[0] and match[0] in _CHAO else contour)
        if tone is None:
            raise InvalidInput(f"{match[0]!r} in {ipa!r} is no tone.", f"Use {', '.join(tones)}.")
        yield _base(segment, known, ipa, language, fold) + tone
    if position < len(ipa) or not ipa.strip():
        raise InvalidInput(
            f"{ipa[position:].strip()!r} in {ipa!r} has no tone.", "Write one behind each syllable: ma˧˥, ma35 or ma2."
        )


def _base(segment: str, known: Mapping[str, str], whole: str, language: str, fold: Callable[[str], str]) -> str:
    folded = fold(segment)
    if folded in known:
        return known[folded]
    letters = {letter for key in known for letter in key}
    for character in segment:
        if any(letter not in letters for letter in fold(character)):
            raise unknown(character, whole, language)
    raise InvalidInput(f"{segment.strip()!r} in {whole!r} is no syllable that is spoken.", "Check it sound by sound.")


def _fold(ipa: str) -> str:
    for written, same in (*_FOLDED, *_GLIDES):
        ipa = ipa.replace(written, same)
    return ipa


def _fold_cantonese(ipa: str) -> str:
    """A glide at the end of a syllable is a vowel; at its head it is an initial, or rounds one."""
    for written, same in _FOLDED:
        ipa = ipa.replace(written, same)
    return ipa[:-1] + {"j": "i", "w": "u"}.get(ipa[-1:], ipa[-1:])


@cache
def _mandarin() -> Mapping[str, str]:
    """Folded IPA -> pinyin without tone, of every syllable that a character has."""
    from ..zh.lexicon import lexicon

    spelled = {reading[:-1] for said in lexicon().characters.values() for reading in said.split(",")}
    found: dict[str, str] = {}
    also: dict[str, str] = {}
    for syllable in sorted(spelled):
        try:
            initial, final, _ = split_pinyin(syllable + "1")
        except ValueError:
            continue
        onset = _fold(ZH_INITIALS.get(initial, ""))
        found[onset + _fold(ZH_FINALS[final])] = syllable
        onsets = (onset, "h") if onset == "x" else (onset,)
        for each in (_fold(ZH_FINALS[final]), *_ALSO.get(final, ())):
            for start in onsets:
                also.setdefault(start + each, syllable)
    return {**also, **found}


@cache
def _cantonese() -> Mapping[str, str]:
    """Folded IPA -> jyutping without tone."""
    fold = _fold_cantonese
    found: dict[str, str] = {}
    also: dict[str, str] = {}
    for initial, onset in {"": "", **YUE_INITIALS}.items():
        for final, rime in YUE_FINALS.items():
            if final in ("m", "ng") and initial not in ("", "h"):
                continue
            syllable = initial + final
            head = onset.replace("ʷ", "w").replace("ʰ", "h")
            found.setdefault(head + fold(rime), syllable)
            nucleus = next((n for n in ("aa", "oe", "eo", "yu") if final.startswith(n)), final[:1])
            heads = _YUE_ALSO.get(nucleus, ())
            tail = fold(rime)[len(fold(YUE_FINALS.get(nucleus, "")) or " ") :]
            for start in (head, *_HEARD_YUE.get(head, ())):
                for each in (fold(rime), *(vowel + tail for vowel in heads), *_YUE_ALSO.get(final, ())):
                    also.setdefault(start + each, syllable)
    return {**also, **found}
