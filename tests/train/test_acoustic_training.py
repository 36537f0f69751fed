"""What the acoustic model is trained on, and what it is trained to please."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs kouji[train]: pip install torch==2.13.0, then 'kouji[train]'")
pytest.importorskip("numba", reason="needs kouji[train]")

import torch

from kouji.train.acoustic import Acoustic, AcousticConfig
from kouji.train.acoustic_training import unlikeness
from kouji.train.examples import Example, in_character, join

MEANS = {"somebody": np.log(200.0)}


def word(tokens: tuple[str, ...], speaker: str = "somebody", hertz: float = 200.0) -> Example:
    """Ten frames a token, at one pitch."""
    n = 10 * len(tokens)
    starts = tuple(k == 1 for k in range(len(tokens)))
    return Example(
        tokens, starts, np.full(len(tokens), 10), np.full((n, 80), -5.0, np.float32), np.full(n, hertz, np.float32),
        np.zeros(n, np.float32), float(np.log(hertz)), "zh", "zh_word", speaker, 12000.0,
    )  # fmt: skip


MAMA = word(("_", "m", "a1", "m", "a5", "."))


def test_sentences_have_particles_though_lists_of_words_have_none() -> None:
    """An unstressed syllable within a word passes, in half of the sentences, for a word of its own."""
    starts = [join([MAMA, MAMA], np.random.default_rng(seed)).word_start for seed in range(40)]
    as_particles = [sum(each) == 4 for each in starts]
    assert 10 < sum(as_particles) < 30
    assert all(sum(each) in (2, 4) for each in starts)


def test_a_raised_voice_is_sometimes_the_same_person_and_no_other_melody() -> None:
    raised = word(MAMA.tokens, "somebody~1.2", 240.0)
    found = [in_character(raised, MEANS, np.random.default_rng(seed)) for seed in range(100)]
    same = [each for each in found if each.speaker == "somebody"]
    assert 5 < len(same) < 40
    for each in same:
        assert np.allclose(each.f0, 240)  # what is heard
        assert np.allclose(np.log(each.f0) - each.mean + each.bend, 0, atol=1e-6)  # what is to be predicted


def test_a_voice_an_octave_lower_is_always_somebody_else() -> None:
    lowered = word(MAMA.tokens, "somebody~0.5", 100.0)
    assert all(in_character(lowered, MEANS, np.random.default_rng(seed)) is lowered for seed in range(100))


def test_the_decoder_is_told_to_sound_like_the_voice_and_the_encoder_is_told_nothing() -> None:
    torch.manual_seed(0)
    model = Acoustic(AcousticConfig())
    mel = (torch.randn(2, 100, 80) - 5).requires_grad_()
    with torch.no_grad():
        another = -model.speaker(mel)
    unlikeness(model, mel, another).backward()
    assert mel.grad is not None
    assert mel.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in model.parameters())


def test_whoever_is_as_like_as_two_clips_of_one_person_is_like_enough() -> None:
    torch.manual_seed(0)
    model = Acoustic(AcousticConfig())
    mel = torch.full((2, 100, 80), -5.0) + torch.linspace(0, 1, 80)
    with torch.no_grad():
        own = model.speaker(mel[:, :74])
    assert float(unlikeness(model, mel, own)) == 0
