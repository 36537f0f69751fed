from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from kouji.engines import start
from kouji.engines.native import source, vocode
from kouji.engines.native.card import CARD
from kouji.engines.native.engine import Native


@pytest.fixture(scope="module")
def graph() -> vocode.Vocoder:
    engine = start(CARD)
    assert isinstance(engine, Native)
    return engine._graphs["vocoder"]


def sound(n_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """A mel and an F0 that go up and down."""
    rng = np.random.default_rng(3)
    time = np.arange(n_frames) / 100
    mel = rng.normal(-5, 1, (n_frames, 80)).astype(np.float32) + np.sin(time)[:, None].astype(np.float32)
    f0 = np.where(np.arange(n_frames) % 50 < 35, 180 + 40 * np.sin(time), 0).astype(np.float32)
    return mel, f0


@pytest.mark.parametrize("n_frames", [1, 30, 48, 72, 73, 500, 900])
def test_windows_follow_one_another_to_the_end(n_frames: int) -> None:
    found = list(vocode.windows(n_frames))
    assert found[0][0] == 0
    assert found[-1][1] == n_frames
    assert all(before[1] == after[0] for before, after in pairwise(found))
    assert all(start < end for start, end in found)


@pytest.mark.parametrize("n_frames", [20, 200, 700])
def test_windows_sound_as_the_whole(graph: vocode.Vocoder, n_frames: int) -> None:
    """The context is all that a frame depends on: what differs is the rounding of another order of sums."""
    mel, f0 = sound(n_frames)
    pieces = np.concatenate(list(vocode.vocode(graph, mel, f0, np.random.default_rng(0))))
    pitch = np.stack([np.log(source.fill(f0) / 200), f0 > 0], -1).astype(np.float32)
    (curves,) = graph(mel=mel[None], pitch=pitch[None])
    whole = source.filtered(curves[0], source.stft(source.excitations(f0, np.random.default_rng(0))))
    np.testing.assert_allclose(pieces, whole, atol=2e-5 * np.abs(whole).max())


def test_the_first_piece_is_short(graph: vocode.Vocoder) -> None:
    mel, f0 = sound(700)
    first = next(vocode.vocode(graph, mel, f0, np.random.default_rng(0)))
    assert len(first) == vocode.FIRST * 240


def test_sources_are_the_same_however_they_are_cut() -> None:
    _, f0 = sound(100)
    whole = source.excitations(f0, np.random.default_rng(0))
    piecewise = source.Excitation(f0, np.random.default_rng(0))
    for stop in (1, 777, 5000, 24000):
        np.testing.assert_array_equal(piecewise.upto(stop), whole[:, :stop])


def test_some_frames_of_the_transform_are_those_of_all() -> None:
    samples = np.random.default_rng(0).standard_normal(50 * 240).astype(np.float32)
    whole = source.stft(samples)
    for first, last in ((0, 10), (7, 30), (45, 50)):
        np.testing.assert_array_equal(source.stft(samples, first, last), whole[first:last])
