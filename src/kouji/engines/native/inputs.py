"""Phonemes as the numbers that the acoustic model reads. Training and run time share every line of this file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from kouji.text.phonemes import FEATURES, LANGUAGES, N_TONES, PAUSES, is_vowel, segments, split_tone, to_segments

STYLES = (  # ways of reading heard in training; a request is read in the one that fits its language and length
    "zh_word", "zh_syllable", "zh_sentence", "zh_read", "en_read", "en_story", "en_story_2", "en_readers",
    "ja_word", "ja_word_2", "teacher_ko", "teacher_yue", "teacher_ja", "teacher_zh", "teacher_en", "spare",
)  # fmt: skip
N_EMOTIONS = 8  # happy angry sad afraid disgusted melancholic surprised calm; all zero is neutral
N_FLAGS = 8
N_POSITION = 6


@dataclass(frozen=True)
class TokenInputs:
    """One utterance of N tokens (phonemes and pauses)."""

    segments: np.ndarray  # (N, 3) int64: onset or glide, nucleus, coda; index into kouji.text.phonemes.segments()
    tones: np.ndarray  # (N,) int64: language * N_TONES + digit
    flags: np.ndarray  # (N, N_FLAGS) float32: where in word, phrase and utterance
    next_pause: np.ndarray  # (N,) int64: index into PAUSES of the pause that ends this phrase


def encode(tokens: Sequence[str], word_start: Sequence[bool], languages: Sequence[str]) -> TokenInputs:
    """Numbers for an utterance.

    Args:
        tokens: phonemes with digits, and pauses; the last one is a pause.
        word_start: whether each token begins a word.
        languages: of each token.
    """
    parts = [split_tone(token) for token in tokens]
    pauses = np.array([name in PAUSES for name, _ in parts])
    return TokenInputs(
        np.array([slots(name) for name, _ in parts], np.int64),
        np.array([LANGUAGES.index(lang) * N_TONES + tone for (_, tone), lang in zip(parts, languages, strict=True)]),
        _flags(np.array([is_vowel(name) for name, _ in parts]), pauses, np.array(word_start, bool)),
        _next_pause([name for name, _ in parts]),
    )


@cache
def slots(phoneme: str) -> tuple[int, int, int]:
    """Three segment numbers for a phoneme of one to four: a -> a a a, ja -> j a a, aɪ -> a a ɪ, waɪ -> w a ɪ."""
    names, found = list(segments()), to_segments(phoneme)
    vowel = [bool(segments()[s][FEATURES.index("vowel")]) for s in found]
    if len(found) == 1:
        chosen = (found[0],) * 3
    elif len(found) == 2:
        chosen = (found[0], found[0], found[1]) if vowel[0] or not vowel[1] else (found[0], found[1], found[1])
    else:
        chosen = (found[0], found[1], found[-1])
    return tuple(names.index(s) for s in chosen)  # type: ignore[return-value]


@cache
def segment_features() -> np.ndarray:
    """(n_segments, len(FEATURES)) float32."""
    return np.stack(list(segments().values()))


def _flags(vowel: np.ndarray, pause: np.ndarray, word_start: np.ndarray) -> np.ndarray:
    syllable = np.cumsum(vowel)
    since, until, in_phrase = np.zeros(len(vowel)), np.zeros(len(vowel)), np.zeros(len(vowel))
    ends = [-1, *np.flatnonzero(pause).tolist()]
    for before, end in pairwise(ends):
        inside = slice(before + 1, end + 1)
        base = syllable[before] if before >= 0 else 0
        since[inside] = syllable[inside] - base
        until[inside] = syllable[end] - syllable[inside]
        in_phrase[inside] = syllable[end] - base
    total = float(syllable[-1]) if len(syllable) else 0.0
    columns = (
        word_start,
        pause,
        np.log1p(since) / 3,
        np.log1p(until) / 3,
        np.log1p(in_phrase) / 3,
        syllable / max(total, 1.0),
        np.full(len(vowel), np.log1p(total) / 4),
        _distance_to_word_end(word_start) / 6,
    )
    return np.stack(columns, -1).astype(np.float32)


def _distance_to_word_end(word_start: np.ndarray) -> np.ndarray:
    """Tokens left in the word, at most 6."""
    left = np.zeros(len(word_start))
    for k in range(len(word_start) - 2, -1, -1):
        left[k] = 0 if word_start[k + 1] else min(left[k + 1] + 1, 6)
    return left


def _next_pause(names: Sequence[str]) -> np.ndarray:
    found, current = np.zeros(len(names), np.int64), PAUSES.index(".")
    for k in range(len(names) - 1, -1, -1):
        if names[k] in PAUSES:
            current = PAUSES.index(names[k])
        found[k] = current
    return found


def positions(durations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which token each frame belongs to, and where in it.

    Args:
        durations: (N,) frames per token.

    Returns:
        (T,) int64 token of each frame; (T, N_POSITION) float32.
    """
    token = np.repeat(np.arange(len(durations)), durations)
    start = np.cumsum(durations) - durations
    from_start = np.arange(len(token)) - start[token]
    length = durations[token]
    fraction = (from_start + 0.5) / np.maximum(length, 1)
    columns = (
        fraction,
        np.sin(np.pi * fraction),
        np.cos(np.pi * fraction),
        np.log1p(from_start) / 3,
        np.log1p(length - 1 - from_start) / 3,
        np.log(np.maximum(length, 1)) / 3,
    )
    return token.astype(np.int64), np.stack(columns, -1).astype(np.float32)
