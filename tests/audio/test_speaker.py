"""The speaker encoder against the original's embeddings of the same clips (Resemblyzer 0.1.4)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kouji.audio import speaker
from kouji.errors import InvalidInput
from kouji_sounds import FEMALE, MALE, person

DATA = Path(__file__).parent.parent / "data"
ORIGINAL = np.load(DATA / "speaker_embeddings.npz")


def alike(one: np.ndarray, other: np.ndarray) -> float:
    return float(speaker.speaker_embedding(one, 16000) @ speaker.speaker_embedding(other, 16000))


@pytest.mark.parametrize(("name", "clip"), [("female", FEMALE), ("male", MALE)])
def test_the_embedding_is_that_of_the_original(name: str, clip: Path) -> None:
    untrimmed = speaker._embed(speaker._prepared(person(clip), 16000))
    assert np.abs(untrimmed - ORIGINAL[f"{name}_untrimmed"]).max() < 1e-3  # 16-bit weights
    # With silences shortened by each one's own voice detector.
    assert speaker.speaker_embedding(person(clip), 16000) @ ORIGINAL[f"{name}_trimmed"] > 0.99


def test_one_voice_is_nearer_to_itself_than_to_another() -> None:
    her, him = person(FEMALE), person(MALE)
    half = len(her) // 2
    to_herself = alike(her[:half], her[half:])
    assert to_herself > alike(her, him) + 0.1


def test_level_and_surrounding_silence_do_not_change_the_voice() -> None:
    her = person(FEMALE)
    quiet = np.pad(her * 0.03, 16000)
    # Not 1: the two 1.6 s windows of so short a clip fall elsewhere. Another voice has 0.57.
    assert alike(her, quiet) > 0.94


def test_silence_and_no_clip_at_all_are_refused() -> None:
    with pytest.raises(InvalidInput, match="silent"):
        speaker.speaker_embedding(np.zeros(16000, np.float32), 16000)
    with pytest.raises(InvalidInput, match="without a clip"):
        speaker.voice_embedding([], 16000)
