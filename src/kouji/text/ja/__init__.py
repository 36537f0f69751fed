"""Japanese: kana to phonemes by rule, whole sentences by OpenJTalk."""

from .kana import kana_to_phonemes

__all__ = ["kana_to_phonemes"]
