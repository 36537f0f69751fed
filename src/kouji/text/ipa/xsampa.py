"""X-SAMPA -> IPA (J. C. Wells, "Computer-coding the IPA", 1995): the symbols that our five languages need and a few more."""

from __future__ import annotations

from kouji.errors import InvalidInput

_TABLE = {
    "_h": "ʰ", "_>": "", "_t": "", "_j": "ʲ", "_w": "ʷ", "_0": "̥", "_}": "̚", "_=": "̩", "=": "̩", "_~": "̃", "~": "̃",
    "_T": "˥", "_H": "˦", "_M": "˧", "_L": "˨", "_B": "˩", "<F>": "˥˩", "<R>": "˩˥",
    "t_s": "ts", "d_z": "dz", "t_S": "tʃ", "d_Z": "dʒ", "t`_s`": "tʂ", "_": "",
    "p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "g": "ɡ", "?": "ʔ", "m": "m", "n": "n", "J": "ɲ", "N": "ŋ",
    "N\\": "ɴ", "f": "f", "v": "v", "p\\": "ɸ", "T": "θ", "D": "ð", "s": "s", "z": "z", "S": "ʃ", "Z": "ʒ", "s\\": "ɕ",
    "z\\": "ʑ", "s`": "ʂ", "z`": "ʐ", "t`": "ʈ", "C": "ç", "x": "x", "X": "χ", "h": "h", "h\\": "ɦ", "l": "l", "5": "ɫ",
    "l`": "ɭ", "r": "r", "r\\": "ɹ", "r`": "ɽ", "4": "ɾ", "j": "j", "w": "w", "H": "ɥ", "M\\": "ɰ", "i": "i", "y": "y",
    "1": "ɨ", "M": "ɯ", "u": "u", "I": "ɪ", "Y": "ʏ", "U": "ʊ", "e": "e", "2": "ø", "8": "ɵ", "7": "ɤ", "o": "o",
    "@": "ə", "@`": "ɚ", "3": "ɜ", "3`": "ɝ", "E": "ɛ", "9": "œ", "V": "ʌ", "O": "ɔ", "{": "æ", "6": "ɐ", "a": "a",
    "A": "ɑ", "Q": "ɒ", "\"": "ˈ", "%": "ˌ", ":": "ː", ".": ".", "-": "", "|": "", " ": " ", "!": "ꜜ", "0": "0",
}  # fmt: skip
_NAMES = sorted(_TABLE, key=len, reverse=True)


def to_ipa(xsampa: str) -> str:
    """ "\"h@l@U" -> "ˈhələʊ". A digit that follows a tone mark or stands at the end of a syllable is none here: write
    tones as _T _H _M _L _B or in IPA.

    Raises:
        InvalidInput: a symbol that is not X-SAMPA, or that none of our languages needs.
    """
    said, position = "", 0
    while position < len(xsampa):
        name = next((name for name in _NAMES if xsampa.startswith(name, position)), None)
        if name is None:
            raise InvalidInput(
                f"{xsampa[position]!r} in {xsampa!r} is not an X-SAMPA symbol.", 'Write "h@"l@U, for example.'
            )
        said += _TABLE[name]
        position += len(name)
    return said
