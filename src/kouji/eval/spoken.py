"""What should be heard: the syllables and phonemes that our front end asks for in a text."""

from __future__ import annotations

import re

from kouji.text.frontend import analyse


def reference_syllables(text: str) -> list[str]:
    """Toned pinyin of a Chinese text after sandhi, one a syllable; other languages in it are left out."""
    units = [unit for utterance in analyse(text, language="zh").utterances for unit in utterance.units]
    return [without_erhua(unit.said) for unit in units if unit.language == "zh" and unit.said]


def reference_phonemes(text: str, language: str) -> list[str]:
    """All phonemes of a text, with their digits.

    Raises:
        MissingExtra: the front end of that language is not installed.
    """
    utterances = analyse(text, language=language).utterances
    return [phoneme for utterance in utterances for unit in utterance.units for phoneme in unit.phonemes]


def without_erhua(syllable: str) -> str:
    """dianr3 -> dian3: a recogniser of plain syllables cannot write the r, and is not to be blamed."""
    return syllable if syllable.startswith("er") else re.sub(r"r(\d)$", r"\1", syllable)
