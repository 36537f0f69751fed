"""IPA of English, American or British -> ARPABET."""

from __future__ import annotations

from kouji.errors import InvalidInput

from .symbols import tokens, unknown

# Symbol -> ARPABET; a vowel's stress is put where "*" stands.
_SOUNDS = {
    "ɑː": "AA*", "ɑ": "AA*", "ɒ": "AA*", "a": "AA*", "aː": "AA*", "æ": "AE*", "ʌ": "AH*", "ɐ": "AH*", "ə": "AH*", "ɔː": "AO*",
    "ɔ": "AO*", "oː": "AO*", "aʊ": "AW*", "aw": "AW*", "aɪ": "AY*", "aj": "AY*", "ɑɪ": "AY*", "ɛ": "EH*", "e": "EH*",
    "ɜː": "ER*", "ɜ": "ER*", "ɝ": "ER*", "ɚ": "ER*", "ɝː": "ER*", "ɜɹ": "ER*", "ɜːɹ": "ER*", "ɜːr": "ER*", "ɜr": "ER*",
    "əɹ": "ER*", "ər": "ER*", "eɪ": "EY*", "ej": "EY*", "eː": "EY*", "ɪ": "IH*", "ɨ": "IH*", "iː": "IY*", "i": "IY*",
    "oʊ": "OW*", "əʊ": "OW*", "ow": "OW*", "o": "OW*", "ɔɪ": "OY*", "oɪ": "OY*", "ɔj": "OY*", "ʊ": "UH*", "ɵ": "UH*",
    "uː": "UW*", "u": "UW*", "ʉ": "UW*", "ʉː": "UW*", "eə": "EH* R", "ɛə": "EH* R", "ɪə": "IH* R", "ʊə": "UH* R",
    "p": "P", "b": "B", "t": "T", "d": "D", "k": "K", "ɡ": "G", "ʔ": "T", "ɾ": "D", "tʃ": "CH", "dʒ": "JH", "f": "F",
    "v": "V", "θ": "TH", "ð": "DH", "s": "S", "z": "Z", "ʃ": "SH", "ʒ": "ZH", "h": "HH", "m": "M", "n": "N", "ŋ": "NG",
    "l": "L", "ɫ": "L", "ɹ": "R", "r": "R", "ɻ": "R", "j": "Y", "w": "W", "ʍ": "W", "n̩": "AH0 N", "m̩": "AH0 M",
    "l̩": "AH0 L", "ɫ̩": "AH0 L", "ɹ̩": "ER*",
}  # fmt: skip
_MARKS = {"ˈ": "1", "ˌ": "2", ".": "", " ": "", "ʰ": "", "̚": "", "ː": ""}
_REDUCED = ("ə", "ɨ", "ɚ", "əɹ", "ər")


def arpabet(ipa: str) -> tuple[str, ...]:
    """ "ˈkoʊdʒi" -> ("K OW1 JH IY0",). Without any stress mark the first full vowel is stressed.

    Raises:
        InvalidInput: a symbol that English has no sound for, or no vowel.
    """
    found = tokens(ipa, {**_SOUNDS, **_MARKS}, "en")
    vowels = [i for i, symbol in enumerate(found) if "*" in _SOUNDS.get(symbol, "")]
    if not vowels:
        if any("AH0" in _SOUNDS.get(symbol, "") for symbol in found):
            return (" ".join(_SOUNDS[s] for s in found if s in _SOUNDS),)
        raise InvalidInput(f"There is no vowel in {ipa!r}.", "Write one, such as ə.")
    if "ˈ" not in found:
        full = next((i for i in vowels if found[i] not in _REDUCED), vowels[0])
        found.insert(full, "ˈ")
    said, stress = [], "0"
    for symbol in found:
        if symbol in _MARKS:
            stress = _MARKS[symbol] or stress
            continue
        said.append(_SOUNDS[symbol].replace("*", stress))
        stress = "0" if "*" in _SOUNDS[symbol] else stress
    if stress != "0":
        raise unknown(ipa[max(ipa.rfind("ˈ"), ipa.rfind("ˌ")) :], ipa, "en")  # a stress with no vowel after it
    return (" ".join(said),)
