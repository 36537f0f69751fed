"""One phoneme inventory for all languages, built from shared segments.

A *segment* is one articulation ("tɕʰ", "a", "ŋ"), described by features (place, manner, height …).
A *phoneme* is what gets one duration: a consonant, or a vowel with its glide and coda ("jaŋ", "aɪ").
It is written as its segments one after the other, with a digit for tone, stress or pitch after it:

    zh  向  ɕ jɑŋ4          digits 1-5: tones, 5 neutral
    en  tie tʰ aɪ1          digits 0-2: stress, vowels only
    ja  はし h a2 ɕ i1       digits 1-2: low and high pitch, vowels and moraic nasal
    ko  집  tɕ i p̚          no digit
    yue 廣  kʷ ɔŋ2          digits 1-6: tones

Because Mandarin "aɪ" and English "aɪ" are the same phoneme, and "jaŋ" and "an" share their vowel, a model
that embeds segments and features speaks every language with every voice.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import numpy as np

# ---- segments -----------------------------------------------------------------------------------

PLACES = ("labial", "labiodental", "dental", "alveolar", "retroflex", "palatal", "velar", "glottal")
MANNERS = ("stop", "affricate", "fricative", "nasal", "approximant", "lateral", "tap", "vowel")
BINARY = ("voiced", "aspirated", "tense", "unreleased", "rounded", "rhotic")
FEATURES = (*PLACES, *MANNERS, *BINARY, "height", "front", "sibilant", "pause")

_CONSONANTS = """
p labial stop; pʰ labial stop aspirated; p͈ labial stop tense; b labial stop voiced; p̚ labial stop unreleased
t alveolar stop; tʰ alveolar stop aspirated; t͈ alveolar stop tense; d alveolar stop voiced; t̚ alveolar stop unreleased
k velar stop; kʰ velar stop aspirated; k͈ velar stop tense; ɡ velar stop voiced; k̚ velar stop unreleased
kʷ velar stop rounded; kʷʰ velar stop rounded aspirated; ʔ glottal stop
m labial nasal voiced; n alveolar nasal voiced; ɲ palatal nasal voiced; ŋ velar nasal voiced; ɴ velar nasal voiced tense
f labiodental fricative; v labiodental fricative voiced; ɸ labial fricative
θ dental fricative; ð dental fricative voiced
s alveolar fricative sibilant; s͈ alveolar fricative sibilant tense; z alveolar fricative sibilant voiced
ʃ palatal fricative sibilant rounded; ʒ palatal fricative sibilant rounded voiced
ɕ palatal fricative sibilant; ʂ retroflex fricative sibilant; ʐ retroflex fricative sibilant voiced
ç palatal fricative; x velar fricative; h glottal fricative
ts alveolar affricate sibilant; tsʰ alveolar affricate sibilant aspirated; dz alveolar affricate sibilant voiced
tʂ retroflex affricate sibilant; tʂʰ retroflex affricate sibilant aspirated
tɕ palatal affricate sibilant; tɕʰ palatal affricate sibilant aspirated; tɕ͈ palatal affricate sibilant tense
dʑ palatal affricate sibilant voiced
tʃ palatal affricate sibilant rounded aspirated; dʒ palatal affricate sibilant rounded voiced
l alveolar lateral voiced; ɹ retroflex approximant voiced rhotic; ɾ alveolar tap voiced
"""
# Vowels and glides: height 1 close … 0 open, front 1 front … 0 back.
_VOWELS = """
i 1 1; j 1 1; y 1 1 rounded; ɥ 1 1 rounded; ɨ 1 .5; ɯ 1 0; ɰ 1 0; u 1 0 rounded; w 1 0 rounded
ɪ .85 .85; ʊ .85 .15 rounded; e .7 1; ɵ .7 .5 rounded; ɤ .65 0; o .65 0 rounded
ə .5 .5; ɚ .5 .5 rhotic; ɛ .4 1; œ .4 1 rounded; ʌ .35 .1; ɔ .35 0 rounded; æ .15 1; ɐ .2 .5; a 0 .7; ɑ 0 .1
ɹ̩ .9 .7 sibilant; ɻ̩ .9 .5 sibilant rhotic; i̥ 1 1 voiceless; ɯ̥ 1 0 voiceless
"""
GLIDES = frozenset("j ɥ w ɰ".split())


@cache
def segments() -> dict[str, np.ndarray]:
    """Segment -> its features (len(FEATURES),) float32, in the fixed order that models are trained with."""
    table = {"_": _features("pause")}
    for entry in re.split(r"[;\n]", _CONSONANTS.strip()):
        name, *features = entry.split()
        table[name] = _features(*features)
    for entry in re.split(r"[;\n]", _VOWELS.strip()):
        name, height, front, *features = entry.split()
        kind = "approximant" if name in GLIDES else "vowel"
        voicing = () if "voiceless" in features else ("voiced",)
        row = _features(kind, *voicing, *(f for f in features if f != "voiceless"))
        row[FEATURES.index("height")], row[FEATURES.index("front")] = float(height), float(front)
        table[name] = row
    return table


def _features(*names: str) -> np.ndarray:
    row = np.zeros(len(FEATURES), np.float32)
    for name in names:
        row[FEATURES.index(name)] = 1
    return row


# ---- phonemes -----------------------------------------------------------------------------------

PAUSES = ("_", ",", ".", "?", "!", "…")  # unmarked short pause, and the marks that ask for one
N_TONES = 7  # 0 none, 1-6; the meaning depends on the language
LANGUAGES = ("zh", "en", "ja", "ko", "yue")

ZH_INITIALS = {
    "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l",
    "g": "k", "k": "kʰ", "h": "x", "j": "tɕ", "q": "tɕʰ", "x": "ɕ",
    "zh": "tʂ", "ch": "tʂʰ", "sh": "ʂ", "r": "ʐ", "z": "ts", "c": "tsʰ", "s": "s",
}  # fmt: skip
ZH_FINALS = {  # pinyin finals in full spelling: "v" for ü, "ii" after z c s, "iii" after zh ch sh r
    "a": "a", "o": "wo", "e": "ɤ", "ê": "ɛ", "ai": "aɪ", "ei": "eɪ", "ao": "ɑʊ", "ou": "oʊ", "an": "an", "en": "ən",
    "ang": "ɑŋ", "eng": "əŋ", "ong": "ʊŋ", "er": "ɑɚ", "i": "i", "ia": "ja", "io": "jɔ", "ie": "jɛ", "iao": "jɑʊ",
    "iou": "joʊ", "ian": "jɛn", "in": "in", "iang": "jɑŋ", "ing": "iŋ", "iong": "jʊŋ", "u": "u", "ua": "wa",
    "uo": "wo", "uai": "waɪ", "uei": "weɪ", "uan": "wan", "uen": "wən", "uang": "wɑŋ", "ueng": "wəŋ", "v": "y",
    "ve": "ɥɛ", "van": "ɥɛn", "vn": "yn", "ii": "ɹ̩", "iii": "ɻ̩",
    "m": "m", "n": "n", "ng": "ŋ",  # 呣 嗯
}  # fmt: skip
ZH_ERHUA = {  # final + 儿 in one syllable: the coda goes, the vowel is retroflexed
    "a": "ɑɚ", "ai": "ɑɚ", "an": "ɑɚ", "o": "woɚ", "e": "ɤɚ", "ei": "ɚ", "en": "ɚ", "ao": "ɑʊɚ", "ou": "oʊɚ",
    "ang": "ɑŋɚ", "eng": "əŋɚ", "ong": "ʊŋɚ", "i": "iɚ", "in": "iɚ", "ia": "jɑɚ", "ian": "jɑɚ", "ie": "jɛɚ",
    "iao": "jɑʊɚ", "iou": "joʊɚ", "iang": "jɑŋɚ", "ing": "iŋɚ", "iong": "jʊŋɚ", "u": "uɚ", "ua": "wɑɚ",
    "uai": "wɑɚ", "uan": "wɑɚ", "uo": "woɚ", "uei": "wɚ", "uen": "wɚ", "uang": "wɑŋɚ", "ueng": "wəŋɚ",
    "v": "yɚ", "vn": "yɚ", "ve": "ɥɛɚ", "van": "ɥɑɚ", "ii": "ɚ", "iii": "ɚ",
}  # fmt: skip

EN_PHONEMES = {  # ARPABET; AH is "ə" without stress
    "AA": "ɑ", "AE": "æ", "AH": "ʌ", "AO": "ɔ", "AW": "aʊ", "AY": "aɪ", "EH": "ɛ", "ER": "ɚ", "EY": "eɪ", "IH": "ɪ",
    "IY": "i", "OW": "oʊ", "OY": "ɔɪ", "UH": "ʊ", "UW": "u",
    "B": "b", "CH": "tʃ", "D": "d", "DH": "ð", "F": "f", "G": "ɡ", "HH": "h", "JH": "dʒ", "K": "kʰ", "L": "l",
    "M": "m", "N": "n", "NG": "ŋ", "P": "pʰ", "R": "ɹ", "S": "s", "SH": "ʃ", "T": "tʰ", "TH": "θ", "V": "v",
    "W": "w", "Y": "j", "Z": "z", "ZH": "ʒ",
}  # fmt: skip

JA_PHONEMES = {  # OpenJTalk names; a long vowel is its vowel twice, "cl" is the geminate's closure
    "a": "a", "i": "i", "u": "ɯ", "e": "e", "o": "o", "I": "i̥", "U": "ɯ̥", "A": "a", "E": "e", "O": "o",
    "N": "ɴ", "cl": "ʔ", "k": "k", "ky": "kj", "kw": "kʷ", "g": "ɡ", "gy": "ɡj", "gw": "ɡw", "s": "s", "sh": "ɕ",
    "z": "dz", "j": "dʑ", "t": "t", "ty": "tj", "ts": "ts", "ch": "tɕ", "d": "d", "dy": "dj", "n": "n", "ny": "ɲ",
    "h": "h", "hy": "ç", "f": "ɸ", "b": "b", "by": "bj", "p": "p", "py": "pj", "m": "m", "my": "mj", "y": "j",
    "r": "ɾ", "ry": "ɾj", "w": "w", "v": "b",
}  # fmt: skip

KO_ONSETS = {
    "ㄱ": "k", "ㄲ": "k͈", "ㄴ": "n", "ㄷ": "t", "ㄸ": "t͈", "ㄹ": "ɾ", "ㅁ": "m", "ㅂ": "p", "ㅃ": "p͈", "ㅅ": "s",
    "ㅆ": "s͈", "ㅇ": "", "ㅈ": "tɕ", "ㅉ": "tɕ͈", "ㅊ": "tɕʰ", "ㅋ": "kʰ", "ㅌ": "tʰ", "ㅍ": "pʰ", "ㅎ": "h",
}  # fmt: skip
KO_VOWELS = {
    "ㅏ": "a", "ㅐ": "ɛ", "ㅑ": "ja", "ㅒ": "jɛ", "ㅓ": "ʌ", "ㅔ": "e", "ㅕ": "jʌ", "ㅖ": "je", "ㅗ": "o", "ㅘ": "wa",
    "ㅙ": "wɛ", "ㅚ": "we", "ㅛ": "jo", "ㅜ": "u", "ㅝ": "wʌ", "ㅞ": "we", "ㅟ": "wi", "ㅠ": "ju", "ㅡ": "ɯ",
    "ㅢ": "ɰi", "ㅣ": "i",
}  # fmt: skip
KO_CODAS = {"ㄱ": "k̚", "ㄴ": "n", "ㄷ": "t̚", "ㄹ": "l", "ㅁ": "m", "ㅂ": "p̚", "ㅇ": "ŋ"}  # after neutralisation

YUE_INITIALS = {
    "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l", "g": "k", "k": "kʰ",
    "ng": "ŋ", "h": "h", "gw": "kʷ", "kw": "kʷʰ", "w": "w", "z": "ts", "c": "tsʰ", "s": "s", "j": "j",
}  # fmt: skip
_YUE_NUCLEI = {"aa": "a", "a": "ɐ", "e": "ɛ", "i": "i", "o": "ɔ", "u": "u", "oe": "œ", "eo": "ɵ", "yu": "y"}
_YUE_CODAS = {"": "", "i": "ɪ", "u": "ʊ", "m": "m", "n": "n", "ng": "ŋ", "p": "p̚", "t": "t̚", "k": "k̚"}
YUE_FINALS = {n + c: _YUE_NUCLEI[n] + _YUE_CODAS[c] for n in _YUE_NUCLEI for c in _YUE_CODAS} | {
    "ei": "eɪ", "ou": "oʊ", "eoi": "ɵy", "ing": "ɪŋ", "ik": "ɪk̚", "ung": "ʊŋ", "uk": "ʊk̚", "m": "m", "ng": "ŋ",
}  # fmt: skip


@cache
def inventory() -> tuple[str, ...]:
    """Every phoneme of every language, without its digit, sorted; pauses first."""
    tables = (
        ZH_INITIALS, ZH_FINALS, ZH_ERHUA, EN_PHONEMES, {"": "ə"}, JA_PHONEMES,
        KO_ONSETS, KO_VOWELS, KO_CODAS, YUE_INITIALS, YUE_FINALS,
    )  # fmt: skip
    return PAUSES + tuple(sorted({p for table in tables for p in table.values() if p}))


def split_tone(phoneme: str) -> tuple[str, int]:
    """"jɑŋ4" -> ("jɑŋ", 4); without a digit the tone is 0."""
    return (phoneme[:-1], int(phoneme[-1])) if phoneme[-1:].isdigit() else (phoneme, 0)


@cache
def to_segments(phoneme: str) -> tuple[str, ...]:
    """Segments of a phoneme without digit, longest match first: "tɕʰ" -> ("tɕʰ",), "waɪ" -> ("w", "a", "ɪ").

    Raises:
        ValueError: the string is not made of known segments.
    """
    if phoneme in PAUSES:
        return ("_",)
    names, found, rest = sorted(segments(), key=len, reverse=True), [], phoneme
    while rest:
        name = next((n for n in names if rest.startswith(n)), None)
        if name is None:
            raise ValueError(f"{phoneme!r} is not made of known segments (at {rest!r}).")
        found.append(name)
        rest = rest[len(name) :]
    return tuple(found)


def is_vowel(phoneme: str) -> bool:
    """True where the phoneme (without digit) has a syllable's nucleus."""
    vowel = FEATURES.index("vowel")
    return any(segments()[s][vowel] for s in to_segments(phoneme))


def split_pinyin(pinyin: str) -> tuple[str, str, int]:
    """Numbered pinyin -> (initial or "", final in full spelling, tone): "xuan4" -> ("x", "van", 4).

    "lü4", "lv4" and "lu:4" are the same; erhua keeps its r: "wanr2" -> ("", "uanr", 2).

    Raises:
        ValueError: not a Mandarin syllable.
    """
    match = re.fullmatch(r"([a-zêü:]+?)(r?)([1-5])", unicodedata.normalize("NFC", pinyin.lower()))
    if match is None:
        raise ValueError(f"{pinyin!r} is not pinyin with a tone number 1-5.")
    body, erhua, tone = match[1].replace("u:", "v").replace("ü", "v"), match[2], int(match[3])
    if body + erhua == "er":
        return "", "er", tone
    initial, final = _split_syllable(body)
    if final not in ZH_FINALS or (erhua and final not in ZH_ERHUA):
        raise ValueError(f"{pinyin!r} is not a Mandarin syllable.")
    return initial, final + erhua, tone


def _split_syllable(body: str) -> tuple[str, str]:
    """Initial and final in full spelling of a toneless syllable; the final may be impossible."""
    if body in ("m", "n", "ng", "ê"):
        return "", body
    if body in ("hm", "hng"):
        return "h", body[1:]
    if body[0] == "y":
        rest = body[1:]
        if rest[:1] in ("u", "v"):
            return "", "v" + rest[1:]  # yu yue yuan yun
        return "", {"ou": "iou", "ong": "iong"}.get(rest, rest if rest.startswith("i") else "i" + rest)
    if body[0] == "w":
        rest = body[1:]
        return "", {"ei": "uei", "en": "uen"}.get(rest, rest if rest.startswith("u") else "u" + rest)
    initial = next((i for i in ("zh", "ch", "sh", *ZH_INITIALS) if body.startswith(i)), "")
    final = body[len(initial) :]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    if final == "ue":
        final = "ve"  # lue, nue
    if final == "i" and initial in ("z", "c", "s"):
        final = "ii"
    elif final == "i" and initial in ("zh", "ch", "sh", "r"):
        final = "iii"
    return initial, {"iu": "iou", "ui": "uei", "un": "uen"}.get(final, final)


def pinyin_to_phonemes(pinyin: str) -> tuple[str, ...]:
    """"zhong1" -> ("tʂ", "ʊŋ1"). Raises ValueError as `split_pinyin` does."""
    initial, final, tone = split_pinyin(pinyin)
    erhua = final.endswith("r") and final != "er"
    vowel = ZH_ERHUA[final[:-1]] if erhua else ZH_FINALS[final]
    return (*([ZH_INITIALS[initial]] if initial else []), f"{vowel}{tone}")


def jyutping_to_phonemes(jyutping: str) -> tuple[str, ...]:
    """"gwong2" -> ("kʷ", "ɔŋ2").

    Raises:
        ValueError: not a Cantonese syllable with a tone number 1-6.
    """
    match = re.fullmatch(r"(gw|kw|ng|[bpmfdtnlgkhwzcsj]?)([a-z]*)([1-6])", jyutping.lower())
    if match and match[2] == "" and match[1] in ("m", "ng"):
        match = re.fullmatch(r"()(m|ng)([1-6])", jyutping.lower())
    if match is None or match[2] not in YUE_FINALS:
        raise ValueError(f"{jyutping!r} is not jyutping with a tone number 1-6.")
    initial, final, tone = match.groups()
    return (*([YUE_INITIALS[initial]] if initial else []), f"{YUE_FINALS[final]}{tone}")


def arpabet_to_phonemes(arpabet: str) -> tuple[str, ...]:
    """"HH AH0 L OW1" -> ("h", "ə0", "l", "oʊ1").

    Raises:
        ValueError: a symbol that is not ARPABET.
    """
    phonemes = []
    for symbol in arpabet.upper().split():
        name, stress = split_tone(symbol)
        if name not in EN_PHONEMES:
            raise ValueError(f"{symbol!r} is not an ARPABET symbol.")
        if name == "AH" and stress == 0:
            phonemes.append("ə0")
        else:
            phonemes.append(EN_PHONEMES[name] + (str(stress) if is_vowel(EN_PHONEMES[name]) else ""))
    return tuple(phonemes)
