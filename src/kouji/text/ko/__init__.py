"""Korean: hangul to sound by the rules of Standard Pronunciation."""

from .reading import to_units

__all__ = ["to_units"]
