from __future__ import annotations

import numpy as np
import pytest

from kouji.audio import f0 as f0_tracker
from kouji.engines.native import source

RATE = 24000


def steady(hertz: float, n_frames: int = 200) -> np.ndarray:
    return np.full(n_frames, hertz, np.float32)


@pytest.mark.parametrize("hertz", [80.0, 150.0, 233.0, 410.0])
def test_the_pulses_have_the_pitch_that_was_asked_for(hertz: float) -> None:
    pulses = source.excitations(steady(hertz), np.random.default_rng(0))[0]
    voice = np.convolve(0.1 * pulses, np.hanning(24), "same").astype(np.float32)  # falls with frequency, as voices do
    found = f0_tracker.track(voice)[20:-20]
    assert np.median(found) == pytest.approx(hertz, rel=0.002)


def test_nothing_is_louder_than_the_top_harmonic_above_it() -> None:
    pulses = source.excitations(steady(200), np.random.default_rng(0))[0]
    spectrum = np.abs(np.fft.rfft(pulses * np.hanning(len(pulses))))
    hertz = np.fft.rfftfreq(len(pulses), 1 / RATE)
    assert spectrum[hertz > source.TOP + 50].max() < 0.01 * spectrum[hertz < source.TOP].max()


def test_the_sources_have_about_unit_power() -> None:
    for sound in source.excitations(steady(150), np.random.default_rng(0)):
        assert np.sqrt(np.mean(sound**2)) == pytest.approx(1.0, rel=0.2)


def test_unvoiced_frames_have_noise_and_no_pulses() -> None:
    pulses, noise, breath = source.excitations(np.zeros(100, np.float32), np.random.default_rng(0))
    assert not pulses.any()
    assert not breath.any()
    assert noise.std() > 0.9


def test_back_and_forth_is_the_same_sound() -> None:
    samples = np.random.default_rng(0).standard_normal(100 * 240).astype(np.float32)
    again = source.istft(source.stft(samples))
    inner = slice(480, -480)
    np.testing.assert_allclose(again[inner], samples[inner], atol=1e-5)


def test_pitch_is_bridged_through_unvoiced_frames() -> None:
    f0 = np.array([0, 100, 0, 0, 160, 0], np.float32)
    np.testing.assert_allclose(source.fill(f0), [100, 100, 120, 140, 160, 160])


def test_torch_and_numpy_make_the_same_samples() -> None:
    """Training hears what the engine says: one rule for the sources, two for the filter, and they agree."""
    torch = pytest.importorskip("torch", reason="pip install torch==2.13.0")
    from kouji.train.vocoder import synthesize

    rng = np.random.default_rng(1)
    f0 = np.where(np.arange(60) % 20 < 14, 180 + 40 * np.sin(np.arange(60) / 9), 0).astype(np.float32)
    spectra = source.stft(source.excitations(f0, rng))
    curves = rng.normal(-3, 1, (60, 4 * source.N_BINS)).astype(np.float32)
    ours = source.filtered(curves, spectra)
    theirs = synthesize(
        torch.from_numpy(curves)[None], torch.from_numpy(spectra)[None], torch.from_numpy(source.window())
    )
    np.testing.assert_allclose(ours, theirs[0].numpy(), atol=2e-5)
