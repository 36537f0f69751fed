"""Letters as beeps: the label that needs no words.

"AI" in Morse code (· – · ·) is the rhythm that GB 45438-2025 names for sound that a machine made. Lengths: a dash is
three dots, one dot between the signs of a letter, three between letters. Source: ITU-R M.1677-1.
"""

from __future__ import annotations

import numpy as np

CODE = {"A": "·–", "I": "··"}
_DOT = 0.08  # seconds
_HERTZ, _LEVEL, _FADE = 700.0, 0.15, 0.005  # of the beep; seconds


def beeps(word: str, sample_rate: int) -> np.ndarray:
    """A word of the letters in CODE -> (n_samples,) float32, from the first beep to the end of the last."""
    pieces = []
    for letter in word:
        for sign in CODE[letter]:
            pieces += [_beep(3 if sign == "–" else 1, sample_rate), _silence(1, sample_rate)]
        pieces.append(_silence(2, sample_rate))
    return np.concatenate(pieces[:-2])


def _beep(n_dots: int, sample_rate: int) -> np.ndarray:
    time = np.arange(round(n_dots * _DOT * sample_rate)) / sample_rate
    edge = np.minimum(1.0, np.minimum(time, time[::-1]) / _FADE)
    return (_LEVEL * edge * np.sin(2 * np.pi * _HERTZ * time)).astype(np.float32)


def _silence(n_dots: int, sample_rate: int) -> np.ndarray:
    return np.zeros(round(n_dots * _DOT * sample_rate), np.float32)
