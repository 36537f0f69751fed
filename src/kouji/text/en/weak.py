"""Function words in running speech: "the" before a vowel, "to", "of", pronouns without stress.

The forms are those of careful read American English, not of quick talk: vowels are reduced where every reader
reduces them, other function words keep their vowel and lose their stress.
"""

from __future__ import annotations

from collections.abc import Sequence

# Before another word of the same phrase. A preposition or auxiliary before a pause keeps its full form.
_WEAK = {
    "and": "AH0 N D", "of": "AH0 V", "for": "F ER0", "from": "F R AH0 M", "at": "AE0 T", "as": "AE0 Z", "in": "IH0 N", "on": "AA0 N",
    "by": "B AY0", "with": "W IH0 DH", "is": "IH0 Z", "are": "AA0 R", "was": "W AH0 Z", "were": "W ER0", "be": "B IY0",
    "been": "B IH0 N", "am": "AE0 M", "can": "K AH0 N", "could": "K UH0 D", "would": "W UH0 D", "should": "SH UH0 D",
    "will": "W IH0 L", "shall": "SH AE0 L", "must": "M AH0 S T", "or": "AO0 R", "nor": "N AO0 R", "but": "B AH0 T", "if": "IH0 F",
    "than": "DH AH0 N", "an": "AE0 N", "does": "D AH0 Z", "that": "DH AH0 T", "upon": "AH0 P AA1 N",
}  # fmt: skip
_PRONOUNS = {  # anywhere
    "i": "AY0", "you": "Y UW0", "he": "HH IY0", "she": "SH IY0", "it": "IH0 T", "we": "W IY0", "they": "DH EY0", "me": "M IY0",
    "him": "HH IH0 M", "her": "HH ER0", "us": "AH0 S", "them": "DH EH0 M", "my": "M AY0", "your": "Y AO0 R", "his": "HH IH0 Z",
    "its": "IH0 T S", "our": "AW0 ER0", "their": "DH EH0 R",
}  # fmt: skip
_AFTER_CONJUNCTION = frozenset(
    "i you he she it we they the there this these those his her my our their your its a an all some no every".split()
)
_AFTER_RELATIVE = frozenset("was were is are had has have would could will can did do does may might must".split())


def said_as(words: Sequence[str], i: int, reading: str, next_sound: str, pause: str) -> str:
    """What word i of a sentence sounds like beside its neighbours.

    Args:
        words: the words of the sentence, lower case.
        reading: ARPABET of word i by itself.
        next_sound: first ARPABET symbol of the next word, "" at the end.
        pause: the pause after word i.
    """
    word = words[i]
    vowel_follows = next_sound[-1:].isdigit() and not pause
    if word == "the":
        return "DH IY0" if vowel_follows else "DH AH0"
    if word in _PRONOUNS:
        return _PRONOUNS[word]
    if pause or i + 1 == len(words):
        return reading
    if word == "to":
        return "T UW0" if vowel_follows else "T AH0"
    if word == "that":
        after, first = words[i + 1], i == 0
        conjunction = after in _AFTER_CONJUNCTION or (after in _AFTER_RELATIVE and not first)
        return _WEAK["that"] if conjunction else reading
    if word == "can" and words[i + 1] == "not":
        return reading
    return _WEAK.get(word, reading)
