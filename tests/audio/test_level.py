"""Louder without clipping."""

import numpy as np
import pytest

from kouji.audio.level import KNEE, amplified, amplify
from kouji.types import Chunk

SPEECH = (np.sin(np.arange(2400) / 7) * np.linspace(0, 0.5, 2400)).astype(np.float32)


def test_nothing_asked_changes_nothing() -> None:
    assert amplified(SPEECH, 0.0) is SPEECH


@pytest.mark.parametrize("decibels", [-24.0, -3.0, 2.0])
def test_below_the_knee_it_is_a_plain_gain(decibels: float) -> None:
    np.testing.assert_allclose(amplified(SPEECH, decibels), SPEECH * 10 ** (decibels / 20), rtol=1e-5)


def test_peaks_are_bent_and_never_clipped() -> None:
    loud = amplified(SPEECH, 12.0)
    assert KNEE < np.abs(loud).max() < 1
    rising = np.sort(np.abs(SPEECH))
    assert (np.diff(amplified(rising, 12.0)) >= 0).all()


def test_chunks_sound_like_the_whole() -> None:
    pieces = [Chunk(piece) for piece in np.array_split(SPEECH, 7)]
    joined = np.concatenate([chunk.samples for chunk in amplify(pieces, 9.0)])
    np.testing.assert_array_equal(joined, amplified(SPEECH, 9.0))


def test_an_empty_chunk_stays_empty() -> None:
    assert len(amplified(np.zeros(0, np.float32), 6.0)) == 0
