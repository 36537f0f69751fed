"""Word error of English speech, character error of Chinese: what did a listener write down?

The everyday listener is pocketsphinx with its stock model: offline, small, and hard of hearing. It
mishears 29 words of 100 in good human recordings, so its figure means something only beside the
figure of a person who read the same texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .error_rate import ErrorRate, error_rate

if TYPE_CHECKING:
    from .listeners import Listener

_ABBREVIATIONS = {
    "mr": "mister", "mrs": "missus", "ms": "miss", "dr": "doctor", "st": "saint", "etc": "et cetera",
}  # fmt: skip
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def english_words(text: str) -> list[str]:
    """The words of a text as a recogniser would write them: lower case, no marks, numbers spelt.

    Apostrophes vanish (don't -> dont), hyphens part words, accents are dropped; "Mr." and the like
    are written out. Numbers are cardinals, 1100 to 1999 and 2010 to 2099 are read as years.
    """
    text = unicodedata.normalize("NFKD", text.lower())
    text = re.sub(r"\d{1,3}(,\d{3})+", lambda n: _cardinal(int(n[0].replace(",", ""))), text)
    text = re.sub(r"\d+", lambda n: _number(int(n[0])), text)
    text = re.sub(r"['’\u0300-\u036f]", "", text)
    words = re.findall(r"[a-z]+", text)
    return " ".join(_ABBREVIATIONS.get(word, word) for word in words).split()


def characters(text: str) -> list[str]:
    """The letters and characters of a text, without spaces and marks: what CJK errors count."""
    return [c for c in unicodedata.normalize("NFKC", text.lower()) if c.isalnum()]


def word_error(
    clips: Sequence[np.ndarray],
    sample_rate: int,
    texts: Sequence[str],
    listener: Listener | None = None,
    n_workers: int = 1,
) -> ErrorRate:
    """Let a listener write down English clips and count the wrong words.

    Args:
        clips: (n_samples,) each, float in [-1, 1].
        sample_rate: Hz.
        texts: what was to be said, one per clip.
        listener: who listens; pocketsphinx if None.
        n_workers: processes, for pocketsphinx only; 1 stays in this one.

    Raises:
        MissingExtra: pocketsphinx is not installed.
    """
    from .listeners import Sphinx, transcribe_with_sphinx

    if listener is None or isinstance(listener, Sphinx):
        written = transcribe_with_sphinx(clips, sample_rate, n_workers)
    else:
        written = [listener.transcribe(clip, sample_rate, "en") for clip in clips]
    return error_rate(map(english_words, texts), map(english_words, written))


def _number(value: int) -> str:
    if not (1100 <= value <= 1999 or 2010 <= value <= 2099):
        return _cardinal(value)
    century, rest = divmod(value, 100)
    if rest == 0:
        return f"{_cardinal(century)} hundred"
    return f"{_cardinal(century)} {'oh ' if rest < 10 else ''}{_cardinal(rest)}"


def _cardinal(value: int) -> str:
    if value < 20:
        return _ONES[value]
    if value < 100:
        return f"{_TENS[value // 10]} {_ONES[value % 10] if value % 10 else ''}"
    sizes = (10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")
    size, name = next((size, name) for size, name in sizes if value >= size)
    head, rest = divmod(value, size)
    return f"{_cardinal(head)} {name} {_cardinal(rest) if rest else ''}"
