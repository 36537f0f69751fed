"""What should be heard: the syllables and phonemes that our front end asks for in a text."""

from __future__ import annotations

import re

from kouji.text.frontend import analyse


def reference_syllables(text: str) -> list[str]:
    """Toned pinyin of a Chinese text after sandhi, one a syllable; other languages in it are left out."""
    units = [unit for utterance in analyse(text, language="zh").utterances for unit in utterance.units]
    return [comparable(unit.said) for unit in units if unit.language == "zh" and unit.said]


def reference_phonemes(text: str, language: str) -> list[str]:
    """All phonemes of a text, with their digits.

    Raises:
        MissingExtra: the front end of that language is not installed.
    """
    utterances = analyse(text, language=language).utterances
    return [phoneme for utterance in utterances for unit in utterance.units for phoneme in unit.phonemes]


def comparable(syllable: str) -> str:
    """One name for syllables that the recogniser cannot write apart.

    dianr3 -> dian3: it has plain syllables only, and is not to be blamed. o3 -> wo3: our inventory has one sound for
    both spellings (as for lo and luo), so that 我 would else be wrong however well it is said.
    """
    if not syllable.startswith("er"):
        syllable = re.sub(r"r(\d)$", r"\1", syllable)
    return re.sub(r"^o(?=\d$)", "wo", re.sub(r"^lo(?=\d$)", "luo", syllable))
