"""What every log-mel is made of. (The log-mels themselves: beside what they imitate.)"""

import numpy as np
import pytest

from kouji.audio.spectra import stft, triangles


def test_a_tone_stands_in_its_own_bin_of_every_frame() -> None:
    tone = np.sin(2 * np.pi * 8 * np.arange(640) / 64).astype(np.float32)
    spectra = stft(tone, 64, 16, 32)
    assert spectra.shape == (41, 33)
    assert (np.abs(spectra[2:-2]).argmax(1) == 8).all()


def test_bands_lie_one_on_the_shoulders_of_the_next() -> None:
    bands = triangles(np.array([0.0, 1.0, 2.0, 4.0]), np.linspace(0, 4, 9))
    assert bands[0].tolist() == pytest.approx([0, 0.5, 1, 0.5, 0, 0, 0, 0, 0])
    assert bands.sum(0)[2:5].tolist() == pytest.approx([1, 1, 1])
    assert bands.max(1).tolist() == [1, 1]
