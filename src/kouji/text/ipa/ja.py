"""IPA of Japanese -> kana, with the accent where a downstep ꜜ is written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from kouji.errors import InvalidInput

from ..ja.kana import mora_table
from ..phonemes import JA_PHONEMES
from .symbols import unknown

# Ways to write one sound; what is right stands for all on its left.
_FOLDED = (
    ("ᵝ", ""), ("\u0325", ""), ("\u0324", ""), ("\u031e", ""), ("\u031a", "ʔ"), ("\u0329", ""), ("ɯ", "u"), ("ɨ", "u"), ("ä", "a"), ("ɑ", "a"),
    ("ɐ", "a"), ("ɛ", "e"), ("ɔ", "o"), ("ʲ", "j"), ("ʷ", "w"), ("ʰ", ""), ("tʃ", "tɕ"), ("ʃ", "ɕ"), ("dʒ", "dʑ"), ("ʒ", "ʑ"), ("r", "ɾ"),
    ("ɺ", "ɾ"), ("l", "ɾ"), ("ɹ", "ɾ"), ("f", "ɸ"), ("β", "b"), ("v", "b"), ("ɣ", "ɡ"), ("ɰ\u0303", "ɴ"), ("ɰ", "w"), ("ɽ", "ɾ"),
)  # fmt: skip
_ALSO = (("dz", "z"), ("dʑ", "ʑ"), ("ɕ", "ɕj"), ("tɕ", "tɕj"), ("dʑ", "ʑj"), ("ɲ", "nj"), ("ç", "hj"), ("ɡ", "ŋ"))
_NASALS = "nmŋɴɲ"
_STOPS = "ptkbdɡʔsɕzɸhç"
_SKIPPED = "ˈˌ. \u0308"


def kana(ipa: str) -> tuple[str, ...]:
    """ "haɕiꜜ" -> ("ハシ'",), "toːkjoː" -> ("トーキョー",).

    Raises:
        InvalidInput: a symbol that Japanese has no sound for, or more than one downstep.
    """
    folded = ipa
    for written, same in _FOLDED:
        folded = folded.replace(written, same)
    folded = re.sub(f"([{_STOPS}])ː", r"\1\1", folded)
    said, position = "", 0
    while position < len(folded):
        found = next((n for n in (4, 3, 2, 1) if folded[position : position + n] in _moras()), 0)
        character, following = folded[position], folded[position + 1 : position + 2]
        if found and not (character in _NASALS and len(folded[position : position + found]) == 1):
            said += _moras()[folded[position : position + found]]
        elif character == "ː" and said:
            said += "ー"
        elif character == "ꜜ" and said and "'" not in said:
            said += "'"
        elif character in _NASALS:
            said += "ン"
        elif character in _STOPS and (following == character or character == "ʔ" or (character == "t" and following)):
            said += "" if said.endswith("ッ") else "ッ"
        elif character not in _SKIPPED:
            raise unknown(folded[position:], ipa, "ja")
        position += found or 1
    if not said.strip("'ッー"):
        raise InvalidInput(f"There is no sound in {ipa!r}.", "Write morae, such as haɕi.")
    return (said,)


@cache
def _moras() -> Mapping[str, str]:
    """IPA of a mora, folded -> its kana."""
    found: dict[str, str] = {}
    for sign, (consonant, vowel) in mora_table().items():
        head, tail = JA_PHONEMES.get(consonant, ""), JA_PHONEMES[vowel].replace("ɯ", "u")
        found.setdefault(head + tail, sign)
    for sign, (consonant, vowel) in mora_table().items():
        head, tail = JA_PHONEMES.get(consonant, ""), JA_PHONEMES[vowel].replace("ɯ", "u")
        for usual, other in _ALSO:
            if head == usual:
                found.setdefault(other + tail, sign)
    return found | {"ɲi": "ニ", "çi": "ヒ"}
