"""A clone's spectra lie where the person's lie."""

import numpy as np
import pytest

from kouji.audio.mel import N_MELS
from kouji.engines.native import reference, timbre


def cloud(n: int, seed: int, offset: float = 0.0, stretch: float = 1.0) -> np.ndarray:
    """(n, 80) loud frames around a sloping spectrum, with formants that move together."""
    rng = np.random.default_rng(seed)
    shapes = np.stack([np.cos(np.pi * (np.arange(N_MELS) + 0.5) * k / N_MELS) for k in range(1, 7)])
    return (np.linspace(0, -2, N_MELS) + offset + stretch * 0.3 * rng.standard_normal((n, 6)) @ shapes).astype(
        np.float32
    )


F0 = np.tile(np.float32([100, 110, 120, 130]), 200)


def test_a_voice_without_a_map_is_left_as_it_is() -> None:
    mel = cloud(50, 0)
    assert timbre.shaped(mel, {}) is mel
    assert timbre.spread({}) == 1


def test_ours_is_moved_to_where_theirs_lies() -> None:
    theirs, ours = cloud(800, 1, offset=np.linspace(0, 1, N_MELS), stretch=1.5), cloud(800, 2)
    arrays = timbre.match(theirs, F0, ours, F0)
    moved = timbre.shaped(ours, arrays)
    np.testing.assert_allclose(moved.mean(0), theirs.mean(0), atol=0.1)
    before, after = (np.abs(np.cov(mel.T) - np.cov(theirs.T)).mean() for mel in (ours, moved))
    assert after < 0.4 * before
    assert moved.dtype == np.float32


def test_a_voice_like_ours_changes_nothing() -> None:
    ours = cloud(800, 3)
    arrays = timbre.match(ours, F0, ours, F0)
    np.testing.assert_allclose(timbre.shaped(ours, arrays), ours, atol=1e-3)
    assert timbre.spread(arrays) == pytest.approx(1)


def test_a_few_frames_move_the_centre_alone() -> None:
    arrays = timbre.match(cloud(20, 4, offset=1.0), F0[:20], cloud(800, 5), F0)
    np.testing.assert_allclose(arrays["timbre"], np.eye(N_MELS), atol=1e-6)


def test_a_lively_speaker_makes_a_lively_melody_within_bounds() -> None:
    lively = np.where(F0 > 115, F0 * 1.2, F0).astype(np.float32)
    mel = cloud(800, 6)
    assert 1 < timbre.spread(timbre.match(mel, lively, mel, F0)) <= timbre.SPREADS[1]
    assert timbre.spread(timbre.match(mel, np.full_like(F0, 100), mel, F0)) == pytest.approx(timbre.SPREADS[0])


def test_windows_with_more_voice_weigh_more_in_the_embedding() -> None:
    mel = np.concatenate([cloud(160, 7, 0.0), cloud(160, 8, 0.5)])
    f0 = np.concatenate([np.zeros(160), np.full(160, 120)]).astype(np.float32)

    def encode(window: np.ndarray) -> np.ndarray:
        return np.float32([window.mean()])

    first, second = encode(mel[:160]), encode(mel[160:])
    found = reference.fused(mel, f0, encode)
    assert abs(found - second) < abs(found - first)
    assert reference.fused(mel[:50], f0[:50], encode).shape == (1,)
