"""Words that the lexicon lacks but whose parts it has: inflections, affixes, compounds, British spellings.

Every function takes a lower-case word and gives ARPABET, or None where its rule does not apply.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .letters import by_letters
from .lexicon import pronunciation

_SIBILANTS = frozenset("S Z SH ZH CH JH".split())
_VOICELESS = frozenset("P T K F TH".split())

# Written suffix -> what it says. "-s" and "-ed" follow the sound before them and are not in this table.
_SUFFIXES = {
    "ing": "IH0 NG", "in'": "IH0 N", "er": "ER0", "ers": "ER0 Z", "est": "AH0 S T", "ly": "L IY0", "ness": "N AH0 S",
    "less": "L AH0 S", "ful": "F AH0 L", "fully": "F AH0 L IY0", "ment": "M AH0 N T", "ments": "M AH0 N T S",
    "able": "AH0 B AH0 L", "ish": "IH0 SH", "ist": "AH0 S T",
    "ists": "AH0 S T S", "ize": "AY2 Z", "ized": "AY2 Z D", "izes": "AY2 Z AH0 Z", "izing": "AY2 Z IH0 NG",
    "izer": "AY2 Z ER0", "like": "L AY2 K", "ship": "SH IH2 P", "hood": "HH UH2 D", "ward": "W ER0 D", "wards": "W ER0 D Z",
    "wise": "W AY2 Z", "proof": "P R UW2 F", "some": "S AH0 M", "ess": "AH0 S", "dom": "D AH0 M", "man": "M AH0 N",
    "men": "M AH0 N", "land": "L AH0 N D",
}  # fmt: skip
_PREFIXES = {
    "un": "AH0 N", "re": "R IY0", "non": "N AA0 N", "anti": "AE2 N T IY0", "mis": "M IH0 S",
    "over": "OW2 V ER0", "under": "AH2 N D ER0", "out": "AW2 T", "super": "S UW2 P ER0", "sub": "S AH0 B",
    "inter": "IH2 N T ER0", "multi": "M AH2 L T IY0", "micro": "M AY2 K R OW0", "macro": "M AE2 K R OW0",
    "cyber": "S AY2 B ER0", "hyper": "HH AY2 P ER0", "ultra": "AH2 L T R AH0", "semi": "S EH2 M IY0", "mega": "M EH2 G AH0",
    "nano": "N AE2 N OW0", "neuro": "N UH2 R OW0", "bio": "B AY2 OW0", "geo": "JH IY2 OW0", "auto": "AO2 T OW0",
    "tele": "T EH2 L AH0", "photo": "F OW2 T OW0", "video": "V IH2 D IY0 OW0", "audio": "AO2 D IY0 OW0", "pseudo": "S UW2 D OW0",
    "post": "P OW2 S T", "counter": "K AW2 N T ER0", "electro": "IH0 L EH2 K T R OW0", "proto": "P R OW2 T OW0",
    "up": "AH0 P", "down": "D AW2 N", "fore": "F AO2 R", "mid": "M IH2 D",
    "self": "S EH2 L F", "kilo": "K IH2 L AH0", "milli": "M IH2 L AH0", "centi": "S EH2 N T AH0", "giga": "G IH2 G AH0",
    "tera": "T EH2 R AH0", "crypto": "K R IH2 P T OW0", "psycho": "S AY2 K OW0", "radio": "R EY2 D IY0 OW0",
}  # fmt: skip
_CLITICS = {"ve": "AH0 V", "d": "D", "ll": "AH0 L", "re": "ER0", "m": "M", "t": "T"}
_MIN_STEM = 3  # letters
_BRITISH = (
    (r"our(?=$|ed|ing|s|ful|less|able|ite|er|ly|y|hood)", "or"), (r"is(?=e$|ed$|es$|ing$|er$|ers$|ation$|ations$|able$)", "iz"),
    (r"ys(?=e$|ed$|es$|ing$|er$)", "yz"), (r"tre(?=$|s$|d$)", "ter"), (r"bre(?=$|s$|d$)", "ber"), (r"ogue(?=$|s$|d$)", "og"),
    (r"ll(?=ed$|ing$|er$|ers$|ors?$)", "l"), (r"ence(?=$|s$)", "ense"), (r"mme(?=$|s$)", "m"),
    (r"^(?:ae|oe)(?=s)|(?<=[hp])ae(?=[dmo])|(?<=[fm])oe(?=[nt])|(?<=h)oea", "e"),
)  # fmt: skip


def plural(said: str) -> str:
    """The pronunciation with -s, -es or 's after it: kisses IH0 Z, cats S, dogs Z."""
    last = said.split()[-1]
    if last in _SIBILANTS:
        return f"{said} IH0 Z"
    return f"{said} {'S' if last in _VOICELESS else 'Z'}"


def past(said: str) -> str:
    """The pronunciation with -ed after it: wanted IH0 D, walked T, called D."""
    last = said.split()[-1]
    if last in ("T", "D"):
        return f"{said} IH0 D"
    return f"{said} {'T' if last in _VOICELESS | {'S', 'SH', 'CH'} else 'D'}"


@lru_cache(maxsize=5_000)
def from_parts(word: str, name: bool = False) -> str | None:
    """A word by its parts; None where it has none that are known.

    Names (`name`) are rarely what they look like: of them only clitics are taken off.
    """
    rules = (_contracted, _possessive, _american, _inflected, _suffixed, _prefixed, _compound)
    for rule in rules[:2] if name else rules:
        said = rule(word)
        if said is not None:
            return said
    return None


def _known(word: str, depth: int = 1) -> str | None:
    """A stem: in the lexicon, or itself made of a known stem and one more affix."""
    said = pronunciation(word)
    if said is None and depth:
        said = _inflected(word) or _suffixed(word, depth - 1) or _prefixed(word, depth - 1) or _compound(word)
    return said


def _contracted(word: str) -> str | None:
    stem, mark, clitic = word.rpartition("'")
    if not mark or clitic not in _CLITICS:
        return None
    said = pronunciation(stem) or (from_parts(stem) if stem else None)
    if said and clitic == "d" and said.split()[-1] in ("T", "D"):
        return f"{said} IH0 D"
    return f"{said} {_CLITICS[clitic]}" if said else None


def _possessive(word: str) -> str | None:
    if word.endswith("'s"):
        said = _known(word[:-2])
        return plural(said) if said else None
    if word.endswith("'"):
        return _known(word[:-1])
    return None


def _inflected(word: str) -> str | None:
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > _MIN_STEM:
        for stem in _stems_of_s(word):
            said = pronunciation(stem) or _suffixed(stem) or _compound(stem)
            if said:
                return plural(said)
    if word.endswith("ed") and len(word) > _MIN_STEM + 1:
        for stem in _stems(word[:-2]):
            said = pronunciation(stem) or _compound(stem)
            if said:
                return past(said)
    return None


def _stems_of_s(word: str) -> list[str]:
    stems = [word[:-1]]
    if word.endswith("ies"):
        stems.append(word[:-3] + "y")
    elif word.endswith(("ches", "shes", "sses", "xes", "zes", "oes")):
        stems.append(word[:-2])
    return stems


def _stems(cut: str) -> list[str]:
    """What may stand before a suffix that begins with a vowel: bak(e)-, stop(p)-, carri- (carry)."""
    stems = [cut + "e", cut]
    if len(cut) > _MIN_STEM and cut[-1] == cut[-2] and cut[-1] not in "aeiou":
        stems = [cut[:-1], cut]
    elif cut.endswith("i"):
        stems = [cut[:-1] + "y", cut]
    return stems


def _suffixed(word: str, depth: int = 0) -> str | None:
    for suffix in sorted(_SUFFIXES, key=len, reverse=True):
        cut = word.removesuffix(suffix)
        if cut == word or len(cut) < _MIN_STEM:
            continue
        stems = _stems(cut) if suffix[0] in "aeiouy" else [cut, cut[:-1] + "y"] if cut.endswith("i") else [cut]
        for stem in stems:
            said = _known(stem, depth) if len(stem) >= _MIN_STEM else None
            if said and any(symbol[-1].isdigit() for symbol in said.split()):
                return _attached(said, suffix)
    return None


def _attached(said: str, suffix: str) -> str:
    """ "formal" + "ly" has one L, "enquire" + "er" one ER."""
    symbols = said.split()
    if suffix in ("ly", "er", "ers", "land") and symbols[-1] == _SUFFIXES[suffix].split()[0]:
        symbols = symbols[:-1]
    return " ".join([*symbols, _SUFFIXES[suffix]])


def _american(word: str) -> str | None:
    for british, american in _BRITISH:
        respelled = re.sub(british, american, word)
        if respelled != word:
            said = pronunciation(respelled) or _suffixed(respelled) or _inflected(respelled)
            if said:
                return said
    return None


def _prefixed(word: str, depth: int = 0) -> str | None:
    for prefix in sorted(_PREFIXES, key=len, reverse=True):
        stem = word.removeprefix(prefix)
        if stem != word and len(stem) > _MIN_STEM and _is_common(stem):
            said = _known(stem, depth)
            if said:
                return f"{_PREFIXES[prefix]} {said}"
    return None


def _compound(word: str) -> str | None:
    """Two words written as one: "nightglow". The first keeps its stress, the second's becomes secondary.

    Parts of three letters are often chance; they count only if the letters by themselves sound the same.
    """
    cuts = range(_MIN_STEM, len(word) - _MIN_STEM + 1)
    for cut in sorted(cuts, key=lambda i: abs(i - len(word) / 2)):
        first, second = word[:cut], word[cut:]
        if first[-1] == second[0] and len(word) < 8:  # "sal-lie", but "book-keeper"
            continue
        if second not in _NO_SECOND and first not in _NO_FIRST and _is_common(first) and _is_common(second):
            said = f"{pronunciation(first)} {pronunciation(second).replace('1', '2')}"  # type: ignore[union-attr]
            if min(len(first), len(second)) > _MIN_STEM or _plain(said) == _plain(by_letters(word)):
                return said
    return None


def _plain(said: str) -> str:
    """Without stress, and with one name for the two weak vowels."""
    return re.sub(r"\d", "", said).replace("AH", "IH")


# Endings and syllables that are also words: "barr-els", "south-ern".
_NO_SECOND = frozenset(
    "ness ring ling ding sting ting ping ming king ling ming els her hers ten tens son sons ion ions ant ants ate age ages aged red "
    "bed den end ends ers ine ive ate ail air are art ear eon era ran ram rim rid man men mans mann lets let der ter ner ler ger sing "
    "able less ward wards ally ring rings lings ally ing eng ard ell tie ties rate rated rating nation sty ping rich berg bert bell bach "
    "mar mark nick rick lick land lander lands stein steins ever hard hart ham hams ton tons".split()
)
_NO_FIRST = frozenset(
    "the and for mar bar car man can ban ten pen den con com imp per pro par pal pan pat pin pit ham han her his hat".split()
)


@lru_cache(maxsize=5_000)
def _is_common(word: str) -> bool:
    """Known, and not only as a name: half of CMUdict is surnames, but only common words have inflections in it."""
    if pronunciation(word) is None or not word.isalpha():
        return False
    if word.endswith(("ing", "ed", "er", "ly", "ness", "tion", "ity", "ment", "ous", "ive", "ware", "ical")):
        return True
    if word.endswith("s") and not word.endswith("ss") and pronunciation(word[:-1]):
        word = word[:-1]
    stem = word[:-1] if word.endswith("e") else word
    forms = [
        stem + "ing",
        stem + "ed",
        stem + stem[-1] + "ing",
        word + "ly",
        word + "ness",
        word + "ful",
        word + "less",
    ]
    return any(pronunciation(form) for form in forms) or (len(word) > _MIN_STEM and bool(pronunciation(word + "s")))
