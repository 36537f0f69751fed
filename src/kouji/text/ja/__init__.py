"""Japanese: kana to phonemes by rule, whole sentences by OpenJTalk."""

from .kana import kana_to_phonemes
from .sentence import to_units

__all__ = ["kana_to_phonemes", "to_units"]
