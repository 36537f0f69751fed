"""English: lexicon, words it lacks, words with two readings, weak forms."""

from .reading import to_units

__all__ = ["to_units"]
