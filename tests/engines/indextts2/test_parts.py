"""Parts that can be shown alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from kouji.engines.indextts2 import config, conformer, int8, span, weights
from kouji.engines.indextts2.bigvgan import BigVGAN, BigVGANConfig
from kouji.engines.indextts2.dit import DiT, DiTConfig
from kouji.engines.indextts2.sampling import Limits, Sampling, generate
from kouji.engines.indextts2.steps import stepper
from kouji.engines.indextts2.tiles import TiledConv1d
from kouji.engines.indextts2.vocode import vocoded
from kouji.layers.linear import Linear
from kouji.types import Delivery

from .conftest import chance


@torch.inference_mode()
def test_the_eight_bit_gpt_thinks_nearly_what_the_other_thinks(folder: Path) -> None:
    sizes = config.read(folder)
    exact, narrow = weights.read_gpt(sizes, folder), int8.read_narrow(sizes, folder, 1)
    generator = torch.Generator().manual_seed(1)
    speaker, emotion = torch.randn(32, 32, generator=generator), torch.randn(32, generator=generator)
    codes = torch.tensor([3, 9, 27, 4, 50])
    states, logits = [], []
    for gpt in (exact, narrow):
        cache = gpt.start(gpt.prompt(speaker, emotion, torch.tensor([5, 6, 7])))
        logits.append([gpt.logits(codes[i, None, None], torch.tensor([i]), cache) for i in range(5)])  # type: ignore[arg-type]
        states.append(gpt.latents(codes, cache))  # type: ignore[arg-type]
    for one, other in zip(*logits, strict=True):
        assert (one - other).norm() < 0.05 * one.norm()
    assert (states[0] - states[1]).norm() < 0.05 * states[0].norm()


@torch.inference_mode()
def test_beams_of_the_eight_bit_gpt_go_on_from_where_they_are_told(folder: Path) -> None:
    narrow = int8.read_narrow(config.read(folder), folder, 1)
    generator = torch.Generator().manual_seed(5)
    style, manner = torch.randn(32, 32, generator=generator), torch.randn(32, generator=generator)
    prompt = narrow.prompt(style, manner, torch.tensor([5, 6, 7]))
    histories = [[3, 9, 27], [3, 4, 27], [50, 4, 27]]

    def alone(history: list[int]) -> np.ndarray:
        step = stepper(narrow, narrow.start(prompt))
        return [step(np.array([code]), n, np.zeros(1, np.int64)) for n, code in enumerate(history)][-1][0]

    cache = narrow.start(prompt)
    step = stepper(narrow, cache)
    for _ in range(2):  # and once more after all is forgotten
        step(np.array([3, 50, 8]), 0, np.arange(3))
        step(np.array([9, 4, 4]), 1, np.array([0, 0, 1]))
        together = step(np.array([27, 27, 27]), 2, np.arange(3))
        apart = [alone(history) for history in histories]
        # What comes in is rounded to eight bits: a last digit, which differs side by side, may tip it the other way.
        assert abs(together - apart).max() < 0.04 < abs(np.diff(apart, axis=0)).max(1).min() / 2
        cache.rewind()
    assert narrow.latents(torch.tensor(histories[0]), cache).shape[:2] == (1, 3)


@torch.inference_mode()
def test_pieces_of_sound_are_the_whole() -> None:
    vocoder = chance(BigVGAN(BigVGANConfig(width=64)), 1)
    assert isinstance(vocoder, BigVGAN)
    mel = torch.randn(1, 80, 520, generator=torch.Generator().manual_seed(2))
    pieces = list(vocoded(vocoder, mel, 520 * 256 - 100))
    assert len(pieces) > 1
    # oneDNN adds in another order for other lengths: float32 rounding, no more.
    np.testing.assert_allclose(np.concatenate(pieces), vocoder(mel)[0, :-100].numpy(), atol=5e-4)


def test_a_length_is_shared_out_to_the_last_sample() -> None:
    targets = span.targets(Delivery(duration=3.21), [10, 30, 7], n_pause=4410)
    assert sum(target.n_samples or 0 for target in targets) == round(3.21 * 22050) - 2 * 4410
    settled = span.settled(targets, [25, 60, 20])
    assert sum(target.n_samples or 0 for target in settled) == round(3.21 * 22050) - 2 * 4410


def test_beams_find_a_likelier_sequence_than_the_greedy_one() -> None:
    """Code 1 looks better at first, but only code 2 leads to certainty."""

    def step(last: np.ndarray, n_codes: int, sources: np.ndarray) -> np.ndarray:
        table = {0: [-9, 1.0, 0.9, -9, -9], 1: [-9, 0, 0, 0, 0.1], 2: [-9, -9, -9, -9, 9]}
        return np.array([table.get(int(code), [-9, -9, -9, -9, 9]) for code in last], np.float32)

    limits = Limits(start=0, stop=4, longest=4)
    plain = Sampling(is_drawn=False, repetition_penalty=1.0, n_beams=1)
    assert generate(step, plain, limits, np.zeros).tolist() == [1]
    beams = Sampling(is_drawn=False, repetition_penalty=1.0, n_beams=2)
    assert generate(step, beams, limits, np.zeros).tolist() == [2]


def test_a_code_that_is_no_sound_is_never_drawn() -> None:
    def step(last: np.ndarray, n_codes: int, sources: np.ndarray) -> np.ndarray:
        return np.array([[0, 9, 1]], np.float32)

    codes = generate(step, Sampling(n_beams=1), Limits(0, 2, 5, 5, never=(1,)), np.zeros)
    assert codes.tolist() == [0] * 5


@pytest.mark.parametrize(("asked", "n_beams"), [(7, 1), (7, 3)])
def test_exactly_so_many_codes_as_asked(asked: int, n_beams: int) -> None:
    rng = np.random.default_rng(0)

    def step(last: np.ndarray, n_codes: int, sources: np.ndarray) -> np.ndarray:
        return rng.standard_normal((len(last), 20)).astype(np.float32)

    limits = Limits(start=18, stop=19, longest=asked, shortest=asked, never=(18,))
    assert len(generate(step, Sampling(n_beams=n_beams), limits, lambda n: rng.gumbel(size=n))) == asked


@torch.inference_mode()
def test_what_is_left_out_of_the_flow_changes_nothing_in_what_is_asked_for() -> None:
    config = DiTConfig(n_mels=8, dim=32, n_heads=2, depth=5, content_dim=16, speaker_dim=12)
    estimator = chance(DiT(config), 3)
    assert isinstance(estimator, DiT)
    generator = torch.Generator().manual_seed(4)
    x, context = torch.randn(2, 8, 60, generator=generator), torch.randn(2, 60, 32, generator=generator)
    times, turns = estimator.times(torch.tensor([0.3])), estimator.turns(60)
    whole = estimator(x, context, times, 0, turns)
    for n_known in (5, 16, 40):
        torch.testing.assert_close(estimator(x, context, times, 0, turns, n_known), whole[..., n_known:])
    assert not torch.allclose(whole[..., 40:], estimator(0.9 * x, context, times, 0, turns, 40), atol=1e-4)


@torch.inference_mode()
@torch.inference_mode()
@pytest.mark.parametrize("n_frames", [3, 4, 128, 129, 130, 750])
def test_a_long_clip_is_heard_piece_by_piece_and_as_a_whole(n_frames: int) -> None:
    """So that learning a voice from 15 seconds stays below the memory that speaking may take."""
    module = conformer.Subsampling(32, 16)
    planes: list[int] = []
    module.conv.register_forward_hook(lambda _module, _given, made: planes.append(made.shape[2]))
    features = torch.randn(1, n_frames, 32, generator=torch.Generator().manual_seed(1))
    heard = module(features)
    assert max(planes) <= conformer.AT_ONCE
    whole = module.out(module.conv(features[:, None]).transpose(1, 2).flatten(2)) * module.scale
    torch.testing.assert_close(heard, whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("n_frames", [1, 4, 23])
def test_four_frames_at_once_are_the_convolution(n_frames: int) -> None:
    generator = torch.Generator().manual_seed(5)
    weight, bias = torch.randn(24, 16, 5, generator=generator), torch.randn(24, generator=generator)
    x = torch.randn(2, n_frames + 4, 16, generator=generator)
    expected = torch.nn.functional.conv1d(x.transpose(1, 2), weight, bias).transpose(1, 2)
    torch.testing.assert_close(TiledConv1d(weight, bias)(x), expected, rtol=0, atol=1e-5 * float(expected.abs().max()))


@torch.inference_mode()
@pytest.mark.parametrize("shape", [(40,), (1, 1, 40), (3, 40), (2, 9, 40)])
@pytest.mark.parametrize("bias", [False, True])
def test_one_row_and_many_are_multiplied_alike(shape: tuple[int, ...], bias: bool) -> None:
    layer, generator = Linear(40, 24, bias), torch.Generator().manual_seed(6)
    x = torch.randn(shape, generator=generator)
    torch.testing.assert_close(layer(x), torch.nn.functional.linear(x, layer.weight, layer.bias))
