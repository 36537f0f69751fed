"""<phoneme>: a pronunciation in one of seven alphabets -> readings of the text that it stands around."""

from __future__ import annotations

import re
from collections.abc import Callable

from kouji.errors import InvalidInput, UnknownName

from .. import ipa
from ..markup import arpabet, numbered
from ..normalization.characters import clean, script
from ..phonemes import jyutping_to_phonemes

ALPHABETS = ("ipa", "x-sampa", "pinyin", "jyutping", "arpabet", "kana", "hangul")
_ALIASES = {
    "sapi": "pinyin", "x-microsoft-pinyin": "pinyin", "x-amazon-pinyin": "pinyin", "x-amazon-jyutping": "jyutping",
    "x-amazon-pron-kana": "kana", "cmu-arpabet": "arpabet", "cmu": "arpabet", "xsampa": "x-sampa",
}  # fmt: skip
_BY_SCRIPT = {"han": "zh", "kana": "ja", "hangul": "ko", "latin": "en", "digit": "en", "greek": "en"}


def reading(text: str, alphabet: str, said: str, language: str) -> tuple[str, str, tuple[str, ...]]:
    """What to say and how.

    Args:
        text: what stands in the element.
        alphabet: its alphabet.
        said: its ph.
        language: of the place, "" where the text decides.

    Returns:
        The text (without a 儿 that the syllable before it holds), the language, and its readings: for zh and yue one
        per character, else one for the whole.

    Raises:
        UnknownName: no such alphabet.
        InvalidInput: not a pronunciation of that text.
    """
    name = _ALIASES.get(alphabet.lower(), alphabet.lower())
    if name not in ALPHABETS:
        raise UnknownName("phonetic alphabet", alphabet[:40], ALPHABETS)
    first = next((kind for kind in map(script, text) if kind), None)
    if first is None:
        raise InvalidInput(f"{text[:40]!r} has nothing to say.", "Give letters or characters.")
    if name in ("ipa", "x-sampa"):
        language = language if language and (first == "han" or language == "en") else _BY_SCRIPT[first]
        spoken = ipa.to_ipa(said) if name == "x-sampa" else said
        if first == "han" and language in ("en", "ko"):
            language = "zh"
        return _fitted(text, language, ipa.reading(spoken, language), said)
    if name == "pinyin":
        parts = [numbered(part) for part in re.findall(r"[^\W\d_]+[1-5]?", said.lower().replace("u:", "v"))]
        if not parts or None in parts:
            raise InvalidInput(f"{said[:60]!r} is not pinyin.", "Write syllables with their tones, such as chong2 qing4.")
        return _fitted(text, "zh", tuple(part for part in parts if part), said)
    if name == "jyutping":
        parts_yue = tuple(re.findall(r"[a-z]+[1-6]", said.lower()))
        _checked(lambda: [jyutping_to_phonemes(part) for part in parts_yue or ("?",)], said, "jyutping", "gwong2 dung1")
        return _fitted(text, "yue", parts_yue, said)
    if name == "arpabet":
        _checked(lambda: arpabet(said), said, "ARPABET", "R EH1 D")
        return text, "en", (" ".join(said.upper().split()),)
    wanted = "kana" if name == "kana" else "hangul"
    stripped = "".join(said.split())
    letters = stripped.rstrip("0123456789").replace("'", "").replace("’", "") if name == "kana" else stripped
    if not letters or any(script(letter) != wanted for letter in clean(letters).text):
        raise InvalidInput(f"{said[:60]!r} is not {name}.", "Write ハシ, ハ'シ or ハシ1." if name == "kana" else "Write 궁물.")
    return text, "ja" if name == "kana" else "ko", (stripped,)


def _checked(check: Callable[[], object], said: str, name: str, example: str) -> None:
    """Refuse what the alphabet does not have."""
    try:
        check()
    except ValueError as wrong:
        raise InvalidInput(f"{said[:60]!r} is not {name}: {wrong}", f"Write it like {example}.") from wrong


def _fitted(text: str, language: str, readings: tuple[str, ...], said: str) -> tuple[str, str, tuple[str, ...]]:
    """Chinese characters have one syllable each; a 儿 may be part of the one before it."""
    if language not in ("zh", "yue"):
        return text, language, readings
    characters = "".join(text.split())
    if any(script(character) != "han" for character in characters):
        raise InvalidInput(
            f"{said[:60]!r} cannot be the pronunciation of {text[:40]!r}.", "Put Chinese characters inside <phoneme>."
        )
    if len(characters) > 1 and characters[-1] in "儿兒" and len(readings) == len(characters) - 1:
        last = readings[-1]
        if last[-2] == "r" and last[:-1] != "er":
            characters = characters[:-1]
    if len(readings) != len(characters):
        raise InvalidInput(
            f"{len(readings)} syllables for the {len(characters)} characters {characters[:40]!r}: {said[:60]!r}.",
            "Give one syllable per character.",
        )
    return characters, language, readings
