"""Cantonese: a text to two phonemes a character, by the Mandarin normaliser and ToJyutping.

Source: GPT_SoVITS/text/cantonese.py of RVC-Boss/GPT-SoVITS (MIT).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from .segment import Segment
from .symbols import PUNCTUATION, UNKNOWN, symbols
from .zh_normal import normalise, without_marks

_NORMAL_MARKS = {
    "：": ",", "；": ",", "，": ",", "。": ".", "！": "!", "？": "?", "\n": ".", "·": ",", "、": ",", "...": "…",
    "$": ".", **dict.fromkeys("“”\"‘’（）()《》【】[]「」", "'"), **dict.fromkeys("—～~", "-"),
}  # fmt: skip
# A syllable begins with the first of these that fits, in this order: nothing after "ng" needs "n".
_INITIALS = (
    "aa aai aak aap aat aau ai au ap at ak a p b e ts t dz d kw k gw g f h l m ng n s y w c z j ong on ou oi ok o uk "
    "ung sp spl spn sil"
).split()
_LONGEST = 400  # characters; ToJyutping looks for words in stretches of this size


def phonemise(text: str, given: Sequence[str] = ()) -> Segment:
    """The phonemes of a Cantonese text.

    Args:
        text: anything; what is neither Chinese nor a number or mark is left out and listed as lost.
        given: jyutping for the characters in front of each mark of `zh_normal.GIVEN` in the text, in order.
    """
    marked, lost = normalise(text, _NORMAL_MARKS)
    normalised, fixed = without_marks(marked, given)
    phones: list[str] = []
    word2ph: list[int] = []
    for at, (character, read) in enumerate(zip(normalised, _jyutping(normalised), strict=True)):
        syllables = fixed.get(at, read).split()
        found = [phone for syllable in syllables for phone in _symbols(syllable)]
        lost += character if UNKNOWN in found else ""
        phones += found
        word2ph.append(len(found))
    return Segment("yue", normalised, tuple(phones), tuple(word2ph), lost)


def _jyutping(text: str) -> list[str]:
    """The reading of each character, of some rare ones several syllables; a mark stands for itself."""
    import ToJyutping

    found: list[str] = []
    for start in range(0, len(text), _LONGEST):
        for written, reading in ToJyutping.get_jyutping_list(text[start : start + _LONGEST]):
            found += list(written) if reading is None else [reading]
    return found


@cache
def _symbols(syllable: str) -> tuple[str, ...]:
    """ "hoeng1" -> ("Yh", "Yoeng1")."""
    if syllable in PUNCTUATION:
        return (syllable,)
    letters, tone = (syllable[:-1], syllable[-1]) if syllable[-1:].isdigit() else (syllable, "")
    initial = next((each for each in _INITIALS if letters.startswith(each)), "")
    initial = "ng" if letters.startswith("nga") else initial
    if not initial or not tone:
        return (UNKNOWN,)
    found = (f"Y{initial}", f"Y{letters[len(initial) :] or initial[-1]}{tone}")
    return tuple(phone if phone in symbols() else UNKNOWN for phone in found)
