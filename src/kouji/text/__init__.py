"""Text -> sentences -> units with their phonemes, in five languages and mixtures of them."""

from .frontend import Analysis, analyse, analyse_line, is_ssml, normalize
from .lexicon import Lexicon

__all__ = ["Analysis", "Lexicon", "analyse", "analyse_line", "is_ssml", "normalize"]
