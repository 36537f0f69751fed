"""Emotional copies, and the encoder that learns from them, on voices made of buzzes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs kouji[train]: pip install torch==2.13.0, then 'kouji[train]'")

import torch

from kouji.audio.f0 import track
from kouji.audio.mel import log_mel
from kouji.engines.native.expression import HUMAN, Expression
from kouji.runtime.onnx import Graph
from kouji.train import emotional_copies
from kouji.train.emotion_encoder import CROP, Clips, EmotionEncoder, EncoderTraining, _Reversed, export, train
from kouji.train.emotion_figures import evaluate
from kouji.train.emotional_copies import emotional
from kouji.types import EMOTIONS


def buzz(hertz: float, n_frames: int = 160) -> np.ndarray:
    """A melody of a voice with few overtones, (n_frames * 240,)."""
    time = np.arange(n_frames * 240) / 24000
    phase = 2 * np.pi * np.cumsum(hertz * 2 ** (np.sin(7 * time) / 6)) / 24000
    return (0.1 * sum(np.sin(k * phase) / k for k in range(1, 20))).astype(np.float32)


class Voices:
    """Five speakers, the last two held out, two recordings each."""

    def __init__(self) -> None:
        self.sounds = [buzz(100 + 30 * speaker + 2 * take) for speaker in range(5) for take in range(2)]
        self.rows = [
            {"id": f"{k}", "speaker": f"s{k // 2}", "split": "held_out" if k >= 6 else "train", "n_frames": 160}
            for k in range(10)
        ]

    def samples(self, row: dict[str, object]) -> np.ndarray:
        return self.sounds[int(str(row["id"]))]

    def f0(self, row: dict[str, object]) -> np.ndarray:
        return track(self.samples(row))[:160]


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return emotional_copies.make(Voices(), tmp_path_factory.mktemp("copies") / "made", pieces=2)  # type: ignore[arg-type]


def middle(f0: np.ndarray) -> float:
    return float(12 * np.log2(f0[f0 > 0]).mean())


def test_a_copy_has_the_pitch_tempo_and_brightness_of_its_emotion() -> None:
    samples = buzz(150)
    f0 = track(samples)[:160]
    mel, pitch = emotional(samples, f0, HUMAN["angry"])
    assert middle(pitch) - middle(f0) == pytest.approx(HUMAN["angry"].pitch, abs=0.3)
    assert len(mel) / 160 == pytest.approx(0.97, abs=0.02)
    bright, plain = mel.mean(0), log_mel(samples)[:160].mean(0)
    assert (bright - plain)[30:50].mean() > (bright - plain)[:8].mean() + 0.5


def test_a_copy_without_change_is_the_original() -> None:
    samples = buzz(150)
    mel, _ = emotional(samples, track(samples)[:160], Expression())
    assert np.abs(mel - log_mel(samples)[: len(mel)])[5:-5].mean() < 0.3


def test_every_piece_is_there_in_every_emotion(copies: Path) -> None:
    clips = Clips(copies)
    assert clips.speakers == ["s0", "s1", "s2"]
    assert {row["emotion"] for row in clips.rows} == {"neutral", *EMOTIONS}
    assert all((row["strength"] == 0) == (row["emotion"] == "neutral") for row in clips.rows)
    assert not {row["speaker"] for row in clips.of("held_out")} & set(clips.speakers)
    assert len(clips.rows) == 5 * 2 * 9


def test_the_reversal_turns_the_gradient_round() -> None:
    x = torch.ones(3, requires_grad=True)
    _Reversed.apply(x, 0.5).sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [-0.5] * 3


def test_the_same_seed_trains_the_same_network_and_onnx_hears_the_same(copies: Path, tmp_path: Path) -> None:
    settings = EncoderTraining(n_steps=4, n_clips=4)
    whole, again = (train(copies, tmp_path / name, settings, lambda row: None) for name in ("one", "two"))
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    export(whole, tmp_path / "emotion.onnx")
    assert (tmp_path / "emotion.onnx").stat().st_size < 1_000_000
    mel, f0 = Clips(copies).batch(Clips(copies).rows[:1])
    with torch.no_grad():
        _, logits, intensity = whole(mel, f0)
    shares, heard = Graph((tmp_path / "emotion.onnx").read_bytes())(mel=mel.numpy(), f0=f0.numpy())
    np.testing.assert_allclose(shares, torch.softmax(logits, -1).numpy(), atol=2e-3)  # 16 bit
    np.testing.assert_allclose(heard, intensity.numpy(), atol=2e-3)


def test_the_level_of_a_recording_says_nothing() -> None:
    model = EmotionEncoder().eval()
    mel, f0 = torch.randn(1, CROP, 80) - 3, torch.full((1, CROP), 150.0)
    with torch.no_grad():
        torch.testing.assert_close(model(mel, f0)[0], model(mel + 1, f0)[0], atol=1e-4, rtol=1e-3)


def test_the_figures_are_of_people_never_heard(copies: Path) -> None:
    figures = evaluate(EmotionEncoder().eval(), copies)
    assert figures["n_speakers"] == 2
    assert 0 <= figures["found"] <= 1  # type: ignore[operator]
    assert set(figures["found_of"]) == set(EMOTIONS)  # type: ignore[call-overload]
