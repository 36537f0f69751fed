"""Who speaks: built-in voices, registered voices, clips. Voices, consent and protection meet here."""

from .casting import Cast, Casting, EncodedSpeaker
from .library import Library
from .recognition import Identified, Verified

__all__ = ["Cast", "Casting", "EncodedSpeaker", "Identified", "Library", "Verified"]
