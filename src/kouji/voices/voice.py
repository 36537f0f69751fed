"""A registered voice, and what it may be called."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from kouji.errors import InvalidInput

LONGEST_NAME = 64  # characters
_PUNCTUATION = "-_. "
_KINDS = ("L", "M", "N")  # Unicode: letters, marks, numbers


@dataclass(frozen=True)
class StoredClip:
    """A reference of a voice."""

    blob: str  # key in the store of files: FLAC, one channel
    duration: float  # seconds
    weight: float  # quality, 0 to 1


@dataclass(frozen=True)
class Voice:
    """A voice that somebody registered. No engine is named: each learns it from the clips."""

    name: str
    language: str  # zh | en | ja | ko | yue | "": the one it grew up with
    gender: str  # "female" | "male" | ""
    description: str
    transcript: str  # what is said in the clips, "" where not known
    created_at: datetime
    consent: str  # id of the consent
    embedding: np.ndarray  # (256,) float32 of length 1, see kouji.audio.speaker
    findings: list[list[dict[str, object]]]  # of the reference doctor, per clip
    clips: tuple[StoredClip, ...]


def checked_name(name: str) -> str:
    """The name in Unicode's composed form: letters and digits of any script, and - _ . and blanks between them.

    Raises:
        InvalidInput: empty, too long, or with characters that would mislead on a screen or in a path.
    """
    if not isinstance(name, str):
        raise InvalidInput(f"{name!r} is no name.", "Give a text.")
    composed = unicodedata.normalize("NFC", name)
    usable = all(letter in _PUNCTUATION or unicodedata.category(letter)[0] in _KINDS for letter in composed)
    framed = bool(composed) and composed[0] not in _PUNCTUATION and composed[-1] not in " ."
    if not usable or not framed or len(composed) > LONGEST_NAME or unicodedata.combining(composed[0]):
        raise InvalidInput(
            f"A voice cannot be called {ascii(name) if not name.isprintable() else repr(name)}.",
            f"Use 1 to {LONGEST_NAME} letters, digits, -, _, dots or blanks, beginning with a letter or digit.",
        )
    return composed
