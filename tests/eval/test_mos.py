"""DNSMOS against what the original says of the same clips (speechmos 0.0.1.1, librosa 0.11)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from kouji.errors import InvalidInput
from kouji.eval.mos import available, dnsmos, joined

DATA = Path(__file__).parent.parent / "data"
pytestmark = pytest.mark.skipif(not available(), reason="speechmos is not installed")


def clip(name: str) -> tuple[np.ndarray, int]:
    return soundfile.read(DATA / name, dtype="float32")


@pytest.mark.parametrize(
    ("name", "seconds", "expected"),
    [
        ("english_female.flac", None, (3.1959, 3.5378, 3.9212, 3.7051)),
        ("english_male.flac", None, (3.1975, 3.4658, 4.0764, 3.6382)),
        ("english_male.flac", 11.5, (3.1824, 3.4534, 4.0727, 3.6307)),  # two windows
    ],
)
def test_the_ratings_are_those_of_the_original(name, seconds, expected) -> None:
    samples, sample_rate = clip(name)
    if seconds:
        samples = np.tile(samples, 4)[: int(seconds * sample_rate)]
    rated = dnsmos(samples, sample_rate)
    # 0.01 is a tenth of what tells two systems apart.
    assert [rated[k] for k in ("ovrl", "sig", "bak", "p808")] == pytest.approx(expected, abs=0.01)


def test_noise_lowers_the_rating() -> None:
    samples, sample_rate = clip("english_female.flac")
    noise = np.random.default_rng(0).normal(0, 0.05, len(samples)).astype(np.float32)
    assert dnsmos(samples + noise, sample_rate)["ovrl"] < dnsmos(samples, sample_rate)["ovrl"] - 0.5


def test_silence_is_refused() -> None:
    with pytest.raises(InvalidInput, match="silent"):
        dnsmos(np.zeros(16000, np.float32), 16000)


def test_short_words_are_joined_with_gaps_and_none_is_lost() -> None:
    words = [np.full(8000, i + 1, np.float32) for i in range(20)]  # half a second each
    clips = list(joined(words, 16000))
    assert all(len(c) <= 9 * 16000 for c in clips)
    assert [sum(np.count_nonzero(c == i + 1) for c in clips) for i in range(20)] == [8000] * 20
    assert np.count_nonzero(clips[0] == 0) == 3200 * (len(np.unique(clips[0])) - 2)
